//! `lock_api` 0.4, validated: mutexes and reader-writer locks around any raw lock.
//!
//! [`Validated`] is a raw lock around another one that tells the validator of every acquire and
//! release. Whatever `lock_api` builds on a raw lock works on it: guards that are mapped, kept in an
//! `Arc`, unlocked for a while, handed on fairly or leaked.
//!
//! [`Mutex`], [`RwLock`] and [`ReentrantMutex`] are `lock_api`'s around such a raw lock, made where
//! the host makes them: a lock without a name is of the place that made it. They dereference to
//! `lock_api`'s, which have the rest of the methods.
//!
//! ```
//! use std::sync::atomic::{AtomicBool, Ordering};
//!
//! use heldby::lock_api::{self, GuardSend, RawMutex, Validated};
//!
//! /// A spin lock of the host's own.
//! pub struct Spin(AtomicBool);
//!
//! // SAFETY: whoever sets the flag from false holds the lock, and is the only one until it is unset.
//! unsafe impl RawMutex for Spin {
//!     const INIT: Self = Self(AtomicBool::new(false));
//!     type GuardMarker = GuardSend;
//!
//!     fn lock(&self) {
//!         while !self.try_lock() {
//!             std::hint::spin_loop();
//!         }
//!     }
//!
//!     fn try_lock(&self) -> bool {
//!         !self.0.swap(true, Ordering::Acquire)
//!     }
//!
//!     unsafe fn unlock(&self) {
//!         self.0.store(false, Ordering::Release);
//!     }
//! }
//!
//! pub type SpinMutex<T> = lock_api::Mutex<Validated<Spin>, T>;
//!
//! let frames = SpinMutex::named("frames", 1);
//! *frames.lock() += 1;
//! heldby::assert_not_held!(frames);
//! ```
//!
//! # What a raw lock tells
//!
//! | operation | what it is |
//! | --- | --- |
//! | `lock`, `write` | exclusive |
//! | `read` | shared, and behind a waiting writer |
//! | `read_recursive` | shared, and never behind a waiting writer |
//! | `upgradable_read` | shared, as `read`, and exclusive among upgradable readers: see [`Upgradable`] |
//! | `upgrade` | gives the shared hold up and waits for the exclusive one, still exclusive among upgradable readers |
//! | `try_..`, `.._for`, `.._until` | a bounded wait: nothing is ordered before it, and what is taken under it comes after it |
//! | `unlocked`, `bump` | a release and an acquire |
//! | an outermost `lock` of a reentrant mutex | exclusive; those inside of it wait for nobody and tell nothing |
//!
//! # Where nothing panics
//! A raw lock that panicked where `lock_api` acquires it again would leave a guard without its lock.
//! So the policy `panic` ends in a panic where a lock is asked for through the types of this module,
//! by `lock`, `read`, `write` and their kin, and is a warning everywhere else: when an upgradable
//! read is upgraded, when a guard is locked again, and for a raw lock inside the registry's own
//! `lock_api` types.
//!
//! # Guards that go to another thread
//! A guard that is dropped by another thread than took it is released for its owner, whether that ever
//! runs again or not. [`hand_over`](crate::lockdep::Guard::hand_over) tells which thread has it from
//! now on.

mod family;
mod guards;
mod mutex;
mod part;
mod raw;
mod remutex;
mod rwlock;
#[cfg(feature = "arc_lock")]
mod shared;

#[cfg(feature = "arc_lock")]
pub use ::lock_api::{
    ArcMutexGuard, ArcReentrantMutexGuard, ArcRwLockReadGuard, ArcRwLockUpgradableReadGuard,
    ArcRwLockWriteGuard,
};
pub use ::lock_api::{
    GetThreadId, GuardNoSend, GuardSend, MappedMutexGuard, MappedReentrantMutexGuard,
    MappedRwLockReadGuard, MappedRwLockWriteGuard, MutexGuard, RawMutex, RawMutexFair,
    RawMutexTimed, RawReentrantMutex, RawRwLock, RawRwLockDowngrade, RawRwLockFair,
    RawRwLockRecursive, RawRwLockRecursiveTimed, RawRwLockTimed, RawRwLockUpgrade,
    RawRwLockUpgradeDowngrade, RawRwLockUpgradeFair, RawRwLockUpgradeTimed, ReentrantMutexGuard,
    RwLockReadGuard, RwLockUpgradableReadGuard, RwLockWriteGuard,
};

pub use family::{Family, LockApi};
pub use mutex::Mutex;
pub use part::{Part, Reentrant, Upgradable};
pub use raw::Validated;
pub use remutex::ReentrantMutex;
pub use rwlock::RwLock;
