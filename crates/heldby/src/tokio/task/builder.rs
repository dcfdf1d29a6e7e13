//! Tasks with names.

use std::future::Future;
use std::io;

use ::tokio::runtime::Handle;

use super::JoinHandle;
use crate::engine::AsyncTask;
use crate::task::with;

/// A task factory, as `tokio::task::Builder`, which tokio has only where it is built with
/// `--cfg tokio_unstable`; reports use the name in any build.
#[derive(Clone, Copy, Debug, Default)]
pub struct Builder<'a> {
    name: Option<&'a str>,
}

impl<'a> Builder<'a> {
    /// Makes the default configuration.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Names the task.
    #[must_use]
    pub fn name(self, name: &'a str) -> Self {
        Self { name: Some(name) }
    }

    /// Spawns the task.
    ///
    /// # Errors
    /// None so far, as tokio's.
    ///
    /// # Panics
    /// When called outside of a runtime.
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn spawn<F>(self, future: F) -> io::Result<JoinHandle<F::Output>>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.spawn_on(future, &Handle::current())
    }

    /// Spawns the task on a runtime.
    ///
    /// # Errors
    /// As [`spawn`](Self::spawn).
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn spawn_on<F>(self, future: F, handle: &Handle) -> io::Result<JoinHandle<F::Output>>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (task, life) = AsyncTask::spawned(self.name, &future);
        Ok(JoinHandle::new(handle.spawn(with(future, task)), life))
    }

    /// Spawns the task on the current local set.
    ///
    /// # Errors
    /// As [`spawn`](Self::spawn).
    ///
    /// # Panics
    /// When called outside of a local set.
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn spawn_local<F>(self, future: F) -> io::Result<JoinHandle<F::Output>>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let (task, life) = AsyncTask::spawned(self.name, &future);
        let inner = ::tokio::task::spawn_local(with(future, task));
        Ok(JoinHandle::new(inner, life))
    }

    /// Runs a closure where it may block.
    ///
    /// # Errors
    /// As [`spawn`](Self::spawn).
    ///
    /// # Panics
    /// When called outside of a runtime.
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn spawn_blocking<F, R>(self, body: F) -> io::Result<JoinHandle<R>>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        let (mut task, life) = AsyncTask::spawned(self.name, &body);
        let inner = ::tokio::task::spawn_blocking(move || task.poll(body, |_| false));
        Ok(JoinHandle::new(inner, life))
    }
}
