//! `tokio`, validated: its locks, its tasks and its combinators.
//!
//! The names and the behaviour are those of `tokio` 1; what is not here is used from `tokio` itself,
//! such as `tokio::net` and `tokio::fs`.
//! What is held belongs to the task, on whatever worker that runs: [`spawn`] and its kin give each task
//! a held stack of its own, as [`task::instrument`](crate::task::instrument) does for any future.
//! Tasks that `tokio::spawn` itself makes have none: see `docs/async.md`.
//!
//! ```
//! use heldby::tokio::sync::Mutex;
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let routes = Mutex::new(vec!["a"]);
//! let guard = routes.lock().await;
//! heldby::assert_held!(routes);
//! drop(guard);
//! # });
//! ```

mod macros;
pub mod runtime;
pub mod sync;
pub mod task;
pub mod time;

pub use ::tokio::{main, pin, task_local, test};

pub use crate::{__heldby_join as join, __heldby_select as select, __heldby_try_join as try_join};
pub use task::spawn;
