//! The names of C11, which glibc makes of the others inside, where they are not seen.

use std::ffi::{c_int, c_void};

use libc::{pthread_t, timespec};

use crate::hook::hooks;
use crate::types::{Cond, Mutex, Start};
use crate::{cond, mutex, real, thread};

hooks! {
    mtx_init(2) => mtx_init;
    mtx_destroy(1) => mtx_destroy;
    mtx_lock(1) => mtx_lock;
    mtx_trylock(1) => mtx_trylock;
    mtx_timedlock(2) => mtx_timedlock;
    mtx_unlock(1) => mtx_unlock;
    cnd_init(1) => cnd_init;
    cnd_destroy(1) => cnd_destroy;
    cnd_wait(2) => cnd_wait;
    cnd_timedwait(3) => cnd_timedwait;
    cnd_signal(1) => cnd_signal;
    cnd_broadcast(1) => cnd_broadcast;
    thrd_create(3) => thrd_create;
    thrd_join(2) => thrd_join;
    thrd_detach(1) => thrd_detach;
    call_once(2) => crate::once::call_once;
}

/// What C11 calls a result.
fn status(result: c_int) -> c_int {
    const BUSY: c_int = 1;
    const ERROR: c_int = 2;
    const NO_MEMORY: c_int = 3;
    const TIMED_OUT: c_int = 4;
    match result {
        0 => 0,
        libc::EBUSY => BUSY,
        libc::ENOMEM => NO_MEMORY,
        libc::ETIMEDOUT => TIMED_OUT,
        _ => ERROR,
    }
}

unsafe extern "C" fn mtx_init(mutex: *mut Mutex, kind: c_int, from: usize) -> c_int {
    // SAFETY: the program calls this with memory for a mutex, whatever is in it.
    let before = unsafe { &*mutex }.remembered();
    // SAFETY: as above.
    let result = unsafe { real::mtx_init(mutex, kind) };
    if result == 0 {
        mutex::made(mutex, before, from);
    }
    result
}

unsafe extern "C" fn mtx_destroy(mutex: *mut Mutex, from: usize) {
    // SAFETY: as the program calls it.
    unsafe { mutex::destroy(mutex, from) };
}

unsafe extern "C" fn mtx_lock(mutex: *mut Mutex, from: usize) -> c_int {
    // SAFETY: as the program calls it.
    status(unsafe { mutex::lock(mutex, from) })
}

unsafe extern "C" fn mtx_trylock(mutex: *mut Mutex, from: usize) -> c_int {
    // SAFETY: as the program calls it.
    status(unsafe { mutex::try_lock(mutex, from) })
}

unsafe extern "C" fn mtx_timedlock(
    mutex: *mut Mutex,
    until: *const timespec,
    from: usize,
) -> c_int {
    // SAFETY: as the program calls it.
    status(unsafe { mutex::timed_lock(mutex, until, from) })
}

unsafe extern "C" fn mtx_unlock(mutex: *mut Mutex, from: usize) -> c_int {
    // SAFETY: as the program calls it.
    status(unsafe { mutex::unlock(mutex, from) })
}

unsafe extern "C" fn cnd_init(cond: *mut Cond, from: usize) -> c_int {
    // SAFETY: as the program calls it; there are no attributes.
    status(unsafe { cond::init(cond, std::ptr::null(), from) })
}

unsafe extern "C-unwind" fn cnd_destroy(cond: *mut Cond, from: usize) {
    // SAFETY: as the program calls it.
    unsafe { cond::destroy(cond, from) };
}

unsafe extern "C-unwind" fn cnd_wait(cond: *mut Cond, mutex: *mut Mutex, from: usize) -> c_int {
    // SAFETY: as the program calls it.
    status(unsafe { cond::wait(cond, mutex, from) })
}

unsafe extern "C-unwind" fn cnd_timedwait(
    cond: *mut Cond,
    mutex: *mut Mutex,
    until: *const timespec,
    from: usize,
) -> c_int {
    // SAFETY: as the program calls it.
    status(unsafe { cond::timed_wait(cond, mutex, until, from) })
}

unsafe extern "C" fn cnd_signal(cond: *mut Cond, from: usize) -> c_int {
    // SAFETY: as the program calls it.
    status(unsafe { cond::signal(cond, from) })
}

unsafe extern "C" fn cnd_broadcast(cond: *mut Cond, from: usize) -> c_int {
    // SAFETY: as the program calls it.
    status(unsafe { cond::broadcast(cond, from) })
}

/// The function returns an int, which is what is looked at of its result.
unsafe extern "C" fn thrd_create(
    thread: *mut pthread_t,
    start: Start,
    argument: *mut c_void,
    from: usize,
) -> c_int {
    // SAFETY: as the program calls it; there are no attributes.
    status(unsafe { thread::create(thread, std::ptr::null(), start, argument, from) })
}

unsafe extern "C-unwind" fn thrd_join(thread: pthread_t, result: *mut c_int, from: usize) -> c_int {
    let mut returned = std::ptr::null_mut();
    // SAFETY: as the program calls it.
    let joined = unsafe { thread::join(thread, &mut returned, from) };
    if joined == 0 && !result.is_null() {
        // SAFETY: the program asks for the result there.
        unsafe { *result = returned.addr() as c_int };
    }
    status(joined)
}

unsafe extern "C" fn thrd_detach(thread: pthread_t, from: usize) -> c_int {
    // SAFETY: as the program calls it.
    status(unsafe { thread::detach(thread, from) })
}
