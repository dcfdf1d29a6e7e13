//! `tokio::runtime`, validated: what is spawned by a handle has a held stack of its own.

mod builder;

use std::fmt;
use std::future::Future;
use std::io;
use std::ops::Deref;
use std::time::Duration;

pub use ::tokio::runtime::*;

pub use builder::Builder;

use crate::engine::AsyncTask;
use crate::task::with;
use crate::tokio::task::JoinHandle;

/// Defines a place to spawn at, which is tokio's.
macro_rules! place {
    ($place:ident) => {
        impl $place {
            /// Runs a closure where it may block; it has a held stack of its own.
            #[cfg_attr(feature = "validate", track_caller)]
            pub fn spawn_blocking<F, R>(&self, body: F) -> JoinHandle<R>
            where
                F: FnOnce() -> R + Send + 'static,
                R: Send + 'static,
            {
                let (mut task, life) = AsyncTask::spawned(None, &body);
                let inner = self.0.spawn_blocking(move || task.poll(body, |_| false));
                JoinHandle::new(inner, life)
            }
        }

        impl Deref for $place {
            type Target = ::tokio::runtime::$place;

            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }

        impl From<::tokio::runtime::$place> for $place {
            fn from(place: ::tokio::runtime::$place) -> Self {
                Self(place)
            }
        }

        impl fmt::Debug for $place {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

/// Defines where tasks are spawned that may go to any thread.
macro_rules! spawns {
    ($place:ident) => {
        impl $place {
            /// Spawns a task; it has a held stack of its own.
            #[cfg_attr(feature = "validate", track_caller)]
            pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
            where
                F: Future + Send + 'static,
                F::Output: Send + 'static,
            {
                let (task, life) = AsyncTask::spawned(None, &future);
                JoinHandle::new(self.0.spawn(with(future, task)), life)
            }
        }
    };
}

/// Defines what a runtime has that is owned.
macro_rules! owned {
    ($place:ident) => {
        impl $place {
            /// A handle to it.
            #[must_use]
            pub fn handle(&self) -> &Handle {
                let handle = std::ptr::from_ref(self.0.handle()).cast();
                // SAFETY: a handle is tokio's, in a transparent newtype.
                unsafe { &*handle }
            }

            /// Ends it, and waits for at most `wait` for what blocks.
            pub fn shutdown_timeout(self, wait: Duration) {
                self.0.shutdown_timeout(wait);
            }

            /// Ends it, and does not wait for what blocks.
            pub fn shutdown_background(self) {
                self.0.shutdown_background();
            }
        }
    };
}

/// A runtime, as [`tokio::runtime::Runtime`], to which it dereferences.
///
/// What [`block_on`](::tokio::runtime::Runtime::block_on) runs holds its locks on the thread that calls
/// it, which waits for it.
pub struct Runtime(::tokio::runtime::Runtime);

/// A runtime whose tasks stay on the thread that it was made on, as [`tokio::runtime::LocalRuntime`], to
/// which it dereferences.
pub struct LocalRuntime(::tokio::runtime::LocalRuntime);

/// A handle to a runtime, as [`tokio::runtime::Handle`], to which it dereferences.
#[derive(Clone)]
#[repr(transparent)]
pub struct Handle(::tokio::runtime::Handle);

place!(Runtime);
place!(LocalRuntime);
place!(Handle);
spawns!(Runtime);
spawns!(Handle);
owned!(Runtime);
owned!(LocalRuntime);

impl Runtime {
    /// Makes a runtime of many threads, as [`tokio::runtime::Runtime::new`] where that is there.
    ///
    /// # Errors
    /// As that.
    pub fn new() -> io::Result<Self> {
        Builder::new_multi_thread().enable_all().build()
    }
}

impl LocalRuntime {
    /// Makes one, with all drivers.
    ///
    /// # Errors
    /// As [`tokio::runtime::LocalRuntime::new`].
    pub fn new() -> io::Result<Self> {
        ::tokio::runtime::LocalRuntime::new().map(Self)
    }

    /// Spawns a task on its thread; it has a held stack of its own.
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

impl Handle {
    /// A handle to the runtime that the calling thread is in.
    ///
    /// # Panics
    /// When it is in none.
    #[must_use]
    #[track_caller]
    pub fn current() -> Self {
        Self(::tokio::runtime::Handle::current())
    }

    /// The same, if it is in one.
    ///
    /// # Errors
    /// It is in none.
    pub fn try_current() -> Result<Self, TryCurrentError> {
        ::tokio::runtime::Handle::try_current().map(Self)
    }
}
