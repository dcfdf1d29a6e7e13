//! `std::thread`, validated: a thread inherits the validator of the one that made it.
//!
//! ```
//! use heldby::{sync::Mutex, thread};
//!
//! let hits = Mutex::new(0);
//! thread::scope(|scope| {
//!     for _ in 0..2 {
//!         scope.spawn(|| *hits.lock().unwrap() += 1);
//!     }
//! });
//! assert_eq!(hits.into_inner().unwrap(), 2);
//! ```

mod builder;
mod scoped;
#[cfg(unix)]
mod unix;

#[expect(deprecated, reason = "std still has them")]
pub use std::thread::{park_timeout_ms, sleep_ms};

pub use std::thread::{
    AccessError, LocalKey, Result, Thread, ThreadId, available_parallelism, current, panicking,
    park, park_timeout, sleep, yield_now,
};

pub use builder::{Builder, JoinHandle, spawn};
pub use scoped::{Scope, ScopedJoinHandle, scope};
