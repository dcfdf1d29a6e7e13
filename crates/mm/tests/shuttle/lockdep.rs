//! Lock events, in place of the validator: each acquire has its release, and readers have released
//! before a writer has excluded them.
//!
//! Not the validator itself: another crate of a workspace build may switch it on, and its
//! thread-local state would be that of all threads of a model.

use std::sync::{Mutex, MutexGuard, PoisonError};

use shuttle::thread::{self, ThreadId};

use crate::sync::yield_point;

#[derive(Debug)]
pub(crate) struct LockKey;

#[derive(Debug)]
pub(crate) enum ClassPolicy {
    Forbid,
}

/// Who holds a lock, by its events.
#[derive(Debug, Default)]
pub(crate) struct LockMap {
    /// A mutex of std: telling is no step of the protocol.
    holds: Mutex<Holds>,
}

#[derive(Debug, Default)]
struct Holds {
    /// Readers of a VMA lock, and whoever has or waits for an mmap lock.
    shared: u32,
    /// The thread that excludes the readers of a VMA lock.
    exclusive: Option<ThreadId>,
    /// Whether it waits for them.
    waits: bool,
}

pub(crate) trait AsLockMap {
    fn as_lock_map(&self) -> &LockMap;
}

impl LockKey {
    pub(crate) const fn new(_name: &'static str) -> Self {
        Self
    }

    pub(crate) const fn derived(self, _derived: fn(())) -> Self {
        self
    }

    pub(crate) const fn with_policy(_name: &'static str, _policy: ClassPolicy) -> Self {
        Self
    }
}

impl LockMap {
    pub(crate) fn with_key(_key: &'static LockKey) -> Self {
        Self::default()
    }

    /// Whether each acquire had its release.
    pub(crate) fn is_free(&self) -> bool {
        let holds = self.holds();
        holds.shared == 0 && holds.exclusive.is_none()
    }

    fn holds(&self) -> MutexGuard<'_, Holds> {
        self.holds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn acquire(&self) {
        self.holds().shared += 1;
    }

    fn release(&self) {
        let mut holds = self.holds();
        if holds.exclusive == Some(thread::current().id()) {
            // One that still waits was interrupted.
            assert!(
                holds.waits || holds.shared == 0,
                "readers hold a VMA lock that excludes them"
            );
            holds.exclusive = None;
        } else {
            let left = holds.shared.checked_sub(1);
            holds.shared = left.expect("a lock is released that nobody holds");
        }
    }
}

pub(crate) fn lock_acquire_shared(map: &LockMap, _subclass: u32, _trylock: bool) {
    map.acquire();
}

pub(crate) fn lock_acquire_exclusive(map: &LockMap, _subclass: u32, _trylock: bool) {
    let mut holds = map.holds();
    assert_eq!(holds.exclusive, None, "two threads exclude readers");
    holds.exclusive = Some(thread::current().id());
    holds.waits = false;
}

pub(crate) fn lock_release(map: &LockMap) {
    // An event takes its time; others may run meanwhile.
    yield_point();
    map.release();
}

pub(crate) fn rwsem_acquire(map: &LockMap, _subclass: u32, _trylock: bool) {
    map.acquire();
}

pub(crate) fn rwsem_acquire_read(map: &LockMap, _subclass: u32, _trylock: bool) {
    map.acquire();
}

pub(crate) fn rwsem_release(map: &LockMap) {
    map.release();
}

pub(crate) fn lock_contended(map: &LockMap) {
    map.holds().waits = true;
}

pub(crate) fn lock_acquired(map: &LockMap) {
    map.holds().waits = false;
}

pub(crate) fn lock_downgrade(_map: &LockMap) {}
