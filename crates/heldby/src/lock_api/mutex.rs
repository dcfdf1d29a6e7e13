//! `lock_api::Mutex`, validated.

use std::fmt;
use std::ops::{Deref, DerefMut};

use ::lock_api::{MutexGuard, RawMutex};

use super::{Family, Validated};
use crate::engine::{self, Kind, Lock, Mode, Slot};
use crate::lockdep::{AsLockMap, LockKey, LockMap};

/// A mutual exclusion lock, as [`lock_api::Mutex`], to which it dereferences.
///
/// `R` is a [`Validated`] raw mutex. The guards are `lock_api`'s.
///
/// # Cost
/// That of [`Validated`].
#[repr(transparent)]
pub struct Mutex<R, T: ?Sized>(pub(super) ::lock_api::Mutex<R, T>);

impl<R: RawMutex, F: Family, T> Mutex<Validated<R, F>, T> {
    /// Makes an unlocked mutex; its class is this place in the source and its type.
    #[inline]
    #[track_caller]
    pub const fn new(value: T) -> Self {
        Self::of(LockMap::new(), value)
    }

    /// Makes an unlocked mutex of the class `key`, which [`lock_class!`](crate::lock_class) makes.
    #[inline]
    pub const fn with_class(key: &'static LockKey, value: T) -> Self {
        Self::of(LockMap::with_key(key), value)
    }

    /// Makes an unlocked mutex of the class called `name`.
    ///
    /// # Cost
    /// One look-up in the table of names; for a lock in a `static` use [`with_class`](Self::with_class).
    #[inline]
    pub fn named(name: &str, value: T) -> Self {
        Self::of(LockMap::named(name), value)
    }

    const fn of(map: LockMap, value: T) -> Self {
        let raw = Validated::of(map, Kind::of::<Self>(), (), R::INIT);
        Self::from_raw(raw, value)
    }
}

impl<R, T> Mutex<R, T> {
    /// Makes a mutex around a raw one.
    #[inline]
    pub const fn from_raw(raw_mutex: R, value: T) -> Self {
        Self(::lock_api::Mutex::from_raw(raw_mutex, value))
    }

    /// Makes a mutex around a raw one, as [`from_raw`](Self::from_raw).
    #[inline]
    pub const fn const_new(raw_mutex: R, value: T) -> Self {
        Self::from_raw(raw_mutex, value)
    }
}

impl<R: RawMutex, T> Mutex<R, T> {
    /// Consumes the mutex and returns what it protects.
    #[inline]
    pub fn into_inner(self) -> T {
        self.0.into_inner()
    }
}

impl<R: RawMutex, F: Family, T: ?Sized> Mutex<Validated<R, F>, T> {
    /// Acquires the mutex, and blocks until it can.
    ///
    /// An order that can deadlock is reported before the thread blocks.
    ///
    /// # Panics
    /// When a violation is found and the policy is `panic`.
    #[inline(always)]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn lock(&self) -> MutexGuard<'_, Validated<R, F>, T> {
        self.block(self.told().ask(Mode::Write))
    }

    /// Acquires the mutex in the subclass `subclass` of its class, as
    /// [`sync::Mutex::lock_nested`](crate::sync::Mutex::lock_nested).
    ///
    /// # Panics
    /// As [`lock`](Self::lock).
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn lock_nested(&self, subclass: u32) -> MutexGuard<'_, Validated<R, F>, T> {
        self.block(self.told().ask_nested(Mode::Write, subclass, None))
    }

    /// Acquires the mutex while this thread holds `nest`, as
    /// [`sync::Mutex::lock_nest_lock`](crate::sync::Mutex::lock_nest_lock).
    ///
    /// # Panics
    /// As [`lock`](Self::lock); also when `nest` is not held.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn lock_nest_lock<L: AsLockMap + ?Sized>(
        &self,
        nest: &L,
    ) -> MutexGuard<'_, Validated<R, F>, T> {
        let nest = Some(nest.as_lock_map());
        self.block(self.told().ask_nested(Mode::Write, 0, nest))
    }

    /// Gives the mutex its place among those of its class, as
    /// [`sync::Mutex::set_order`](crate::sync::Mutex::set_order).
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn set_order(&self, order: u64) {
        engine::set_order_of(&self.told().map, self.told().kind, order);
    }

    #[inline(always)]
    fn block(&self, slot: Slot) -> MutexGuard<'_, Validated<R, F>, T> {
        self.told().raw.lock();
        slot.acquired();
        // SAFETY: it was just locked.
        unsafe { self.0.make_guard_unchecked() }
    }

    #[inline(always)]
    pub(super) fn told(&self) -> &Validated<R, F> {
        // SAFETY: here it is only asked, and locked before a guard is made.
        unsafe { self.0.raw() }
    }
}

impl<R, T: ?Sized> Deref for Mutex<R, T> {
    type Target = ::lock_api::Mutex<R, T>;

    #[inline(always)]
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<R, T: ?Sized> DerefMut for Mutex<R, T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<R, F: Family, P, T: ?Sized> Lock for Mutex<Validated<R, F, P>, T> {
    #[cfg(feature = "validate")]
    const FAMILY: &'static str = F::MUTEX;
}

impl<R: RawMutex, F: Family, T: ?Sized> AsLockMap for Mutex<Validated<R, F>, T> {
    fn as_lock_map(&self) -> &LockMap {
        &self.told().map
    }
}

impl<R: RawMutex, F: Family, T> From<T> for Mutex<Validated<R, F>, T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<R: RawMutex, F: Family, T: Default> Default for Mutex<Validated<R, F>, T> {
    /// Makes a mutex around the default value; its class is told as that of a defaulted
    /// [`sync::Mutex`](crate::sync::Mutex).
    #[track_caller]
    fn default() -> Self {
        Self::of(LockMap::by_default(), T::default())
    }
}

impl<R: RawMutex, T: ?Sized + fmt::Debug> fmt::Debug for Mutex<R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
