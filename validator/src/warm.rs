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
//! [`ChainCache`]: crate::chain::ChainCache

use std::sync::atomic::Ordering;

use crate::acquire::Slot;
use crate::chain::{Answer, extend};
use crate::cold::{self, Held};
use crate::config::Profile;
use crate::held::{HeldLock, State};
use crate::limits::INLINE_HELD;
use crate::map::LockMap;
use crate::mode::{Attempt, Meta, Mode};
use crate::rules::order;
use crate::site::Site;
use crate::task::{self, Task};
use crate::validate;

/// A plain acquire of a registered lock that the task's own cache does not answer at once.
pub(crate) fn acquire(map: &LockMap, mode: Mode, site: Site) -> Option<Slot> {
    let task = task::current();
    // Relaxed, all loads here: this task's own memory, or a word that is its own message.
    let state = task.held.state.load(Ordering::Relaxed);
    let depth = State::depth(state);
    let ids = map.ids();
    if depth >= INLINE_HELD || ids & 1 == 0 {
        return None;
    }
    let below = task.held.entries[depth].key.load(Ordering::Relaxed);
    let key = extend(below, ids as u32, mode);
    let known = match task.chains.answer(key) {
        Answer::Known => true,
        Answer::ByInstance => {
            let nesting = task.held.nesting_key(depth, key, (ids >> 32) as u32);
            nesting.is_some_and(|key| task.chains.knows(key))
        }
        // Now and then it is worth a fence to have the chain in the own cache.
        Answer::Other => (state / State::CHANGE) % LEARN_EVERY != 0 && shares(task, key),
        Answer::Nothing => false,
    };
    if !known {
        return None;
    }
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
    Some(Slot::pushed(entry, Meta::held(mode, Attempt::Block)))
}

/// How many changes of the stack pass until an acquire that is known to others is learned.
const LEARN_EVERY: u64 = 64;

/// Whether any task of the validator knows the chain, and nothing waits for this task to miss.
fn shares(task: &Task, key: u64) -> bool {
    let is_quiet = !task.is_in_handler() && !task.has_deferred() && !task.mailbox.has_post();
    is_quiet && task.shared_chains().is_some_and(|shared| shared.contains(key))
}

/// Takes a lock off the stack that is not the newest; false if it is not there, or if what is above it
/// must be looked at.
pub(crate) fn release(map: &LockMap) -> bool {
    let task = task::current();
    let (depth, ids) = (task.held.depth(), map.ids());
    let is_plain = (1..=INLINE_HELD).contains(&depth) && ids >> 32 != 0;
    if !is_plain || task.is_in_handler() || task.mailbox.has_post() {
        return false;
    }
    match task.held.find_plain(depth, ids) {
        Some(at) if covers(task, at, depth) => {
            task.held.remove_inline(at, depth);
            true
        }
        Some(_) | None => false,
    }
}

/// Whether no order comes to light when the lock at `gone` goes: see [`validate::is_uncovered`], of
/// which this asks the own cache alone.
fn covers(task: &Task, gone: usize, depth: usize) -> bool {
    // Relaxed: this task's own memory.
    let mut below = task.held.entries[gone - 1].key.load(Ordering::Relaxed);
    for at in gone + 1..=depth {
        let lock = task.held.entries[at].load().on(below);
        let known = task.chains.knows(lock.key)
            || task.chains.knows(validate::uncovered_key(lock.key));
        if lock.meta.is_ordered() && !known {
            return false;
        }
        // Of the two profiles the one in which less is implied.
        if order::implies_the_rest(&lock, Profile::Userspace) {
            break;
        }
        below = lock.key;
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
    match task.is_in_handler() || task.mailbox.has_unknown() || task::has_unseen() {
        true => cold::held(map),
        false => Held::No,
    }
}
