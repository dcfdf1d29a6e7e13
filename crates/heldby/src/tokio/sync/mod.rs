//! `tokio::sync`, validated: locks for which tasks wait.
//!
//! An acquire is checked when its future is first polled, and the lock is held from the poll that gets
//! it. A [`Semaphore`] has owners, and no order is learned of it. What has no owner is tokio's own.

mod acquire;
mod mutex;
mod owned;
mod rwlock;
mod semaphore;

pub use ::tokio::sync::*;

pub use mutex::{MappedMutexGuard, Mutex, MutexGuard};
pub use owned::{
    OwnedMappedMutexGuard, OwnedMutexGuard, OwnedRwLockMappedWriteGuard, OwnedRwLockReadGuard,
    OwnedRwLockWriteGuard,
};
pub use rwlock::{RwLock, RwLockMappedWriteGuard, RwLockReadGuard, RwLockWriteGuard};
pub use semaphore::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
