//! A raw lock that tells the validator.

mod mutex;
mod rwlock;
mod upgradable;

use std::fmt;
use std::marker::PhantomData;

use ::lock_api::{RawMutex, RawRwLock};

use super::{Family, LockApi, Mutex, Part, RwLock, Upgradable};
use crate::engine::{self, Attempt, Kind, Mode, Slot};
use crate::lockdep::{AsLockMap, LockKey, LockMap};

/// A raw lock around the raw lock `R` that tells the validator of each acquire and release.
///
/// It is a raw mutex where `R` is one, and a raw reader-writer lock where `R` is one. `F` says what
/// reports call it, and `P` what it has beside: an [`Upgradable`] part where it is to have upgradable
/// readers.
///
/// Its class comes from the constant `INIT` where a lock is made by `lock_api`'s own `new`; that does
/// not tell who calls it, so where the lock is first acquired becomes part of the class. The locks of
/// [this module](super) know where they are made.
///
/// # Cost
/// Without the feature `validate`: none, in size or time.
/// With it: 16 bytes, and the validator's hot path at each acquire and release.
pub struct Validated<R, F = LockApi, P = ()> {
    pub(super) map: LockMap,
    /// What the lock around it is, with its payload.
    pub(crate) kind: Kind,
    pub(super) part: P,
    pub(super) raw: R,
    family: PhantomData<fn() -> F>,
}

impl<R, F, P> Validated<R, F, P> {
    #[inline(always)]
    pub(super) const fn of(map: LockMap, kind: Kind, part: P, raw: R) -> Self {
        Self {
            map,
            kind,
            part,
            raw,
            family: PhantomData,
        }
    }

    /// The lock that it tells of.
    ///
    /// # Safety
    /// What it locks and unlocks goes unseen, and must leave it as the guards that there are expect.
    #[inline]
    pub unsafe fn inner(&self) -> &R {
        &self.raw
    }

    /// Tells that the lock is about to be waited for; a report may end in a panic.
    #[inline(always)]
    #[cfg_attr(feature = "validate", track_caller)]
    pub(super) fn ask(&self, mode: Mode) -> Slot {
        engine::ask(&self.map, self.kind, mode)
    }

    /// Checks that the lock may be waited for, so that a report can end in a panic before it is.
    #[cfg(feature = "arc_lock")]
    #[inline(always)]
    #[cfg_attr(feature = "validate", track_caller)]
    pub(super) fn check(&self, mode: Mode) {
        engine::check(&self.map, self.kind, mode);
    }

    #[cfg_attr(feature = "validate", track_caller)]
    pub(super) fn ask_nested(&self, mode: Mode, subclass: u32, nest: Option<&LockMap>) -> Slot {
        engine::ask_nested(&self.map, self.kind, mode, subclass, nest)
    }

    /// Tells that the lock goes, before it is unlocked.
    #[inline(always)]
    fn release(&self) {
        engine::release(&self.map);
    }
}

impl<R, F, P: Part> Validated<R, F, P> {
    /// Acquires the raw lock by `wait`, and tells of it. Never panics, as every acquire that
    /// `lock_api` makes by itself must not.
    #[inline(always)]
    #[cfg_attr(feature = "validate", track_caller)]
    fn acquire(&self, mode: Mode, wait: impl FnOnce(&R)) {
        if P::is_told() {
            return wait(&self.raw);
        }
        let slot = engine::ask_again(&self.map, self.kind, mode);
        wait(&self.raw);
        slot.acquired();
    }

    /// Tells of an attempt, if it got the lock, and passes on whether it did.
    #[inline(always)]
    #[cfg_attr(feature = "validate", track_caller)]
    fn tell_got(&self, got: bool, mode: Mode, attempt: Attempt) -> bool {
        if got && !P::is_told() {
            engine::got(&self.map, self.kind, mode, attempt);
        }
        got
    }
}

impl<R: RawMutex, F: Family> Validated<R, F> {
    /// Makes a raw mutex around `raw`, which is not locked; its class is this place in the source.
    #[inline]
    #[track_caller]
    pub const fn new(raw: R) -> Self {
        Self::of(LockMap::new(), Kind::of::<Mutex<Self, ()>>(), (), raw)
    }

    /// Makes a raw mutex of the class `key` around `raw`, which is not locked.
    #[inline]
    pub const fn with_class(key: &'static LockKey, raw: R) -> Self {
        Self::of(
            LockMap::with_key(key),
            Kind::of::<Mutex<Self, ()>>(),
            (),
            raw,
        )
    }

    /// Makes a raw mutex of the class called `name` around `raw`, which is not locked.
    #[inline]
    pub fn named(name: &str, raw: R) -> Self {
        Self::of(LockMap::named(name), Kind::of::<Mutex<Self, ()>>(), (), raw)
    }
}

impl<R: RawRwLock, F: Family> Validated<R, F, Upgradable<F>> {
    /// Makes a raw reader-writer lock around `raw`, which is not locked; its class is this place in
    /// the source.
    #[inline]
    #[track_caller]
    pub const fn new(raw: R) -> Self {
        let kind = Kind::of::<RwLock<Self, ()>>();
        Self::of(LockMap::new(), kind, Upgradable::new(), raw)
    }

    /// Makes a raw reader-writer lock of the class `key` around `raw`, which is not locked.
    #[inline]
    pub const fn with_class(key: &'static LockKey, raw: R) -> Self {
        let kind = Kind::of::<RwLock<Self, ()>>();
        Self::of(
            LockMap::with_key(key),
            kind,
            Upgradable::with_class(key),
            raw,
        )
    }

    /// Makes a raw reader-writer lock of the class called `name` around `raw`, which is not locked.
    #[inline]
    pub fn named(name: &str, raw: R) -> Self {
        let kind = Kind::of::<RwLock<Self, ()>>();
        Self::of(LockMap::named(name), kind, Upgradable::named(name), raw)
    }
}

impl<R, F, P> AsLockMap for Validated<R, F, P> {
    #[inline(always)]
    fn as_lock_map(&self) -> &LockMap {
        &self.map
    }
}

impl<R, F, P> fmt::Debug for Validated<R, F, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Validated").field(&self.map).finish()
    }
}
