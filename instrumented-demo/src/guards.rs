//! The guard page of a region: what tells whether a VMA must have the flag `VM_MAYBE_GUARD`.
//!
//! The flag is set under a VMA *read* lock, beside others that set it, while VMAs are split and merged
//! under write locks. So what was set is kept here too, outside of the VMA, and whoever has the VMA
//! stable can compare the two.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::backend::Addresses;

/// Address of the page of a region that was guarded last.
///
/// | word | meaning | who changes it |
/// | --- | --- | --- |
/// | 0 | no page was guarded since the region was mapped | who unmaps it, under the mmap write lock |
/// | other | the page, and its VMA has the flag | who holds that VMA's read lock |
#[derive(Debug)]
pub(crate) struct Guard(AtomicUsize);

impl Guard {
    /// Makes the guard of a region without one.
    pub(crate) const fn none() -> Self {
        Self(AtomicUsize::new(0))
    }

    /// Says that the VMA of the page at `address` has the flag; the caller holds its read lock.
    pub(crate) fn set(&self, address: usize) {
        // Release: partner of `is_in`; the flag was set before.
        self.0.store(address, Ordering::Release);
    }

    /// Forgets the page; the caller has unmapped the region.
    pub(crate) fn clear(&self) {
        // Relaxed: the mmap write lock keeps everybody out who could look.
        self.0.store(0, Ordering::Relaxed);
    }

    /// Whether a page in `range` is guarded; the caller keeps the VMA of that range stable.
    pub(crate) fn is_in(&self, range: &Addresses) -> bool {
        // Acquire: partner of `set`; whoever sees the page sees the flag.
        range.contains(&self.0.load(Ordering::Acquire))
    }
}
