//! What the hot path does not decide, for the calling thread.

use std::panic::{AssertUnwindSafe, catch_unwind};

use heldby_model::Code;

use crate::acquire::{Acquire, Slot};
use crate::fork::Gate;
use crate::lock_type::LockType;
use crate::map::LockMap;
use crate::mode::{Attempt, Mode};
use crate::ops::MayPanic;
use crate::site::Site;
use crate::task::{self, Phase, PhaseGuard, Task};
use crate::validator::Validator;
use crate::violation::{Expect, NotStabilised, Wrong};
use crate::{allocator, async_task, instance, ops, signal, sink, stack, thread, warm};

/// What a thread holds of a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// It does not hold it.
    No,
    /// It holds it shared.
    Read,
    /// It holds it exclusively.
    Write,
    /// It cannot be told.
    Unknown,
}

/// The task of this thread, started if need be.
pub(crate) fn task() -> Option<&'static Task> {
    match task::phase() {
        Phase::Active(task) => Some(task),
        Phase::Fresh => thread::start(),
        Phase::Busy | Phase::Sink | Phase::Off => None,
    }
}

/// A plain acquire that the warm path did not answer.
#[inline(never)]
#[track_caller]
pub(crate) fn acquire_plain(
    map: &LockMap,
    lock_type: &'static LockType,
    mode: Mode,
    site: Site,
) -> Slot {
    stack::mark_entry();
    ask(map, Acquire::new(lock_type, mode, site))
}

/// Any other acquire.
#[inline(never)]
#[track_caller]
pub(crate) fn acquire(map: &LockMap, wanted: Acquire<'_>) -> Slot {
    stack::mark_entry();
    ask(map, wanted)
}

/// A panic that the policy asks for names the host's line.
#[track_caller]
fn ask(map: &LockMap, wanted: Acquire<'_>) -> Slot {
    let task = match task::phase() {
        Phase::Active(task) => Some(task),
        Phase::Fresh if !allocator::keeps_out(None, map) => thread::start(),
        Phase::Fresh | Phase::Off => None,
        Phase::Busy => {
            allocator::asked_inside(map);
            task::pass_through();
            None
        }
        Phase::Sink => {
            refuse_self_wait(map, wanted);
            task::pass_through();
            None
        }
    };
    match task {
        Some(task) => Slot::of_thread(ops::acquire(task, map, wanted)),
        None => Slot::unseen(),
    }
}

/// Stops a sink that would wait for a lock which its own thread holds: for ever.
///
/// # Panics
/// Then; the panic ends where the sink was called.
#[track_caller]
fn refuse_self_wait(map: &LockMap, wanted: Acquire<'_>) {
    let held = task::task_behind_busy().and_then(|task| ops::in_the_way(task, map, wanted.mode));
    if let (Attempt::Block, Some(held)) = (wanted.attempt, held) {
        panic!(
            "a sink takes the lock at {:?} that its thread has held since {:?}",
            wanted.site, held.site
        );
    }
}

/// The calling thread has got the newest lock that it asked for, which is counted.
///
/// `extern "C"`, as [`warm`]'s release: a host's compiler knows that nothing unwinds out of it.
#[cold]
#[inline(never)]
pub(crate) extern "C" fn got() {
    if let Phase::Active(task) = task::phase() {
        ops::got(task);
    }
}

/// The future that waits for a lock, asked for by what gave `slot`, leaves the stack where the hot path does
/// not find its entry on top.
#[inline(never)]
pub(crate) fn give_up(slot: Slot, map: &LockMap) {
    match task::phase() {
        Phase::Active(task) if !slot.is_unseen() => ops::give_up(task, map),
        Phase::Active(_) | Phase::Fresh | Phase::Busy | Phase::Sink | Phase::Off => {
            task::pass_release();
        }
    }
}

/// A release that is not of the newest lock.
#[inline(never)]
pub(crate) fn release(map: &LockMap, site: Option<Site>) {
    stack::mark_entry();
    match task::phase() {
        Phase::Active(task) => ops::release(task, map, site),
        Phase::Busy | Phase::Sink => {
            // A lock from before, whose guard goes in a sink, in a panic hook or while the thread is
            // not checked; or else one that passed through unseen.
            let known =
                task::task_behind_busy().is_some_and(|task| ops::release_quietly(task, map));
            if !known {
                task::pass_release();
            }
        }
        Phase::Fresh => {
            allocator::release(map);
            // A lock that passed through unseen, or else one that another thread took.
            if !task::pass_release()
                && let Some(task) = thread::start()
            {
                ops::release(task, map, site);
            }
        }
        Phase::Off => {}
    }
}

/// A lock that was acquired before and goes now.
#[inline(never)]
pub(crate) fn dropped(map: &LockMap) {
    stack::mark_entry();
    if let Phase::Active(task) = task::phase() {
        ops::freed(task, map, None);
    }
    instance::forget(map.instance());
}

/// Tells that a lock goes at `site`, of a host that tells no places; its map goes after that.
pub fn freed(map: &LockMap, site: Site) {
    stack::mark_entry();
    if let Phase::Active(task) = task::phase() {
        ops::freed(task, map, Some(site));
    }
}

/// Tells that a lock is made anew at `site`. One that the calling thread holds is reported, and stays the
/// lock that it is.
pub fn reinit(map: &LockMap, site: Site) {
    stack::mark_entry();
    if let Phase::Active(task) = task::phase() {
        ops::reinit(task, map, site);
    }
}

/// Records that a lock held exclusively is held shared from now on.
///
/// # Source
/// Linux `lock_downgrade()`.
pub fn downgrade(map: &LockMap, site: Site) {
    if let Phase::Active(task) = task::phase() {
        ops::downgrade(task, map, site);
    }
}

/// Marks a held lock as waited for, or as held again.
pub fn set_waiting(map: &LockMap, waiting: bool) {
    if let Phase::Active(task) = task::phase() {
        ops::set_waiting(task, map, waiting);
    }
}

/// Checks that a lock could be acquired here, without holding it: a wait for all who hold it.
///
/// # Source
/// Linux `lock_sync()`.
#[track_caller]
pub fn lock_sync(map: &LockMap, wanted: Acquire<'_>) {
    // Where nothing is checked, the release would be taken for that of a hold from before.
    if matches!(task::phase(), Phase::Fresh | Phase::Active(_)) {
        acquire(map, wanted).acquired();
        crate::acquire::release_at(map, wanted.site);
    }
}

/// Whether what the calling thread locks passes through unseen, since nothing of it is checked, or it is
/// inside the validator, in a sink, inside the allocator or in a signal handler: nothing is to be
/// allocated for it then.
#[must_use]
pub fn is_kept_out() -> bool {
    let checked = matches!(task::phase(), Phase::Fresh | Phase::Active(_));
    !checked || signal::is_in_handler() || allocator::has_this_thread()
}

/// What the calling thread holds of a lock.
///
/// # Cost
/// A scan of its own held locks.
#[inline(never)]
pub(crate) fn held(map: &LockMap) -> Held {
    let held = match task::phase() {
        Phase::Active(task) => ops::held(task, map),
        Phase::Fresh => held_by_none(map),
        Phase::Busy | Phase::Sink | Phase::Off => Held::Unknown,
    };
    if held == Held::No && task::has_unseen() {
        Held::Unknown
    } else {
        held
    }
}

/// What a task holds of a lock that has taken none.
#[cold]
#[inline(never)]
fn held_by_none(map: &LockMap) -> Held {
    let polled = async_task::polled_validator();
    let validator = polled.as_ref().unwrap_or_else(|| Validator::global());
    let left = &validator.leftovers;
    let is_left = || in_validator(|| left.contains(map.instance())).unwrap_or(true);
    match validator.is_off() || (!left.is_empty() && is_left()) {
        true => Held::Unknown,
        false => Held::No,
    }
}

/// Reports if the calling thread does not hold the lock as expected.
#[track_caller]
pub fn assert_held(map: &LockMap, expect: Expect, site: Site) {
    stack::mark_entry();
    if warm::held(map) != Held::Unknown
        && let Some(task) = task()
    {
        ops::assert_held(task, map, expect, site);
    }
}

/// Reports that an object is not stable.
#[track_caller]
pub fn not_stabilised(what: NotStabilised, site: Site) {
    stack::mark_entry();
    if let Some(task) = task() {
        let wrong = Wrong::NotStabilised(what);
        ops::complain(task, Code::Hb0201, wrong, None, Some(site), MayPanic::Yes);
    }
}

/// Runs what the validator leaves alone: the locks that it takes and releases pass through.
pub fn unchecked<R>(run: impl FnOnce() -> R) -> R {
    let _off = PhaseGuard::enter(Phase::Off);
    run()
}

/// The calling thread is inside the validator: whatever it locks or allocates passes through, and
/// no fork comes in between.
pub(crate) struct Inside {
    /// Opened first, so that no fork meets a thread that is still marked busy by it.
    _gate: Gate,
    _busy: PhaseGuard,
}

impl Inside {
    pub(crate) fn enter() -> Self {
        let busy = PhaseGuard::enter(Phase::Busy);
        Self {
            _gate: Gate::enter(),
            _busy: busy,
        }
    }
}

/// Runs a piece of the validator inside it; a bug of ours switches this thread's validation off
/// instead of harming the host. In a signal handler nothing is run, see [`signal`], and neither
/// inside the allocator, where nothing may be allocated.
pub(crate) fn in_validator<R>(run: impl FnOnce() -> R) -> Option<R> {
    if signal::is_in_handler() || allocator::has_this_thread() {
        return None;
    }
    let inside = Inside::enter();
    let result = catch_unwind(AssertUnwindSafe(run));
    drop(inside);
    if result.is_err() {
        if let Phase::Active(task) = task::set_phase(Phase::Off) {
            task.held.clear();
        }
        sink::say(
            "heldby bug: the validator panicked; this thread goes on unchecked (please report)",
        );
    }
    result.ok()
}
