//! The one slot in which a writer waits for readers.
//!
//! One slot an address space is enough, since only the holder of the mmap write lock can wait.

use std::sync::PoisonError;

use crate::sync::{Condvar, Mutex};

/// Where a writer or detacher waits until the readers of a VMA are gone.
///
/// # Invariants
/// The waiter looks at its condition while it holds the slot's mutex, and a waker takes that mutex
/// after it made the condition true and before it notifies: either the waiter sees the condition, or
/// it already sleeps when the notification comes. No wake-up is lost.
#[derive(Default)]
pub(crate) struct WriterWait {
    slot: Mutex<()>,
    woken: Condvar,
}

impl WriterWait {
    /// Blocks until `done` says so.
    #[cold]
    pub(crate) fn wait_until(&self, done: impl Fn() -> bool) {
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        while !done() {
            slot = self
                .woken
                .wait(slot)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Wakes the writer, if one waits.
    #[cold]
    pub(crate) fn wake(&self) {
        drop(self.slot.lock().unwrap_or_else(PoisonError::into_inner));
        self.woken.notify_one();
    }
}
