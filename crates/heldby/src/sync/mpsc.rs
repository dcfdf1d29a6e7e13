//! `std::sync::mpsc`, validated: a send that finds no room waits for a receive.
//!
//! Such a wait under a lock hangs if every receive needs that lock. As long as every receive that was
//! seen was made under it, the wait is a pending finding; if it then really lasts for a second it is
//! reported, as a wait on a [`Condvar`](super::Condvar) is.
//!
//! A send to a channel without bounds never waits, so [`Sender`] is std's own. A receive that waits
//! for a message is no event: who will send it cannot be told.

mod receiver;

use std::fmt;

pub use std::sync::mpsc::{
    RecvError, RecvTimeoutError, SendError, Sender, TryRecvError, TrySendError,
};

pub use receiver::{IntoIter, Iter, Receiver, TryIter};

use crate::engine::{self, Channel, Lock};

/// Makes a channel without bounds, as [`std::sync::mpsc::channel`].
#[must_use]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = std::sync::mpsc::channel();
    (sender, Receiver::new(Channel::unbounded(), receiver))
}

/// Makes a channel with room for `bound` messages, as [`std::sync::mpsc::sync_channel`]; without any,
/// each send waits for its receive.
///
/// Its class is this place in the source and the type of its messages.
///
/// # Example
/// ```
/// use heldby::{sync::mpsc::sync_channel, thread};
///
/// let (sender, receiver) = sync_channel(1);
/// thread::spawn(move || (1..=3).for_each(|number| sender.send(number).unwrap()));
/// assert_eq!(receiver.iter().sum::<i32>(), 6);
/// ```
#[cfg_attr(feature = "validate", track_caller)]
#[must_use]
pub fn sync_channel<T>(bound: usize) -> (SyncSender<T>, Receiver<T>) {
    let (inner, receiver) = std::sync::mpsc::sync_channel(bound);
    let channel = Channel::bounded();
    let receiver = Receiver::new(channel.clone(), receiver);
    (SyncSender { channel, inner }, receiver)
}

/// Sends to a channel with bounds, as [`std::sync::mpsc::SyncSender`].
///
/// # Cost
/// Without the feature `validate`: none, in size or time.
/// With it: 8 bytes, one attempt to send without waiting, and for a wait one look-up.
#[cfg_attr(not(feature = "validate"), repr(transparent))]
pub struct SyncSender<T> {
    channel: Channel,
    inner: std::sync::mpsc::SyncSender<T>,
}

impl<T> SyncSender<T> {
    /// Sends, and waits for room if there is none.
    ///
    /// # Errors
    /// As [`std::sync::mpsc::SyncSender::send`]: nobody will receive it.
    ///
    /// # Panics
    /// When a violation is found and the policy is `panic`.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        engine::send::<Self, T>(&self.channel, &self.inner, message)
    }

    /// Sends if there is room; that never waits, and is no event.
    ///
    /// # Errors
    /// As [`std::sync::mpsc::SyncSender::try_send`]: there is no room, or nobody to receive.
    #[inline]
    pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        self.inner.try_send(message)
    }
}

impl<T> Lock for SyncSender<T> {
    #[cfg(feature = "validate")]
    const FAMILY: &'static str = "std::sync::mpsc::SyncSender";
    #[cfg(feature = "validate")]
    const ROLE: heldby_validator::Role = heldby_validator::Role::Channel;
}

impl<T> Clone for SyncSender<T> {
    fn clone(&self) -> Self {
        Self {
            channel: self.channel.clone(),
            inner: self.inner.clone(),
        }
    }
}

impl<T> fmt::Debug for SyncSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
