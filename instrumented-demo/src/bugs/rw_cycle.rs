//! `loader` only reads the index, and still `rebuilder` can wait for it for ever.
//!
//! ```text
//! error[HB0001]: possible deadlock: `index` and `cache` are locked in opposite orders
//!   --> instrumented-demo/src/bugs/rw_cycle.rs:65:36, thread `rebuilder`
//!    |
//! 64 |         let _cache = recover(cache.lock());
//!    |                                    ---- while holding `cache`
//! 65 |         let _index = recover(index.write());
//!    |                                    ^^^^^ `rebuilder` wants `index` for writing
//!
//!   but `loader` once took `cache` while holding `index` for reading (dependency 1 below).
//!
//!   How it can hang:
//!
//!         `loader`                        `rebuilder`
//!         --------                        -----------
//!     1   read(index)   rw_cycle.rs:60
//!     2                                   lock(cache)    rw_cycle.rs:64
//!     3   lock(cache)   rw_cycle.rs:61                                     blocked by 2
//!     4                                   write(index)   rw_cycle.rs:65    blocked by 1
//!
//!   The cycle, oldest dependency first:
//!
//!     1   index (read) -> cache (lock)    first seen 0 ms ago, thread `loader`
//!           held       index   instrumented-demo/src/bugs/rw_cycle.rs:60
//!           acquired   cache   instrumented-demo/src/bugs/rw_cycle.rs:61
//!     2   cache (lock) -> index (write)   new, this acquire
//!           held       cache   instrumented-demo/src/bugs/rw_cycle.rs:64
//!           acquired   index   instrumented-demo/src/bugs/rw_cycle.rs:65
//!
//!   note: dependency 1 only reads `index`, and it still counts: a held read blocks the write in 2.
//!   note: nothing hung in this run. Both orders were seen, so some run can hang.
//!   note: `loader` was joined before `rebuilder` got here: it hangs only where the two can meet.
//!   note: `index` is a std::sync::RwLock (1 instance), `cache` a std::sync::Mutex (1 instance).
//!   help: take `index` before `cache` at instrumented-demo/src/bugs/rw_cycle.rs:65, as
//!         instrumented-demo/src/bugs/rw_cycle.rs:61 does, or drop the `cache` guard before
//!         instrumented-demo/src/bugs/rw_cycle.rs:65.
//!
//!   Held by `rebuilder`: 1. `cache` (lock) instrumented-demo/src/bugs/rw_cycle.rs:64
//! ```

use heldby::sync::{Mutex, RwLock};

use super::{Bug, on_thread};
use crate::job::Mm;
use crate::lease::recover;

pub(super) const BUG: Bug = Bug {
    name: "rw-cycle",
    code: "HB0001",
    summary: "a read lock is held before a mutex, and written after it elsewhere",
    commit,
};

fn commit(_mm: &Mm) {
    let index = RwLock::named("index", ());
    let cache = Mutex::named("cache", ());
    on_thread("loader", || {
        let _index = recover(index.read());
        let _cache = recover(cache.lock());
    });
    on_thread("rebuilder", || {
        let _cache = recover(cache.lock());
        let _index = recover(index.write());
    });
}
