//! Heldby checks lock orders, owners and stability claims while a program runs.
//!
//! A host uses [`sync`] in place of `std::sync` and [`thread`] in place of `std::thread`, and turns
//! on the cargo feature `validate` in its binaries and tests.
//! Without the feature every type here is a transparent newtype over std's and costs nothing; with
//! it every acquire and release is an event for the validator, which learns all orders from runs
//! that never hang.
//!
//! ```
//! use heldby::sync::Mutex;
//!
//! let routes = Mutex::new(vec!["a"]);
//! let guard = routes.lock().unwrap();
//! heldby::assert_held!(routes);
//! drop(guard);
//! ```

pub mod alloc;
mod asserts;
mod engine;
#[cfg(feature = "lock_api")]
pub mod lock_api;
pub mod lockdep;
#[cfg(feature = "parking_lot")]
pub mod parking_lot;
#[cfg(feature = "validate")]
mod process;
#[cfg(doctest)]
mod refused;
pub mod signal;
mod stabilised;
#[macro_use]
pub mod sync;
pub mod task;
#[cfg(feature = "validate")]
pub mod test;
pub mod thread;
#[cfg(feature = "tokio")]
pub mod tokio;

pub use asserts::{Held, held};
#[cfg(feature = "validate")]
pub use asserts::{Holder, holders};
#[cfg(feature = "validate")]
pub use heldby_model as model;
#[cfg(feature = "validate")]
pub use heldby_validator::{
    AlreadyInstalled, Config, ConfigError, Events, OnViolation, Profile, Sink, Stacks, Stats,
};
#[cfg(feature = "validate")]
pub use process::{add_sink, dump, gated, graph, held_locks, install, lock_stats};
#[cfg(feature = "validate")]
pub use process::{pending, reports, stats, unused_allowances, write_dump};
pub use stabilised::{Stabilised, Stability, TwoLevel, assert_stabilised, stability};
pub use std::thread_local;

#[doc(hidden)]
pub mod __private {
    //! What the macros expand to; not a public interface.
    pub use crate::asserts::{Expect, assert_with};
    pub use crate::stabilised::{assert_item, assert_levels};
    pub use crate::task::arm::{Arm, Moves, Stays};
    #[cfg(feature = "tokio")]
    pub use ::tokio;
}
