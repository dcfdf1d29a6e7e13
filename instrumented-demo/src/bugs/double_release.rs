//! `loader` releases a lock of its own making, known by its lock map, twice.
//!
//! ```text
//! error[HB0101]: `ring` is released by `loader`, which does not hold it
//!   --> instrumented-demo/src/bugs/double_release.rs:34:9, thread `loader`
//!    |
//! 34 |         rwsem_release(&ring);
//!    |         ^^^^^^^^^^^^^
//!
//!   note: at this point `loader` holds nothing.
//!   help: release `ring` once for each acquire, in the thread that made it; look for a second release,
//!         or for a guard that went to another thread.
//!
//!   Held by `loader`: nothing
//! ```

use heldby::lockdep::{LockMap, rwsem_acquire, rwsem_release};

use super::{Bug, on_thread};
use crate::job::Mm;

pub(super) const BUG: Bug = Bug {
    name: "double-release",
    code: "HB0101",
    summary: "a lock of the host's own making is released twice",
    commit,
};

fn commit(_mm: &Mm) {
    let ring = LockMap::named("ring");
    on_thread("loader", || {
        rwsem_acquire(&ring, 0, false);
        rwsem_release(&ring);
        rwsem_release(&ring);
    });
}
