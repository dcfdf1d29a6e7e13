//! Threads that outlive their maker.

use std::fmt;
use std::io;

use super::{Result, Scope, ScopedJoinHandle, Thread};
use crate::engine::{self, Here, Inherit, Life};

/// A thread factory, as [`std::thread::Builder`].
#[derive(Debug)]
pub struct Builder {
    inner: std::thread::Builder,
}

impl Builder {
    /// Makes the default configuration.
    #[expect(
        clippy::new_without_default,
        reason = "std::thread::Builder has no Default either"
    )]
    pub fn new() -> Self {
        Self {
            inner: std::thread::Builder::new(),
        }
    }

    /// Names the thread; reports use the name.
    #[must_use]
    pub fn name(self, name: String) -> Self {
        Self {
            inner: self.inner.name(name),
        }
    }

    /// Sets the size of the stack, in bytes.
    #[must_use]
    pub fn stack_size(self, size: usize) -> Self {
        Self {
            inner: self.inner.stack_size(size),
        }
    }

    /// Spawns the thread.
    ///
    /// # Errors
    /// As [`std::thread::Builder::spawn`]: the operating system refuses.
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn spawn<F, T>(self, body: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let (inherit, life) = Inherit::capture(&body);
        self.inner
            .spawn(move || inherit.run(body))
            .map(|inner| JoinHandle { life, inner })
    }

    /// Spawns a thread that may borrow whatever outlives it.
    ///
    /// # Errors
    /// As [`spawn`](Self::spawn).
    ///
    /// # Safety
    /// As [`std::thread::Builder::spawn_unchecked`]: what `body` borrows, and what it returns, lives
    /// until the thread has ended.
    #[cfg_attr(feature = "validate", track_caller)]
    pub unsafe fn spawn_unchecked<F, T>(self, body: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send,
        T: Send,
    {
        let (inherit, life) = Inherit::capture(&body);
        // SAFETY: beside `body` the closure has only what is `'static`; the caller sees to the rest.
        let spawned = unsafe { self.inner.spawn_unchecked(move || inherit.run(body)) };
        spawned.map(|inner| JoinHandle { life, inner })
    }

    /// Spawns a thread that may borrow from outside of `scope`.
    ///
    /// # Errors
    /// As [`spawn`](Self::spawn).
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn spawn_scoped<'scope, 'env, F, T>(
        self,
        scope: &'scope Scope<'scope, 'env>,
        body: F,
    ) -> io::Result<ScopedJoinHandle<'scope, T>>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        let (inherit, life) = Inherit::capture(&body);
        let spawned = self.inner.spawn_scoped(&scope.0, move || inherit.run(body));
        spawned.map(|inner| {
            engine::spawned_in(&scope.0, &life);
            ScopedJoinHandle { life, inner }
        })
    }
}

/// Owns a thread's end, as [`std::thread::JoinHandle`].
pub struct JoinHandle<T> {
    life: Life,
    pub(super) inner: std::thread::JoinHandle<T>,
}

impl<T> JoinHandle<T> {
    /// The thread's handle.
    #[must_use]
    pub fn thread(&self) -> &Thread {
        self.inner.thread()
    }

    /// Waits for the thread to end.
    ///
    /// A thread that takes what the caller holds is reported before the caller blocks.
    ///
    /// # Errors
    /// As [`std::thread::JoinHandle::join`]: the thread panicked.
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

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// Spawns a thread, as [`std::thread::spawn`].
///
/// # Panics
/// When the operating system refuses to make a thread.
#[cfg_attr(feature = "validate", track_caller)]
pub fn spawn<F, T>(body: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    Builder::new().spawn(body).expect("failed to spawn thread")
}
