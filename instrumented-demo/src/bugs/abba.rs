//! `evictor` takes the two locks of `loader` the other way round.
//!
//! ```text
//! error[HB0001]: possible deadlock: `index` and `cache` are locked in opposite orders
//!   --> instrumented-demo/src/bugs/abba.rs:62:36, thread `evictor`
//!
//!   `evictor` wants   `index`   instrumented-demo/src/bugs/abba.rs:62
//!   while holding     `cache`   instrumented-demo/src/bugs/abba.rs:61
//!   but `loader` once took `cache` while holding `index` (dependency 1 below).
//!
//!   How it can hang:
//!
//!         `loader`                    `evictor`
//!         --------                    ---------
//!     1   lock(index)   abba.rs:57
//!     2                               lock(cache)   abba.rs:61
//!     3   lock(cache)   abba.rs:58                                blocked by 2
//!     4                               lock(index)   abba.rs:62    blocked by 1
//!
//!   The cycle, oldest dependency first:
//!
//!     1   index (lock) -> cache (lock)   first seen 0 ms ago, thread `loader`
//!           held       index   instrumented-demo/src/bugs/abba.rs:57
//!           acquired   cache   instrumented-demo/src/bugs/abba.rs:58
//!     2   cache (lock) -> index (lock)   new, this acquire
//!           held       cache   instrumented-demo/src/bugs/abba.rs:61
//!           acquired   index   instrumented-demo/src/bugs/abba.rs:62
//!
//!   note: nothing hung in this run. Both orders were seen, so some run can hang.
//!   note: `loader` was joined before `evictor` got here: it hangs only where the two can meet.
//!   note: `index` is a std::sync::Mutex (1 instance).
//!   note: `cache` is a std::sync::Mutex (1 instance).
//!   help: take `index` before `cache` in instrumented-demo/src/bugs/abba.rs:62, as
//!         instrumented-demo/src/bugs/abba.rs:58 does, or drop the `cache` guard before
//!         instrumented-demo/src/bugs/abba.rs:62.
//!
//!   Held by `evictor`: 1. `cache` (lock) instrumented-demo/src/bugs/abba.rs:61
//! ```

use heldby::sync::Mutex;

use super::{Bug, on_thread};
use crate::job::Mm;
use crate::lease::recover;

pub(super) const BUG: Bug = Bug {
    name: "abba",
    code: "HB0001",
    summary: "two mutexes are taken in opposite orders",
    commit,
};

fn commit(_mm: &Mm) {
    let index = Mutex::named("index", ());
    let cache = Mutex::named("cache", ());
    on_thread("loader", || {
        let _index = recover(index.lock());
        let _cache = recover(cache.lock());
    });
    on_thread("evictor", || {
        let _cache = recover(cache.lock());
        let _index = recover(index.lock());
    });
}
