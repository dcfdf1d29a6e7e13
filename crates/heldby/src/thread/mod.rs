//! `std::thread`, validated: a thread inherits the validator of the one that made it.

mod builder;
mod scoped;

pub use std::thread::{
    AccessError, LocalKey, Result, Thread, ThreadId, available_parallelism, current, panicking,
    park, park_timeout, sleep, yield_now,
};

pub use builder::{Builder, JoinHandle, spawn};
pub use scoped::{Scope, ScopedJoinHandle, scope};
