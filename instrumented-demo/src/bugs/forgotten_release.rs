//! `loader` leaks its guard, and comes back for the lock.
//!
//! ```text
//! error[HB0003]: deadlock: `cache` is taken again by the thread that holds it
//!   --> instrumented-demo/src/bugs/forgotten_release.rs:53:28, thread `loader`
//!    |
//! 52 |         mem::forget(recover(cache.lock()));
//!    |                                   ---- while holding `cache`
//! 53 |         drop(recover(cache.lock()));
//!    |                            ^^^^ `loader` wants `cache`
//!
//!   How it hangs:
//!
//!         `loader`
//!         --------
//!     1   lock(cache)   instrumented-demo/src/bugs/forgotten_release.rs:52
//!     2   lock(cache)   instrumented-demo/src/bugs/forgotten_release.rs:53    blocked by 1
//!
//!   The dependency:
//!
//!     1   cache (lock) -> cache (lock)   new, this acquire
//!           held       cache   instrumented-demo/src/bugs/forgotten_release.rs:52
//!           acquired   cache   instrumented-demo/src/bugs/forgotten_release.rs:53
//!
//!   note: the thread waits for itself: no other thread can let it go on.
//!   note: `cache` is a std::sync::Mutex (1 instance).
//!   help: let .../src/bugs/forgotten_release.rs:53 use the `cache` guard taken at
//!         .../src/bugs/forgotten_release.rs:52, passed as an argument, or drop that guard before
//!         .../src/bugs/forgotten_release.rs:53.
//!
//!   Held by `loader`: 1. `cache` (lock) instrumented-demo/src/bugs/forgotten_release.rs:52
//! ```

use std::mem;

use heldby::sync::Mutex;

use super::{Bug, on_thread};
use crate::job::Mm;
use crate::lease::recover;

pub(super) const BUG: Bug = Bug {
    name: "forgotten-release",
    code: "HB0003",
    summary: "a mutex is locked again by the thread that forgot to unlock it",
    commit,
};

fn commit(_mm: &Mm) {
    let cache = Mutex::named("cache", ());
    on_thread("loader", || {
        mem::forget(recover(cache.lock()));
        drop(recover(cache.lock()));
    });
}
