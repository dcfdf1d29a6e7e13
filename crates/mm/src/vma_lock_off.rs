//! In place of the per-VMA lock where it is compiled out: a VMA is attached or detached, and nothing
//! locks it but the mmap lock.
//!
//! # Source
//! Linux 7.0, `include/linux/mmap_lock.h` without `CONFIG_PER_VMA_LOCK`.

use crate::interrupt::{Interrupt, Interrupted};
use crate::mmap_lock::MmapLock;
use crate::refcnt::RefCnt;
use crate::sync::lockdep::{LockKey, LockMap};
use crate::sync::{Arc, AtomicU32, Ordering};

/// The class of the locks that nobody takes.
static VM_LOCK: LockKey = LockKey::new("vm_lock");

/// A sequence that the mmap lock never has.
pub(crate) const NEVER_WRITE_LOCKED: u64 = u64::MAX;

/// The lock part of a VMA: whether it is attached.
pub(crate) struct VmaLock {
    vm_refcnt: AtomicU32,
    map: LockMap,
}

/// How an attempt to enter as a reader ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StartRead {
    /// Never.
    Locked,
    /// Always: take the mmap lock.
    Refused,
    /// Never.
    Detached,
}

impl VmaLock {
    /// Makes the lock of a VMA that belongs to nobody.
    pub(crate) fn new() -> Self {
        Self {
            vm_refcnt: AtomicU32::new(RefCnt::DETACHED.0),
            map: LockMap::with_key(&VM_LOCK),
        }
    }

    pub(crate) fn give_to(&self, _mm: &Arc<MmapLock>) {}

    pub(crate) fn map(&self) -> &LockMap {
        &self.map
    }

    /// Whether it is attached, as a count.
    pub(crate) fn refcnt(&self) -> RefCnt {
        // Relaxed: ordered by the mmap lock; a guess without it.
        RefCnt(self.vm_refcnt.load(Ordering::Relaxed))
    }

    pub(crate) fn seq(&self) -> u64 {
        NEVER_WRITE_LOCKED
    }

    /// It is not write-locked by a sequence.
    pub(crate) fn seq_is_current(&self, _mm: &MmapLock) -> bool {
        false
    }

    /// Whoever holds the mmap lock for writing will do.
    pub(crate) fn seems_write_locked(&self, mm: &MmapLock) -> bool {
        mm.is_write_locked()
    }

    /// Whoever holds the mmap lock will do.
    pub(crate) fn seems_locked(&self, mm: &MmapLock) -> bool {
        mm.is_locked()
    }

    /// # Safety
    /// None is asked for: as the real one.
    pub(crate) unsafe fn vma_start_read(&self, _mm: &Arc<MmapLock>) -> StartRead {
        StartRead::Refused
    }

    pub(crate) fn vma_start_read_locked(&self, _subclass: u32) -> StartRead {
        StartRead::Refused
    }

    /// # Safety
    /// None is asked for: as the real one.
    pub(crate) unsafe fn vma_end_read(_lock: *const Self, _mm: &MmapLock) {}

    pub(crate) fn vma_start_write_killable(
        &self,
        _mm: &Arc<MmapLock>,
        _interrupt: &Interrupt<'_>,
    ) -> Result<(), Interrupted> {
        Ok(())
    }

    pub(crate) fn vma_mark_attached(&self, _mm: &MmapLock) {
        // Relaxed, here and below: ordered by the mmap lock.
        self.vm_refcnt.store(RefCnt::ATTACHED.0, Ordering::Relaxed);
    }

    pub(crate) fn vma_mark_detached(&self, _mm: &Arc<MmapLock>) {
        self.vm_refcnt.store(RefCnt::DETACHED.0, Ordering::Relaxed);
    }
}
