//! The mmap lock: who may change the address space, and the sequence that releases VMA write locks.
//!
//! # Invariants
//! `mm_lock_seq` is odd exactly while the mmap lock is held for writing. Only its holder changes it.
//! It never wraps (64 bits), so a VMA's old sequence never equals it again.
//!
//! # Orderings
//! * [`MmapLock::write_begin`] and [`MmapLock::vma_end_write_all`] publish; the Acquire load of
//!   [`MmapLock::seq_acquire`] in `vma_start_read` observes. Whoever sees a sequence sees everything
//!   that was written under the VMA write locks of all earlier write sections.
//! * The end publishes by a release *fence*, so that a reader which meets a later odd value of the
//!   same thread still synchronises; the begin is a release store, so that it also does when the
//!   later writer is another thread, which got the mmap lock after the earlier one.

use heldby::lockdep::{self, LockKey, LockMap};
use parking_lot::RawRwLock;
use parking_lot::lock_api::{RawRwLock as _, RawRwLockDowngrade as _};

use crate::sync::{AtomicU64, Ordering, fence};
use crate::wait::WriterWait;

/// The lock class of every mmap lock.
static MMAP_LOCK: LockKey = LockKey::new("mmap_lock");

/// The mmap lock of one address space and what belongs to it, apart from the tree.
///
/// Each VMA shares it, so that it can tell which address space it is of.
pub(crate) struct MmapLock {
    raw: RawRwLock,
    map: LockMap,
    mm_lock_seq: AtomicU64,
    vma_writer_wait: WriterWait,
}

impl MmapLock {
    pub(crate) fn new() -> Self {
        Self {
            raw: RawRwLock::INIT,
            map: LockMap::with_key(&MMAP_LOCK),
            mm_lock_seq: AtomicU64::new(0),
            vma_writer_wait: WriterWait::default(),
        }
    }

    pub(crate) fn map(&self) -> &LockMap {
        &self.map
    }

    pub(crate) fn writer_wait(&self) -> &WriterWait {
        &self.vma_writer_wait
    }

    #[inline]
    #[track_caller]
    pub(crate) fn read_lock(&self) {
        lockdep::rwsem_acquire_read(&self.map, 0, false);
        if !self.raw.try_lock_shared() {
            self.wait_for(RawRwLock::lock_shared);
        }
    }

    #[inline]
    #[track_caller]
    pub(crate) fn read_trylock(&self) -> bool {
        let taken = self.raw.try_lock_shared();
        if taken {
            lockdep::rwsem_acquire_read(&self.map, 0, true);
        }
        taken
    }

    #[inline]
    #[track_caller]
    pub(crate) fn write_lock(&self, subclass: u32) {
        lockdep::rwsem_acquire(&self.map, subclass, false);
        if !self.raw.try_lock_exclusive() {
            self.wait_for(RawRwLock::lock_exclusive);
        }
        self.write_begin();
    }

    /// Blocks, and is seen to wait, not to hold, as long.
    #[cold]
    fn wait_for(&self, lock: fn(&RawRwLock)) {
        lockdep::lock_contended(&self.map);
        lock(&self.raw);
        lockdep::lock_acquired(&self.map);
    }

    /// Releases a read lock.
    ///
    /// # Safety
    /// The calling thread holds it for reading.
    #[inline]
    pub(crate) unsafe fn read_unlock(&self) {
        lockdep::rwsem_release(&self.map);
        // SAFETY: the caller holds the lock shared.
        unsafe { self.raw.unlock_shared() };
    }

    /// Releases every VMA write lock, then the write lock.
    ///
    /// # Safety
    /// The calling thread holds it for writing.
    #[inline]
    pub(crate) unsafe fn write_unlock(&self) {
        self.vma_end_write_all();
        lockdep::rwsem_release(&self.map);
        // SAFETY: the caller holds the lock exclusively.
        unsafe { self.raw.unlock_exclusive() };
    }

    /// Releases every VMA write lock and makes the write lock a read lock.
    ///
    /// # Safety
    /// The calling thread holds it for writing.
    #[inline]
    #[track_caller]
    pub(crate) unsafe fn downgrade(&self) {
        self.vma_end_write_all();
        lockdep::lock_downgrade(&self.map);
        // SAFETY: the caller holds the lock exclusively.
        unsafe { self.raw.downgrade() };
    }

    /// Makes the sequence odd; the mmap lock has just been acquired for writing.
    fn write_begin(&self) {
        let seq = self.seq();
        debug_assert!(
            seq.is_multiple_of(2),
            "mm_lock_seq {seq} is odd before the write section"
        );
        // Release: partner of `seq_acquire`; carries the sections of earlier writers, which the mmap
        // lock itself ordered before this thread.
        self.mm_lock_seq.store(seq + 1, Ordering::Release);
    }

    /// Releases all VMA write locks at once, by making the sequence even.
    ///
    /// # Cost
    /// One store, however many VMAs are write-locked.
    fn vma_end_write_all(&self) {
        let seq = self.seq();
        debug_assert!(
            !seq.is_multiple_of(2),
            "mm_lock_seq {seq} is even in a write section"
        );
        // Partner of `seq_acquire`: what was written under the VMA write locks is seen by whoever
        // sees this store or a later one of this thread.
        fence(Ordering::Release);
        self.mm_lock_seq.store(seq + 1, Ordering::Relaxed);
    }

    /// The sequence, for its writer and for guesses.
    #[inline]
    pub(crate) fn seq(&self) -> u64 {
        // Relaxed: the writer reads its own value; everybody else only guesses by it.
        self.mm_lock_seq.load(Ordering::Relaxed)
    }

    /// The sequence, for a reader that has entered.
    #[inline]
    pub(crate) fn seq_acquire(&self) -> u64 {
        // Acquire: partner of the stores of `write_begin` and `vma_end_write_all`.
        self.mm_lock_seq.load(Ordering::Acquire)
    }

    /// Whether anyone holds the lock; for approximate asserts.
    pub(crate) fn is_locked(&self) -> bool {
        self.raw.is_locked()
    }

    /// Whether anyone holds the lock for writing; for approximate asserts.
    pub(crate) fn is_write_locked(&self) -> bool {
        self.raw.is_locked_exclusive()
    }
}
