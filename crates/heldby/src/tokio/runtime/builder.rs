//! What makes a runtime.

use std::fmt;
use std::io;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use super::{LocalOptions, LocalRuntime, Runtime};

/// Makes a [`Runtime`], as [`tokio::runtime::Builder`], to which it dereferences.
///
/// Where tokio is built without a driver, the setting that would enable it does nothing.
pub struct Builder(::tokio::runtime::Builder);

/// Defines settings, which are tokio's.
macro_rules! settings {
    ($(#[$doc:meta] $name:ident($($value:ident: $type:ty)?);)*) => {
        $(
            #[$doc]
            pub fn $name(&mut self, $($value: $type)?) -> &mut Self {
                self.0.$name($($value)?);
                self
            }
        )*
    };
}

impl Builder {
    /// Of a runtime on the thread that blocks on it.
    #[must_use]
    pub fn new_current_thread() -> Self {
        Self(::tokio::runtime::Builder::new_current_thread())
    }

    /// Of a runtime of several threads.
    #[must_use]
    pub fn new_multi_thread() -> Self {
        Self(::tokio::runtime::Builder::new_multi_thread())
    }

    settings! {
        /// Enables all drivers.
        enable_all();
        /// Enables the driver of input and output.
        enable_io();
        /// Enables the driver of time.
        enable_time();
        /// Starts with the clock paused.
        start_paused(is_paused: bool);
        /// Sets how many threads run tasks.
        worker_threads(threads: usize);
        /// Sets how many threads may block.
        max_blocking_threads(threads: usize);
        /// Names all threads.
        thread_name(name: impl Into<String>);
        /// Names each thread.
        thread_name_fn(name: impl Fn() -> String + Send + Sync + 'static);
        /// Sets the size of each thread's stack, in bytes.
        thread_stack_size(bytes: usize);
        /// Sets how long a thread that may block is kept when it is idle.
        thread_keep_alive(idle: Duration);
        /// Has each thread call this when it starts.
        on_thread_start(call: impl Fn() + Send + Sync + 'static);
        /// Has each thread call this when it ends.
        on_thread_stop(call: impl Fn() + Send + Sync + 'static);
        /// Has each thread call this before it becomes idle.
        on_thread_park(call: impl Fn() + Send + Sync + 'static);
        /// Has each thread call this when it is not idle any more.
        on_thread_unpark(call: impl Fn() + Send + Sync + 'static);
        /// Sets after how many polls the global queue is looked at.
        global_queue_interval(polls: u32);
        /// Sets after how many polls the drivers are looked at.
        event_interval(polls: u32);
        /// Sets how many events are handled at a time.
        max_io_events_per_tick(events: usize);
    }

    /// Makes the runtime.
    ///
    /// # Errors
    /// As [`tokio::runtime::Builder::build`].
    pub fn build(&mut self) -> io::Result<Runtime> {
        self.0.build().map(Runtime::from)
    }

    /// Makes a runtime whose tasks stay on this thread.
    ///
    /// # Errors
    /// As [`tokio::runtime::Builder::build_local`].
    ///
    /// # Panics
    /// When it is to have several threads.
    pub fn build_local(&mut self, options: LocalOptions) -> io::Result<LocalRuntime> {
        self.0.build_local(options).map(LocalRuntime::from)
    }
}

impl Deref for Builder {
    type Target = ::tokio::runtime::Builder;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Builder {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What stands in for the settings of drivers that tokio is built without; tokio's own win over them.
trait Drivers: Sized {
    fn enable_io(&mut self) {}
    fn enable_time(&mut self) {}
    fn start_paused(&mut self, _is_paused: bool) {}
    fn max_io_events_per_tick(&mut self, _events: usize) {}
}

impl Drivers for ::tokio::runtime::Builder {}

// Which of them tokio has is not known here, so which of these are used is not either.
const _: [fn(&mut ::tokio::runtime::Builder); 2] = [Drivers::enable_io, Drivers::enable_time];
const _: fn(&mut ::tokio::runtime::Builder, bool) = Drivers::start_paused;
const _: fn(&mut ::tokio::runtime::Builder, usize) = Drivers::max_io_events_per_tick;
