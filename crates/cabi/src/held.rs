//! What the calling thread holds, and what it must hold.

use std::ffi::{c_char, c_int, c_uint};

use heldby_model::Code;
use heldby_validator::{Expect, Held};

use crate::lock::{HeldbyLock, as_it_is, classed};
use crate::{boundary, place};

/// The lock is held, in any mode.
pub const HELDBY_EXPECT_HELD: c_int = 0;
/// The lock is held shared.
pub const HELDBY_EXPECT_READ: c_int = 1;
/// The lock is held exclusively.
pub const HELDBY_EXPECT_WRITE: c_int = 2;
/// The lock is not held.
pub const HELDBY_EXPECT_NOT_HELD: c_int = 3;

/// What the calling thread holds of a lock: 0 nothing, 1 shared, 2 exclusive, -1 unknown, as where
/// validation is off. Meant for diagnostics, not for deciding what a program does.
///
/// # Safety
/// `lock` is null or initialised.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn heldby_lock_held(lock: *const HeldbyLock) -> c_int {
    // SAFETY: the caller promises an initialised map.
    match unsafe { as_it_is(lock) }.map(heldby_validator::held) {
        Some(Held::No) => 0,
        Some(Held::Read) => 1,
        Some(Held::Write) => 2,
        Some(Held::Unknown) | None => -1,
    }
}

/// Reports if the calling thread does not hold a lock as `expect` says, HELDBY_EXPECT_HELD and its kin:
/// HB0202. It passes where that cannot be told.
///
/// # Safety
/// `lock` is null or initialised; `file` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn heldby_lock_assert(
    lock: *const HeldbyLock,
    expect: c_int,
    file: *const c_char,
    line: c_uint,
) {
    let expect = match expect {
        HELDBY_EXPECT_READ => Expect::Read,
        HELDBY_EXPECT_WRITE => Expect::Write,
        HELDBY_EXPECT_NOT_HELD => Expect::Nothing,
        _ => Expect::Any,
    };
    // SAFETY: the caller promises a C string and an initialised map.
    let site = unsafe { place::of(file, line) };
    // SAFETY: as above.
    if let Some(map) = unsafe { classed(lock, site) } {
        boundary::run(|| heldby_validator::assert_held(map, expect, site));
    }
}

/// Reports if the calling thread holds anything: HB0202.
///
/// # Safety
/// `file` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn heldby_none_held_assert(file: *const c_char, line: c_uint) {
    // SAFETY: the caller promises a C string.
    let site = unsafe { place::of(file, line) };
    boundary::run(|| heldby_validator::assert_none_held(Code::Hb0202, site));
}
