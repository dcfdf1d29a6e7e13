//! `evictor` takes the two locks of `loader` the other way round.
//!
//! It begins once `loader` has had both, and `loader` then takes them again: the two can meet, and
//! `heldby run --confirm` has them meet.
//!
//! ```text
//! error[HB0001]: possible deadlock: `index` and `cache` are locked in opposite orders
//!   --> instrumented-demo/src/bugs/abba.rs:80:40, thread `evictor`
//!    |
//! 79 |             let _cache = recover(cache.lock());
//!    |                                        ---- while holding `cache`
//! 80 |             let _index = recover(index.lock());
//!    |                                        ^^^^ `evictor` wants `index`
//!
//!   but `loader` once took `cache` while holding `index` (dependency 1 below).
//!   --> instrumented-demo/src/bugs/abba.rs:69:36
//!    |
//! 68 |         let _index = recover(index.lock());
//!    |                                    ---- while holding `index`
//! 69 |         let _cache = recover(cache.lock());
//!    |                                    ^^^^ `loader` took `cache`
//!
//!   How it can hang:
//!         `loader`                    `evictor`
//!         --------                    ---------
//!     1   lock(index)   abba.rs:68
//!     2                               lock(cache)   abba.rs:79
//!     3   lock(cache)   abba.rs:69                                blocked by 2
//!     4                               lock(index)   abba.rs:80    blocked by 1
//!
//!   The cycle, oldest dependency first:
//!     1   index (lock) -> cache (lock)   first seen 0 ms ago, thread `loader`
//!           held       index   instrumented-demo/src/bugs/abba.rs:68
//!           acquired   cache   instrumented-demo/src/bugs/abba.rs:69
//!     2   cache (lock) -> index (lock)   new, this acquire
//!           held       cache   instrumented-demo/src/bugs/abba.rs:79
//!           acquired   index   instrumented-demo/src/bugs/abba.rs:80
//!
//!   note: nothing hung in this run. Both orders were seen, so some run can hang.
//!   note: `index` is a std::sync::Mutex (1 instance), `cache` a std::sync::Mutex (1 instance).
//!   help: take `index` before `cache` at instrumented-demo/src/bugs/abba.rs:80, as
//!         instrumented-demo/src/bugs/abba.rs:69 does, or drop the `cache` guard before
//!         instrumented-demo/src/bugs/abba.rs:80.
//!
//!   Held by `evictor`: 1. `cache` (lock) instrumented-demo/src/bugs/abba.rs:79
//! ```

use std::sync::Barrier;

use heldby::sync::Mutex;

use super::{Bug, together};
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
    let loaded = Barrier::new(2);
    let load = || {
        let _index = recover(index.lock());
        let _cache = recover(cache.lock());
    };
    together([
        ("loader", &|| {
            load();
            loaded.wait();
            load();
        }),
        ("evictor", &|| {
            loaded.wait();
            let _cache = recover(cache.lock());
            let _index = recover(index.lock());
        }),
    ]);
}
