//! Hooks that say more of a lock than that it is acquired, or of the thread.

use super::{LOCK, MAP, MUTEX, RWSEM, SPIN, hook, lock_acquire};
use crate::acquire::Acquire;
use crate::annotate::{self, To};
use crate::cold;
use crate::lock_key::{ClassPolicy, LockKey};
use crate::map::LockMap;
use crate::mode::{Attempt, Mode};
use crate::rules::pin::PinCookie;
use crate::site::Site;

pub use crate::annotate::{lockdep_off, lockdep_on};

macro_rules! nest_hooks {
    ($($(#[$doc:meta])* $name:ident: $lock_type:ident;)*) => {$(
        $(#[$doc])*
        ///
        /// All locks of the class that are taken under it may be nested in any order.
        ///
        /// # Panics
        /// When a violation is found, such as that the nest lock is not held, and the policy is
        /// `panic`.
        #[track_caller]
        pub fn $name(map: &LockMap, subclass: u32, trylock: bool, nest: &LockMap) {
            let attempt = if trylock { Attempt::Try } else { Attempt::Block };
            lock_acquire(map, Acquire {
                attempt,
                subclass,
                nest: Some(nest),
                ..Acquire::new(&$lock_type, Mode::Write, Site::caller())
            });
        }
    )*};
}

nest_hooks! {
    /// Acquires a mutex under the nest lock `nest`.
    mutex_acquire_nest: MUTEX;
    /// Acquires a spin lock under the nest lock `nest`.
    spin_acquire_nest: SPIN;
    /// Acquires a reader-writer semaphore for writing under the nest lock `nest`.
    rwsem_acquire_nest: RWSEM;
}

macro_rules! map_hooks {
    ($($(#[$doc:meta])* $name:ident: $mode:ident, $trylock:literal;)*) => {$(
        $(#[$doc])*
        ///
        /// # Panics
        /// When a violation is found and the policy is `panic`.
        #[inline(always)]
        #[track_caller]
        pub fn $name(map: &LockMap) {
            hook(map, &MAP, Mode::$mode, 0, $trylock, Site::caller());
        }
    )*};
}

map_hooks! {
    /// Enters a section that stands for no lock, and that others wait for.
    lock_map_acquire: Write, false;
    /// As [`lock_map_acquire`], where nothing was waited for.
    lock_map_acquire_try: Write, true;
    /// Enters such a section beside others.
    lock_map_acquire_read: Recursive, false;
    /// As [`lock_map_acquire_read`], where nothing was waited for.
    lock_map_acquire_tryread: Recursive, true;
}

/// Waits for whoever is in a section of the map, and enters none.
///
/// # Panics
/// When a violation is found and the policy is `panic`.
#[track_caller]
pub fn lock_map_sync(map: &LockMap) {
    lock_sync(map, Acquire::new(&MAP, Mode::Write, Site::caller()));
}

/// Checks an acquire that holds nothing afterwards, as `acquire` tells.
///
/// # Panics
/// When a violation is found and the policy is `panic`.
#[track_caller]
pub fn lock_sync(map: &LockMap, acquire: Acquire<'_>) {
    let attempt = Attempt::Sync;
    cold::lock_sync(map, Acquire { attempt, ..acquire });
}

/// Checks that the lock could be acquired exclusively here; says nothing of a lock that was never
/// acquired, whose type is not known yet.
#[track_caller]
pub fn might_lock(map: &LockMap) {
    might(map, Mode::Write, 0, Site::caller());
}

/// Checks that the lock could be acquired shared here, as [`might_lock`].
#[track_caller]
pub fn might_lock_read(map: &LockMap) {
    might(map, Mode::Read, 0, Site::caller());
}

/// Checks that the lock could be acquired in a subclass here, as [`might_lock`].
#[track_caller]
pub fn might_lock_nested(map: &LockMap, subclass: u32) {
    might(map, Mode::Write, subclass, Site::caller());
}

#[track_caller]
fn might(map: &LockMap, mode: Mode, subclass: u32, site: Site) {
    if map.class().is_some() {
        let wanted = Acquire {
            subclass,
            ..Acquire::new(&LOCK, mode, site)
        };
        cold::lock_sync(map, wanted);
    }
}

static NO_VALIDATE: LockKey = LockKey::with_policy("novalidate", ClassPolicy::NoValidate);
static NO_TRACK: LockKey = LockKey::with_policy("notrack", ClassPolicy::NoTrack);

/// Gives a lock that is not held the class `key`.
#[track_caller]
pub fn lockdep_set_class(map: &LockMap, key: &'static LockKey) {
    annotate::set_key(map, key, Site::caller());
}

/// Gives a lock that is not held a class that is kept on the held stack, and of which nothing is
/// checked.
#[track_caller]
pub fn lockdep_set_novalidate_class(map: &LockMap) {
    annotate::set_key(map, &NO_VALIDATE, Site::caller());
}

/// Gives a lock that is not held a class that is not even kept on the held stack.
#[track_caller]
pub fn lockdep_set_notrack_class(map: &LockMap) {
    annotate::set_key(map, &NO_TRACK, Site::caller());
}

/// Moves a lock that this thread holds to a subclass of the class `key`, and checks what that makes
/// of the order of what it holds. The lock stays of that class.
///
/// # Panics
/// When a violation is found and the policy is `panic`.
#[track_caller]
pub fn lock_set_class(map: &LockMap, key: &'static LockKey, subclass: u32) {
    annotate::set_class(map, To::Key(key), subclass, Site::caller());
}

/// Moves this hold of a lock to a subclass of the lock's class, as [`lock_set_class`].
#[track_caller]
pub fn lock_set_subclass(map: &LockMap, subclass: u32) {
    annotate::set_class(map, To::Own, subclass, Site::caller());
}

/// Moves a lock that this thread holds to a class of which nothing is checked.
#[track_caller]
pub fn lock_set_novalidate_class(map: &LockMap) {
    annotate::set_class(map, To::Key(&NO_VALIDATE), 0, Site::caller());
}

/// Pins a lock that this thread holds: it must not be released before [`lockdep_unpin_lock`] takes
/// the cookie back.
///
/// # Cost
/// A pinned lock is released by the slow path; no other one is slower.
///
/// # Panics
/// When the lock is not held and the policy is `panic`.
#[track_caller]
pub fn lockdep_pin_lock(map: &LockMap) -> PinCookie {
    annotate::pin_lock(map, Site::caller())
}

/// Pins a lock again under the cookie of an earlier pin.
///
/// # Panics
/// As [`lockdep_pin_lock`].
#[track_caller]
pub fn lockdep_repin_lock(map: &LockMap, cookie: PinCookie) {
    annotate::repin_lock(map, cookie, Site::caller());
}

/// Takes the pin of `cookie` off a lock.
///
/// # Panics
/// When the lock has no such pin and the policy is `panic`.
#[track_caller]
pub fn lockdep_unpin_lock(map: &LockMap, cookie: PinCookie) {
    annotate::unpin_lock(map, cookie, Site::caller());
}
