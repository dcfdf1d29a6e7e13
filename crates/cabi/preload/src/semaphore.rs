//! Semaphores, as locks on request: `HELDBY_SEMAPHORES=locks` says that every one which starts at 1 is taken
//! and given back by the same thread.

use std::ffi::{c_int, c_uint};

use heldby_validator::{Attempt, Held, LockMap, Mode, acquire, held, release_at, taken};
use libc::{clockid_t, timespec};

use crate::hook::hooks;
use crate::types::{SEMAPHORE, Semaphore};
use crate::word::{self, site};
use crate::{real, start, table};

hooks! {
    sem_init(3) => init;
    sem_destroy(1) => destroy;
    sem_wait(1) => wait;
    sem_trywait(1) => try_wait;
    sem_timedwait(2) => timed_wait;
    sem_clockwait(3) => clock_wait;
    sem_post(1) => post;
}

/// The map of a semaphore that is a lock; one that was not initialised as such has none.
fn map(semaphore: *mut Semaphore, from: usize) -> Option<&'static LockMap> {
    if !start::has_semaphores() {
        return None;
    }
    let word = table::word(semaphore.addr());
    match word::is_empty(word) {
        true => None,
        false => word::map(word, semaphore.addr(), &SEMAPHORE, from),
    }
}

unsafe extern "C-unwind" fn wait(semaphore: *mut Semaphore, from: usize) -> c_int {
    let map = map(semaphore, from);
    let slot = map.map(|map| acquire(map, &SEMAPHORE, Mode::Write, site(from)));
    // SAFETY: the program calls this with a semaphore.
    let result = unsafe { real::sem_wait(semaphore) };
    match (map, slot, result) {
        (_, Some(slot), 0) => slot.acquired(),
        // A signal interrupted it.
        (Some(map), ..) => release_at(map, site(from)),
        _ => {}
    }
    result
}

unsafe extern "C" fn try_wait(semaphore: *mut Semaphore, from: usize) -> c_int {
    // SAFETY: the program calls this with a semaphore.
    got(semaphore, Attempt::Try, from, unsafe {
        real::sem_trywait(semaphore)
    })
}

unsafe extern "C-unwind" fn timed_wait(
    semaphore: *mut Semaphore,
    until: *const timespec,
    from: usize,
) -> c_int {
    // SAFETY: the program calls this with a semaphore and a time.
    got(semaphore, Attempt::Timed, from, unsafe {
        real::sem_timedwait(semaphore, until)
    })
}

unsafe extern "C-unwind" fn clock_wait(
    semaphore: *mut Semaphore,
    clock: clockid_t,
    until: *const timespec,
    from: usize,
) -> c_int {
    // SAFETY: the program calls this with a semaphore and a time.
    got(semaphore, Attempt::Timed, from, unsafe {
        real::sem_clockwait(semaphore, clock, until)
    })
}

/// An attempt that does not wait for ever ended so.
fn got(semaphore: *mut Semaphore, attempt: Attempt, from: usize, result: c_int) -> c_int {
    if result == 0
        && let Some(map) = map(semaphore, from)
    {
        taken(map, &SEMAPHORE, Mode::Write, attempt, site(from));
    }
    result
}

unsafe extern "C" fn post(semaphore: *mut Semaphore, from: usize) -> c_int {
    // One that another thread took is no lock now, and nothing is wrong with that.
    if let Some(map) = map(semaphore, from).filter(|map| held(map) != Held::No) {
        release_at(map, site(from));
    }
    // SAFETY: the program calls this with a semaphore.
    unsafe { real::sem_post(semaphore) }
}

unsafe extern "C" fn init(
    semaphore: *mut Semaphore,
    shared: c_int,
    value: c_uint,
    from: usize,
) -> c_int {
    // SAFETY: the program calls this with memory for a semaphore.
    let result = unsafe { real::sem_init(semaphore, shared, value) };
    if start::has_semaphores() && result == 0 {
        match value {
            1 => word::made(table::word(semaphore.addr()), 0, from),
            _ => word::destroyed(table::word(semaphore.addr()), from),
        }
    }
    result
}

unsafe extern "C" fn destroy(semaphore: *mut Semaphore, from: usize) -> c_int {
    if start::has_semaphores() {
        word::destroyed(table::word(semaphore.addr()), from);
    }
    // SAFETY: the program calls this with a semaphore.
    unsafe { real::sem_destroy(semaphore) }
}
