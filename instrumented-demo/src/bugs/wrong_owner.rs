//! `evictor` relies on a lock that is held, but not by itself.
//!
//! ```text
//! error[HB0202]: assertion failed: `cache` must be held
//!   --> instrumented-demo/src/bugs/wrong_owner.rs:33:29, thread `evictor`
//!    |
//! 33 |     on_thread("evictor", || assert_held!(cache));
//!    |                             ^^^^^^^^^^^
//!
//!   note: only what this thread itself holds counts: another's hold can end at any time.
//!   help: take `cache` before .../src/bugs/wrong_owner.rs:33, and keep its guard until after it.
//!
//!   Held by `evictor`: nothing
//! ```

use heldby::assert_held;
use heldby::sync::Mutex;

use super::{Bug, on_thread};
use crate::job::Mm;
use crate::lease::recover;

pub(super) const BUG: Bug = Bug {
    name: "wrong-owner",
    code: "HB0202",
    summary: "a thread relies on a lock that another one holds",
    commit,
};

fn commit(_mm: &Mm) {
    let cache = Mutex::named("cache", ());
    let _cache = recover(cache.lock());
    on_thread("evictor", || assert_held!(cache));
}
