//! Mutexes.
//!
//! The hot path is [`lock`] and [`unlock`] of a plain mutex that is known. One that is locked again by its
//! holder without waiting, that another process shares, or that outlives its holder, is asked what is
//! the case.

use std::ffi::c_int;

use heldby_validator::{Attempt, Held, LockMap, Mode, Slot, acquire, release_at, taken};
use libc::{clockid_t, pthread_mutexattr_t, timespec};

use crate::hook::hooks;
use crate::types::{MUTEX, Mutex, kind};
use crate::word::{self, site};
use crate::{line, real, start, table};

hooks! {
    pthread_mutex_init(2) => init;
    pthread_mutex_destroy(1) => destroy;
    pthread_mutex_lock(1) => lock;
    pthread_mutex_trylock(1) => try_lock;
    pthread_mutex_timedlock(2) => timed_lock;
    pthread_mutex_clocklock(3) => clock_lock;
    pthread_mutex_unlock(1) => unlock;
}

/// Whether a lock is held behind a call: the one before may have died with it.
pub(crate) fn is_got(result: c_int) -> bool {
    matches!(result, 0 | libc::EOWNERDEAD)
}

/// The map of a mutex; `None` while the engine has not started.
pub(crate) fn map(mutex: &Mutex, from: usize) -> Option<&LockMap> {
    let address = std::ptr::from_ref(mutex).addr();
    let word = mutex.spare().unwrap_or_else(|| table::word(address));
    word::map(word, address, &MUTEX, from)
}

/// The map of a plain mutex that is known.
#[inline(always)]
fn plain(mutex: &Mutex) -> Option<&LockMap> {
    match mutex.is_plain() {
        true => word::known(mutex.spare_of_plain()),
        false => None,
    }
}

pub(crate) unsafe extern "C" fn lock(mutex: *mut Mutex, from: usize) -> c_int {
    line::will_write(mutex);
    // SAFETY: the program calls this with a mutex.
    let Some(map) = plain(unsafe { &*mutex }) else {
        return lock_slowly(mutex, from);
    };
    let slot = acquire(map, &MUTEX, Mode::Write, site(from));
    // SAFETY: as above.
    let result = unsafe { real::mutex_lock(mutex) };
    settle(map, slot, result, from);
    result
}

/// Tells the engine how a wait for a lock ended.
#[inline(always)]
fn settle(map: &LockMap, slot: Slot, result: c_int, from: usize) {
    if result == 0 || is_got(result) {
        slot.acquired();
    } else {
        release_at(map, site(from));
    }
}

#[cold]
#[inline(never)]
fn lock_slowly(mutex: *mut Mutex, from: usize) -> c_int {
    // SAFETY: the program calls this with a mutex.
    let this = unsafe { &*mutex };
    let map = map(this, from).filter(|map| !locks_again(this, map));
    let slot = map.map(|map| (map, acquire(map, &MUTEX, Mode::Write, site(from))));
    // SAFETY: as above.
    let result = unsafe { real::mutex_lock(mutex) };
    if let Some((map, slot)) = slot {
        settle(map, slot, result, from);
    }
    result
}

/// Whether the calling thread has the mutex, and is told so instead of waiting for itself.
fn locks_again(mutex: &Mutex, map: &LockMap) -> bool {
    mutex.kind() & kind::TYPE != 0
        && mutex.kind() & kind::TYPE != kind::ADAPTIVE
        && heldby_validator::held(map) == Held::Write
}

pub(crate) unsafe extern "C" fn try_lock(mutex: *mut Mutex, from: usize) -> c_int {
    start::prepare();
    // SAFETY: the program calls this with a mutex.
    let result = unsafe { real::mutex_trylock(mutex) };
    got(mutex, Attempt::Try, result, from);
    result
}

pub(crate) unsafe extern "C" fn timed_lock(
    mutex: *mut Mutex,
    until: *const timespec,
    from: usize,
) -> c_int {
    start::prepare();
    // SAFETY: the program calls this with a mutex and a time.
    let result = unsafe { real::mutex_timedlock(mutex, until) };
    got(mutex, Attempt::Timed, result, from);
    result
}

unsafe extern "C" fn clock_lock(
    mutex: *mut Mutex,
    clock: clockid_t,
    until: *const timespec,
    from: usize,
) -> c_int {
    start::prepare();
    // SAFETY: the program calls this with a mutex and a time.
    let result = unsafe { real::mutex_clocklock(mutex, clock, until) };
    got(mutex, Attempt::Timed, result, from);
    result
}

/// An attempt that does not wait for ever ended so.
pub(crate) fn got(mutex: *mut Mutex, attempt: Attempt, result: c_int, from: usize) {
    if !is_got(result) {
        return;
    }
    // SAFETY: the program calls this with a mutex.
    let this = unsafe { &*mutex };
    if let Some(map) = map(this, from)
        && !locks_again(this, map)
    {
        taken(map, &MUTEX, Mode::Write, attempt, site(from));
    }
}

pub(crate) unsafe extern "C" fn unlock(mutex: *mut Mutex, from: usize) -> c_int {
    // SAFETY: the program calls this with a mutex.
    match plain(unsafe { &*mutex }) {
        Some(map) => release_at(map, site(from)),
        None => unlock_slowly(mutex, from),
    }
    // SAFETY: as above.
    unsafe { real::mutex_unlock(mutex) }
}

#[cold]
#[inline(never)]
fn unlock_slowly(mutex: *mut Mutex, from: usize) {
    // SAFETY: the program calls this with a mutex.
    let this = unsafe { &*mutex };
    let Some(map) = map(this, from) else { return };
    let frees = this.is_plain()
        || (heldby_validator::held(map) != Held::No
            && (this.kind() & kind::TYPE != kind::RECURSIVE || this.count() == 1));
    if frees {
        release_at(map, site(from));
    }
}

unsafe extern "C" fn init(
    mutex: *mut Mutex,
    attributes: *const pthread_mutexattr_t,
    from: usize,
) -> c_int {
    // SAFETY: the program calls this with memory for a mutex, whatever is in it.
    let before = unsafe { &*mutex }.remembered();
    // SAFETY: as above.
    let result = unsafe { real::mutex_init(mutex, attributes) };
    if result == 0 {
        made(mutex, before, from);
    }
    result
}

/// A mutex was initialised by a call that returns to `from`.
pub(crate) fn made(mutex: *mut Mutex, before: u64, from: usize) {
    // SAFETY: it is a mutex now.
    let word = unsafe { &*mutex }.spare();
    let word = word.unwrap_or_else(|| table::word(mutex.addr()));
    word::made(word, before, from);
}

pub(crate) unsafe extern "C" fn destroy(mutex: *mut Mutex, from: usize) -> c_int {
    // SAFETY: the program calls this with a mutex, which is one until the real function has returned.
    let this = unsafe { &*mutex };
    let word = this.spare().unwrap_or_else(|| table::word(mutex.addr()));
    // SAFETY: as above.
    let result = unsafe { real::mutex_destroy(mutex) };
    match word::known(word) {
        Some(map) if result == libc::EBUSY => word::destroyed_in_vain(map, from),
        _ => word::destroyed(word, from),
    }
    result
}
