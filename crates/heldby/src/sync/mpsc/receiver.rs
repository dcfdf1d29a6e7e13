//! The end of a channel that receives.

use std::fmt;
use std::time::Duration;

use super::{RecvError, RecvTimeoutError, SyncSender, TryRecvError};
use crate::engine::{self, Channel};

/// Receives from a channel, as [`std::sync::mpsc::Receiver`].
///
/// Each receive from a channel with bounds says what it is made under, before it takes or waits for a
/// message.
///
/// # Cost
/// Without the feature `validate`: none, in size or time.
/// With it: 8 bytes, and for a receive from a channel with bounds one look-up.
#[cfg_attr(not(feature = "validate"), repr(transparent))]
pub struct Receiver<T> {
    channel: Channel,
    inner: std::sync::mpsc::Receiver<T>,
}

impl<T> Receiver<T> {
    pub(super) fn new(channel: Channel, inner: std::sync::mpsc::Receiver<T>) -> Self {
        Self { channel, inner }
    }

    #[inline(always)]
    #[cfg_attr(feature = "validate", track_caller)]
    fn receives(&self) -> &std::sync::mpsc::Receiver<T> {
        engine::receives::<SyncSender<T>>(&self.channel);
        &self.inner
    }

    /// Receives a message if there is one.
    ///
    /// # Errors
    /// As [`std::sync::mpsc::Receiver::try_recv`]: there is none, or none will come.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.receives().try_recv()
    }

    /// Receives a message, and waits for one if there is none.
    ///
    /// # Errors
    /// As [`std::sync::mpsc::Receiver::recv`]: none will come.
    ///
    /// # Panics
    /// When a violation is found and the policy is `panic`.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn recv(&self) -> Result<T, RecvError> {
        self.receives().recv()
    }

    /// Receives a message, and waits for one no longer than `timeout`.
    ///
    /// # Errors
    /// As [`std::sync::mpsc::Receiver::recv_timeout`]: none has come, or none will.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.receives().recv_timeout(timeout)
    }

    /// Receives until no more messages will come.
    #[inline]
    pub fn iter(&self) -> Iter<'_, T> {
        Iter { rx: self }
    }

    /// Receives what there is now.
    #[inline]
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter { rx: self }
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// What [`Receiver::iter`] returns.
#[derive(Debug)]
pub struct Iter<'a, T> {
    rx: &'a Receiver<T>,
}

/// What [`Receiver::try_iter`] returns.
#[derive(Debug)]
pub struct TryIter<'a, T> {
    rx: &'a Receiver<T>,
}

/// What a [`Receiver`] turns into, that receives until no more messages will come.
#[derive(Debug)]
pub struct IntoIter<T> {
    rx: Receiver<T>,
}

macro_rules! receives_by {
    ($iterator:ty, $receive:ident) => {
        impl<T> Iterator for $iterator {
            type Item = T;

            #[cfg_attr(feature = "validate", track_caller)]
            fn next(&mut self) -> Option<T> {
                self.rx.$receive().ok()
            }
        }
    };
}

receives_by!(Iter<'_, T>, recv);
receives_by!(TryIter<'_, T>, try_recv);
receives_by!(IntoIter<T>, recv);

impl<'a, T> IntoIterator for &'a Receiver<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T> IntoIterator for Receiver<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    fn into_iter(self) -> IntoIter<T> {
        IntoIter { rx: self }
    }
}
