//! Initialisers that run once: held while they run, and waited for by whoever comes meanwhile.
//!
//! One that is over is not looked at.

use std::cell::Cell;
use std::ffi::c_int;
use std::sync::atomic::{AtomicI32, Ordering};

use heldby_validator::{LockMap, Mode, Slot, acquire, release_at};

use crate::hook::hooks;
use crate::types::{Initialiser, ONCE};
use crate::word::{self, site};
use crate::{caller, real, table};

hooks! {
    pthread_once(2) => once;
}

/// What the word of a `pthread_once_t` says when its initialiser is over.
const OVER: c_int = 2;

thread_local! {
    /// What is to run next on this thread, and the slot that is then got.
    static NEXT: Cell<Option<(Initialiser, Slot)>> = const { Cell::new(None) };
}

/// C11's, whose flag is the same.
pub(crate) unsafe extern "C-unwind" fn call_once(once: *mut c_int, run: Initialiser, from: usize) {
    // SAFETY: as the program calls it.
    unsafe { self::once(once, run, from) };
}

unsafe extern "C-unwind" fn once(once: *mut c_int, run: Initialiser, from: usize) -> c_int {
    // SAFETY: it is an int that threads change at the same time. Acquire: what the initialiser did is seen,
    // as by the real function, which is asked all the same.
    let state = unsafe { AtomicI32::from_ptr(once) }.load(Ordering::Acquire);
    let map = match state {
        OVER => None,
        _ => map(once, caller::of_program(from)),
    };
    let Some(map) = map else {
        // SAFETY: as the program calls it.
        return unsafe { real::once(once, run) };
    };
    let slot = acquire(map, &ONCE, Mode::Write, site(from));
    let _held = Held {
        map,
        from,
        outer: NEXT.replace(Some((run, slot))),
    };
    // SAFETY: as above.
    unsafe { real::once(once, start) }
}

/// An initialiser that is waited for or runs, until that is over or throws.
struct Held {
    map: &'static LockMap,
    from: usize,
    outer: Option<(Initialiser, Slot)>,
}

impl Drop for Held {
    fn drop(&mut self) {
        NEXT.set(self.outer.take());
        release_at(self.map, site(self.from));
    }
}

/// Runs what is next, unless another thread has run it.
extern "C-unwind" fn start() {
    if let Some((run, slot)) = NEXT.take() {
        slot.acquired();
        run();
    }
}

fn map(once: *mut c_int, from: usize) -> Option<&'static LockMap> {
    word::map(table::word(once.addr()), once.addr(), &ONCE, from)
}
