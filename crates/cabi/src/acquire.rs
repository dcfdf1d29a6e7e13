//! Acquires and releases.

use std::ffi::{c_char, c_int, c_uint};

use heldby_validator::hooks;
use heldby_validator::{Acquire, Attempt, Mode};

use crate::lock::{HeldbyLock, as_it_is, classed, named};
use crate::lock_type::{self, HELDBY_TYPE_LOCK};
use crate::{boundary, place};

/// Exclusive.
pub const HELDBY_WRITE: c_int = 0;
/// Shared and fair: queues behind a waiting writer.
pub const HELDBY_READ: c_int = 1;
/// Shared and recursive: never queues.
pub const HELDBY_RECURSIVE: c_int = 2;

/// Waits until it has the lock; told before it waits.
pub const HELDBY_BLOCK: c_int = 0;
/// Never waits; told after it took the lock.
pub const HELDBY_TRY: c_int = 1;
/// Waits for a bounded time; told after it took the lock.
pub const HELDBY_TIMED: c_int = 2;
/// Takes a lock back that was given up for a wait, as that of a condition variable; told before it
/// waits.
pub const HELDBY_AGAIN: c_int = 3;

/// The mode of that number; one that is not known counts as exclusive.
fn mode(number: c_int) -> Mode {
    match number {
        HELDBY_READ => Mode::Read,
        HELDBY_RECURSIVE => Mode::Recursive,
        _ => Mode::Write,
    }
}

/// The attempt of that number; one that is not known does not wait.
fn attempt(number: c_int) -> Attempt {
    match number {
        HELDBY_BLOCK => Attempt::Block,
        HELDBY_TIMED => Attempt::Timed,
        HELDBY_AGAIN => Attempt::Again,
        _ => Attempt::Try,
    }
}

/// Records an acquire: before it blocks, or after a try that took the lock.
///
/// `mode` is HELDBY_WRITE and its kin, `attempt` HELDBY_BLOCK and its kin; of `subclass` 0 to 7 are told
/// apart.
///
/// # Safety
/// `lock` is null or initialised; `file` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn heldby_lock_acquire(
    lock: *const HeldbyLock,
    mode: c_int,
    subclass: c_uint,
    attempt: c_int,
    file: *const c_char,
    line: c_uint,
) {
    let (mode, attempt) = (self::mode(mode), self::attempt(attempt));
    // SAFETY: the caller promises a C string.
    let site = unsafe { place::of(file, line) };
    // SAFETY: the caller promises an initialised map.
    let Some(map) = (unsafe { named(lock, site) }) else {
        return;
    };
    boundary::run(|| match (subclass, attempt) {
        (0, Attempt::Block) => {
            heldby_validator::acquire(map, lock_type::of(HELDBY_TYPE_LOCK), mode, site).acquired();
        }
        (0, Attempt::Try | Attempt::Timed) => {
            heldby_validator::taken(map, lock_type::of(HELDBY_TYPE_LOCK), mode, attempt, site);
        }
        _ => hooks::lock_acquire(
            map,
            Acquire {
                attempt,
                subclass,
                ..Acquire::new(lock_type::of(HELDBY_TYPE_LOCK), mode, site)
            },
        ),
    });
}

/// As heldby_lock_acquire(), with what is rarely asked for.
///
/// `type` is that of a lock that was initialised without a class, HELDBY_TYPE_LOCK and its kin. `nest`
/// is null, or a lock that the thread holds and under which all locks of the class may be taken in any
/// order. With `check` 0 nothing is checked, and the hold is known all the same.
///
/// # Safety
/// `lock` and `nest` are null or initialised; `file` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn heldby_lock_acquire_as(
    lock: *const HeldbyLock,
    r#type: c_int,
    mode: c_int,
    subclass: c_uint,
    attempt: c_int,
    check: c_int,
    nest: *const HeldbyLock,
    file: *const c_char,
    line: c_uint,
) {
    // SAFETY: the caller promises a C string and initialised maps.
    let site = unsafe { place::of(file, line) };
    // SAFETY: as above.
    let nest = unsafe { classed(nest, site) };
    let wanted = Acquire {
        attempt: self::attempt(attempt),
        subclass,
        nest,
        check: check != 0,
        ..Acquire::new(lock_type::of(r#type), self::mode(mode), site)
    };
    // SAFETY: as above.
    if let Some(map) = unsafe { named(lock, site) } {
        boundary::run(|| hooks::lock_acquire(map, wanted));
    }
}

/// Says that the thread now waits for a lock that it asked for: only then can the watchdog tell who waits
/// for whom.
///
/// # Safety
/// `lock` is null or initialised.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn heldby_lock_contended(lock: *const HeldbyLock) {
    // SAFETY: the caller promises an initialised map.
    if let Some(map) = unsafe { as_it_is(lock) } {
        hooks::lock_contended(map);
    }
}

/// Says that a lock which was waited for has been got; needed only after heldby_lock_contended(): until
/// then an acquire counts as a hold.
///
/// # Safety
/// `lock` is null or initialised.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn heldby_lock_acquired(lock: *const HeldbyLock) {
    // SAFETY: the caller promises an initialised map.
    if let Some(map) = unsafe { as_it_is(lock) } {
        hooks::lock_acquired(map);
    }
}

/// Records a release, before the lock is really released; also after heldby_lock_acquire() if the lock
/// was not got.
///
/// # Safety
/// `lock` is null or initialised; `file` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn heldby_lock_release(
    lock: *const HeldbyLock,
    file: *const c_char,
    line: c_uint,
) {
    // SAFETY: the caller promises a C string and an initialised map.
    let site = unsafe { place::of(file, line) };
    // SAFETY: as above.
    if let Some(map) = unsafe { classed(lock, site) } {
        boundary::run(|| heldby_validator::release_at(map, site));
    }
}

/// Records that a lock held exclusively is held shared from now on.
///
/// # Safety
/// `lock` is null or initialised; `file` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn heldby_lock_downgrade(
    lock: *const HeldbyLock,
    file: *const c_char,
    line: c_uint,
) {
    // SAFETY: the caller promises a C string and an initialised map.
    let site = unsafe { place::of(file, line) };
    // SAFETY: as above.
    if let Some(map) = unsafe { classed(lock, site) } {
        boundary::run(|| heldby_validator::downgrade(map, site));
    }
}

/// Checks that a lock could be acquired here, without holding it: where a function takes a lock on some
/// of its ways, so that all of them are checked.
///
/// # Safety
/// `lock` is null or initialised; `file` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn heldby_lock_might(
    lock: *const HeldbyLock,
    mode: c_int,
    file: *const c_char,
    line: c_uint,
) {
    // SAFETY: the caller's promises are ours.
    unsafe { wait_for(lock, mode, Attempt::Block, file, line) };
}

/// Records a wait for all who hold a lock, which is not held afterwards.
///
/// # Safety
/// `lock` is null or initialised; `file` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn heldby_lock_sync(
    lock: *const HeldbyLock,
    mode: c_int,
    file: *const c_char,
    line: c_uint,
) {
    // SAFETY: the caller's promises are ours.
    unsafe { wait_for(lock, mode, Attempt::Sync, file, line) };
}

/// # Safety
/// As [`heldby_lock_sync`].
unsafe fn wait_for(
    lock: *const HeldbyLock,
    mode: c_int,
    attempt: Attempt,
    file: *const c_char,
    line: c_uint,
) {
    // SAFETY: the caller promises a C string.
    let site = unsafe { place::of(file, line) };
    // SAFETY: the caller promises an initialised map.
    if let Some(map) = unsafe { named(lock, site) } {
        let wanted = Acquire {
            attempt,
            ..Acquire::new(lock_type::of(HELDBY_TYPE_LOCK), self::mode(mode), site)
        };
        boundary::run(|| heldby_validator::lock_sync(map, wanted));
    }
}
