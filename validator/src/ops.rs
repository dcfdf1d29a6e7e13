//! The operations on a task, whoever drives it: a thread through the hot path, or a test by hand.

mod conclude;
mod ends;
mod place;
mod reclass;

pub(crate) use conclude::{MayPanic, complain, conclude, keep_reports};
pub(crate) use ends::{assert_none_held, exit, freed, freed_range, reinit};
pub(crate) use place::{Where, assert_where};
pub(crate) use reclass::{set_class, set_order};

use heldby_graph::planted;
use heldby_model::Code;

use crate::acquire::Acquire;
use crate::class::ClassId;
use crate::cold::{Held, in_validator};
use crate::config::{Profile, Stacks};
use crate::held::{Entry, HeldLock};
use crate::instance::ADDRESS;
use crate::limits::{INLINE_HELD, Passed};
use crate::map::LockMap;
use crate::mode::{Attempt, Meta, Mode};
use crate::rules::nest::Nest;
use crate::rules::pin;
use crate::signal::{self, AsOutside, InHandler};
use crate::site::Site;
use crate::stack;
use crate::task::{self, Task};
use crate::violation::{Act, Expect, Subject, Wrong};
use crate::{
    allocator, arm_mark, arms, awaited, context, deferred, handover, lock_stat, mailbox, meet,
    validate,
};

/// Checks an acquire and pushes it, still waiting; `None` if it passes through unseen.
#[track_caller]
pub(crate) fn acquire(
    task: &'static Task,
    map: &LockMap,
    wanted: Acquire<'_>,
) -> Option<&'static Entry> {
    if !task.is_in_handler() {
        deferred::judge(task, MayPanic::of(wanted));
        return acquire_outside(task, map, wanted);
    }
    match signal::acquire(task, map, wanted) {
        InHandler::Unseen => None,
        InHandler::Pushed(entry) => Some(entry),
        InHandler::Hangs => {
            let _outside = AsOutside::new(task);
            acquire_outside(task, map, wanted)
        }
    }
}

/// An acquire that may wait for the validator.
#[track_caller]
fn acquire_outside(
    task: &'static Task,
    map: &LockMap,
    mut wanted: Acquire<'_>,
) -> Option<&'static Entry> {
    if allocator::keeps_out(Some(task), map) {
        return None;
    }
    if wanted.lock_type.awaited && wanted.attempt == Attempt::Block && awaited::is_bounded() {
        wanted.attempt = Attempt::Timed;
    }
    mailbox::empty(task);
    if map.ids() & 1 == 0 {
        allocator::settle(task);
        meet::acquired(task, map, wanted);
        // Registering a lock of the allocator's shows what it is.
        if allocator::keeps_out(Some(task), map) {
            return None;
        }
    }
    let ids = ids(map, wanted)?;
    let validator = task.validator();
    // Before its chain is looked at: a chain that is known would be pushed by the hot path.
    if validator.is_untracked(ClassId::from_word(ids as u32)) {
        return None;
    }
    if validator.config.freed_ranges {
        let address = std::ptr::from_ref(map).addr() as u64;
        ADDRESS.set((ids >> 32) as u32, address);
    }
    let mut lock = entry_of(ids, wanted).on(task.held.key());
    if wanted.attempt == Attempt::Block
        && let Some(confirm) = &validator.confirm
        && confirm.steer(task, &lock)
    {
        // Others may have released what the task held.
        mailbox::empty(task);
        lock = lock.on(task.held.key());
    }
    let nest = Nest::of(task, wanted.nest);
    let (waits, may_panic) = (waits(task, wanted), MayPanic::of(wanted));
    let known = validate::is_known(task, lock, waits);
    let doubt = match waits && !known {
        true => arms::doubt(task, wanted.lock_type),
        false => None,
    };
    if !known && (!wanted.lock_type.unwinds || wanted.lock_type.awaited) {
        // The code of a lock that acquires it again may not know for whom, and who polls a future may be
        // in the library.
        lock.site = in_validator(|| host_site(lock.site))?;
    }
    if waits && !known {
        // It asks the host, so outside.
        let span = stack::span_now();
        let validated = in_validator(|| match doubt {
            None => validate::new_chain(validator, task, lock, nest, span),
            Some(doubt) => validate::doubtful(validator, task, lock, span, doubt),
        });
        let (meta, violations) = validated?;
        lock.meta = meta;
        conclude(task, violations, may_panic);
    } else {
        if wanted.check && !known {
            let violations = in_validator(|| validate::new_try(validator, task, lock))?;
            conclude(task, violations, may_panic);
        }
        if planted("know-chain-of-taken-try") {
            in_validator(|| validator.chains.insert(lock.key, &validator.lock()));
        }
        if nest.is_missing() {
            let violation = in_validator(|| validate::nest_lock(validator, task, lock, nest))?;
            conclude(task, violation.into_iter().collect(), may_panic);
        }
        if validator.config.stacks == Stacks::All {
            let span = stack::span_now();
            in_validator(|| validate::keep_stack(validator, lock, span));
        }
    }
    mailbox::settle(task);
    push_counted(task, lock, lock_stat::asks)
}

/// Whether an acquire can wait for ever, and is checked.
pub(crate) fn waits(task: &Task, wanted: Acquire<'_>) -> bool {
    match (wanted.attempt, task.validator().config.profile) {
        (Attempt::Block | Attempt::Again | Attempt::Sync, _)
        | (Attempt::Timed, Profile::Kernel) => wanted.check,
        (Attempt::Try | Attempt::Timed, _) => false,
    }
}

/// Pushes an entry that is counted if `begin` says so; `None` if there is no room.
pub(crate) fn push_counted(
    task: &'static Task,
    lock: HeldLock,
    begin: fn(&Task, &HeldLock) -> bool,
) -> Option<&'static Entry> {
    if task.validator().statistics.is_none() || !begin(task, &lock) {
        return push(task, lock);
    }
    let pushed = push(task, lock.timed());
    if pushed.is_none() {
        lock_stat::forgotten(task, lock.instance());
    }
    pushed
}

/// Pushes an entry; `None` if there is no room.
pub(crate) fn push(task: &'static Task, lock: HeldLock) -> Option<&'static Entry> {
    if task.held.depth() < INLINE_HELD {
        return task.held.push(lock);
    }
    // A deeper stack may allocate, and the allocator's own locks must not come in between.
    let pushed = in_validator(|| task.held.push(lock))?;
    if pushed.is_none() {
        static PASSED: Passed = Passed::new();
        PASSED.say("a thread holds more than 2^25 locks: those past that are not checked");
    }
    pushed
}

/// The lock as it will stand on the stack, but for its chain key.
pub(crate) fn entry_of(ids: u64, wanted: Acquire<'_>) -> HeldLock {
    let meta = match wanted.attempt {
        Attempt::Block => Meta::waiting(wanted.mode),
        Attempt::Again => Meta::again(wanted.mode),
        Attempt::Sync => Meta::sync(wanted.mode),
        attempt => Meta::held(wanted.mode, attempt),
    };
    HeldLock {
        ids,
        key: 0,
        site: wanted.site,
        meta: if wanted.check { meta } else { meta.unchecked() },
    }
}

/// The ids of a lock, in the subclass that is asked for.
pub(crate) fn ids(map: &LockMap, wanted: Acquire<'_>) -> Option<u64> {
    let known = map.ids();
    if known & 1 == 1 && wanted.subclass == 0 {
        return Some(known);
    }
    let acquired_outside = || host_site(wanted.site);
    let ids = map.register(wanted.lock_type, acquired_outside, None)?;
    if wanted.subclass == 0 {
        return Some(ids);
    }
    in_validator(|| {
        let class = ClassId::from_word(ids as u32).subclass(wanted.subclass);
        ids & !u64::from(u32::MAX) | u64::from(class.word())
    })
}

/// Where the host is, of an acquire that is told to be at `site`. Inside the validator.
fn host_site(site: Site) -> Site {
    match site.is_library() {
        true => stack::first_host_site().unwrap_or(site),
        false => site,
    }
}

/// Takes a lock off the stack, wherever in the context that the task is in.
pub(crate) fn release(task: &'static Task, map: &LockMap, site: Option<Site>) {
    mailbox::empty(task);
    match context::find(task, map) {
        Some((depth, lock)) => take_off(task, depth, &lock, site),
        None => {
            allocator::release(map);
            if let Some(lock) = take_parked(task, map) {
                ended(task, &lock, site);
            } else if !task::pass_release() && !handover::released_for_another(task, map) {
                not_held(task, map, Act::Release, site);
            }
        }
    }
}

/// Takes a lock away that another arm of the task took, if there is one.
pub(crate) fn take_parked(task: &Task, map: &LockMap) -> Option<HeldLock> {
    in_validator(|| arm_mark::take_parked(task, map.instance())).flatten()
}

/// A hold of the task ends, by its release at `site`.
pub(crate) fn ended(task: &'static Task, lock: &HeldLock, site: Option<Site>) {
    if lock.is_pinned() {
        pin::released(task, lock, site);
    }
    if lock.is_timed() {
        lock_stat::released(task, lock.instance());
    }
}

/// Takes the lock at `depth` off the stack, as its release at `site`.
pub(crate) fn take_off(task: &'static Task, depth: usize, lock: &HeldLock, site: Option<Site>) {
    let newest = depth == task.held.depth();
    ended(task, lock, site);
    task.held.remove(depth);
    if !newest && !task.is_in_handler() {
        uncover(task, depth, lock);
    }
}

/// Keeps the orders that `gone` stood for, which was at `depth`, and says what was not said of them.
pub(crate) fn uncover(task: &'static Task, depth: usize, gone: &HeldLock) {
    let validator = task.validator();
    let is_uncovered = validate::is_uncovered(validator, task, depth);
    mailbox::settle(task);
    if is_uncovered && !planted("forget-what-is-uncovered") {
        let violations = in_validator(|| validate::uncovered(validator, task, depth, gone));
        conclude(task, violations.unwrap_or_default(), MayPanic::No);
    }
}

/// Takes a lock off the stack that was pushed just now and is not got. One that is asked for with a
/// deadline does not stand there as waited for.
pub(crate) fn give_up(task: &'static Task, map: &LockMap) {
    if let Some((depth, lock)) = find(task, map) {
        if lock.is_timed() {
            lock_stat::given_up(task, lock.instance());
        }
        task.held.remove(depth);
    }
}

/// Takes a lock off the stack while the thread is inside the validator; false if it is not there.
pub(crate) fn release_quietly(task: &'static Task, map: &LockMap) -> bool {
    let found = find(task, map);
    if let Some((depth, lock)) = found {
        if lock.is_timed() {
            lock_stat::released(task, lock.instance());
        }
        pin::forget(task, &lock);
        task.held.remove(depth);
    }
    found.is_some()
}

pub(crate) fn not_held(task: &'static Task, map: &LockMap, act: Act, site: Option<Site>) {
    if task.is_in_handler() {
        return;
    }
    let class = map.class();
    if class.is_none_or(|class| !task.validator().is_untracked(class)) {
        let wrong = Wrong::Imbalance(act, map.unregistered_name());
        let subject = class.map(|class| Subject {
            class,
            mode: Mode::Write,
        });
        complain(task, Code::Hb0101, wrong, subject, site, MayPanic::No);
    }
}

/// Whether an entry is a hold of `map`, in whatever subclass it was taken.
pub(crate) fn is_hold_of(map: &LockMap) -> impl Fn(&HeldLock) -> bool + use<> {
    let (ids, instance) = (map.ids(), map.instance());
    // The class differs in a subclass; the instance 0 is no instance.
    move |lock| lock.has_ids(ids) || (instance != 0 && lock.instance() == instance)
}

/// The newest hold of a lock, and its depth.
pub(crate) fn find(task: &Task, map: &LockMap) -> Option<(usize, HeldLock)> {
    let is_ours = is_hold_of(map);
    task.held
        .newest_first()
        .find(|(_, lock)| is_ours(lock) && !lock.meta.is_hidden())
}

/// A hold by the task that an acquire in `mode` would wait for.
pub(crate) fn in_the_way(task: &Task, map: &LockMap, mode: Mode) -> Option<HeldLock> {
    let blocks = |lock: &HeldLock| mode == Mode::Write || lock.mode() == Mode::Write;
    let is_ours = is_hold_of(map);
    let mut held = task.held.newest_first().map(|(_, lock)| lock);
    held.find(|lock| is_ours(lock) && !lock.meta.is_waiting() && blocks(lock))
}

/// Turns an exclusive hold into a shared one.
pub(crate) fn downgrade(task: &'static Task, map: &LockMap, site: Site) {
    mailbox::empty(task);
    match context::find(task, map) {
        Some((depth, lock)) if lock.mode() == Mode::Write => {
            if lock.is_timed() {
                lock_stat::downgraded(task, &lock, site);
            }
            task.held.set_mode(depth, Mode::Read);
        }
        Some(_) => not_held(task, map, Act::DowngradeShared, Some(site)),
        None if handover::is_anothers(task, map) => {}
        None => not_held(task, map, Act::Downgrade, Some(site)),
    }
}

/// Marks the newest hold of a lock as waited for, or as held.
pub(crate) fn set_waiting(task: &Task, map: &LockMap, waiting: bool) {
    if let Some((depth, lock)) = find(task, map) {
        // Who sees it held on the stack finds it so in the books.
        if !waiting && lock.is_timed() {
            lock_stat::got(task, &lock);
        }
        task.held.set_waiting(depth, waiting);
        if waiting && lock.is_timed() {
            lock_stat::waits(task, &lock);
        }
    }
}

/// Marks the newest lock that is counted and waited for as held.
pub(crate) fn got(task: &'static Task) {
    let is_it = |lock: &HeldLock| lock.is_timed() && lock.meta.is_waiting();
    let mut newest = task.held.newest_first();
    if let Some((depth, lock)) = newest.find(|(_, lock)| is_it(lock)) {
        // In this order, as above.
        lock_stat::got(task, &lock);
        task.held.set_waiting(depth, false);
    }
}

/// What the task holds of a lock.
pub(crate) fn held(task: &'static Task, map: &LockMap) -> Held {
    mailbox::empty(task);
    let (is_ours, mut held) = (is_hold_of(map), Held::No);
    for lock in task.held.shown() {
        if !is_ours(&lock) || lock.meta.is_waiting() {
            continue;
        }
        if lock.mode() == Mode::Write {
            return Held::Write;
        }
        held = Held::Read;
    }
    match held {
        // A handler may have interrupted whoever has the mailbox.
        Held::No if task.is_in_handler() || may_hold(task, map.instance()) => Held::Unknown,
        held => held,
    }
}

/// Whether the task may have the guard of a lock that is not on its stack: one that a task left which has
/// ended. What another arm of it took is that one's, as what another task took is.
fn may_hold(task: &Task, instance: u32) -> bool {
    let left = &task.validator().leftovers;
    let is_left = || in_validator(|| left.contains(instance)).unwrap_or(true);
    task.mailbox.is_unknown(instance) || !left.is_empty() && is_left()
}

/// Reports if the task does not hold the lock as expected.
#[track_caller]
pub(crate) fn assert_held(task: &'static Task, map: &LockMap, expect: Expect, site: Site) {
    let holds = match (expect, held(task, map)) {
        (_, Held::Unknown) => true,
        (Expect::Any, held) => held != Held::No,
        (Expect::Read, held) => held == Held::Read,
        (Expect::Write, held) => held == Held::Write,
        (Expect::Nothing, held) => held == Held::No,
    };
    if holds {
        return;
    }
    let ids = map.ids();
    let subject = (ids & 1 == 1).then(|| Subject {
        class: ClassId::from_word(ids as u32),
        mode: Mode::Write,
    });
    let wrong = Wrong::Assertion(expect, map.unregistered_name());
    complain(
        task,
        Code::Hb0202,
        wrong,
        subject,
        Some(site),
        MayPanic::Yes,
    );
}
