//! A set of tasks, whose ends come in any order.

use std::fmt;
use std::future::Future;
use std::ops::{Deref, DerefMut};

use ::tokio::runtime::Handle;
use ::tokio::task::{AbortHandle, LocalSet};

use crate::engine::AsyncTask;
use crate::task::with;

/// Tasks whose ends are waited for together, as [`tokio::task::JoinSet`], to which it dereferences; each
/// has a held stack of its own.
///
/// To wait for whichever task ends next is to wait for none in particular, so no join is checked.
pub struct JoinSet<T>(::tokio::task::JoinSet<T>);

impl<T> JoinSet<T> {
    /// Makes an empty set.
    #[must_use]
    pub fn new() -> Self {
        Self(::tokio::task::JoinSet::new())
    }
}

impl<T: 'static> JoinSet<T> {
    /// Spawns a task into the set.
    ///
    /// # Panics
    /// When called outside of a runtime.
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn spawn<F>(&mut self, future: F) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        let (task, _) = AsyncTask::spawned(None, &future);
        self.0.spawn(with(future, task))
    }

    /// Spawns a task on a runtime into the set.
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn spawn_on<F>(&mut self, future: F, handle: &Handle) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        let (task, _) = AsyncTask::spawned(None, &future);
        self.0.spawn_on(with(future, task), handle)
    }

    /// Spawns a task on the current local set into the set.
    ///
    /// # Panics
    /// When called outside of a local set.
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn spawn_local<F>(&mut self, future: F) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        let (task, _) = AsyncTask::spawned(None, &future);
        self.0.spawn_local(with(future, task))
    }

    /// Spawns a task on a local set into the set.
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn spawn_local_on<F>(&mut self, future: F, local_set: &LocalSet) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        let (task, _) = AsyncTask::spawned(None, &future);
        self.0.spawn_local_on(with(future, task), local_set)
    }

    /// Runs a closure where it may block, as one of the set.
    ///
    /// # Panics
    /// When called outside of a runtime.
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn spawn_blocking<F>(&mut self, body: F) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        let (mut task, _) = AsyncTask::spawned(None, &body);
        self.0.spawn_blocking(move || task.poll(body, |_| false))
    }

    /// Runs a closure on a runtime where it may block, as one of the set.
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn spawn_blocking_on<F>(&mut self, body: F, handle: &Handle) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        let (mut task, _) = AsyncTask::spawned(None, &body);
        let body = move || task.poll(body, |_| false);
        self.0.spawn_blocking_on(body, handle)
    }

    /// Waits for all tasks, in the order in which they end.
    ///
    /// # Panics
    /// When a task panicked or was aborted.
    pub async fn join_all(self) -> Vec<T> {
        self.0.join_all().await
    }
}

impl<T> Deref for JoinSet<T> {
    type Target = ::tokio::task::JoinSet<T>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T> DerefMut for JoinSet<T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<T> Default for JoinSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, F> Extend<F> for JoinSet<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    fn extend<I: IntoIterator<Item = F>>(&mut self, futures: I) {
        futures.into_iter().for_each(|future| {
            self.spawn(future);
        });
    }
}

impl<T, F> FromIterator<F> for JoinSet<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    fn from_iter<I: IntoIterator<Item = F>>(futures: I) -> Self {
        let mut set = Self::new();
        set.extend(futures);
        set
    }
}

impl<T> fmt::Debug for JoinSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
