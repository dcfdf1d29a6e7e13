//! The ends of a process of which glibc tells nobody: `_exit` and `_Exit`, and `quick_exit`, which tells
//! those alone who ask for it.
//!
//! A handler of a signal may call `_exit` wherever the thread is, in us too; then nothing is told.
//! So it is in the child of a `vfork`, whose memory is its parent's.

use std::ffi::c_int;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::{real, spin};

/// The process that the memory belongs to, as far as forks were told.
static PROCESS: AtomicU32 = AtomicU32::new(0);

unsafe extern "C" {
    fn at_quick_exit(handler: extern "C" fn()) -> c_int;
}

/// Sees to the ends to come.
pub(crate) fn begin() {
    extern "C" fn child() {
        // Relaxed: there is one thread.
        PROCESS.store(std::process::id(), Ordering::Relaxed);
    }
    child();
    // SAFETY: the handlers are functions for the whole life of the process.
    unsafe {
        libc::pthread_atfork(None, None, Some(child));
        at_quick_exit(conclude);
    }
}

extern "C" fn conclude() {
    // Relaxed: written before the process can end so.
    let own = PROCESS.load(Ordering::Relaxed) == std::process::id();
    if own && !spin::is_taken_here() {
        heldby_validator::conclude();
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn _exit(status: c_int) -> c_int {
    conclude();
    // SAFETY: as the program calls it.
    unsafe { real::exit_now(status) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn _Exit(status: c_int) -> c_int {
    conclude();
    // SAFETY: as the program calls it.
    unsafe { real::exit_now(status) }
}
