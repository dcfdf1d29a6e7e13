//! `lock_api::RwLock`, validated.

use std::fmt;
use std::ops::{Deref, DerefMut};

use ::lock_api::{
    RawRwLock, RawRwLockRecursive, RawRwLockUpgrade, RwLockReadGuard, RwLockUpgradableReadGuard,
    RwLockWriteGuard,
};

use super::{Family, Upgradable, Validated};
use crate::engine::{self, Kind, Lock, Mode, Slot};
use crate::lockdep::{AsLockMap, LockKey, LockMap};

/// A reader-writer lock, as [`lock_api::RwLock`], to which it dereferences.
///
/// `R` is a [`Validated`] raw lock with an [`Upgradable`] part. The guards are `lock_api`'s.
///
/// Its readers are validated as fair ones, which a waiting writer holds back, but for those of
/// [`read_recursive`](Self::read_recursive).
///
/// # Cost
/// That of [`Validated`], and 8 bytes for the part.
#[repr(transparent)]
pub struct RwLock<R, T: ?Sized>(pub(super) ::lock_api::RwLock<R, T>);

impl<R: RawRwLock, F: Family, T> RwLock<Validated<R, F, Upgradable<F>>, T> {
    /// Makes an unlocked lock; its class is this place in the source and its type.
    #[inline]
    #[track_caller]
    pub const fn new(value: T) -> Self {
        Self::of(LockMap::new(), Upgradable::new(), value)
    }

    /// Makes an unlocked lock of the class `key`, which [`lock_class!`](crate::lock_class) makes.
    #[inline]
    pub const fn with_class(key: &'static LockKey, value: T) -> Self {
        Self::of(LockMap::with_key(key), Upgradable::with_class(key), value)
    }

    /// Makes an unlocked lock of the class called `name`.
    ///
    /// # Cost
    /// Two look-ups in the table of names; for a lock in a `static` use
    /// [`with_class`](Self::with_class).
    #[inline]
    pub fn named(name: &str, value: T) -> Self {
        Self::of(LockMap::named(name), Upgradable::named(name), value)
    }

    const fn of(map: LockMap, part: Upgradable<F>, value: T) -> Self {
        let raw = Validated::of(map, Kind::of::<Self>(), part, R::INIT);
        Self::from_raw(raw, value)
    }
}

impl<R, T> RwLock<R, T> {
    /// Makes a lock around a raw one.
    #[inline]
    pub const fn from_raw(raw_rwlock: R, value: T) -> Self {
        Self(::lock_api::RwLock::from_raw(raw_rwlock, value))
    }

    /// Makes a lock around a raw one, as [`from_raw`](Self::from_raw).
    #[inline]
    pub const fn const_new(raw_rwlock: R, value: T) -> Self {
        Self::from_raw(raw_rwlock, value)
    }
}

impl<R: RawRwLock, T> RwLock<R, T> {
    /// Consumes the lock and returns what it protects.
    #[inline]
    pub fn into_inner(self) -> T {
        self.0.into_inner()
    }
}

/// The raw lock of a [`RwLock`].
type Raw<R, F> = Validated<R, F, Upgradable<F>>;

impl<R: RawRwLock, F: Family, T: ?Sized> RwLock<Raw<R, F>, T> {
    /// Acquires the lock for reading, and blocks until it can: also while a writer waits.
    ///
    /// # Panics
    /// When a violation is found and the policy is `panic`.
    #[inline(always)]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn read(&self) -> RwLockReadGuard<'_, Raw<R, F>, T> {
        self.block_read(self.told().ask(Mode::Read))
    }

    /// Acquires the lock for reading in the subclass `subclass` of its class, as
    /// [`sync::Mutex::lock_nested`](crate::sync::Mutex::lock_nested).
    ///
    /// # Panics
    /// As [`read`](Self::read).
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn read_nested(&self, subclass: u32) -> RwLockReadGuard<'_, Raw<R, F>, T> {
        self.block_read(self.told().ask_nested(Mode::Read, subclass, None))
    }

    /// Acquires the lock for reading while this thread holds `nest`, as
    /// [`sync::Mutex::lock_nest_lock`](crate::sync::Mutex::lock_nest_lock).
    ///
    /// # Panics
    /// As [`read`](Self::read); also when `nest` is not held.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn read_nest_lock<L: AsLockMap + ?Sized>(
        &self,
        nest: &L,
    ) -> RwLockReadGuard<'_, Raw<R, F>, T> {
        let nest = Some(nest.as_lock_map());
        self.block_read(self.told().ask_nested(Mode::Read, 0, nest))
    }

    #[inline(always)]
    fn block_read(&self, slot: Slot) -> RwLockReadGuard<'_, Raw<R, F>, T> {
        self.told().raw.lock_shared();
        slot.acquired();
        // SAFETY: it was just locked so.
        unsafe { self.0.make_read_guard_unchecked() }
    }

    /// Acquires the lock for writing, and blocks until it can.
    ///
    /// # Panics
    /// When a violation is found and the policy is `panic`.
    #[inline(always)]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn write(&self) -> RwLockWriteGuard<'_, Raw<R, F>, T> {
        self.block_write(self.told().ask(Mode::Write))
    }

    /// Acquires the lock for writing in the subclass `subclass` of its class, as
    /// [`sync::Mutex::lock_nested`](crate::sync::Mutex::lock_nested).
    ///
    /// # Panics
    /// As [`write`](Self::write).
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn write_nested(&self, subclass: u32) -> RwLockWriteGuard<'_, Raw<R, F>, T> {
        self.block_write(self.told().ask_nested(Mode::Write, subclass, None))
    }

    /// Acquires the lock for writing while this thread holds `nest`, as
    /// [`sync::Mutex::lock_nest_lock`](crate::sync::Mutex::lock_nest_lock).
    ///
    /// # Panics
    /// As [`write`](Self::write); also when `nest` is not held.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn write_nest_lock<L: AsLockMap + ?Sized>(
        &self,
        nest: &L,
    ) -> RwLockWriteGuard<'_, Raw<R, F>, T> {
        let nest = Some(nest.as_lock_map());
        self.block_write(self.told().ask_nested(Mode::Write, 0, nest))
    }

    #[inline(always)]
    fn block_write(&self, slot: Slot) -> RwLockWriteGuard<'_, Raw<R, F>, T> {
        self.told().raw.lock_exclusive();
        slot.acquired();
        // SAFETY: it was just locked so.
        unsafe { self.0.make_write_guard_unchecked() }
    }

    /// Gives the lock its place among those of its class, as
    /// [`sync::Mutex::set_order`](crate::sync::Mutex::set_order).
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn set_order(&self, order: u64) {
        engine::set_order_of(&self.told().map, self.told().kind, order);
    }

    #[inline(always)]
    pub(super) fn told(&self) -> &Raw<R, F> {
        // SAFETY: here it is only asked, and locked before a guard is made.
        unsafe { self.0.raw() }
    }
}

impl<R: RawRwLockRecursive, F: Family, T: ?Sized> RwLock<Raw<R, F>, T> {
    /// Acquires the lock for reading, and blocks until it can: not behind a writer that waits, if it
    /// is held for reading already.
    ///
    /// # Panics
    /// When a violation is found and the policy is `panic`.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn read_recursive(&self) -> RwLockReadGuard<'_, Raw<R, F>, T> {
        let slot = self.told().ask(Mode::Recursive);
        self.told().raw.lock_shared_recursive();
        slot.acquired();
        // SAFETY: it was just locked so.
        unsafe { self.0.make_read_guard_unchecked() }
    }
}

impl<R: RawRwLockUpgrade, F: Family, T: ?Sized> RwLock<Raw<R, F>, T> {
    /// Acquires the lock for reading beside readers that are not upgradable, and blocks until it can.
    ///
    /// # Panics
    /// When a violation is found and the policy is `panic`.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn upgradable_read(&self) -> RwLockUpgradableReadGuard<'_, Raw<R, F>, T> {
        self.told().part.check();
        let slot = self.told().ask(Mode::Read);
        self.told().raw.lock_upgradable();
        slot.acquired();
        self.told().part.got();
        // SAFETY: it was just locked so.
        unsafe { self.0.make_upgradable_guard_unchecked() }
    }
}

impl<R, T: ?Sized> Deref for RwLock<R, T> {
    type Target = ::lock_api::RwLock<R, T>;

    #[inline(always)]
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<R, T: ?Sized> DerefMut for RwLock<R, T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<R, F: Family, P, T: ?Sized> Lock for RwLock<Validated<R, F, P>, T> {
    #[cfg(feature = "validate")]
    const FAMILY: &'static str = F::RW_LOCK;
}

impl<R: RawRwLock, F: Family, T: ?Sized> AsLockMap for RwLock<Raw<R, F>, T> {
    fn as_lock_map(&self) -> &LockMap {
        &self.told().map
    }
}

impl<R: RawRwLock, F: Family, T> From<T> for RwLock<Raw<R, F>, T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<R: RawRwLock, F: Family, T: Default> Default for RwLock<Raw<R, F>, T> {
    /// Makes a lock around the default value; its class is told as that of a defaulted
    /// [`sync::Mutex`](crate::sync::Mutex).
    #[track_caller]
    fn default() -> Self {
        let part = Upgradable::by_default();
        Self::of(LockMap::by_default(), part, T::default())
    }
}

impl<R: RawRwLock, T: ?Sized + fmt::Debug> fmt::Debug for RwLock<R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
