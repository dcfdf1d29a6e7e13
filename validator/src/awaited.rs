//! Locks that a future waits for.
//!
//! The wait is checked when the future is first polled, and the lock stands on the stack from the poll
//! that gets it. In between it is on no stack: the task may do something else meanwhile, in another arm
//! of a `select!`.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::acquire::{self, Acquire, Slot};
use crate::async_task;
use crate::chain::extend;
use crate::cold::{self, in_validator};
use crate::held::{HeldLock, State};
use crate::limits::INLINE_HELD;
use crate::lock_key;
use crate::lock_type::LockType;
use crate::map::LockMap;
use crate::mode::{Attempt, Meta, Mode};
use crate::polling;
use crate::site::Site;
use crate::task::{self, Phase, Task};

/// The future of a lock, asked for by [`acquire`](acquire::acquire) at `site`, which gave `slot`, has to
/// wait: until the answer is dropped, who looks at its task sees that.
///
/// # Cost
/// A few stores; and a lock and an entry of a list, for the wait to be seen.
#[inline(always)]
pub fn suspend(slot: Slot, map: &LockMap, mode: Mode, site: Site) -> Awaiting {
    let task = task::current();
    // Relaxed, all loads here: this task's own memory, or a word that is its own message.
    let state = task.held.state.load(Ordering::Relaxed);
    let (depth, ids) = (State::depth(state), map.ids());
    async_task::suspends(ids as u32, site);
    if state == State::OFF {
        return Awaiting(None);
    }
    if depth <= INLINE_HELD && task.held.entries[depth].ids.load(Ordering::Relaxed) == ids {
        task.held.pop(state);
    } else {
        cold::give_up(slot, map);
    }
    Awaiting::begin(ids, mode, site)
}

/// The future has to wait once more.
#[inline(always)]
pub fn suspend_again(map: &LockMap, site: Site) {
    async_task::suspends(map.ids() as u32, site);
}

/// A future that waits for a lock, until it is dropped.
#[must_use = "nobody sees the wait once it is dropped"]
#[derive(Debug)]
pub struct Awaiting(Option<Await>);

/// The task that waits, the number that it had, and the number of the wait.
#[derive(Debug)]
struct Await {
    task: &'static Task,
    number: u32,
    wait: u64,
}

impl Awaiting {
    #[cold]
    fn begin(ids: u64, mode: Mode, site: Site) -> Self {
        static BEGUN: AtomicU64 = AtomicU64::new(0);
        let Phase::Active(task) = task::phase() else {
            return Self(None);
        };
        let attempt = match is_bounded() {
            true => Attempt::Timed,
            false => Attempt::Block,
        };
        // Relaxed: a counter, nothing is ordered by it.
        let wait = BEGUN.fetch_add(1, Ordering::Relaxed);
        let lock = HeldLock {
            ids,
            key: 0,
            site,
            meta: Meta::awaited(mode, attempt),
        };
        let begun = in_validator(|| task.awaits.add(wait, 0, &[lock]));
        let number = task.number();
        Self(begun.map(|()| Await { task, number, wait }))
    }
}

impl Drop for Awaiting {
    fn drop(&mut self) {
        let Some(Await { task, number, wait }) = self.0.take() else {
            return;
        };
        // Not of a task that has ended meanwhile.
        if task.number() == number {
            in_validator(|| task.awaits.take(wait));
        }
    }
}

/// The future has to wait for something that is no lock of ours.
#[inline(always)]
pub fn suspend_at(site: Site) {
    async_task::suspends(0, site);
}

/// The future got the lock for which it had to wait.
///
/// What it holds may have changed since it asked, so the lock is held like one that was tried unless
/// this very chain is known.
///
/// # Cost
/// That of an acquire that is known.
#[inline(always)]
#[track_caller]
pub fn resume(map: &LockMap, lock_type: &'static LockType, mode: Mode, site: Site) {
    let task = task::current();
    // Relaxed, all loads here: this task's own memory, or a word that is its own message.
    let state = task.held.state.load(Ordering::Relaxed);
    let depth = State::depth(state);
    if depth < INLINE_HELD {
        let ids = map.ids();
        let below = task.held.entries[depth].key.load(Ordering::Relaxed);
        let key = extend(below, ids as u32, mode);
        if ids & 1 == 1 && task.chains.knows(key) {
            let meta = Meta::held(mode, Attempt::Block);
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
    } else if state == State::OFF {
        return;
    }
    let wanted = Acquire {
        attempt: Attempt::Try,
        ..Acquire::new(lock_type, mode, site)
    };
    acquire::acquire_as(map, wanted).acquired();
}

/// Records a permit of what counts its holders: it is held, and nothing is ordered by it.
///
/// # Cost
/// The stores of one entry.
#[inline(always)]
#[track_caller]
pub fn permitted(map: &LockMap, lock_type: &'static LockType, site: Site) {
    let task = task::current();
    // Relaxed, all loads here: this task's own memory, or a word that is its own message.
    let state = task.held.state.load(Ordering::Relaxed);
    let (depth, ids) = (State::depth(state), map.ids());
    let mode = Mode::Recursive;
    if ids & 1 == 1 && depth < INLINE_HELD && !task.is_empty() && !lock_key::tries_ask() {
        let below = task.held.entries[depth].key.load(Ordering::Relaxed);
        let meta = Meta::held(mode, Attempt::Try).unchecked();
        let permit = HeldLock {
            ids,
            key: 0,
            site,
            meta,
        };
        task.held.push_inline(state, permit.on(below));
        return;
    }
    if state == State::OFF {
        return;
    }
    let wanted = Acquire {
        attempt: Attempt::Try,
        check: false,
        ..Acquire::new(lock_type, mode, site)
    };
    acquire::acquire_as(map, wanted).acquired();
}

/// Polls what gives up by itself: its waits for locks count as timed ones.
#[inline(always)]
pub fn bounded<R>(poll: impl FnOnce() -> R) -> R {
    let _before = Before::set(true);
    poll()
}

/// As [`acquire`](acquire::acquire), of a lock that futures wait for, by a thread: whatever polls it gives up
/// no sooner than the thread has the lock.
///
/// # Panics
/// As that.
#[inline(always)]
#[track_caller]
pub fn block(map: &LockMap, lock_type: &'static LockType, mode: Mode, site: Site) -> Slot {
    let _before = Before::set(false);
    acquire::acquire(map, lock_type, mode, site)
}

/// Puts what was before back when it is dropped.
struct Before(bool);

impl Before {
    /// Says whether what is polled now gives up by itself.
    #[inline(always)]
    fn set(bounded: bool) -> Self {
        Self(polling::change(|now| now.bounded = bounded).bounded)
    }
}

impl Drop for Before {
    #[inline(always)]
    fn drop(&mut self) {
        polling::change(|now| now.bounded = self.0);
    }
}

/// Whether what is polled now gives up by itself.
pub(crate) fn is_bounded() -> bool {
    polling::get().bounded
}
