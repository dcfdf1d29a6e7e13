//! Locks for readers and writers.
//!
//! A reader passes a writer that waits, unless the lock's attribute says otherwise: its read is recursive.

use std::ffi::c_int;

use heldby_validator::{Attempt, LockMap, Mode, acquire, release_at, taken};
use libc::{clockid_t, pthread_rwlockattr_t, timespec};

use crate::hook::hooks;
use crate::types::{RWLOCK, RwLock};
use crate::word::{self, site};
use crate::{line, real, start, table};

hooks! {
    pthread_rwlock_init(2) => init;
    pthread_rwlock_destroy(1) => destroy;
    pthread_rwlock_rdlock(1) => read;
    pthread_rwlock_tryrdlock(1) => try_read;
    pthread_rwlock_timedrdlock(2) => timed_read;
    pthread_rwlock_clockrdlock(3) => clock_read;
    pthread_rwlock_wrlock(1) => write;
    pthread_rwlock_trywrlock(1) => try_write;
    pthread_rwlock_timedwrlock(2) => timed_write;
    pthread_rwlock_clockwrlock(3) => clock_write;
    pthread_rwlock_unlock(1) => unlock;
}

/// The map of a lock; `None` while the engine has not started.
#[inline(always)]
fn map(lock: &RwLock, from: usize) -> Option<&LockMap> {
    let address = std::ptr::from_ref(lock).addr();
    let word = lock.spare().unwrap_or_else(|| table::word(address));
    word::map(word, address, &RWLOCK, from)
}

fn read_mode(lock: &RwLock) -> Mode {
    match lock.prefers_writers() {
        true => Mode::Read,
        false => Mode::Recursive,
    }
}

unsafe extern "C" fn read(lock: *mut RwLock, from: usize) -> c_int {
    line::will_write(lock);
    // SAFETY: the program calls this with a lock.
    let this = unsafe { &*lock };
    // SAFETY: as above.
    wait(this, read_mode(this), from, || unsafe {
        real::rwlock_rdlock(lock)
    })
}

unsafe extern "C" fn write(lock: *mut RwLock, from: usize) -> c_int {
    line::will_write(lock);
    // SAFETY: the program calls this with a lock.
    let this = unsafe { &*lock };
    // SAFETY: as above.
    wait(this, Mode::Write, from, || unsafe {
        real::rwlock_wrlock(lock)
    })
}

#[inline(always)]
fn wait(lock: &RwLock, mode: Mode, from: usize, wait: impl FnOnce() -> c_int) -> c_int {
    let Some(map) = map(lock, from) else {
        return wait();
    };
    let slot = acquire(map, &RWLOCK, mode, site(from));
    let result = wait();
    match result {
        0 => slot.acquired(),
        _ => release_at(map, site(from)),
    }
    result
}

unsafe extern "C" fn try_read(lock: *mut RwLock, from: usize) -> c_int {
    start::prepare();
    // SAFETY: the program calls this with a lock.
    let (result, this) = unsafe { (real::rwlock_tryrdlock(lock), &*lock) };
    got(this, read_mode(this), Attempt::Try, result, from)
}

unsafe extern "C" fn try_write(lock: *mut RwLock, from: usize) -> c_int {
    start::prepare();
    // SAFETY: the program calls this with a lock.
    let (result, this) = unsafe { (real::rwlock_trywrlock(lock), &*lock) };
    got(this, Mode::Write, Attempt::Try, result, from)
}

unsafe extern "C" fn timed_read(lock: *mut RwLock, until: *const timespec, from: usize) -> c_int {
    start::prepare();
    // SAFETY: the program calls this with a lock and a time.
    let (result, this) = unsafe { (real::rwlock_timedrdlock(lock, until), &*lock) };
    got(this, read_mode(this), Attempt::Timed, result, from)
}

unsafe extern "C" fn timed_write(lock: *mut RwLock, until: *const timespec, from: usize) -> c_int {
    start::prepare();
    // SAFETY: the program calls this with a lock and a time.
    let (result, this) = unsafe { (real::rwlock_timedwrlock(lock, until), &*lock) };
    got(this, Mode::Write, Attempt::Timed, result, from)
}

unsafe extern "C" fn clock_read(
    lock: *mut RwLock,
    clock: clockid_t,
    until: *const timespec,
    from: usize,
) -> c_int {
    start::prepare();
    // SAFETY: the program calls this with a lock and a time.
    let (result, this) = unsafe { (real::rwlock_clockrdlock(lock, clock, until), &*lock) };
    got(this, read_mode(this), Attempt::Timed, result, from)
}

unsafe extern "C" fn clock_write(
    lock: *mut RwLock,
    clock: clockid_t,
    until: *const timespec,
    from: usize,
) -> c_int {
    start::prepare();
    // SAFETY: the program calls this with a lock and a time.
    let (result, this) = unsafe { (real::rwlock_clockwrlock(lock, clock, until), &*lock) };
    got(this, Mode::Write, Attempt::Timed, result, from)
}

/// An attempt that does not wait for ever ended so.
fn got(lock: &RwLock, mode: Mode, attempt: Attempt, result: c_int, from: usize) -> c_int {
    if result == 0
        && let Some(map) = map(lock, from)
    {
        taken(map, &RWLOCK, mode, attempt, site(from));
    }
    result
}

unsafe extern "C" fn unlock(lock: *mut RwLock, from: usize) -> c_int {
    // SAFETY: the program calls this with a lock.
    if let Some(map) = map(unsafe { &*lock }, from) {
        release_at(map, site(from));
    }
    // SAFETY: as above.
    unsafe { real::rwlock_unlock(lock) }
}

unsafe extern "C" fn init(
    lock: *mut RwLock,
    attributes: *const pthread_rwlockattr_t,
    from: usize,
) -> c_int {
    // SAFETY: the program calls this with memory for a lock, whatever is in it.
    let before = unsafe { &*lock }.remembered();
    // SAFETY: as above.
    let result = unsafe { real::rwlock_init(lock, attributes) };
    if result == 0 {
        // SAFETY: it is a lock now.
        let word = unsafe { &*lock }.spare();
        let word = word.unwrap_or_else(|| table::word(lock.addr()));
        word::made(word, before, from);
    }
    result
}

unsafe extern "C" fn destroy(lock: *mut RwLock, from: usize) -> c_int {
    // SAFETY: the program calls this with a lock.
    let word = unsafe { &*lock }.spare();
    word::destroyed(word.unwrap_or_else(|| table::word(lock.addr())), from);
    // SAFETY: as above.
    unsafe { real::rwlock_destroy(lock) }
}
