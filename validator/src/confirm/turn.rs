//! The turn of one thread that is held back.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// A thread waits for it, and whoever completes the rendezvous lets it come.
///
/// One for each time that a thread is held back, so that nobody but these two ever locks it.
#[derive(Debug, Default)]
pub(super) struct Turn {
    came: Mutex<bool>,
    comes: Condvar,
}

impl Turn {
    /// Waits until it comes, for no longer than `patience`.
    pub(super) fn wait(&self, patience: Duration) {
        let came = self.came.lock().unwrap_or_else(PoisonError::into_inner);
        // Whether it came or the time is over, the thread goes on.
        let _over = self
            .comes
            .wait_timeout_while(came, patience, |came| !*came)
            .unwrap_or_else(PoisonError::into_inner);
    }

    pub(super) fn come(&self) {
        *self.came.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.comes.notify_one();
    }
}
