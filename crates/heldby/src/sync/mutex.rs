//! `std::sync::Mutex`, validated.

use super::{LockResult, TryLockResult, is_taken, map_result, map_try_result};
use crate::engine::{self, Attempt, Hold, Mode, Slot};
use crate::lockdep::{AsLockMap, LockKey, LockMap};

/// A mutual exclusion lock, as [`std::sync::Mutex`].
///
/// # Cost
/// Without the feature `validate`: none, in size or time.
/// With it: 8 bytes, and the validator's hot path at each acquire and release.
#[cfg_attr(not(feature = "validate"), repr(transparent))]
pub struct Mutex<T: ?Sized> {
    map: LockMap,
    inner: std::sync::Mutex<T>,
}

/// Holds a [`Mutex`] until it is dropped.
#[must_use = "if unused the Mutex will immediately unlock"]
#[clippy::has_significant_drop]
pub struct MutexGuard<'a, T: ?Sized> {
    pub(super) hold: Hold<'a>,
    pub(super) inner: std::sync::MutexGuard<'a, T>,
}

impl<T> Mutex<T> {
    /// Makes an unlocked mutex; its class is this place in the source and its type.
    #[inline]
    #[track_caller]
    pub const fn new(value: T) -> Self {
        Self {
            map: LockMap::new(),
            inner: std::sync::Mutex::new(value),
        }
    }

    /// Makes an unlocked mutex of the class `key`, which [`lock_class!`](crate::lock_class) makes.
    #[inline]
    pub const fn with_class(key: &'static LockKey, value: T) -> Self {
        Self {
            map: LockMap::with_key(key),
            inner: std::sync::Mutex::new(value),
        }
    }

    /// Makes an unlocked mutex of the class called `name`.
    ///
    /// # Cost
    /// One look-up in the table of names; for a lock in a `static` use [`with_class`](Self::with_class).
    #[inline]
    pub fn named(name: &str, value: T) -> Self {
        Self {
            map: LockMap::named(name),
            inner: std::sync::Mutex::new(value),
        }
    }

    /// Consumes the mutex and returns what it protects.
    ///
    /// # Errors
    /// As [`std::sync::Mutex::into_inner`]: the mutex is poisoned.
    #[inline]
    pub fn into_inner(self) -> LockResult<T> {
        self.inner.into_inner()
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Acquires the mutex, and blocks until it can.
    ///
    /// An order that can deadlock is reported before the thread blocks.
    ///
    /// # Errors
    /// As [`std::sync::Mutex::lock`]: the mutex is poisoned.
    ///
    /// # Panics
    /// When a violation is found and the policy is `panic`.
    #[inline(always)]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        let slot = engine::acquire::<Self>(&self.map, Mode::Write);
        self.block(slot)
    }

    /// Acquires the mutex in the subclass `subclass` of its class, which is a class of its own: a
    /// fixed nesting level, such as parent and child. 0 is the class itself, and 7 the highest.
    ///
    /// # Errors
    /// As [`lock`](Self::lock).
    ///
    /// # Panics
    /// As [`lock`](Self::lock).
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn lock_nested(&self, subclass: u32) -> LockResult<MutexGuard<'_, T>> {
        let slot = engine::acquire_nested::<Self>(&self.map, Mode::Write, subclass, None);
        self.block(slot)
    }

    /// Acquires the mutex while this thread holds `nest`, which orders all locks of the class: under
    /// it they may be nested in any order.
    ///
    /// # Errors
    /// As [`lock`](Self::lock).
    ///
    /// # Panics
    /// As [`lock`](Self::lock); also when `nest` is not held.
    ///
    /// # Example
    /// ```
    /// use heldby::sync::Mutex;
    ///
    /// let bank = Mutex::new(());
    /// let accounts = [1, 2].map(|balance| Mutex::named("account", balance));
    ///
    /// let _all = bank.lock().unwrap();
    /// let to = accounts[1].lock_nest_lock(&bank).unwrap();
    /// let from = accounts[0].lock_nest_lock(&bank).unwrap();
    /// assert_eq!(*to + *from, 3);
    /// ```
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn lock_nest_lock<L: AsLockMap + ?Sized>(&self, nest: &L) -> LockResult<MutexGuard<'_, T>> {
        let nest = Some(nest.as_lock_map());
        let slot = engine::acquire_nested::<Self>(&self.map, Mode::Write, 0, nest);
        self.block(slot)
    }

    /// Gives the mutex its place among those of its class, if that has the policy
    /// [`ByOrder`](crate::lockdep::ClassPolicy::ByOrder): lower before higher.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn set_order(&self, order: u64) {
        engine::set_order::<Self>(&self.map, order);
    }

    #[inline(always)]
    fn block(&self, slot: Slot) -> LockResult<MutexGuard<'_, T>> {
        let result = self.inner.lock();
        slot.acquired();
        map_result(result, |inner| MutexGuard {
            hold: Hold::new(&self.map),
            inner,
        })
    }

    /// Acquires the mutex if that is possible without blocking.
    ///
    /// # Errors
    /// As [`std::sync::Mutex::try_lock`]: the mutex is held, or poisoned.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        let result = self.inner.try_lock();
        if is_taken(&result) {
            engine::taken::<Self>(&self.map, Mode::Write, Attempt::Try);
        }
        map_try_result(result, |inner| MutexGuard {
            hold: Hold::new(&self.map),
            inner,
        })
    }

    /// Tells whether the mutex is poisoned.
    #[inline]
    pub fn is_poisoned(&self) -> bool {
        self.inner.is_poisoned()
    }

    /// Clears the poisoned state.
    #[inline]
    pub fn clear_poison(&self) {
        self.inner.clear_poison();
    }

    /// Returns what the mutex protects; no lock is needed, since it is borrowed exclusively.
    ///
    /// # Errors
    /// As [`std::sync::Mutex::get_mut`]: the mutex is poisoned.
    #[inline]
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        self.inner.get_mut()
    }
}

lock_of!(Mutex: ::std::sync::Mutex, "std::sync::Mutex");

guard_reads!(MutexGuard);
guard_writes!(MutexGuard);
