//! What reports call locks.

/// What reports call the locks around a raw lock.
///
/// [`LockApi`] is the default; a crate with locks of its own names them by one of its own:
///
/// ```
/// use heldby::lock_api::{Family, Validated};
///
/// pub enum Spins {}
///
/// impl Family for Spins {
///     const MUTEX: &'static str = "spins::Mutex";
/// }
///
/// pub type RawMutex<R> = Validated<R, Spins>;
/// ```
pub trait Family: 'static {
    /// A mutex.
    const MUTEX: &'static str = "lock_api::Mutex";
    /// A reentrant mutex.
    const REENTRANT_MUTEX: &'static str = "lock_api::ReentrantMutex";
    /// A reader-writer lock.
    const RW_LOCK: &'static str = "lock_api::RwLock";
    /// What upgradable readers of one exclude each other by.
    const UPGRADABLE: &'static str = "lock_api::RwLock, its upgradable readers";
}

/// Locks that are told by the name of `lock_api`'s.
#[derive(Debug)]
pub enum LockApi {}

impl Family for LockApi {}
