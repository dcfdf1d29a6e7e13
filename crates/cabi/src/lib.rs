//! The C ABI of Heldby: lock events of C and C++ hosts.
//!
//! The header is `include/heldby.h`. A lock map is 8 bytes beside the host's own lock; the macros of
//! the header fill in the caller's file and line.
//! A policy `panic` aborts here, since nothing unwinds through C.

use std::ffi::{CStr, c_char, c_int, c_uint};

use heldby_validator::hooks::lock_acquire;
use heldby_validator::{Acquire, Attempt, Held, LockMap, LockType, Mode, Site, release_at};

/// A lock map as C sees it: 8 bytes, to be initialised before use.
pub type HeldbyLock = LockMap;

static C_LOCK: LockType = LockType::sleeping::<HeldbyLock>("lock");

/// The text behind `pointer`, or a stand-in for null and for bytes that are not UTF-8.
///
/// # Safety
/// `pointer` is null or a C string that stays as it is during the call.
unsafe fn text(pointer: *const c_char, otherwise: &str) -> &str {
    if pointer.is_null() {
        return otherwise;
    }
    // SAFETY: the caller promises a C string.
    unsafe { CStr::from_ptr(pointer) }
        .to_str()
        .unwrap_or(otherwise)
}

/// The place `file:line`.
///
/// # Safety
/// As [`text`], for `file`.
unsafe fn site(file: *const c_char, line: c_uint) -> Site {
    // SAFETY: the caller's promise is ours.
    Site::intern(unsafe { text(file, "<unknown>") }, line, 1)
}

/// Initialises a lock map; locks of one name are of one class.
///
/// # Safety
/// `lock` is valid for writes; `name` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn heldby_lock_init(lock: *mut HeldbyLock, name: *const c_char) {
    // SAFETY: the caller promises a C string.
    let map = LockMap::named(unsafe { text(name, "unnamed") });
    // SAFETY: the caller promises a place to write to; what it held before is not dropped, since it
    // need not have been initialised.
    unsafe { lock.write(map) };
}

/// Ends the life of a lock map; the lock must not be held.
///
/// # Safety
/// `lock` was initialised, and is initialised again before its next use.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn heldby_lock_destroy(lock: *mut HeldbyLock) {
    // SAFETY: the caller promises an initialised map that is not used any more.
    unsafe { lock.drop_in_place() };
}

/// Records an acquire: before it blocks, or after a try that took the lock.
///
/// `mode` is 0 for exclusive, 1 for shared and fair, 2 for shared and recursive; another value
/// counts as 0.
///
/// # Safety
/// `lock` is initialised; `file` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn heldby_lock_acquire(
    lock: *const HeldbyLock,
    mode: c_int,
    subclass: c_uint,
    trylock: c_int,
    file: *const c_char,
    line: c_uint,
) {
    let mode = match mode {
        1 => Mode::Read,
        2 => Mode::Recursive,
        _ => Mode::Write,
    };
    let attempt = if trylock == 0 {
        Attempt::Block
    } else {
        Attempt::Try
    };
    // SAFETY: the caller promises a C string.
    let site = unsafe { site(file, line) };
    // SAFETY: the caller promises an initialised map.
    let map = unsafe { &*lock };
    lock_acquire(
        map,
        Acquire {
            attempt,
            subclass,
            ..Acquire::new(&C_LOCK, mode, site)
        },
    );
}

/// Records a release, before the lock is really released.
///
/// # Safety
/// `lock` is initialised; `file` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn heldby_lock_release(
    lock: *const HeldbyLock,
    file: *const c_char,
    line: c_uint,
) {
    // SAFETY: the caller promises a C string and an initialised map.
    release_at(unsafe { &*lock }, unsafe { site(file, line) });
}

/// What the calling thread holds of a lock: 0 nothing, 1 shared, 2 exclusive, -1 unknown.
///
/// # Safety
/// `lock` is initialised.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn heldby_lock_held(lock: *const HeldbyLock) -> c_int {
    // SAFETY: the caller promises an initialised map.
    match heldby_validator::held(unsafe { &*lock }) {
        Held::No => 0,
        Held::Read => 1,
        Held::Write => 2,
        Held::Unknown => -1,
    }
}
