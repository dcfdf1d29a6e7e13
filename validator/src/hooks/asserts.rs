//! What a thread must hold, or must not, and what it does hold.

use heldby_model::Code;

use crate::annotate;
use crate::cold::{self, Held};
use crate::map::LockMap;
use crate::site::Site;
use crate::violation::Expect;

macro_rules! assert_hooks {
    ($($(#[$doc:meta])* $name:ident: $expect:ident;)*) => {$(
        $(#[$doc])*
        ///
        /// It passes where that cannot be told.
        ///
        /// # Panics
        /// When it fails and the policy is `panic`.
        #[track_caller]
        pub fn $name(map: &LockMap) {
            cold::assert_held(map, Expect::$expect, Site::caller());
        }
    )*};
}

assert_hooks! {
    /// Asserts that this thread holds the lock.
    lockdep_assert_held: Any;
    /// As [`lockdep_assert_held`]: every assertion is said once for each place.
    lockdep_assert_held_once: Any;
    /// Asserts that this thread does not hold the lock.
    lockdep_assert_not_held: Nothing;
    /// Asserts that this thread holds the lock exclusively.
    lockdep_assert_held_write: Write;
    /// Asserts that this thread holds the lock shared.
    lockdep_assert_held_read: Read;
}

/// Asserts that this thread holds nothing.
///
/// # Panics
/// When it fails and the policy is `panic`.
#[track_caller]
pub fn lockdep_assert_none_held_once() {
    annotate::assert_none_held(Code::Hb0202, Site::caller());
}

/// Reports if this thread holds anything, as at its end.
///
/// # Panics
/// When it does and the policy is `panic`.
#[track_caller]
pub fn debug_check_no_locks_held() {
    annotate::assert_none_held(Code::Hb0103, Site::caller());
}

/// Reports each lock in the `bytes` from `memory` on that this thread holds: call it before memory is
/// freed, or filled anew, by the range.
///
/// It knows the place of a lock from its last acquire by the slow path, so a lock that moved since
/// may be missed. Nothing is known before [`Config::freed_ranges`](crate::Config::freed_ranges) is
/// set.
///
/// # Cost
/// A look-up for each held lock.
#[track_caller]
pub fn debug_check_no_locks_freed(memory: *const u8, bytes: usize) {
    annotate::freed_range(memory, bytes, Site::caller());
}

/// Whether this thread holds a lock, as far as that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockState {
    /// It does not.
    NotHeld,
    /// It does.
    Held,
    /// It cannot be told: validation is off, or the lock was acquired where it was.
    Unknown,
}

/// Tells whether this thread holds the lock. Meant for diagnostics: an assertion passes where it
/// cannot be told.
#[must_use]
pub fn lock_is_held(map: &LockMap) -> LockState {
    lock_is_held_type(map, -1)
}

/// As [`lock_is_held`].
#[must_use]
pub fn lockdep_is_held(map: &LockMap) -> LockState {
    lock_is_held(map)
}

/// Tells whether this thread holds the lock exclusively for 0, shared for 1, in any way for -1.
#[must_use]
pub fn lock_is_held_type(map: &LockMap, read: i32) -> LockState {
    let held = match cold::held(map) {
        Held::Unknown => return LockState::Unknown,
        Held::No => false,
        Held::Read => read != 0,
        Held::Write => read <= 0,
    };
    match held {
        true => LockState::Held,
        false => LockState::NotHeld,
    }
}

/// As [`lock_is_held_type`].
#[must_use]
pub fn lockdep_is_held_type(map: &LockMap, read: i32) -> LockState {
    lock_is_held_type(map, read)
}
