//! `parking_lot::Condvar`, validated.

use std::fmt;
use std::mem::ManuallyDrop;
use std::ptr;
use std::time::{Duration, Instant};

use super::{MutexGuard, RawMutex};
use crate::engine::{self, GivenUp, Lock, Signals};
use crate::lockdep::{AsLockMap, LockMap};

/// Whether a wait ended because its time was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    /// Whether it did.
    #[inline]
    #[must_use]
    pub fn timed_out(self) -> bool {
        self.0
    }
}

/// A condition variable, as [`parking_lot::Condvar`].
///
/// A wait is to the validator what it is for [`sync::Condvar`](crate::sync::Condvar). Only, a wait
/// that is told to last too long goes on, since `parking_lot`'s end for a notification alone.
#[cfg_attr(not(feature = "validate"), repr(transparent))]
pub struct Condvar {
    map: LockMap,
    signals: Signals,
    inner: ::parking_lot::Condvar,
}

impl Condvar {
    /// Makes a condition variable.
    #[inline]
    #[track_caller]
    #[must_use]
    pub const fn new() -> Self {
        Self {
            map: LockMap::new(),
            signals: Signals::new(),
            inner: ::parking_lot::Condvar::new(),
        }
    }

    /// Wakes one waiting thread; tells whether there was one.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn notify_one(&self) -> bool {
        engine::signals::<Self>(&self.map);
        self.signals.add();
        self.inner.notify_one()
    }

    /// Wakes all waiting threads; tells how many there were.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn notify_all(&self) -> usize {
        engine::signals::<Self>(&self.map);
        self.signals.add();
        self.inner.notify_all()
    }

    /// Releases the mutex, waits for a notification, and acquires the mutex again.
    ///
    /// # Panics
    /// As [`parking_lot::Condvar::wait`]: when it is used with a second
    /// mutex. When a violation is found and the policy is `panic`.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn wait<T: ?Sized>(&self, mutex_guard: &mut MutexGuard<'_, T>) {
        let raw = raw(mutex_guard);
        let limit = engine::waits_under::<Self>(&self.map, raw.as_lock_map());
        let given_up = GivenUp::new(raw.as_lock_map(), raw.kind);
        match limit {
            None => self.inner.wait(&mut inner_guard(raw)),
            Some(limit) => self.wait_long(raw, limit),
        }
        given_up.woken();
    }

    /// Waits, and tells of it when `limit` has passed.
    ///
    /// A notification that comes while it tells, or looks up again, would find no one; so it looks
    /// whether there was any, and takes that for its own.
    #[cold]
    #[cfg_attr(feature = "validate", track_caller)]
    fn wait_long(&self, raw: &RawMutex, limit: Duration) {
        let signals = self.signals.count();
        if !self
            .inner
            .wait_for(&mut inner_guard(raw), limit)
            .timed_out()
        {
            return;
        }
        engine::blocked_under::<Self>(&self.map, raw.as_lock_map());
        while self.signals.count() == signals {
            if !self
                .inner
                .wait_for(&mut inner_guard(raw), limit)
                .timed_out()
            {
                return;
            }
        }
    }

    /// Waits for a notification, until the moment `timeout`.
    ///
    /// # Panics
    /// As [`wait`](Self::wait).
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn wait_until<T: ?Sized>(
        &self,
        mutex_guard: &mut MutexGuard<'_, T>,
        timeout: Instant,
    ) -> WaitTimeoutResult {
        let raw = raw(mutex_guard);
        let given_up = GivenUp::new(raw.as_lock_map(), raw.kind);
        let result = self.inner.wait_until(&mut inner_guard(raw), timeout);
        given_up.woken();
        WaitTimeoutResult(result.timed_out())
    }

    /// Waits for a notification, for no longer than `timeout`.
    ///
    /// # Panics
    /// As [`wait`](Self::wait).
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn wait_for<T: ?Sized>(
        &self,
        mutex_guard: &mut MutexGuard<'_, T>,
        timeout: Duration,
    ) -> WaitTimeoutResult {
        let raw = raw(mutex_guard);
        let given_up = GivenUp::new(raw.as_lock_map(), raw.kind);
        let result = self.inner.wait_for(&mut inner_guard(raw), timeout);
        given_up.woken();
        WaitTimeoutResult(result.timed_out())
    }

    /// Waits as long as `condition` holds.
    ///
    /// # Panics
    /// As [`wait`](Self::wait).
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn wait_while<T, F>(&self, mutex_guard: &mut MutexGuard<'_, T>, mut condition: F)
    where
        T: ?Sized,
        F: FnMut(&mut T) -> bool,
    {
        while condition(&mut **mutex_guard) {
            self.wait(mutex_guard);
        }
    }

    /// Waits as long as `condition` holds, until the moment `timeout`.
    ///
    /// # Panics
    /// As [`wait`](Self::wait).
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn wait_while_until<T, F>(
        &self,
        mutex_guard: &mut MutexGuard<'_, T>,
        mut condition: F,
        timeout: Instant,
    ) -> WaitTimeoutResult
    where
        T: ?Sized,
        F: FnMut(&mut T) -> bool,
    {
        let mut result = WaitTimeoutResult(false);
        while !result.timed_out() && condition(&mut **mutex_guard) {
            result = self.wait_until(mutex_guard, timeout);
        }
        result
    }

    /// Waits as long as `condition` holds, for no longer than `timeout` in all.
    ///
    /// # Panics
    /// As [`wait`](Self::wait).
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn wait_while_for<T, F>(
        &self,
        mutex_guard: &mut MutexGuard<'_, T>,
        condition: F,
        timeout: Duration,
    ) -> WaitTimeoutResult
    where
        T: ?Sized,
        F: FnMut(&mut T) -> bool,
    {
        match Instant::now().checked_add(timeout) {
            Some(deadline) => self.wait_while_until(mutex_guard, condition, deadline),
            None => {
                self.wait_while(mutex_guard, condition);
                WaitTimeoutResult(false)
            }
        }
    }
}

/// The raw mutex that a guard holds.
#[inline(always)]
fn raw<'a, T: ?Sized>(guard: &MutexGuard<'a, T>) -> &'a RawMutex {
    // SAFETY: what is done with it leaves it locked when the guard is used again.
    unsafe { MutexGuard::mutex(guard).raw() }
}

/// A guard that `parking_lot` takes for one of a locked mutex of its own, and that does not unlock it.
#[inline(always)]
fn inner_guard(raw: &RawMutex) -> ManuallyDrop<::parking_lot::MutexGuard<'_, ()>> {
    type Inner = ::parking_lot::Mutex<()>;
    // A mutex around nothing has no room for anything beside its raw one, which so begins where it
    // begins.
    const {
        assert!(size_of::<Inner>() == size_of::<::parking_lot::RawMutex>());
        assert!(align_of::<Inner>() == align_of::<::parking_lot::RawMutex>());
    }
    // SAFETY: the wait that it is for locks it again.
    let inner = ptr::from_ref(unsafe { raw.inner() });
    // SAFETY: as asserted, that place holds a raw mutex and a `()`, which is all that an `Inner` is.
    let mutex = unsafe { &*inner.cast::<Inner>() };
    // SAFETY: the caller has a guard of it, so it is locked; this one is never dropped.
    ManuallyDrop::new(unsafe { mutex.make_guard_unchecked() })
}

impl Lock for Condvar {
    #[cfg(feature = "validate")]
    const FAMILY: &'static str = "parking_lot::Condvar";
    #[cfg(feature = "validate")]
    const ROLE: heldby_validator::Role = heldby_validator::Role::Condvar;
}

impl Default for Condvar {
    /// Makes a condition variable; its class is told as that of a defaulted
    /// [`sync::Condvar`](crate::sync::Condvar).
    #[track_caller]
    fn default() -> Self {
        Self {
            map: LockMap::by_default(),
            signals: Signals::new(),
            inner: ::parking_lot::Condvar::new(),
        }
    }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
