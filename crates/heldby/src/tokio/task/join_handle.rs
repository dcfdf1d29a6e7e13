//! The end of a task, for whoever waits for it.

use std::fmt;
use std::future::Future;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::task::{Context, Poll};

use ::tokio::task::{AbortHandle, Id, JoinError};

use crate::engine::{self, Here, TaskLife};

/// Owns a task's end, as [`tokio::task::JoinHandle`].
///
/// To await it is a join: a task that takes what the waiting one holds is reported at the first poll.
pub struct JoinHandle<T> {
    inner: ::tokio::task::JoinHandle<T>,
    life: TaskLife,
}

impl<T> JoinHandle<T> {
    pub(crate) fn new(inner: ::tokio::task::JoinHandle<T>, life: TaskLife) -> Self {
        Self { inner, life }
    }

    /// Has the task end at its next suspension.
    pub fn abort(&self) {
        self.inner.abort();
    }

    /// A handle that can only do that.
    #[must_use]
    pub fn abort_handle(&self) -> AbortHandle {
        self.inner.abort_handle()
    }

    /// Tells whether the task has ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.inner.is_finished()
    }

    /// What tells the task from others that live.
    #[must_use]
    pub fn id(&self) -> Id {
        self.inner.id()
    }
}

// As tokio's: nothing that it owns is seen half done.
impl<T> UnwindSafe for JoinHandle<T> {}
impl<T> RefUnwindSafe for JoinHandle<T> {}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    #[cfg_attr(feature = "validate", track_caller)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let here = Here::caller();
        self.life.join(here);
        let result = Pin::new(&mut self.inner).poll(cx);
        match result {
            Poll::Ready(_) => self.life.joined(),
            Poll::Pending => engine::suspends(here),
        }
        result
    }
}

impl<T: fmt::Debug> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
