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
