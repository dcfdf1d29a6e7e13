//! The one slot in which a writer waits for readers.
//!
//! One slot an address space is enough, since only the holder of the mmap write lock can wait.

use std::time::Instant;

use crate::planted::planted;
use crate::sync::{Condvar, Mutex, MutexGuard, PoisonError, wait_on};

/// Where a writer or detacher waits until the readers of a VMA are gone.
///
/// # Invariants
/// The waiter looks at its condition while it holds the slot's mutex, and a waker takes that mutex
/// after it made the condition true and before it notifies: either the waiter sees the condition, or
/// it already sleeps when the notification comes. No wake-up is lost.
#[derive(Default)]
pub(crate) struct WriterWait {
    /// Whether somebody waits.
    slot: Mutex<bool>,
    woken: Condvar,
}

/// Why a look at the condition was taken.
pub(crate) enum Look {
    /// Before the first wait.
    First,
    /// After a wake-up.
    Woken,
}

impl WriterWait {
    /// Blocks until `done` says so; it is told why it is asked. Past `deadline` it is asked again as
    /// after any wake-up.
    ///
    /// # Panics
    /// When somebody waits already: two threads believe that they hold the mmap write lock.
    #[cold]
    pub(crate) fn wait_until(&self, deadline: Option<Instant>, done: impl Fn(Look) -> bool) {
        let mut slot = self.slot();
        assert!(
            !*slot,
            "two writers wait for the readers of one address space"
        );
        *slot = true;
        let mut look = Look::First;
        while !done(look) {
            slot = wait_on(&self.woken, slot, deadline);
            look = Look::Woken;
        }
        *slot = false;
    }

    /// Wakes the writer, if one waits.
    #[cold]
    pub(crate) fn wake(&self) {
        if !planted("wake-without-slot") {
            drop(self.slot());
        }
        self.woken.notify_one();
    }

    fn slot(&self) -> MutexGuard<'_, bool> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
