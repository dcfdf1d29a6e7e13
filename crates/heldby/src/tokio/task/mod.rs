//! `tokio::task`, validated: each task has a held stack of its own.

mod blocking;
mod builder;
mod join_handle;
mod join_set;
mod local_set;

pub use ::tokio::task::*;

pub use blocking::spawn_blocking;
pub use builder::Builder;
pub use join_handle::JoinHandle;
pub use join_set::JoinSet;
pub use local_set::LocalSet;

use std::future::Future;

use crate::engine::AsyncTask;
use crate::task::with;

/// Spawns a task, as [`tokio::spawn`](::tokio::spawn()); it has a held stack of its own.
///
/// Reports call it by this place and a number; [`Builder::name`] gives it a name.
///
/// # Panics
/// When called outside of a runtime.
#[cfg_attr(feature = "validate", track_caller)]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let (task, life) = AsyncTask::spawned(None, &future);
    JoinHandle::new(::tokio::spawn(with(future, task)), life)
}

/// Spawns a task on the current [`LocalSet`], as [`tokio::task::spawn_local`]; it has a held stack of its
/// own.
///
/// # Panics
/// When called outside of a local set.
#[cfg_attr(feature = "validate", track_caller)]
pub fn spawn_local<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    let (task, life) = AsyncTask::spawned(None, &future);
    JoinHandle::new(::tokio::task::spawn_local(with(future, task)), life)
}
