//! What kinds of locks a C host can have.
//!
//! The numbers are those of the header; one that is not known counts as the plain lock.

use std::ffi::c_int;

use heldby_validator::{LockKind, LockType, WaitType};

/// A sleeping lock of no kind in particular.
pub const HELDBY_TYPE_LOCK: c_int = 0;
/// A mutex, which sleeps.
pub const HELDBY_TYPE_MUTEX: c_int = 1;
/// A lock that spins: under one no sleeping lock may be waited for.
pub const HELDBY_TYPE_SPIN: c_int = 2;
/// A reader-writer lock that spins.
pub const HELDBY_TYPE_RWLOCK: c_int = 3;
/// A reader-writer lock that sleeps.
pub const HELDBY_TYPE_RWSEM: c_int = 4;
/// A sequence count.
pub const HELDBY_TYPE_SEQCOUNT: c_int = 5;
/// A section that stands for no lock, and that others wait for.
pub const HELDBY_TYPE_MAP: c_int = 6;

macro_rules! lock_types {
    ($($text:literal, $wait:ident;)*) => {
        /// By their numbers.
        static TYPES: &[LockType] = &[$(
            LockType {
                type_name: || $text,
                outer: WaitType::$wait,
                inner: WaitType::$wait,
                kind: LockKind::Normal,
                ..LockType::sleeping::<()>($text)
            },
        )*];
    };
}

// Named as the engine's own hooks name theirs, so that hosts in two languages mean the same.
lock_types! {
    "lock", Sleep;
    "mutex", Sleep;
    "spinlock", Config;
    "rwlock", Config;
    "rwsem", Sleep;
    "seqcount", Unchecked;
    "map", Unchecked;
}

/// The type of that number.
pub(crate) fn of(number: c_int) -> &'static LockType {
    let known = usize::try_from(number)
        .ok()
        .and_then(|number| TYPES.get(number));
    known.unwrap_or(&TYPES[0])
}
