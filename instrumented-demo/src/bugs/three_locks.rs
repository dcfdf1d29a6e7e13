//! No two of the three threads ever run at the same time.
//!
//! ```text
//! error[HB0002]: possible deadlock: `index`, `cache` and `journal` form a lock cycle
//!   --> instrumented-demo/src/bugs/three_locks.rs:73:36, thread `recovery`
//!
//!   `recovery` wants   `index`     instrumented-demo/src/bugs/three_locks.rs:73
//!   while holding      `journal`   instrumented-demo/src/bugs/three_locks.rs:72
//!   but dependencies 1 and 2 below lead from `index` to `journal`.
//!
//!   How it can hang:
//!
//!         `loader`       `evictor`        `recovery`
//!         --------       ---------        ----------
//!     1   lock(index)
//!     2                  lock(cache)
//!     3                                   lock(journal)
//!     4   lock(cache)                                      blocked by 2
//!     5                  lock(journal)                     blocked by 3
//!     6                                   lock(index)      blocked by 1
//!
//!   The cycle, oldest dependency first:
//!
//!     1   index (lock) -> cache (lock)     first seen 0 ms ago, thread `loader`
//!           held       index     instrumented-demo/src/bugs/three_locks.rs:64
//!           acquired   cache     instrumented-demo/src/bugs/three_locks.rs:65
//!     2   cache (lock) -> journal (lock)   first seen 0 ms ago, thread `evictor`
//!           held       cache     instrumented-demo/src/bugs/three_locks.rs:68
//!           acquired   journal   instrumented-demo/src/bugs/three_locks.rs:69
//!     3   journal (lock) -> index (lock)   new, this acquire
//!           held       journal   instrumented-demo/src/bugs/three_locks.rs:72
//!           acquired   index     instrumented-demo/src/bugs/three_locks.rs:73
//!
//!   note: nothing hung in this run. All 3 dependencies were seen, so some run can hang.
//!   note: `loader` was joined before `recovery` got here: it hangs only where the two can meet.
//!   note: `index` is a std::sync::Mutex (1 instance), `cache` a std::sync::Mutex (1 instance),
//!         `journal` a std::sync::Mutex (1 instance).
//!   help: take `index` before `journal` at .../src/bugs/three_locks.rs:73, as
//!         instrumented-demo/src/bugs/three_locks.rs:65 and
//!         instrumented-demo/src/bugs/three_locks.rs:69 do, or drop the `journal` guard before
//!         .../src/bugs/three_locks.rs:73.
//!
//!   Held by `recovery`: 1. `journal` (lock) instrumented-demo/src/bugs/three_locks.rs:72
//! ```

use heldby::sync::Mutex;

use super::{Bug, on_thread};
use crate::job::Mm;
use crate::lease::recover;

pub(super) const BUG: Bug = Bug {
    name: "three-locks",
    code: "HB0002",
    summary: "three threads that never overlap close a cycle of three mutexes",
    commit,
};

fn commit(_mm: &Mm) {
    let index = Mutex::named("index", ());
    let cache = Mutex::named("cache", ());
    let journal = Mutex::named("journal", ());
    on_thread("loader", || {
        let _index = recover(index.lock());
        let _cache = recover(cache.lock());
    });
    on_thread("evictor", || {
        let _cache = recover(cache.lock());
        let _journal = recover(journal.lock());
    });
    on_thread("recovery", || {
        let _journal = recover(journal.lock());
        let _index = recover(index.lock());
    });
}
