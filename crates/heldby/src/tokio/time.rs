//! `tokio::time`, where a wait under a timeout counts as one that gives up.

pub use ::tokio::time::*;

use std::future::IntoFuture;

use crate::task::{Bounded, bounded};

/// The future of a [`timeout`], as [`tokio::time::Timeout`] around one that is marked.
pub type Timeout<F> = ::tokio::time::Timeout<Bounded<F>>;

/// Waits for a future for so long, as [`tokio::time::timeout`].
///
/// A lock that is awaited in it is tried for a time: no order leads into it.
///
/// # Panics
/// When called outside of a runtime with a timer.
pub fn timeout<F: IntoFuture>(duration: Duration, future: F) -> Timeout<F::IntoFuture> {
    ::tokio::time::timeout(duration, bounded(future.into_future()))
}

/// Waits for a future until then, as [`tokio::time::timeout_at`]; see [`timeout`].
///
/// # Panics
/// As [`timeout`].
pub fn timeout_at<F: IntoFuture>(deadline: Instant, future: F) -> Timeout<F::IntoFuture> {
    ::tokio::time::timeout_at(deadline, bounded(future.into_future()))
}
