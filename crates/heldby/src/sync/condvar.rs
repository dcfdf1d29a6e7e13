//! `std::sync::Condvar`, validated.

use std::fmt;
use std::time::Duration;

use super::{LockResult, Mutex, MutexGuard, WaitTimeoutResult, map_result};

/// A condition variable, as [`std::sync::Condvar`].
///
/// A wait is the release of the mutex and a blocking acquire of it under whatever else the thread
/// holds; that acquire is checked before the thread goes to sleep.
#[cfg_attr(not(feature = "validate"), repr(transparent))]
#[derive(Default)]
pub struct Condvar {
    inner: std::sync::Condvar,
}

impl Condvar {
    /// Makes a condition variable.
    #[inline]
    pub const fn new() -> Self {
        Self {
            inner: std::sync::Condvar::new(),
        }
    }

    /// Releases the mutex, waits for a notification, and acquires the mutex again.
    ///
    /// # Errors
    /// As [`std::sync::Condvar::wait`]: the mutex is poisoned.
    ///
    /// # Panics
    /// When a violation is found and the policy is `panic`.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        let MutexGuard { hold, inner } = guard;
        let suspended = hold.suspend::<Mutex<T>>();
        let result = self.inner.wait(inner);
        let hold = suspended.resume();
        map_result(result, |inner| MutexGuard { hold, inner })
    }

    /// Waits as long as `condition` holds.
    ///
    /// # Errors
    /// As [`wait`](Self::wait).
    ///
    /// # Panics
    /// As [`wait`](Self::wait).
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn wait_while<'a, T, F>(
        &self,
        guard: MutexGuard<'a, T>,
        mut condition: F,
    ) -> LockResult<MutexGuard<'a, T>>
    where
        F: FnMut(&mut T) -> bool,
    {
        let MutexGuard { hold, inner } = guard;
        let suspended = hold.suspend::<Mutex<T>>();
        let result = self
            .inner
            .wait_while(inner, |value| suspended.awake(|| condition(value)));
        let hold = suspended.resume();
        map_result(result, |inner| MutexGuard { hold, inner })
    }

    /// Waits for a notification, for no longer than `timeout`.
    ///
    /// # Errors
    /// As [`wait`](Self::wait).
    ///
    /// # Panics
    /// As [`wait`](Self::wait).
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        timeout: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        let MutexGuard { hold, inner } = guard;
        let suspended = hold.suspend::<Mutex<T>>();
        let result = self.inner.wait_timeout(inner, timeout);
        let hold = suspended.resume();
        map_result(result, |(inner, timed_out)| {
            (MutexGuard { hold, inner }, timed_out)
        })
    }

    /// Waits as long as `condition` holds, for no longer than `timeout` in all.
    ///
    /// # Errors
    /// As [`wait`](Self::wait).
    ///
    /// # Panics
    /// As [`wait`](Self::wait).
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn wait_timeout_while<'a, T, F>(
        &self,
        guard: MutexGuard<'a, T>,
        timeout: Duration,
        mut condition: F,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)>
    where
        F: FnMut(&mut T) -> bool,
    {
        let MutexGuard { hold, inner } = guard;
        let suspended = hold.suspend::<Mutex<T>>();
        let condition = |value: &mut T| suspended.awake(|| condition(value));
        let result = self.inner.wait_timeout_while(inner, timeout, condition);
        let hold = suspended.resume();
        map_result(result, |(inner, timed_out)| {
            (MutexGuard { hold, inner }, timed_out)
        })
    }

    /// Wakes one waiting thread.
    #[inline]
    pub fn notify_one(&self) {
        self.inner.notify_one();
    }

    /// Wakes all waiting threads.
    #[inline]
    pub fn notify_all(&self) {
        self.inner.notify_all();
    }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
