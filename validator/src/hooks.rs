//! The hooks as the kernel names them, for locks that a host makes itself.
//!
//! Each is [`acquire`](crate::acquire::acquire) or [`release`](crate::acquire::release) with what
//! the kernel's macro of that name fills in, as in `include/linux/lockdep.h`; the instruction
//! pointer is the caller's place.

use heldby_model::Role;

mod annotations;
mod asserts;
mod contexts;

pub use annotations::*;
pub use asserts::*;
pub use contexts::*;

use crate::acquire::{self, Acquire};
use crate::cold;
use crate::lock_type::{LockKind, LockType, WaitType};
use crate::map::LockMap;
use crate::mode::{Attempt, Mode};
use crate::site::Site;

macro_rules! lock_types {
    ($($name:ident = $text:literal, $wait:ident;)*) => {$(
        pub(crate) static $name: LockType = LockType {
            family: $text,
            type_name: || $text,
            outer: WaitType::$wait,
            inner: WaitType::$wait,
            role: Role::Lock,
            kind: LockKind::Normal,
            unwinds: true,
            awaited: false,
            in_task: None,
        };
    )*};
}

lock_types! {
    LOCK = "lock", Sleep;
    MUTEX = "mutex", Sleep;
    SPIN = "spinlock", Config;
    RWLOCK = "rwlock", Config;
    RWSEM = "rwsem", Sleep;
    SEQCOUNT = "seqcount", Unchecked;
    MAP = "map", Unchecked;
}

/// As an acquire of the facade, but the hold counts from here: a hook keeps nothing that could tell
/// when the lock is got.
#[inline(always)]
#[track_caller]
fn hook(
    map: &LockMap,
    lock_type: &'static LockType,
    mode: Mode,
    subclass: u32,
    trylock: bool,
    site: Site,
) {
    let attempt = if trylock {
        Attempt::Try
    } else {
        Attempt::Block
    };
    match (subclass, attempt) {
        (0, Attempt::Block) => acquire::acquire(map, lock_type, mode, site).acquired(),
        (0, _) => acquire::taken(map, lock_type, mode, attempt, site),
        _ => lock_acquire(
            map,
            Acquire {
                attempt,
                subclass,
                ..Acquire::new(lock_type, mode, site)
            },
        ),
    }
}

/// Acquires a lock as `acquire` tells, for a caller that brings its own place and type.
///
/// # Panics
/// When a violation is found and the policy is `panic`.
#[track_caller]
pub fn lock_acquire(map: &LockMap, acquire: Acquire<'_>) {
    cold::acquire(map, acquire).acquired();
}

macro_rules! acquire_hooks {
    ($($(#[$doc:meta])* $name:ident: $lock_type:ident, $mode:ident;)*) => {$(
        $(#[$doc])*
        ///
        /// A `trylock` is told after it was taken, anything else before it blocks.
        ///
        /// # Panics
        /// When a violation is found and the policy is `panic`.
        #[inline(always)]
        #[track_caller]
        pub fn $name(map: &LockMap, subclass: u32, trylock: bool) {
            hook(map, &$lock_type, Mode::$mode, subclass, trylock, Site::caller());
        }
    )*};
}

acquire_hooks! {
    /// Acquires exclusively.
    lock_acquire_exclusive: LOCK, Write;
    /// Acquires shared and fair.
    lock_acquire_shared: LOCK, Read;
    /// Acquires shared and recursive.
    lock_acquire_shared_recursive: LOCK, Recursive;
    /// Acquires a mutex.
    mutex_acquire: MUTEX, Write;
    /// Acquires a spin lock.
    spin_acquire: SPIN, Write;
    /// Acquires a spinning reader-writer lock for writing.
    rwlock_acquire: RWLOCK, Write;
    /// Acquires a spinning reader-writer lock for reading.
    rwlock_acquire_read: RWLOCK, Read;
    /// Enters the writing section of a sequence count.
    seqcount_acquire: SEQCOUNT, Write;
    /// Enters a reading section of a sequence count.
    seqcount_acquire_read: SEQCOUNT, Recursive;
    /// Acquires a reader-writer semaphore for writing.
    rwsem_acquire: RWSEM, Write;
    /// Acquires a reader-writer semaphore for reading.
    rwsem_acquire_read: RWSEM, Read;
}

macro_rules! release_hooks {
    ($($name:ident)*) => {$(
        /// Releases; called before the lock is really released.
        #[inline(always)]
        #[track_caller]
        pub fn $name(map: &LockMap) {
            acquire::release_at(map, Site::caller());
        }
    )*};
}

release_hooks! {
    lock_release mutex_release spin_release rwlock_release rwsem_release seqcount_release
    lock_map_release
}

/// Says that a lock which was asked for has been got.
///
/// Needed only after [`lock_contended`]: until then an acquire counts as a hold.
pub fn lock_acquired(map: &LockMap) {
    cold::set_waiting(map, false);
}

/// Says that the thread now waits for a lock that it asked for.
pub fn lock_contended(map: &LockMap) {
    cold::set_waiting(map, true);
}

/// Turns an exclusive hold into a shared one.
#[track_caller]
pub fn lock_downgrade(map: &LockMap) {
    cold::downgrade(map, Site::caller());
}

/// Tells that the memory of a lock goes; a [`LockMap`] that is dropped tells it by itself.
pub fn lock_freed(map: &LockMap) {
    acquire::dropped(map);
}
