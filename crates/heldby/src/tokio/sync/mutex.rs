//! `tokio::sync::Mutex`, validated.

use std::future::Future;
use std::sync::Arc;

use ::tokio::sync::TryLockError;

use super::acquire::Acquire;
use super::owned::OwnedMutexGuard;
use crate::engine::{self, Here, Hold, Mode};
use crate::lockdep::{LockKey, LockMap};

/// A mutual exclusion lock for which tasks wait, as [`tokio::sync::Mutex`].
///
/// # Cost
/// Without the feature `validate`: none, in size or time.
/// With it: 8 bytes, and the validator's hot path at each acquire and release.
#[cfg_attr(not(feature = "validate"), repr(transparent))]
pub struct Mutex<T: ?Sized> {
    map: LockMap,
    inner: ::tokio::sync::Mutex<T>,
}

/// Holds a [`Mutex`] until it is dropped.
#[must_use = "if unused the Mutex will immediately unlock"]
#[clippy::has_significant_drop]
pub struct MutexGuard<'a, T: ?Sized> {
    hold: Hold<'a>,
    inner: ::tokio::sync::MutexGuard<'a, T>,
    lock: &'a Mutex<T>,
}

/// Holds a [`Mutex`] of which it shows a part, as [`tokio::sync::MappedMutexGuard`].
#[must_use = "if unused the Mutex will immediately unlock"]
#[clippy::has_significant_drop]
pub struct MappedMutexGuard<'a, T: ?Sized> {
    hold: Hold<'a>,
    inner: ::tokio::sync::MappedMutexGuard<'a, T>,
}

impl<T> Mutex<T> {
    /// Makes an unlocked mutex; its class is this place in the source and its type.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Self::of(LockMap::new(), ::tokio::sync::Mutex::new(value))
    }

    /// As [`new`](Self::new), in a `static`.
    #[track_caller]
    pub const fn const_new(value: T) -> Self {
        Self::of(LockMap::new(), ::tokio::sync::Mutex::const_new(value))
    }

    /// Makes an unlocked mutex of the class `key`, which [`lock_class!`](crate::lock_class) makes.
    pub const fn with_class(key: &'static LockKey, value: T) -> Self {
        let inner = ::tokio::sync::Mutex::const_new(value);
        Self::of(LockMap::with_key(key), inner)
    }

    /// Makes an unlocked mutex of the class called `name`.
    ///
    /// # Cost
    /// One look-up in the table of names; for a lock in a `static` use [`with_class`](Self::with_class).
    pub fn named(name: &str, value: T) -> Self {
        Self::of(LockMap::named(name), ::tokio::sync::Mutex::new(value))
    }

    const fn of(map: LockMap, inner: ::tokio::sync::Mutex<T>) -> Self {
        Self { map, inner }
    }

    /// Consumes the mutex and returns what it protects.
    pub fn into_inner(self) -> T {
        self.inner.into_inner()
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Acquires the mutex, and waits until it can.
    ///
    /// An order that can deadlock is reported at the first poll, before the task waits.
    /// To give up is to drop the future.
    ///
    /// # Panics
    /// The first poll does when a violation is found and the policy is `panic`.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn lock(&self) -> impl Future<Output = MutexGuard<'_, T>> {
        let guard = |inner| self.guard(inner);
        let inner = self.inner.lock();
        Acquire::<Self, _, _>::new(&self.map, Mode::Write, Here::caller(), inner, guard)
    }

    /// As [`lock`](Self::lock), by a guard that keeps the mutex alive.
    ///
    /// # Panics
    /// As [`lock`](Self::lock).
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn lock_owned(self: Arc<Self>) -> impl Future<Output = OwnedMutexGuard<T>>
    where
        T: 'static,
    {
        let here = Here::caller();
        async move {
            let guard = |inner| self.guard(inner);
            let inner = self.inner.lock();
            let acquire = Acquire::<Self, _, _>::new(&self.map, Mode::Write, here, inner, guard);
            // SAFETY: the guard goes into one that keeps the mutex alive.
            let guard = unsafe { acquire.await.unbound() };
            OwnedMutexGuard::new(guard, self)
        }
    }

    /// Acquires the mutex, and blocks the thread until it can; not in a task.
    ///
    /// # Panics
    /// As [`lock`](Self::lock); also when called in a task, as [`tokio::sync::Mutex::blocking_lock`].
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn blocking_lock(&self) -> MutexGuard<'_, T> {
        let slot = engine::block_on::<Self>(&self.map, Mode::Write);
        self.guard(slot.block(|| self.inner.blocking_lock()))
    }

    /// As [`blocking_lock`](Self::blocking_lock), by a guard that keeps the mutex alive.
    ///
    /// # Panics
    /// As [`blocking_lock`](Self::blocking_lock).
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn blocking_lock_owned(self: Arc<Self>) -> OwnedMutexGuard<T>
    where
        T: 'static,
    {
        // SAFETY: the guard goes into one that keeps the mutex alive.
        let guard = unsafe { self.blocking_lock().unbound() };
        OwnedMutexGuard::new(guard, self)
    }

    /// Acquires the mutex if that is possible without waiting.
    ///
    /// # Errors
    /// The mutex is held.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn try_lock(&self) -> Result<MutexGuard<'_, T>, TryLockError> {
        let inner = self.inner.try_lock()?;
        engine::taken_awaited::<Self>(&self.map, Mode::Write);
        Ok(self.guard(inner))
    }

    /// As [`try_lock`](Self::try_lock), by a guard that keeps the mutex alive.
    ///
    /// # Errors
    /// The mutex is held.
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn try_lock_owned(self: Arc<Self>) -> Result<OwnedMutexGuard<T>, TryLockError>
    where
        T: 'static,
    {
        // SAFETY: the guard goes into one that keeps the mutex alive.
        let guard = unsafe { self.try_lock()?.unbound() };
        Ok(OwnedMutexGuard::new(guard, self))
    }

    /// Returns what the mutex protects; no lock is needed, since it is borrowed exclusively.
    pub fn get_mut(&mut self) -> &mut T {
        self.inner.get_mut()
    }

    #[inline(always)]
    fn guard<'a>(&'a self, inner: ::tokio::sync::MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        MutexGuard {
            hold: Hold::new(&self.map),
            inner,
            lock: self,
        }
    }
}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// Shows a part of what the mutex protects.
    pub fn map<U: ?Sized>(
        this: Self,
        part: impl FnOnce(&mut T) -> &mut U,
    ) -> MappedMutexGuard<'a, U> {
        let Self { hold, inner, .. } = this;
        let inner = ::tokio::sync::MutexGuard::map(inner, part);
        MappedMutexGuard { hold, inner }
    }

    /// As [`map`](Self::map), if there is such a part.
    ///
    /// # Errors
    /// The guard itself, if there is none.
    pub fn try_map<U: ?Sized>(
        this: Self,
        part: impl FnOnce(&mut T) -> Option<&mut U>,
    ) -> Result<MappedMutexGuard<'a, U>, Self> {
        let Self { hold, inner, lock } = this;
        match ::tokio::sync::MutexGuard::try_map(inner, part) {
            Ok(inner) => Ok(MappedMutexGuard { hold, inner }),
            Err(inner) => Err(Self { hold, inner, lock }),
        }
    }

    /// The mutex that it holds.
    #[must_use]
    pub fn mutex(this: &Self) -> &'a Mutex<T> {
        this.lock
    }

    /// The guard for as long as whoever asks sees to it that the mutex lives.
    ///
    /// # Safety
    /// The mutex outlives the guard.
    unsafe fn unbound(self) -> MutexGuard<'static, T>
    where
        T: 'static,
    {
        // SAFETY: the types differ in a lifetime alone, for which the caller vouches.
        unsafe { std::mem::transmute::<Self, MutexGuard<'static, T>>(self) }
    }
}

impl<'a, T: ?Sized> MappedMutexGuard<'a, T> {
    /// Shows a part of that part.
    pub fn map<U>(this: Self, part: impl FnOnce(&mut T) -> &mut U) -> MappedMutexGuard<'a, U> {
        let Self { hold, inner } = this;
        let inner = ::tokio::sync::MappedMutexGuard::map(inner, part);
        MappedMutexGuard { hold, inner }
    }

    /// As [`map`](Self::map), if there is such a part.
    ///
    /// # Errors
    /// The guard itself, if there is none.
    pub fn try_map<U>(
        this: Self,
        part: impl FnOnce(&mut T) -> Option<&mut U>,
    ) -> Result<MappedMutexGuard<'a, U>, Self> {
        let Self { hold, inner } = this;
        match ::tokio::sync::MappedMutexGuard::try_map(inner, part) {
            Ok(inner) => Ok(MappedMutexGuard { hold, inner }),
            Err(inner) => Err(Self { hold, inner }),
        }
    }
}

lock_of!(Mutex: ::tokio::sync::Mutex, "tokio::sync::Mutex");

guard_reads!(MutexGuard);
guard_writes!(MutexGuard);
guard_reads!(MappedMutexGuard);
guard_writes!(MappedMutexGuard);
