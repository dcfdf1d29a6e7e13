//! Signal handlers: what they lock, and where they are masked.
//!
//! A signal handler runs on the thread that it interrupts, and that thread goes on only after it.
//! If it locks what the thread holds, neither ever goes on.
//! POSIX allows no handler to lock; programs do it all the same, and get away with it as long as the
//! signal is blocked wherever that lock is held.
//! A handler that says [`enter`], and code that says [`masked`] where signals are blocked, have just
//! this checked: report HB0302 for the lock itself, HB0303 through others.
//!
//! In a handler nothing of ours waits or allocates.
//! What is found of a handler is therefore reported when its thread next locks something outside of
//! it; only a thread that is about to wait for itself says so at once.
//! A thread that has never locked anything of [`sync`](crate::sync) is not seen in its handlers, and
//! a lock whose very first acquire is in a handler is not seen there.
//!
//! Both guards are empty when the feature `validate` is off.
//!
//! ```
//! use heldby::signal;
//! use heldby::sync::Mutex;
//!
//! static CAUGHT: Mutex<u32> = Mutex::new(0);
//!
//! extern "C" fn on_signal(_: i32) {
//!     let _handler = signal::enter();
//!     *CAUGHT.lock().unwrap() += 1;
//! }
//!
//! fn caught() -> u32 {
//!     // Block the signal here, with pthread_sigmask, and tell it:
//!     let _masked = signal::masked();
//!     *CAUGHT.lock().unwrap()
//! }
//! # caught();
//! # on_signal(0);
//! # assert_eq!(caught(), 1);
//! ```

use crate::engine;

/// A signal handler at work, until it is dropped; made by [`enter`].
#[must_use = "the handler lasts until it is dropped"]
#[derive(Debug)]
pub struct Handler {
    _handler: engine::Handler,
}

/// Says that the calling thread runs a signal handler, until the answer is dropped.
///
/// It stands first in the handler, before any lock.
///
/// # Cost
/// A few dozen stores; no lock, no allocation, no system call.
#[inline]
#[track_caller]
pub fn enter() -> Handler {
    Handler {
        _handler: engine::enter_handler(),
    }
}

/// Signals masked by the calling thread, until it is dropped; made by [`masked`].
#[must_use = "the signals count as masked until it is dropped"]
#[derive(Debug)]
pub struct Masked {
    _masked: engine::Masked,
}

/// Says that no handler can interrupt the calling thread, until the answer is dropped.
///
/// It blocks nothing itself: block the signals before it, and unblock them after it is dropped.
#[inline]
#[track_caller]
pub fn masked() -> Masked {
    Masked {
        _masked: engine::mask_handlers(),
    }
}
