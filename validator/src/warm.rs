//! The warm path: what the hot path does not answer at its first look, and what still takes no lock,
//! allocates nothing and writes nothing that another thread shares.
//!
//! - Two locks of one class, nested as the same locks were before: see [`ChainCache`].
//! - A chain that this task's own cache has no room for, but the table of all tasks has.
//! - A release that is not of the newest lock, when no order comes to light by it.
//! - Whether a lock is held.
//!
//! # Invariants
//! - Nothing is learned here, so nothing is known here that the cold path did not say first, and the
//!   mailbox's and the signal handlers' way of making an acquire miss is as good as for the hot path.
//! - What does not fit, in whatever way, is the cold path's: no answer here is a guess.
//!
//! [`ChainCache`]: crate::chain_cache::ChainCache

use std::sync::atomic::Ordering;

use crate::acquire::{Acquire, Slot};
use crate::chain::extend;
use crate::chain_cache::Answer;
use crate::cold::{self, Held};
use crate::held::{HeldLock, State};
use crate::leftovers;
use crate::limits::INLINE_HELD;
use crate::lock_type::LockType;
use crate::map::LockMap;
use crate::mode::{Attempt, Meta, Mode};
use crate::site::Site;
use crate::task::{self, Task};
use crate::validate;

/// A plain acquire that the task's own cache does not answer at its first look.
///
/// Few arguments, since a host's code prepares them at each acquire, and those of the cold path, which
/// takes over where this ends.
#[inline(never)]
#[track_caller]
pub(crate) fn acquire(map: &LockMap, lock_type: &'static LockType, mode: Mode, site: Site) -> Slot {
    let task = task::current();
    // Relaxed, all loads here: this task's own memory, or a word that is its own message.
    let state = task.held.state.load(Ordering::Relaxed);
    let depth = State::depth(state);
    let ids = map.ids();
    if depth < INLINE_HELD && ids & 1 == 1 {
        let below = task.held.entries[depth].key.load(Ordering::Relaxed);
        let key = extend(below, ids as u32, mode);
        if is_known(task, state, key, ids) {
            let meta = Meta::waiting(mode);
            let entry = task.held.push_inline(
                state,
                HeldLock {
                    ids,
                    key,
                    site,
                    meta,
                },
            );
            return Slot::pushed(entry, Meta::held(mode, Attempt::Block));
        }
    }
    cold::acquire_plain(map, lock_type, mode, site)
}

/// As [`acquire`], of what is not held afterwards.
#[inline(never)]
#[track_caller]
pub(crate) fn might_lock(map: &LockMap, lock_type: &'static LockType, mode: Mode, site: Site) {
    let task = task::current();
    // Relaxed, all loads here: this task's own memory, or a word that is its own message.
    let state = task.held.state.load(Ordering::Relaxed);
    let depth = State::depth(state);
    let ids = map.ids();
    let known = depth < INLINE_HELD && ids & 1 == 1 && {
        let below = task.held.entries[depth].key.load(Ordering::Relaxed);
        is_known(task, state, extend(below, ids as u32, mode), ids)
    };
    if !known {
        cold::lock_sync(map, Acquire::new(lock_type, mode, site));
    }
}

#[inline(always)]
fn is_known(task: &Task, state: u64, key: u64, ids: u64) -> bool {
    match task.chains.answer(key) {
        Answer::Known => true,
        Answer::ByInstance => {
            let depth = State::depth(state);
            let nesting = task.held.nesting_key(depth, key, (ids >> 32) as u32);
            nesting.is_some_and(|key| task.chains.knows(key) || shares(task, key, state))
        }
        Answer::Other => shares(task, key, state),
        Answer::Nothing => false,
    }
}

/// How many changes of the stack pass until an acquire that is known to others is learned.
const LEARN_EVERY: u64 = 64;

/// Whether any task of the validator knows the chain, and nothing waits for this task to miss. While the
/// own cache can grow, and now and then later, the answer is no, since it is worth a fence to have the
/// chain there.
fn shares(task: &Task, key: u64, state: u64) -> bool {
    let learns = task.chains.can_grow() || (state / State::CHANGE).is_multiple_of(LEARN_EVERY);
    let quiet = !learns && !task.has_deferred() && is_quiet(task);
    quiet
        && task
            .shared_chains()
            .is_some_and(|shared| shared.contains(key))
}

/// A release that is not of the newest lock, at a place that nobody tells; `task` is the calling one's,
/// and `state` that of its stack.
///
/// `extern "C"`, so that a host's compiler knows that nothing unwinds out of it: the guard of the lock
/// itself is then dropped in one place instead of two, and that inlined.
#[inline(never)]
pub(crate) extern "C" fn release(map: &LockMap, task: &Task, state: u64) {
    if !take_from_below(map, task, state) {
        release_deeper(map);
    }
}

/// As [`release`], at a place that the caller brings.
#[inline(never)]
pub(crate) fn release_at(map: &LockMap, task: &Task, state: u64, site: Site) {
    if !take_from_below(map, task, state) {
        release_deeper_at(map, site);
    }
}

/// Takes the lock below the newest one off the stack; false if it is another, or if what is above it must
/// be looked at.
#[inline(always)]
fn take_from_below(map: &LockMap, task: &Task, state: u64) -> bool {
    let depth = State::depth(state);
    if !(2..=INLINE_HELD).contains(&depth) || !is_quiet(task) {
        return false;
    }
    let [below, gone, newest] = task.held.newest_three(depth);
    let newest = newest.load();
    // Relaxed, all: this task's own memory.
    let metas = Meta(newest.meta.0 | gone.meta.load(Ordering::Relaxed));
    let ids = map.ids();
    // Of two holds of one lock, the newest one may be in a subclass, and it is that which goes.
    let is_newest = (newest.ids ^ ids) >> 32 == 0;
    if gone.ids.load(Ordering::Relaxed) != ids || is_newest || !metas.is_hold() {
        return false;
    }
    let newest = newest.hold_on(below.key.load(Ordering::Relaxed));
    // On the bottom there is no order that could come to light.
    let covered = depth == 2 || is_covered(task, &newest);
    if covered {
        task.held.replace(state, gone, newest);
    }
    covered
}

/// As [`release`], with more than one lock above it.
#[inline(never)]
extern "C" fn release_deeper(map: &LockMap) {
    if !take_off(map) {
        cold::release(map, None);
    }
}

/// As [`release_deeper`], at a place that the caller brings.
#[inline(never)]
fn release_deeper_at(map: &LockMap, site: Site) {
    if !take_off(map) {
        cold::release(map, Some(site));
    }
}

/// Whether nothing waits for this task to take the cold path.
#[inline(always)]
fn is_quiet(task: &Task) -> bool {
    !task.is_in_handler() && !task.mailbox.has_post()
}

/// Takes a lock off the stack; false if it is not there, or if what is above it must be looked at.
#[inline(always)]
fn take_off(map: &LockMap) -> bool {
    let task = task::current();
    // Relaxed: this task's own memory.
    let state = task.held.state.load(Ordering::Relaxed);
    let (depth, ids) = (State::depth(state), map.ids());
    if !(1..=INLINE_HELD).contains(&depth) || ids >> 32 == 0 || !is_quiet(task) {
        return false;
    }
    match task.held.find_hold(depth, ids) {
        Some(at) if covers(task, at, depth) => {
            task.held.remove_hold(at);
            true
        }
        Some(_) | None => false,
    }
}

/// Whether a lock that was moved down needs no look at the chain that it makes now: one that was tried is
/// ordered behind nothing.
#[inline(always)]
fn is_covered(task: &Task, moved: &HeldLock) -> bool {
    let knows = |key| task.chains.knows(key);
    knows(moved.key) || !moved.meta.is_plain() || knows(validate::uncovered_key(moved.key))
}

/// Whether no order comes to light when the lock at `gone` goes, where all are holds and nothing more: see
/// [`validate::is_uncovered`], of which this asks the own cache alone.
#[inline(always)]
fn covers(task: &Task, gone: usize, depth: usize) -> bool {
    let entries = &task.held.entries[gone - 1..=depth];
    // Relaxed: this task's own memory.
    let mut below = entries[0].key.load(Ordering::Relaxed);
    for entry in &entries[2..] {
        let moved = entry.load().hold_on(below);
        if !is_covered(task, &moved) {
            return false;
        }
        // It implies what is below it in either profile.
        if moved.meta == Meta::held(Mode::Write, Attempt::Block) {
            break;
        }
        below = moved.key;
    }
    true
}

/// What the calling thread holds of a lock.
///
/// # Cost
/// A scan of its own held locks.
#[inline]
pub fn held(map: &LockMap) -> Held {
    let task = task::current();
    let (depth, ids) = (task.held.depth(), map.ids());
    // On the stack of nobody there is nothing, and that of a thread that is not checked is too deep.
    let is_plain = (1..=INLINE_HELD).contains(&depth) && ids >> 32 != 0;
    if !is_plain || ids & 1 == 0 || task.mailbox.has_post() {
        return cold::held(map);
    }
    for entry in task.held.entries[1..=depth].iter().rev() {
        // Relaxed, both: this task's own memory.
        if (entry.ids.load(Ordering::Relaxed) ^ ids) >> 32 == 0 {
            let meta = Meta(entry.meta.load(Ordering::Relaxed));
            return match meta.is_exclusive_hold() {
                true => Held::Write,
                // There may be another hold of it below.
                false => cold::held(map),
            };
        }
    }
    let unsure = task.is_in_handler() || task.mailbox.has_unknown() || task::has_unseen();
    match unsure || leftovers::some_were_left() {
        true => cold::held(map),
        false => Held::No,
    }
}
