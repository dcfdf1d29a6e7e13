//! The hot path: what a lock's own code calls.
//!
//! [`acquire`] and [`release`] are inlined into the host.
//! A known chain costs one thread-local access, one multiplication, one look-up in this task's own
//! cache and the stores of one entry; no lock, no allocation, no write that another thread shares.
//! Everything else is one call away: in [`crate::warm`] what still takes no lock, and in
//! [`crate::cold`] the rest.

use std::sync::atomic::Ordering;

use crate::chain::extend;
use crate::cold;
use crate::held::{Entry, HeldLock, State};
use crate::limits::INLINE_HELD;
use crate::lock_key;
use crate::lock_type::LockType;
use crate::map::LockMap;
use crate::mode::{Attempt, Meta, Mode};
use crate::site::Site;
use crate::task::{self, Task};
use crate::warm;

/// What is asked of a lock, and how.
///
/// Start from [`Acquire::new`] and change what differs:
/// `Acquire { subclass: 1, ..Acquire::new(lock_type, mode, site) }`.
#[derive(Clone, Copy, Debug)]
pub struct Acquire<'a> {
    /// Type of the lock.
    pub lock_type: &'static LockType,
    /// How it is asked for.
    pub mode: Mode,
    /// Whether it may wait.
    pub attempt: Attempt,
    /// Its subclass; 0 is the class itself.
    pub subclass: u32,
    /// The nest lock: one that this task holds, and that orders all locks of the class which are
    /// taken under it.
    pub nest: Option<&'a LockMap>,
    /// Whether it is checked; one that is not stands on the held stack all the same.
    pub check: bool,
    /// Where.
    pub site: Site,
}

impl Acquire<'_> {
    /// A checked acquire that waits as long as it takes, without subclass or nest lock.
    #[inline(always)]
    #[must_use]
    pub const fn new(lock_type: &'static LockType, mode: Mode, site: Site) -> Self {
        Self {
            lock_type,
            mode,
            attempt: Attempt::Block,
            subclass: 0,
            nest: None,
            check: true,
            site,
        }
    }
}

/// An acquire that was checked and not yet got.
///
/// Dropping it without [`acquired`](Self::acquired) leaves the lock waited for; [`release`] takes it
/// off either way.
#[must_use = "tell it when the lock is acquired"]
#[derive(Debug)]
pub struct Slot {
    /// `None` for a lock that passes through unseen, and for one that is counted.
    entry: Option<&'static Entry>,
    /// What the entry says once the lock is got; without one it is 0 unless the lock is counted.
    held: Meta,
}

impl Slot {
    /// The slot of an entry that was pushed, and what it says once the lock is got.
    #[inline(always)]
    pub(crate) fn pushed(entry: &'static Entry, held: Meta) -> Self {
        Self {
            entry: Some(entry),
            held,
        }
    }

    /// The slot of a lock that passes through unseen.
    #[inline(always)]
    pub(crate) fn unseen() -> Self {
        Self {
            entry: None,
            held: Meta(0),
        }
    }

    /// The slot of an entry that the slow path pushed; `None` if the lock passed through unseen.
    pub(crate) fn of(entry: Option<&'static Entry>) -> Self {
        // Relaxed: this task's own memory.
        let meta = entry.map_or(0, |entry| entry.meta.load(Ordering::Relaxed));
        Self {
            entry,
            held: Meta(meta).with_waiting(false),
        }
    }

    /// Whether the lock passed through unseen.
    pub(crate) fn is_unseen(&self) -> bool {
        self.entry.is_none() && self.held.0 == 0
    }

    /// As [`of`](Self::of), for the calling thread's task, which has to be told when a lock that is
    /// counted is got.
    pub(crate) fn of_thread(entry: Option<&'static Entry>) -> Self {
        let waits = |lock: HeldLock| lock.is_timed() && lock.meta.is_waiting();
        match entry.map(Entry::load).is_some_and(waits) {
            true => Self {
                entry: None,
                held: Meta(u32::MAX),
            },
            false => Self::of(entry),
        }
    }

    /// Records that the lock was got.
    ///
    /// # Cost
    /// One store to this task's own stack.
    #[inline(always)]
    pub fn acquired(self) {
        if let Some(entry) = self.entry {
            // Release: as every field of an entry, see `held.rs`.
            entry.meta.store(self.held.0, Ordering::Release);
        } else if self.held.0 != 0 {
            cold::got();
        }
    }

    /// Runs `block`, which gets the lock, and records that.
    ///
    /// As [`acquired`](Self::acquired) behind it, with a copy of `block` for each kind of slot: nothing is
    /// asked behind it. That pays where `block` is short.
    ///
    /// # Cost
    /// One store to this task's own stack.
    #[inline(always)]
    pub fn block<R>(self, block: impl FnOnce() -> R) -> R {
        match self.entry {
            Some(entry) => {
                let result = block();
                // Release: as every field of an entry, see `held.rs`.
                entry.meta.store(self.held.0, Ordering::Release);
                result
            }
            None if self.held.0 == 0 => block(),
            None => {
                let result = block();
                cold::got();
                result
            }
        }
    }
}

/// Records that the calling task is about to wait for a lock, and checks that it may.
///
/// Call it before blocking, so that a deadlock is reported instead of suffered; tell the [`Slot`]
/// when the lock is got, and pair it with [`release`].
/// Inside the validator, and when the thread's local state is gone, it passes through.
///
/// # Cost
/// A known chain: see the module. A new one: the graph lock, a search for each new dependency, and
/// one stack capture.
///
/// # Panics
/// When a violation is found, the policy is `panic`, and the thread is not unwinding or in a drop.
///
/// # Source
/// Linux `lock_acquire()`.
#[inline(always)]
#[track_caller]
pub fn acquire(map: &LockMap, lock_type: &'static LockType, mode: Mode, site: Site) -> Slot {
    let task = task::current();
    // Relaxed, all loads here: this task's own memory, or a word that is its own message.
    let state = task.held.state.load(Ordering::Relaxed);
    let depth = State::depth(state);
    if depth < INLINE_HELD {
        let ids = map.ids();
        let below = task.held.entries[depth].key.load(Ordering::Relaxed);
        let key = extend(below, ids as u32, mode);
        if task.chains.knows(key) {
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
    } else if state == State::OFF {
        return Slot::unseen();
    }
    warm::acquire(map, lock_type, mode, site)
}

/// Checks that the calling task may wait for a lock here, of which it holds nothing afterwards.
///
/// # Cost
/// A known chain: one look-up in this task's own cache, and no store.
///
/// # Panics
/// As [`acquire`].
///
/// # Source
/// Linux `might_lock()`.
#[inline(always)]
#[track_caller]
pub fn might_lock(map: &LockMap, lock_type: &'static LockType, mode: Mode, site: Site) {
    let task = task::current();
    // Relaxed, all loads here: this task's own memory, or a word that is its own message.
    let state = task.held.state.load(Ordering::Relaxed);
    let depth = State::depth(state);
    if depth < INLINE_HELD {
        let below = task.held.entries[depth].key.load(Ordering::Relaxed);
        if task.chains.knows(extend(below, map.ids() as u32, mode)) {
            return;
        }
    } else if state == State::OFF {
        return;
    }
    warm::might_lock(map, lock_type, mode, site);
}

/// As [`acquire`], for one that asks for more than a mode: a subclass, a nest lock, no check.
///
/// # Cost
/// That of the slow path, a few times the fast one; a known chain takes no lock.
///
/// # Panics
/// As [`acquire`].
#[track_caller]
pub fn acquire_as(map: &LockMap, wanted: Acquire<'_>) -> Slot {
    cold::acquire(map, wanted)
}

/// Records a lock that was got by an attempt that does not wait for ever.
///
/// It is ordered before what is taken after it, but nothing is ordered before it, so no chain is
/// looked up or made known.
///
/// # Cost
/// The stores of one entry.
#[inline(always)]
#[track_caller]
pub fn taken(
    map: &LockMap,
    lock_type: &'static LockType,
    mode: Mode,
    attempt: Attempt,
    site: Site,
) {
    let task = task::current();
    // Relaxed, all loads here: this task's own memory, or a word that is its own message.
    let state = task.held.state.load(Ordering::Relaxed);
    let depth = State::depth(state);
    let ids = map.ids();
    // What a bounded wait means depends on the profile, which the slow path asks.
    let registered = ids & 1 == 1 && attempt == Attempt::Try && !lock_key::tries_ask();
    if registered && depth < INLINE_HELD && !task.is_empty() {
        let below = task.held.entries[depth].key.load(Ordering::Relaxed);
        let key = extend(below, ids as u32, mode);
        let meta = Meta::held(mode, attempt);
        task.held.push_inline(
            state,
            HeldLock {
                ids,
                key,
                site,
                meta,
            },
        );
        return;
    }
    if state == State::OFF {
        return;
    }
    cold::acquire(
        map,
        Acquire {
            attempt,
            ..Acquire::new(lock_type, mode, site)
        },
    )
    .acquired();
}

/// Records that the calling task releases a lock. Call it before the lock is really released.
///
/// # Cost
/// The newest lock: one store. Any other: the keys above it are computed anew.
///
/// # Errors
/// None. A lock that the task does not hold is reported; it never panics.
///
/// # Source
/// Linux `lock_release()`.
#[inline(always)]
pub fn release(map: &LockMap) {
    if let Some((task, state)) = release_newest(map) {
        warm::release(map, task, state);
    }
}

/// As [`release`], at a place that the caller brings.
#[inline(always)]
pub fn release_at(map: &LockMap, site: Site) {
    if let Some((task, state)) = release_newest(map) {
        warm::release_at(map, task, state, site);
    }
}

/// Pops the lock if it is the newest of the task; the task and the state of its stack if that leaves
/// something to do.
#[inline(always)]
fn release_newest(map: &LockMap) -> Option<(&'static Task, u64)> {
    let task = task::current();
    // Relaxed, all loads here: this task's own memory, or a word that is its own message.
    let state = task.held.state.load(Ordering::Relaxed);
    let depth = State::depth(state);
    if depth > INLINE_HELD {
        return (state != State::OFF).then_some((task, state));
    }
    if task.held.entries[depth].ids.load(Ordering::Relaxed) == map.ids() {
        task.held.pop(state);
        return None;
    }
    Some((task, state))
}

/// Tells that the memory of a lock goes.
#[inline]
pub(crate) fn dropped(map: &LockMap) {
    cold::dropped(map);
}
