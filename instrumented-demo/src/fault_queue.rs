//! The fault queue, as the validator sees it.
//!
//! A toucher that misses a page waits, in the kernel or in the software backend, until a pager has
//! served its fault. No lock tells of that wait. So the queue is an annotation: a pager is *in* it
//! while it serves, and a toucher waits for whoever is in it.
//! Whatever a pager may wait for comes after the queue then, and whoever holds such a lock across a
//! touch closes a cycle, which is reported before it hangs.

use heldby::lockdep::{LockKey, LockMap, lock_map_acquire_read, lock_map_release, lock_map_sync};

static FAULT_QUEUE: LockKey = LockKey::new("fault_queue");

/// All faults of the process wait in one queue.
static MAP: LockMap = LockMap::with_key(&FAULT_QUEUE);

/// Says that the calling thread serves a fault, until this is dropped.
#[must_use = "if unused no fault is served"]
pub(crate) struct Serving(());

impl Serving {
    /// Begins to serve; several pagers do so beside each other.
    #[track_caller]
    pub(crate) fn begin() -> Self {
        lock_map_acquire_read(&MAP);
        Self(())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        lock_map_release(&MAP);
    }
}

/// Says that the calling thread touches a page, and waits for a pager if it is missing.
///
/// # Panics
/// When that can deadlock, and the policy is `panic`.
#[track_caller]
pub(crate) fn wait_for_pager() {
    lock_map_sync(&MAP);
}
