//! Barriers: each thread that comes wakes the others, and waits for them.

use std::ffi::{c_int, c_void};

use heldby_validator::{Event, signals, waits};

use crate::hook::hooks;
use crate::types::BARRIER;
use crate::word::{self, site};
use crate::{real, table};

hooks! {
    pthread_barrier_init(3) => init;
    pthread_barrier_destroy(1) => destroy;
    pthread_barrier_wait(1) => wait;
}

unsafe extern "C-unwind" fn wait(barrier: *mut c_void, from: usize) -> c_int {
    let word = table::word(barrier.addr());
    if let Some(map) = word::map(word, barrier.addr(), &BARRIER, from) {
        let event = Event {
            map,
            lock_type: &BARRIER,
            site: site(from),
        };
        signals(event);
        // It cannot wait for a time: what is suspect stays pending.
        let _suspect = waits(event, None);
    }
    // SAFETY: the program calls this with a barrier.
    unsafe { real::barrier_wait(barrier) }
}

unsafe extern "C" fn init(
    barrier: *mut c_void,
    attributes: *const c_void,
    count: c_int,
    from: usize,
) -> c_int {
    word::made(table::word(barrier.addr()), 0, from);
    // SAFETY: the program calls this with memory for a barrier.
    unsafe { real::barrier_init(barrier, attributes, count) }
}

unsafe extern "C-unwind" fn destroy(barrier: *mut c_void, from: usize) -> c_int {
    word::destroyed(table::word(barrier.addr()), from);
    // SAFETY: the program calls this with a barrier; it waits for whoever leaves it.
    unsafe { real::barrier_destroy(barrier) }
}
