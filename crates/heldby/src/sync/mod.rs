//! `std::sync`, validated: the same names, the same behaviour.
//!
//! It has whatever std has, so that a program compiles unchanged on either.
//! What std calls a lock result, a poison error or a try-lock error is std's own type here, around
//! our guards; so is what nobody waits for, such as [`Arc`], and a [`Barrier`], which is no lock: who
//! waits at it holds nothing of it, and no order with it is learned.

/// What every guard has: it reads, and shows itself, as what it protects, and it tells its lock.
macro_rules! guard_reads {
    ($guard:ident) => {
        impl<T: ?Sized> std::ops::Deref for $guard<'_, T> {
            type Target = T;

            #[inline(always)]
            fn deref(&self) -> &T {
                &self.inner
            }
        }

        impl<T: ?Sized> crate::lockdep::Guard for $guard<'_, T> {
            #[inline(always)]
            fn lock_map(&self) -> &crate::lockdep::LockMap {
                self.hold.map()
            }
        }

        impl<T: ?Sized + std::fmt::Debug> std::fmt::Debug for $guard<'_, T> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<T: ?Sized + std::fmt::Display> std::fmt::Display for $guard<'_, T> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                (**self).fmt(f)
            }
        }
    };
}

/// What an exclusive guard has besides.
macro_rules! guard_writes {
    ($guard:ident) => {
        impl<T: ?Sized> std::ops::DerefMut for $guard<'_, T> {
            #[inline(always)]
            fn deref_mut(&mut self) -> &mut T {
                &mut self.inner
            }
        }
    };
}

/// What a lock of one value has, around another one's: how it is told, made of a value, and shown.
macro_rules! lock_of {
    ($lock:ident: $inner:path, $family:literal) => {
        impl<T: ?Sized> crate::engine::Lock for $lock<T> {
            #[cfg(feature = "validate")]
            const FAMILY: &'static str = $family;
        }

        impl<T: ?Sized> crate::lockdep::AsLockMap for $lock<T> {
            fn as_lock_map(&self) -> &LockMap {
                &self.map
            }
        }

        impl<T> From<T> for $lock<T> {
            #[track_caller]
            fn from(value: T) -> Self {
                Self::new(value)
            }
        }

        impl<T: Default> Default for $lock<T> {
            /// Makes a lock around the default value.
            ///
            /// All fields of one `#[derive(Default)]` share a place in the source, so the place of the
            /// first acquire becomes part of the class.
            #[track_caller]
            fn default() -> Self {
                use $inner as Inner;
                Self {
                    map: LockMap::by_default(),
                    inner: Inner::default(),
                }
            }
        }

        impl<T: ?Sized + std::fmt::Debug> std::fmt::Debug for $lock<T> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.inner.fmt(f)
            }
        }
    };
}

mod condvar;
mod lazy_lock;
pub mod mpsc;
mod mutex;
mod once;
mod once_lock;
mod rwlock;

pub use std::sync::{Arc, Barrier, BarrierWaitResult, OnceState, Weak, atomic};
pub use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult, WaitTimeoutResult};

pub use condvar::Condvar;
pub use lazy_lock::LazyLock;
pub use mutex::{Mutex, MutexGuard};
#[expect(deprecated, reason = "std still has it")]
pub use once::ONCE_INIT;
pub use once::Once;
pub use once_lock::OnceLock;
pub use rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Rewraps a lock result, poisoned or not, around another guard.
#[inline(always)]
fn map_result<G, H>(result: LockResult<G>, wrap: impl FnOnce(G) -> H) -> LockResult<H> {
    match result {
        Ok(guard) => Ok(wrap(guard)),
        Err(poisoned) => Err(PoisonError::new(wrap(poisoned.into_inner()))),
    }
}

/// Whether a try took the lock, poisoned or not.
///
/// Asked outside of the closure that wraps the guard, which does not know the host's place.
#[inline(always)]
fn is_taken<G>(result: &TryLockResult<G>) -> bool {
    !matches!(result, Err(TryLockError::WouldBlock))
}

/// Rewraps a try-lock result; `wrap` runs only if the lock was taken.
#[inline(always)]
fn map_try_result<G, H>(result: TryLockResult<G>, wrap: impl FnOnce(G) -> H) -> TryLockResult<H> {
    match result {
        Ok(guard) => Ok(wrap(guard)),
        Err(TryLockError::Poisoned(poisoned)) => Err(TryLockError::Poisoned(PoisonError::new(
            wrap(poisoned.into_inner()),
        ))),
        Err(TryLockError::WouldBlock) => Err(TryLockError::WouldBlock),
    }
}
