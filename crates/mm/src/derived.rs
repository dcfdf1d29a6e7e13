//! VMA write locks as *derived holds*: what the calling thread's hold of an mmap lock implies.
//!
//! A VMA write lock is no event of its own, since it ends with the mmap write section, for all VMAs at
//! once. So that a report can name them all the same, each thread remembers the last few that it
//! write-locked; the bulk release forgets them.

use crate::vma_ref::VmaRef;

/// Remembers that the calling thread has write-locked `vma`.
pub(crate) fn write_locked<B>(_vma: VmaRef<'_, B>) {}
