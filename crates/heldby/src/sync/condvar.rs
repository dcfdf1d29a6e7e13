//! `std::sync::Condvar`, validated.

use std::fmt;
use std::time::Duration;

use super::{LockResult, Mutex, MutexGuard, WaitTimeoutResult, map_result};
use crate::engine::{self, Lock};
use crate::lockdep::LockMap;

/// A condition variable, as [`std::sync::Condvar`].
///
/// A wait is the release of the mutex and a blocking acquire of it under whatever else the thread
/// holds; that acquire is checked before the thread goes to sleep.
///
/// A wait while another lock is held hangs if every notify needs that lock. As long as every notify
/// that was seen was made under it, such a wait is a pending finding. If it then really lasts for a
/// second it is reported, and [`wait`](Self::wait) returns once as if it had been notified, which
/// std's may do at any time.
#[cfg_attr(not(feature = "validate"), repr(transparent))]
pub struct Condvar {
    map: LockMap,
    inner: std::sync::Condvar,
}

impl Condvar {
    /// Makes a condition variable.
    #[inline]
    #[track_caller]
    pub const fn new() -> Self {
        Self {
            map: LockMap::new(),
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
        let limit = engine::waits::<Self>(&self.map, &hold);
        let suspended = hold.suspend::<Mutex<T>>();
        let result = match limit {
            None => self.inner.wait(inner),
            Some(limit) => {
                let result = self.inner.wait_timeout(inner, limit);
                if matches!(&result, Ok((_, timeout)) if timeout.timed_out()) {
                    engine::blocked::<Self>(&self.map, &suspended);
                }
                map_result(result, |(inner, _)| inner)
            }
        };
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
        let limit = engine::waits::<Self>(&self.map, &hold);
        let suspended = hold.suspend::<Mutex<T>>();
        let mut condition = |value: &mut T| suspended.awake(|| condition(value));
        let result = match limit {
            None => self.inner.wait_while(inner, condition),
            Some(limit) => {
                let first = self.inner.wait_timeout_while(inner, limit, &mut condition);
                match first {
                    Ok((inner, timeout)) if timeout.timed_out() => {
                        engine::blocked::<Self>(&self.map, &suspended);
                        self.inner.wait_while(inner, condition)
                    }
                    ended => map_result(ended, |(inner, _)| inner),
                }
            }
        };
        let hold = suspended.resume();
        map_result(result, |inner| MutexGuard { hold, inner })
    }

    /// Waits for a notification, for no longer than so many milliseconds; tells whether one came.
    ///
    /// # Errors
    /// As [`wait`](Self::wait).
    ///
    /// # Panics
    /// As [`wait`](Self::wait).
    #[deprecated(since = "0.1.0", note = "use `wait_timeout`, as with std")]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn wait_timeout_ms<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        ms: u32,
    ) -> LockResult<(MutexGuard<'a, T>, bool)> {
        let result = self.wait_timeout(guard, Duration::from_millis(ms.into()));
        map_result(result, |(guard, timeout)| (guard, !timeout.timed_out()))
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
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn notify_one(&self) {
        engine::signals::<Self>(&self.map);
        self.inner.notify_one();
    }

    /// Wakes all waiting threads.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn notify_all(&self) {
        engine::signals::<Self>(&self.map);
        self.inner.notify_all();
    }
}

impl Lock for Condvar {
    #[cfg(feature = "validate")]
    const FAMILY: &'static str = "std::sync::Condvar";
    #[cfg(feature = "validate")]
    const ROLE: heldby_validator::Role = heldby_validator::Role::Condvar;
}

impl Default for Condvar {
    /// Makes a condition variable.
    ///
    /// All fields of one `#[derive(Default)]` share a place in the source, so the place of the first
    /// use becomes part of the class.
    #[track_caller]
    fn default() -> Self {
        Self {
            map: LockMap::by_default(),
            inner: std::sync::Condvar::new(),
        }
    }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
