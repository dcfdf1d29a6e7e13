//! What a validated raw lock has beside its class.

use std::fmt;
use std::marker::PhantomData;

use super::Family;
use crate::engine::{self, Attempt, Kind, Lock, Mode};
use crate::lockdep::{LockKey, LockMap};

/// What a [`Validated`](super::Validated) has beside its class: nothing, an [`Upgradable`] part, or
/// that it is [`Reentrant`].
pub trait Part: Sized + sealed::Part {}

impl<P: sealed::Part> Part for P {}

pub(super) mod sealed {
    //! The parts that there are.

    /// A part, and how a raw lock with it is told.
    pub trait Part: 'static {
        /// The part of a lock whose place is not known.
        const INIT: Self;

        /// Whether the acquire that is made now was told by who makes it.
        #[inline(always)]
        fn is_told() -> bool {
            false
        }
    }
}

impl sealed::Part for () {
    const INIT: Self = ();
}

/// That a raw lock is the inner one of a [`ReentrantMutex`](super::ReentrantMutex), which tells of its
/// acquires by itself: `lock_api` forgets on the way where they are made.
#[derive(Debug)]
pub struct Reentrant(());

impl sealed::Part for Reentrant {
    const INIT: Self = Self(());

    #[inline(always)]
    fn is_told() -> bool {
        engine::is_told()
    }
}

/// What upgradable readers exclude each other by.
///
/// To the validator an upgradable read is two holds: a shared one of the lock, as any reader has, and
/// an exclusive one of this part, which readers and writers do not ask for. To upgrade is to give both
/// up and to ask for the exclusive hold of the lock.
/// In reports the part is a lock of its own, with the name or the place of its lock.
///
/// # Cost
/// 8 bytes; a second acquire and release for each upgradable read.
pub struct Upgradable<F = super::LockApi> {
    map: LockMap,
    family: PhantomData<fn() -> F>,
}

impl<F: Family> sealed::Part for Upgradable<F> {
    const INIT: Self = Self::of(LockMap::by_default());
}

impl<F: Family> Lock for Upgradable<F> {
    #[cfg(feature = "validate")]
    const FAMILY: &'static str = F::UPGRADABLE;
}

impl<F: Family> Upgradable<F> {
    const fn of(map: LockMap) -> Self {
        Self {
            map,
            family: PhantomData,
        }
    }

    #[inline]
    #[track_caller]
    pub(super) const fn new() -> Self {
        Self::of(LockMap::new())
    }

    #[inline]
    pub(super) const fn with_class(key: &'static LockKey) -> Self {
        Self::of(LockMap::with_key(key))
    }

    #[inline]
    pub(super) fn named(name: &str) -> Self {
        Self::of(LockMap::named(name))
    }

    #[inline]
    #[track_caller]
    pub(super) fn by_default() -> Self {
        Self::of(LockMap::by_default())
    }

    const KIND: Kind = Kind::of::<Self>();

    /// Checks that the part may be waited for; a report may end in a panic.
    ///
    /// That is over before the lock itself is asked for: who waits for both has neither.
    #[inline(always)]
    #[cfg_attr(feature = "validate", track_caller)]
    pub(super) fn check(&self) {
        engine::check(&self.map, Self::KIND, Mode::Write);
    }

    /// As [`check`](Self::check), and never panics.
    #[inline(always)]
    #[cfg_attr(feature = "validate", track_caller)]
    pub(super) fn check_again(&self) {
        engine::check_again(&self.map, Self::KIND, Mode::Write);
    }

    /// Tells that the part is held, now that the lock is got.
    #[inline(always)]
    #[cfg_attr(feature = "validate", track_caller)]
    pub(super) fn got(&self) {
        engine::got(&self.map, Self::KIND, Mode::Write, Attempt::Try);
    }

    #[inline(always)]
    pub(super) fn release(&self) {
        engine::release(&self.map);
    }
}

impl<F> fmt::Debug for Upgradable<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Upgradable").field(&self.map).finish()
    }
}
