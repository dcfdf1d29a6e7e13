//! Spin locks: 4 bytes, so what is kept of them is in the table.

use std::ffi::c_int;

use heldby_validator::{Attempt, LockMap, Mode, acquire, release_at, taken};

use crate::hook::hooks;
use crate::types::{SPIN, Spinlock};
use crate::word::{self, site};
use crate::{line, real, start, table};

hooks! {
    pthread_spin_init(2) => init;
    pthread_spin_destroy(1) => destroy;
    pthread_spin_lock(1) => lock;
    pthread_spin_trylock(1) => try_lock;
    pthread_spin_unlock(1) => unlock;
}

fn map(lock: *mut Spinlock, from: usize) -> Option<&'static LockMap> {
    word::map(table::word(lock.addr()), lock.addr(), &SPIN, from)
}

unsafe extern "C" fn lock(lock: *mut Spinlock, from: usize) -> c_int {
    line::will_write(lock);
    let slot = map(lock, from).map(|map| acquire(map, &SPIN, Mode::Write, site(from)));
    // SAFETY: the program calls this with a lock. It always gets it.
    let result = unsafe { real::spin_lock(lock) };
    if let Some(slot) = slot {
        slot.acquired();
    }
    result
}

unsafe extern "C" fn try_lock(lock: *mut Spinlock, from: usize) -> c_int {
    start::prepare();
    // SAFETY: the program calls this with a lock.
    let result = unsafe { real::spin_trylock(lock) };
    if result == 0
        && let Some(map) = map(lock, from)
    {
        taken(map, &SPIN, Mode::Write, Attempt::Try, site(from));
    }
    result
}

unsafe extern "C" fn unlock(lock: *mut Spinlock, from: usize) -> c_int {
    if let Some(map) = map(lock, from) {
        release_at(map, site(from));
    }
    // SAFETY: the program calls this with a lock.
    unsafe { real::spin_unlock(lock) }
}

unsafe extern "C" fn init(lock: *mut Spinlock, shared: c_int, from: usize) -> c_int {
    word::made(table::word(lock.addr()), 0, from);
    // SAFETY: the program calls this with memory for a lock.
    unsafe { real::spin_init(lock, shared) }
}

unsafe extern "C" fn destroy(lock: *mut Spinlock, from: usize) -> c_int {
    word::destroyed(table::word(lock.addr()), from);
    // SAFETY: the program calls this with a lock.
    unsafe { real::spin_destroy(lock) }
}
