//! Threads that end with a scope.

use std::fmt;

use super::{Builder, Result, Thread};
use crate::engine::{Here, Joined, Life, OpenScope};

/// A scope to spawn threads in, as [`std::thread::Scope`].
#[derive(Debug)]
#[repr(transparent)]
pub struct Scope<'scope, 'env>(pub(super) std::thread::Scope<'scope, 'env>);

/// Runs `body` and joins every thread that it spawned in the scope, as [`std::thread::scope`].
///
/// A thread that takes what the caller holds is reported before the caller waits for it.
///
/// # Panics
/// When a thread of the scope panicked and was not joined by hand; when a violation is found and the
/// policy is `panic`.
#[track_caller]
pub fn scope<'env, F, T>(body: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    let (here, mut joined) = (Here::caller(), None);
    let result = std::thread::scope(|scope| {
        let open = OpenScope::new(scope);
        let scope: *const std::thread::Scope<'_, '_> = scope;
        // SAFETY: `Scope` is a transparent newtype over the pointee, so the cast keeps layout and
        // lifetimes; the borrow is the one that std just gave us, valid for all of `'scope`.
        let result = body(unsafe { &*scope.cast() });
        joined = Some(open.join(here));
        result
    });
    joined.into_iter().for_each(Joined::ended);
    result
}

impl<'scope, 'env> Scope<'scope, 'env> {
    /// Spawns a thread in the scope.
    ///
    /// # Panics
    /// When the operating system refuses to make a thread.
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn spawn<F, T>(&'scope self, body: F) -> ScopedJoinHandle<'scope, T>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        Builder::new()
            .spawn_scoped(self, body)
            .expect("failed to spawn thread")
    }
}

/// Owns the end of a thread of a scope, as [`std::thread::ScopedJoinHandle`].
pub struct ScopedJoinHandle<'scope, T> {
    pub(super) life: Life,
    pub(super) inner: std::thread::ScopedJoinHandle<'scope, T>,
}

impl<T> ScopedJoinHandle<'_, T> {
    /// The thread's handle.
    #[must_use]
    pub fn thread(&self) -> &Thread {
        self.inner.thread()
    }

    /// Waits for the thread to end.
    ///
    /// # Errors
    /// As [`std::thread::ScopedJoinHandle::join`]: the thread panicked.
    ///
    /// # Panics
    /// When a violation is found and the policy is `panic`.
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn join(self) -> Result<T> {
        let Self { life, inner } = self;
        life.join(Here::caller());
        let result = inner.join();
        life.joined();
        result
    }

    /// Tells whether the thread has ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.inner.is_finished()
    }
}

impl<T> fmt::Debug for ScopedJoinHandle<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
