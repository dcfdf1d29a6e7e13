//! What the protocol is made of: atomics, waiting, the raw lock below the mmap lock, and the lock
//! events. In one place, so that the models in `tests/model` and `tests/shuttle` can put those of a
//! model checker here.

#[cfg(feature = "per-vma-lock")]
pub(crate) use std::sync::atomic::AtomicPtr;
pub(crate) use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};
pub(crate) use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub(crate) use heldby::lockdep;
use parking_lot::lock_api::{RawRwLock as _, RawRwLockDowngrade as _, RawRwLockTimed as _};

/// The bit of the writer's flag in `vm_refcnt`; a model has room for few readers.
pub(crate) const EXCLUDE_READERS_BIT: u32 = 30;

/// The reader-writer semaphore below the mmap lock: parking_lot's, without ownership.
pub(crate) struct RwSemaphore(parking_lot::RawRwLock);

impl RwSemaphore {
    pub(crate) const fn new() -> Self {
        Self(parking_lot::RawRwLock::INIT)
    }

    #[inline]
    pub(crate) fn try_down_read(&self) -> bool {
        self.0.try_lock_shared()
    }

    #[inline]
    pub(crate) fn try_down_write(&self) -> bool {
        self.0.try_lock_exclusive()
    }

    pub(crate) fn down_read(&self) {
        self.0.lock_shared();
    }

    pub(crate) fn down_write(&self) {
        self.0.lock_exclusive();
    }

    /// Waits no longer than `at_most`; false if that was too short.
    pub(crate) fn down_read_for(&self, at_most: Duration) -> bool {
        self.0.try_lock_shared_for(at_most)
    }

    /// As [`down_read_for`](Self::down_read_for), for writing.
    pub(crate) fn down_write_for(&self, at_most: Duration) -> bool {
        self.0.try_lock_exclusive_for(at_most)
    }

    /// # Safety
    /// It is held for reading, and this hold ends.
    #[inline]
    pub(crate) unsafe fn up_read(&self) {
        // SAFETY: the caller gives up a shared hold.
        unsafe { self.0.unlock_shared() };
    }

    /// # Safety
    /// It is held for writing, and this hold ends.
    #[inline]
    pub(crate) unsafe fn up_write(&self) {
        // SAFETY: the caller gives up the exclusive hold.
        unsafe { self.0.unlock_exclusive() };
    }

    /// # Safety
    /// It is held for writing, and from now on for reading.
    pub(crate) unsafe fn downgrade_write(&self) {
        // SAFETY: the caller turns the exclusive hold into a shared one.
        unsafe { self.0.downgrade() };
    }

    pub(crate) fn is_locked(&self) -> bool {
        self.0.is_locked()
    }

    pub(crate) fn is_write_locked(&self) -> bool {
        self.0.is_locked_exclusive()
    }
}

/// Waits on `condvar`, no longer than until `deadline`; the caller looks at its condition again.
pub(crate) fn wait_on<'a, T>(
    condvar: &Condvar,
    guard: MutexGuard<'a, T>,
    deadline: Option<Instant>,
) -> MutexGuard<'a, T> {
    match deadline {
        None => condvar.wait(guard).unwrap_or_else(PoisonError::into_inner),
        Some(deadline) => {
            let at_most = deadline.saturating_duration_since(Instant::now());
            let waited = condvar.wait_timeout(guard, at_most);
            waited.unwrap_or_else(PoisonError::into_inner).0
        }
    }
}

/// A point where another thread may come in between. With the feature `chaos` one in eight yields.
#[cfg(feature = "chaos")]
pub(crate) fn yield_point() {
    use std::cell::Cell;
    use std::hash::{BuildHasher, RandomState};

    thread_local! {
        static STATE: Cell<u64> = Cell::new(RandomState::new().hash_one(0) | 1);
    }
    // Marsaglia, "Xorshift RNGs", 2003.
    let next = STATE.try_with(|state| {
        let mut x = state.get();
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        state.set(x);
        x
    });
    if next.is_ok_and(|random| random % 8 == 0) {
        std::thread::yield_now();
    }
}

/// A point where another thread may come in between; nothing, in this build.
#[cfg(not(feature = "chaos"))]
#[inline(always)]
pub(crate) fn yield_point() {}
