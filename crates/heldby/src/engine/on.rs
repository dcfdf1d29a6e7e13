//! The engine itself, in the facade's words.

#[cfg(feature = "tokio")]
mod awaited;
mod carried;
mod cells;
mod channels;
mod events;
#[cfg(feature = "lock_api")]
mod raw;
mod tasks;
mod threads;
#[cfg(feature = "parking_lot")]
mod waits;

#[cfg(feature = "tokio")]
pub(crate) use awaited::*;
pub(crate) use carried::Carried;
pub(crate) use cells::{Lazy, look};
pub(crate) use channels::{Channel, receives, send};
pub(crate) use events::{blocked, signals, waits};
#[cfg(feature = "lock_api")]
pub(crate) use raw::*;
pub(crate) use tasks::{AsyncTask, Bounded, Branch};
pub(crate) use threads::{Here, Inherit, Joined, Life, OpenScope, spawned_in};
#[cfg(feature = "parking_lot")]
pub(crate) use waits::*;

use heldby_validator::{Acquire, LockType, Role, Site};
pub(crate) use heldby_validator::{Attempt, Handler, Masked, Mode, Slot, unchecked};

use super::Lock;
use crate::lockdep::LockMap;

/// The lock type that a facade type `L` is to the engine.
struct TypeOf<L: Lock + ?Sized>(std::marker::PhantomData<L>);

impl<L: Lock + ?Sized> TypeOf<L> {
    const LOCK_TYPE: &'static LockType = &match L::ROLE {
        Role::Lock => LockType::sleeping::<L>(L::FAMILY),
        role => LockType::event::<L>(L::FAMILY, role),
    };
}

#[inline(always)]
#[track_caller]
pub(crate) fn acquire<L: Lock + ?Sized>(map: &LockMap, mode: Mode) -> Slot {
    heldby_validator::acquire(map, TypeOf::<L>::LOCK_TYPE, mode, Site::caller())
}

/// As [`acquire`], in a subclass or under a nest lock.
#[track_caller]
pub(crate) fn acquire_nested<L: Lock + ?Sized>(
    map: &LockMap,
    mode: Mode,
    subclass: u32,
    nest: Option<&LockMap>,
) -> Slot {
    let wanted = Acquire {
        subclass,
        nest,
        ..Acquire::new(TypeOf::<L>::LOCK_TYPE, mode, Site::caller())
    };
    heldby_validator::acquire_as(map, wanted)
}

#[track_caller]
pub(crate) fn set_order<L: Lock + ?Sized>(map: &LockMap, order: u64) {
    heldby_validator::set_order(map, TypeOf::<L>::LOCK_TYPE, order, Site::caller());
}

#[inline(always)]
#[track_caller]
pub(crate) fn taken<L: Lock + ?Sized>(map: &LockMap, mode: Mode, attempt: Attempt) {
    heldby_validator::taken(map, TypeOf::<L>::LOCK_TYPE, mode, attempt, Site::caller());
}

#[track_caller]
pub(crate) fn enter_handler() -> Handler {
    heldby_validator::enter_handler(Site::caller())
}

#[track_caller]
pub(crate) fn mask_handlers() -> Masked {
    heldby_validator::mask_handlers(Site::caller())
}

/// Releases the lock when it is dropped; it stands before the real guard, so it goes first.
pub(crate) struct Hold<'a>(&'a LockMap);

impl<'a> Hold<'a> {
    #[inline(always)]
    pub(crate) fn new(map: &'a LockMap) -> Self {
        Self(map)
    }

    /// The lock that is held.
    #[inline(always)]
    pub(crate) fn map(&self) -> &'a LockMap {
        self.0
    }

    /// Releases the lock, and checks the acquire that will follow a wait.
    #[track_caller]
    pub(crate) fn suspend<L: Lock + ?Sized>(self) -> Suspended<'a> {
        let map = self.0;
        drop(self);
        heldby_validator::reacquires(map, TypeOf::<L>::LOCK_TYPE, Site::caller());
        Suspended(Self(map))
    }
}

impl Drop for Hold<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        heldby_validator::release(self.0);
    }
}

/// A mutex whose holder waits on a condition variable: on the held stack, but not held.
pub(crate) struct Suspended<'a>(Hold<'a>);

impl<'a> Suspended<'a> {
    /// Runs a piece of the wait that holds the mutex.
    pub(crate) fn awake<R>(&self, run: impl FnOnce() -> R) -> R {
        let map = self.0.0;
        heldby_validator::set_waiting(map, false);
        let result = run();
        heldby_validator::set_waiting(map, true);
        result
    }

    /// Ends the wait; the mutex is held again.
    pub(crate) fn resume(self) -> Hold<'a> {
        heldby_validator::set_waiting(self.0.0, false);
        self.0
    }
}
