//! `std::sync::RwLock`, validated.

use super::{LockResult, TryLockResult, is_taken, map_result, map_try_result};
use crate::engine::{self, Attempt, Hold, Mode, Slot};
use crate::lockdep::{AsLockMap, LockKey, LockMap};

/// A reader-writer lock, as [`std::sync::RwLock`].
///
/// Its readers are validated as fair ones, since std lets a waiting writer hold them back: taking
/// the same lock for reading twice in one thread can deadlock.
///
/// # Cost
/// Without the feature `validate`: none, in size or time.
/// With it: 8 bytes, and the validator's hot path at each acquire and release.
#[cfg_attr(not(feature = "validate"), repr(transparent))]
pub struct RwLock<T: ?Sized> {
    map: LockMap,
    inner: std::sync::RwLock<T>,
}

/// Holds a [`RwLock`] for reading until it is dropped.
#[must_use = "if unused the RwLock will immediately unlock"]
#[clippy::has_significant_drop]
pub struct RwLockReadGuard<'a, T: ?Sized> {
    hold: Hold<'a>,
    inner: std::sync::RwLockReadGuard<'a, T>,
}

/// Holds a [`RwLock`] for writing until it is dropped.
#[must_use = "if unused the RwLock will immediately unlock"]
#[clippy::has_significant_drop]
pub struct RwLockWriteGuard<'a, T: ?Sized> {
    hold: Hold<'a>,
    inner: std::sync::RwLockWriteGuard<'a, T>,
}

impl<T> RwLock<T> {
    /// Makes an unlocked lock; its class is this place in the source and its type.
    #[inline]
    #[track_caller]
    pub const fn new(value: T) -> Self {
        Self {
            map: LockMap::new(),
            inner: std::sync::RwLock::new(value),
        }
    }

    /// Makes an unlocked lock of the class `key`, which [`lock_class!`](crate::lock_class) makes.
    #[inline]
    pub const fn with_class(key: &'static LockKey, value: T) -> Self {
        Self {
            map: LockMap::with_key(key),
            inner: std::sync::RwLock::new(value),
        }
    }

    /// Makes an unlocked lock of the class called `name`.
    ///
    /// # Cost
    /// One look-up in the table of names; for a lock in a `static` use [`with_class`](Self::with_class).
    #[inline]
    pub fn named(name: &str, value: T) -> Self {
        Self {
            map: LockMap::named(name),
            inner: std::sync::RwLock::new(value),
        }
    }

    /// Consumes the lock and returns what it protects.
    ///
    /// # Errors
    /// As [`std::sync::RwLock::into_inner`]: the lock is poisoned.
    #[inline]
    pub fn into_inner(self) -> LockResult<T> {
        self.inner.into_inner()
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Acquires the lock for reading, and blocks until it can.
    ///
    /// # Errors
    /// As [`std::sync::RwLock::read`]: the lock is poisoned.
    ///
    /// # Panics
    /// When a violation is found and the policy is `panic`.
    #[inline(always)]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn read(&self) -> LockResult<RwLockReadGuard<'_, T>> {
        let slot = engine::acquire::<Self>(&self.map, Mode::Read);
        self.block_read(slot)
    }

    /// Acquires the lock for reading in the subclass `subclass` of its class, as
    /// [`Mutex::lock_nested`](super::Mutex::lock_nested).
    ///
    /// # Errors
    /// As [`read`](Self::read).
    ///
    /// # Panics
    /// As [`read`](Self::read).
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn read_nested(&self, subclass: u32) -> LockResult<RwLockReadGuard<'_, T>> {
        let slot = engine::acquire_nested::<Self>(&self.map, Mode::Read, subclass, None);
        self.block_read(slot)
    }

    /// Acquires the lock for reading while this thread holds `nest`, as
    /// [`Mutex::lock_nest_lock`](super::Mutex::lock_nest_lock).
    ///
    /// # Errors
    /// As [`read`](Self::read).
    ///
    /// # Panics
    /// As [`read`](Self::read); also when `nest` is not held.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn read_nest_lock<L: AsLockMap + ?Sized>(
        &self,
        nest: &L,
    ) -> LockResult<RwLockReadGuard<'_, T>> {
        let nest = Some(nest.as_lock_map());
        let slot = engine::acquire_nested::<Self>(&self.map, Mode::Read, 0, nest);
        self.block_read(slot)
    }

    #[inline(always)]
    fn block_read(&self, slot: Slot) -> LockResult<RwLockReadGuard<'_, T>> {
        let result = slot.block(|| self.inner.read());
        map_result(result, |inner| RwLockReadGuard {
            hold: Hold::new(&self.map),
            inner,
        })
    }

    /// Acquires the lock for writing, and blocks until it can.
    ///
    /// # Errors
    /// As [`std::sync::RwLock::write`]: the lock is poisoned.
    ///
    /// # Panics
    /// When a violation is found and the policy is `panic`.
    #[inline(always)]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn write(&self) -> LockResult<RwLockWriteGuard<'_, T>> {
        let slot = engine::acquire::<Self>(&self.map, Mode::Write);
        self.block_write(slot)
    }

    /// Acquires the lock for writing in the subclass `subclass` of its class, as
    /// [`Mutex::lock_nested`](super::Mutex::lock_nested).
    ///
    /// # Errors
    /// As [`write`](Self::write).
    ///
    /// # Panics
    /// As [`write`](Self::write).
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn write_nested(&self, subclass: u32) -> LockResult<RwLockWriteGuard<'_, T>> {
        let slot = engine::acquire_nested::<Self>(&self.map, Mode::Write, subclass, None);
        self.block_write(slot)
    }

    /// Acquires the lock for writing while this thread holds `nest`, as
    /// [`Mutex::lock_nest_lock`](super::Mutex::lock_nest_lock).
    ///
    /// # Errors
    /// As [`write`](Self::write).
    ///
    /// # Panics
    /// As [`write`](Self::write); also when `nest` is not held.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn write_nest_lock<L: AsLockMap + ?Sized>(
        &self,
        nest: &L,
    ) -> LockResult<RwLockWriteGuard<'_, T>> {
        let nest = Some(nest.as_lock_map());
        let slot = engine::acquire_nested::<Self>(&self.map, Mode::Write, 0, nest);
        self.block_write(slot)
    }

    /// Gives the lock its place among those of its class, as
    /// [`Mutex::set_order`](super::Mutex::set_order).
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn set_order(&self, order: u64) {
        engine::set_order::<Self>(&self.map, order);
    }

    #[inline(always)]
    fn block_write(&self, slot: Slot) -> LockResult<RwLockWriteGuard<'_, T>> {
        let result = self.inner.write();
        slot.acquired();
        map_result(result, |inner| RwLockWriteGuard {
            hold: Hold::new(&self.map),
            inner,
        })
    }

    /// Acquires the lock for reading if that is possible without blocking.
    ///
    /// # Errors
    /// As [`std::sync::RwLock::try_read`]: the lock is held for writing, or poisoned.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn try_read(&self) -> TryLockResult<RwLockReadGuard<'_, T>> {
        let result = self.inner.try_read();
        if is_taken(&result) {
            engine::taken::<Self>(&self.map, Mode::Read, Attempt::Try);
        }
        map_try_result(result, |inner| RwLockReadGuard {
            hold: Hold::new(&self.map),
            inner,
        })
    }

    /// Acquires the lock for writing if that is possible without blocking.
    ///
    /// # Errors
    /// As [`std::sync::RwLock::try_write`]: the lock is held, or poisoned.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn try_write(&self) -> TryLockResult<RwLockWriteGuard<'_, T>> {
        let result = self.inner.try_write();
        if is_taken(&result) {
            engine::taken::<Self>(&self.map, Mode::Write, Attempt::Try);
        }
        map_try_result(result, |inner| RwLockWriteGuard {
            hold: Hold::new(&self.map),
            inner,
        })
    }

    /// Tells whether the lock is poisoned.
    #[inline]
    pub fn is_poisoned(&self) -> bool {
        self.inner.is_poisoned()
    }

    /// Clears the poisoned state.
    #[inline]
    pub fn clear_poison(&self) {
        self.inner.clear_poison();
    }

    /// Returns what the lock protects; no lock is needed, since it is borrowed exclusively.
    ///
    /// # Errors
    /// As [`std::sync::RwLock::get_mut`]: the lock is poisoned.
    #[inline]
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        self.inner.get_mut()
    }
}

lock_of!(RwLock: ::std::sync::RwLock, "std::sync::RwLock");

guard_reads!(RwLockReadGuard);
guard_reads!(RwLockWriteGuard);
guard_writes!(RwLockWriteGuard);
