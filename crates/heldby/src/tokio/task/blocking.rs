//! Closures that may block, on threads of their own.

use super::JoinHandle;
use crate::engine::AsyncTask;

/// Runs a closure where it may block, as [`tokio::task::spawn_blocking`]; it has a held stack of its own.
///
/// # Panics
/// When called outside of a runtime.
#[cfg_attr(feature = "validate", track_caller)]
pub fn spawn_blocking<F, R>(body: F) -> JoinHandle<R>
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    let (mut task, life) = AsyncTask::spawned(None, &body);
    let inner = ::tokio::task::spawn_blocking(move || task.poll(body, |_| false));
    JoinHandle::new(inner, life)
}
