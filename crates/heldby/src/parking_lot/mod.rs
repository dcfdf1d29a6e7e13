//! `parking_lot` 0.12, validated: the same names, the same behaviour.
//!
//! A program that writes `use heldby::parking_lot` in place of `use parking_lot` compiles as it did.
//! The locks are those of [`lock_api`] around `parking_lot`'s raw ones, so their
//! guards are `lock_api`'s, and all that can be done with them is told; see there for what each
//! operation is to the validator, and where nothing panics.
//!
//! ```
//! use heldby::parking_lot::{MutexGuard, Mutex};
//!
//! let routes = Mutex::named("routes", (vec!["/"], 0));
//! let first = MutexGuard::map(routes.lock(), |(paths, _)| &mut paths[0]);
//! heldby::assert_held_write!(routes);
//! drop(first);
//! ```
//!
//! # What differs
//! - `MutexGuard::mutex` and `rwlock` give the registry's `lock_api` type that ours is made of.
//! - A lock of a generic `lock_api::Mutex<RawMutex, T>` is validated, but its class is where it is
//!   first acquired.
//! - There is no module `deadlock`: the validator tells of threads that wait for each other.

mod condvar;
mod once;

pub use ::parking_lot::{OnceState, RawThreadId};

pub use crate::lock_api;
#[cfg(feature = "arc_lock")]
pub use crate::lock_api::{
    ArcMutexGuard, ArcReentrantMutexGuard, ArcRwLockReadGuard, ArcRwLockUpgradableReadGuard,
    ArcRwLockWriteGuard,
};
use crate::lock_api::{Family, Reentrant, Upgradable, Validated};
pub use condvar::{Condvar, WaitTimeoutResult};
pub use once::Once;

/// Locks that are told by the name of `parking_lot`'s.
#[derive(Debug)]
pub enum ParkingLot {}

impl Family for ParkingLot {
    const MUTEX: &'static str = "parking_lot::Mutex";
    const REENTRANT_MUTEX: &'static str = "parking_lot::ReentrantMutex";
    const RW_LOCK: &'static str = "parking_lot::RwLock";
    const UPGRADABLE: &'static str = "parking_lot::RwLock, its upgradable readers";
}

/// Locks that are told by the name of `parking_lot`'s fair mutex.
#[derive(Debug)]
pub enum ParkingLotFair {}

impl Family for ParkingLotFair {
    const MUTEX: &'static str = "parking_lot::FairMutex";
}

/// The raw mutex of [`Mutex`].
pub type RawMutex = Validated<::parking_lot::RawMutex, ParkingLot>;

/// A mutual exclusion lock, as [`parking_lot::Mutex`].
pub type Mutex<T> = lock_api::Mutex<RawMutex, T>;

/// Holds a [`Mutex`] until it is dropped.
pub type MutexGuard<'a, T> = lock_api::MutexGuard<'a, RawMutex, T>;

/// Holds a [`Mutex`], and shows a part of what it protects.
pub type MappedMutexGuard<'a, T> = lock_api::MappedMutexGuard<'a, RawMutex, T>;

/// Makes an unlocked mutex, as [`Mutex::new`](lock_api::Mutex::new).
#[inline]
#[track_caller]
pub const fn const_mutex<T>(value: T) -> Mutex<T> {
    Mutex::new(value)
}

/// The raw mutex of [`FairMutex`].
pub type RawFairMutex = Validated<::parking_lot::RawFairMutex, ParkingLotFair>;

/// A mutex that is handed to who waits for it longest, as
/// [`parking_lot::FairMutex`].
pub type FairMutex<T> = lock_api::Mutex<RawFairMutex, T>;

/// Holds a [`FairMutex`] until it is dropped.
pub type FairMutexGuard<'a, T> = lock_api::MutexGuard<'a, RawFairMutex, T>;

/// Holds a [`FairMutex`], and shows a part of what it protects.
pub type MappedFairMutexGuard<'a, T> = lock_api::MappedMutexGuard<'a, RawFairMutex, T>;

/// Makes an unlocked fair mutex, as [`FairMutex::new`](lock_api::Mutex::new).
#[inline]
#[track_caller]
pub const fn const_fair_mutex<T>(value: T) -> FairMutex<T> {
    FairMutex::new(value)
}

/// The raw mutex of [`ReentrantMutex`].
type RawInner = Validated<::parking_lot::RawMutex, ParkingLot, Reentrant>;

/// A mutex that one thread may lock again, as
/// [`parking_lot::ReentrantMutex`].
pub type ReentrantMutex<T> = lock_api::ReentrantMutex<RawInner, RawThreadId, T>;

/// Holds a [`ReentrantMutex`] until it and all others of its thread are dropped.
pub type ReentrantMutexGuard<'a, T> = lock_api::ReentrantMutexGuard<'a, RawInner, RawThreadId, T>;

/// Holds a [`ReentrantMutex`], and shows a part of what it protects.
pub type MappedReentrantMutexGuard<'a, T> =
    lock_api::MappedReentrantMutexGuard<'a, RawInner, RawThreadId, T>;

/// Makes an unlocked reentrant mutex, as [`ReentrantMutex::new`](lock_api::ReentrantMutex::new).
#[inline]
#[track_caller]
pub const fn const_reentrant_mutex<T>(value: T) -> ReentrantMutex<T> {
    ReentrantMutex::new(value)
}

/// The raw lock of [`RwLock`].
pub type RawRwLock = Validated<::parking_lot::RawRwLock, ParkingLot, Upgradable<ParkingLot>>;

/// A reader-writer lock, as [`parking_lot::RwLock`].
pub type RwLock<T> = lock_api::RwLock<RawRwLock, T>;

/// Holds a [`RwLock`] for reading until it is dropped.
pub type RwLockReadGuard<'a, T> = lock_api::RwLockReadGuard<'a, RawRwLock, T>;

/// Holds a [`RwLock`] for writing until it is dropped.
pub type RwLockWriteGuard<'a, T> = lock_api::RwLockWriteGuard<'a, RawRwLock, T>;

/// Holds a [`RwLock`] for reading, and as the only one who may upgrade that.
pub type RwLockUpgradableReadGuard<'a, T> = lock_api::RwLockUpgradableReadGuard<'a, RawRwLock, T>;

/// Holds a [`RwLock`] for reading, and shows a part of what it protects.
pub type MappedRwLockReadGuard<'a, T> = lock_api::MappedRwLockReadGuard<'a, RawRwLock, T>;

/// Holds a [`RwLock`] for writing, and shows a part of what it protects.
pub type MappedRwLockWriteGuard<'a, T> = lock_api::MappedRwLockWriteGuard<'a, RawRwLock, T>;

/// Makes an unlocked reader-writer lock, as [`RwLock::new`](lock_api::RwLock::new).
#[inline]
#[track_caller]
pub const fn const_rwlock<T>(value: T) -> RwLock<T> {
    RwLock::new(value)
}
