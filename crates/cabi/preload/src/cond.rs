//! Condition variables: a wait is a release of the mutex, and an acquire of it that the dynamic linker
//! does not show.

use std::ffi::c_int;
use std::time::Duration;

use heldby_validator::{
    Event, LockMap, blocked, reacquires, release_at, set_waiting, signals, waits,
};
use libc::{clockid_t, pthread_condattr_t, timespec};

use crate::hook::hooks;
use crate::types::{COND, Cond, MUTEX, Mutex};
use crate::word::{self, site};
use crate::{caller, mutex, real, table};

hooks! {
    pthread_cond_init(2) => init;
    pthread_cond_destroy(1) => destroy;
    pthread_cond_wait(2) => wait;
    pthread_cond_timedwait(3) => timed_wait;
    pthread_cond_clockwait(4) => clock_wait;
    pthread_cond_signal(1) => signal;
    pthread_cond_broadcast(1) => broadcast;
}

/// The event that a condition variable is; `None` while the engine has not started.
fn event(cond: *mut Cond, from: usize) -> Option<Event<'static>> {
    let map = word::map(table::word(cond.addr()), cond.addr(), &COND, from)?;
    Some(Event {
        map,
        lock_type: &COND,
        site: site(from),
    })
}

pub(crate) unsafe extern "C-unwind" fn wait(
    cond: *mut Cond,
    mutex: *mut Mutex,
    from: usize,
) -> c_int {
    let from = caller::of_program(from);
    // SAFETY: the program calls this with a condition variable and a mutex.
    let map = mutex::map(unsafe { &*mutex }, from);
    let limit = map
        .zip(event(cond, from))
        .and_then(|(map, event)| waits(event, Some(map)));
    given_up(map, from, || match limit {
        // SAFETY: as above.
        None => unsafe { real::cond_wait(cond, mutex) },
        Some(limit) => wait_for(cond, mutex, limit, from),
    })
}

/// Waits no longer than `limit` at first, and says if nothing came. It then returns as a wait may do at
/// any time: a signal that comes before the next one would be lost.
fn wait_for(cond: *mut Cond, mutex: *mut Mutex, limit: Duration, from: usize) -> c_int {
    let until = later(limit);
    // SAFETY: the program calls this with a condition variable and a mutex.
    let result = unsafe { real::cond_clockwait(cond, mutex, libc::CLOCK_MONOTONIC, &until) };
    if result != libc::ETIMEDOUT {
        return result;
    }
    // SAFETY: as above.
    let map = mutex::map(unsafe { &*mutex }, from);
    if let Some(event) = event(cond, from) {
        blocked(event, map);
    }
    0
}

fn later(limit: Duration) -> timespec {
    let mut now = timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the time is written here.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut now) };
    let nanoseconds = now.tv_nsec + i64::from(limit.subsec_nanos());
    timespec {
        tv_sec: now.tv_sec + limit.as_secs() as i64 + nanoseconds / 1_000_000_000,
        tv_nsec: nanoseconds % 1_000_000_000,
    }
}

/// Runs a wait that gives up the mutex and takes it back. A thread that is cancelled in it has it back
/// too, and releases it by a handler.
fn given_up(map: Option<&LockMap>, from: usize, wait: impl FnOnce() -> c_int) -> c_int {
    let Some(map) = map else { return wait() };
    release_at(map, site(from));
    reacquires(map, &MUTEX, site(from));
    let result = wait();
    set_waiting(map, false);
    result
}

pub(crate) unsafe extern "C-unwind" fn timed_wait(
    cond: *mut Cond,
    mutex: *mut Mutex,
    until: *const timespec,
    from: usize,
) -> c_int {
    let from = caller::of_program(from);
    // SAFETY: the program calls this with a condition variable, a mutex and a time.
    let map = mutex::map(unsafe { &*mutex }, from);
    // SAFETY: as above.
    given_up(map, from, || unsafe {
        real::cond_timedwait(cond, mutex, until)
    })
}

unsafe extern "C-unwind" fn clock_wait(
    cond: *mut Cond,
    mutex: *mut Mutex,
    clock: clockid_t,
    until: *const timespec,
    from: usize,
) -> c_int {
    let from = caller::of_program(from);
    // SAFETY: the program calls this with a condition variable, a mutex and a time.
    let map = mutex::map(unsafe { &*mutex }, from);
    // SAFETY: as above.
    given_up(map, from, || unsafe {
        real::cond_clockwait(cond, mutex, clock, until)
    })
}

pub(crate) unsafe extern "C" fn signal(cond: *mut Cond, from: usize) -> c_int {
    event(cond, from).into_iter().for_each(signals);
    // SAFETY: the program calls this with a condition variable.
    unsafe { real::cond_signal(cond) }
}

pub(crate) unsafe extern "C" fn broadcast(cond: *mut Cond, from: usize) -> c_int {
    event(cond, from).into_iter().for_each(signals);
    // SAFETY: the program calls this with a condition variable.
    unsafe { real::cond_broadcast(cond) }
}

pub(crate) unsafe extern "C" fn init(
    cond: *mut Cond,
    attributes: *const pthread_condattr_t,
    from: usize,
) -> c_int {
    word::made(table::word(cond.addr()), 0, from);
    // SAFETY: the program calls this with memory for a condition variable.
    unsafe { real::cond_init(cond, attributes) }
}

pub(crate) unsafe extern "C-unwind" fn destroy(cond: *mut Cond, from: usize) -> c_int {
    word::destroyed(table::word(cond.addr()), from);
    // SAFETY: the program calls this with a condition variable; it waits for whoever still wakes up.
    unsafe { real::cond_destroy(cond) }
}
