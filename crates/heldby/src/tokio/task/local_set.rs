//! A set of tasks that stay on one thread.

use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::JoinHandle;
use crate::engine::AsyncTask;
use crate::task::with;

/// Tasks that stay on one thread, as [`tokio::task::LocalSet`], to which it dereferences; each has a held
/// stack of its own.
pub struct LocalSet(::tokio::task::LocalSet);

impl LocalSet {
    /// Makes an empty set.
    #[must_use]
    pub fn new() -> Self {
        Self(::tokio::task::LocalSet::new())
    }

    /// Spawns a task into the set.
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn spawn_local<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let (task, life) = AsyncTask::spawned(None, &future);
        JoinHandle::new(self.0.spawn_local(with(future, task)), life)
    }
}

impl Future for LocalSet {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx)
    }
}

impl Deref for LocalSet {
    type Target = ::tokio::task::LocalSet;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Default for LocalSet {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for LocalSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
