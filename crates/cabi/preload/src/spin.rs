//! Locks of our own, which stay whole in the child of a fork.
//!
//! They spin and yield: each is held for a few instructions, or while a file is read whose names are
//! wanted. All are taken before a fork and given back behind it, by [`survive_forks`].

use std::cell::{Cell, UnsafeCell};
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::{memory, objects, path, thread};

/// A value that one thread at a time has.
pub(crate) struct Spin<T> {
    taken: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: the value is only touched by whoever has taken the lock.
unsafe impl<T: Send> Sync for Spin<T> {}

thread_local! {
    /// How many of them this thread has taken.
    static TAKEN: Cell<u32> = const { Cell::new(0) };
}

/// Whether the calling thread, perhaps in a handler of a signal, has taken one of them.
pub(crate) fn is_taken_here() -> bool {
    TAKEN.get() > 0
}

impl<T> Spin<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self {
            taken: AtomicBool::new(false),
            value: UnsafeCell::new(value),
        }
    }

    /// Runs `run`, which calls nothing of the program's, with the value.
    pub(crate) fn with<R>(&self, run: impl FnOnce(&mut T) -> R) -> R {
        let value = self.take();
        // SAFETY: the lock is taken.
        let result = run(unsafe { &mut *value });
        self.give();
        result
    }

    /// Takes the lock, and tells where the value is; [`give`](Self::give) it back, on the same thread.
    pub(crate) fn take(&self) -> *mut T {
        TAKEN.set(TAKEN.get() + 1);
        // Acquire: pairs with the Release in `give`.
        while self.taken.swap(true, Ordering::Acquire) {
            // SAFETY: it has no preconditions.
            unsafe { libc::sched_yield() };
        }
        self.value.get()
    }

    /// Whether the value is at that address.
    pub(crate) fn is_at(&self, address: *const c_void) -> bool {
        std::ptr::eq(self.value.get().cast(), address)
    }

    pub(crate) fn give(&self) {
        // Release: pairs with the Acquire in `take`.
        self.taken.store(false, Ordering::Release);
        TAKEN.set(TAKEN.get() - 1);
    }
}

/// Keeps the locks free in the child of a fork.
///
/// To be called before the engine sees to its own, whose handlers allocate: handlers that come first
/// are asked last before a fork, and first behind it. The heap is taken last, since who has another lock
/// may ask for memory.
pub(crate) fn survive_forks() {
    extern "C" fn before() {
        objects::NAMES.take();
        thread::LIVES.take();
        path::FOUND.take();
        objects::LINKER.take();
        memory::HEAP.take();
    }
    extern "C" fn behind() {
        memory::HEAP.give();
        objects::LINKER.give();
        path::FOUND.give();
        thread::LIVES.give();
        objects::NAMES.give();
    }
    // SAFETY: the handlers are functions for the whole life of the process.
    unsafe { libc::pthread_atfork(Some(before), Some(behind), Some(behind)) };
}
