//! `loader` leaks its guard, and ends.
//!
//! ```text
//! error[HB0103]: `loader` ends while it holds `cache`
//!   --> instrumented-demo/src/bugs/held_at_exit.rs:34:54, thread `loader`
//!    |
//! 34 |     on_thread("loader", || mem::forget(recover(cache.lock())));
//!    |                                                      ^^^^
//!
//!   note: a lock whose holder is gone stays held, unless a thread-local still drops its guard.
//!   help: release `cache`, taken at .../src/bugs/held_at_exit.rs:34, before the thread ends; a leaked
//!         guard (mem::forget, a cycle of Rc) keeps its lock held.
//!
//!   Held by `loader`: 1. `cache` (lock) instrumented-demo/src/bugs/held_at_exit.rs:34
//! ```

use std::mem;

use heldby::sync::Mutex;

use super::{Bug, on_thread};
use crate::job::Mm;
use crate::lease::recover;

pub(super) const BUG: Bug = Bug {
    name: "held-at-exit",
    code: "HB0103",
    summary: "a thread ends while it holds a mutex",
    commit,
};

fn commit(_mm: &Mm) {
    let cache = Mutex::named("cache", ());
    on_thread("loader", || mem::forget(recover(cache.lock())));
}
