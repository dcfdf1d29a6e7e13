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
//! * A speculative reader begins by an Acquire load and ends by an acquire fence before its second
//!   load: what it read in between was written before the first, or the second differs. The begin of
//!   a write section is followed by a release fence for that, so that no write of the section is
//!   seen without its odd value.

use crate::branches::{Branch, Branches};
use crate::derived;
use crate::interrupt::{Interrupt, Interrupted};
use crate::planted::{planted, unless_planted};
use crate::sync::lockdep::{self, LockKey, LockMap};
use crate::sync::{Arc, AtomicU32, AtomicU64, Ordering, RwSemaphore, fence, yield_point};
use crate::wait::WriterWait;

/// The lock class of every mmap lock.
pub(crate) static MMAP_LOCK: LockKey = LockKey::new("mmap_lock").derived(derived::of);

/// The mmap lock of one address space and what belongs to it, apart from the tree.
///
/// It is shared: a reader that met a VMA of another address space keeps that one's alive until it
/// has woken its writer.
pub(crate) struct MmapLock {
    raw: RwSemaphore,
    map: LockMap,
    mm_lock_seq: AtomicU64,
    /// Readers that no thread owns: see [`MmapLock::disown_read`].
    non_owners: AtomicU32,
    /// The sequence of the last write section that ended by a downgrade; a statistic.
    downgraded: AtomicU64,
    vma_writer_wait: WriterWait,
    branches: std::sync::Arc<Branches>,
}

impl MmapLock {
    pub(crate) fn new(branches: std::sync::Arc<Branches>) -> Self {
        Self {
            raw: RwSemaphore::new(),
            map: LockMap::with_key(&MMAP_LOCK),
            mm_lock_seq: AtomicU64::new(0),
            non_owners: AtomicU32::new(0),
            downgraded: AtomicU64::new(0),
            vma_writer_wait: WriterWait::default(),
            branches,
        }
    }

    pub(crate) fn map(&self) -> &LockMap {
        &self.map
    }

    pub(crate) fn writer_wait(&self) -> &WriterWait {
        &self.vma_writer_wait
    }

    pub(crate) fn count(&self, branch: Branch) {
        self.branches.count(branch);
    }

    #[inline]
    #[track_caller]
    pub(crate) fn read_lock(&self) {
        lockdep::rwsem_acquire_read(&self.map, 0, false);
        if !self.raw.try_down_read() {
            self.wait_for(RwSemaphore::down_read);
        }
    }

    #[inline]
    #[track_caller]
    pub(crate) fn read_trylock(&self) -> bool {
        let taken = self.raw.try_down_read();
        if taken {
            lockdep::rwsem_acquire_read(&self.map, 0, true);
        }
        taken
    }

    /// As [`read_lock`](Self::read_lock), unless it is interrupted.
    #[track_caller]
    pub(crate) fn read_lock_killable(&self, interrupt: &Interrupt<'_>) -> Result<(), Interrupted> {
        lockdep::rwsem_acquire_read(&self.map, 0, false);
        if !self.raw.try_down_read() {
            self.wait_killable(interrupt, |at_most| self.raw.down_read_for(at_most))?;
        }
        Ok(())
    }

    #[inline]
    #[track_caller]
    pub(crate) fn write_lock(&self, subclass: u32) {
        lockdep::rwsem_acquire(&self.map, subclass, false);
        if !self.raw.try_down_write() {
            self.wait_for(RwSemaphore::down_write);
        }
        self.write_begin();
    }

    /// As [`write_lock`](Self::write_lock), unless it is interrupted.
    #[track_caller]
    pub(crate) fn write_lock_killable(&self, interrupt: &Interrupt<'_>) -> Result<(), Interrupted> {
        lockdep::rwsem_acquire(&self.map, 0, false);
        if !self.raw.try_down_write() {
            self.wait_killable(interrupt, |at_most| self.raw.down_write_for(at_most))?;
        }
        self.write_begin();
        Ok(())
    }

    /// Blocks, and is seen to wait, not to hold, as long.
    #[cold]
    fn wait_for(&self, lock: fn(&RwSemaphore)) {
        lockdep::lock_contended(&self.map);
        lock(&self.raw);
        lockdep::lock_acquired(&self.map);
    }

    /// As [`wait_for`](Self::wait_for); an interrupted wait leaves no hold behind.
    #[cold]
    fn wait_killable(
        &self,
        interrupt: &Interrupt<'_>,
        attempt: impl Fn(std::time::Duration) -> bool,
    ) -> Result<(), Interrupted> {
        lockdep::lock_contended(&self.map);
        let waited = interrupt.wait_by(attempt);
        match waited {
            Ok(()) => lockdep::lock_acquired(&self.map),
            Err(Interrupted) => {
                lockdep::rwsem_release(&self.map);
                self.count(Branch::Interrupted);
            }
        }
        waited
    }

    /// Releases a read lock.
    ///
    /// # Safety
    /// The calling thread holds it for reading.
    #[inline]
    pub(crate) unsafe fn read_unlock(&self) {
        lockdep::rwsem_release(&self.map);
        // SAFETY: the caller holds the lock shared.
        unsafe { self.raw.up_read() };
    }

    /// Gives a read lock up as its owner; it stays locked until
    /// [`read_unlock_non_owner`](Self::read_unlock_non_owner), on any thread.
    ///
    /// From then on nobody knows whose that hold is, so asserts that find none of their own are not
    /// sure.
    ///
    /// # Safety
    /// The calling thread holds it for reading.
    pub(crate) unsafe fn disown_read(&self) {
        // Relaxed: read by this thread, and by those that it hands the hold to, which orders it.
        self.non_owners.fetch_add(1, Ordering::Relaxed);
        lockdep::rwsem_release(&self.map);
    }

    /// Releases a read lock that nobody owns.
    ///
    /// # Safety
    /// One was disowned, and this is its only release.
    pub(crate) unsafe fn read_unlock_non_owner(&self) {
        self.non_owners.fetch_sub(1, Ordering::Relaxed);
        // SAFETY: the caller's disowned hold is shared.
        unsafe { self.raw.up_read() };
    }

    /// Whether somebody holds the lock for reading and no thread owns that hold.
    #[inline]
    pub(crate) fn has_non_owner(&self) -> bool {
        // Relaxed: see `disown_read`.
        self.non_owners.load(Ordering::Relaxed) > 0
    }

    /// Releases every VMA write lock, then the write lock.
    ///
    /// # Safety
    /// The calling thread holds it for writing.
    #[inline]
    pub(crate) unsafe fn write_unlock(&self) {
        if !planted("late-end-of-write") {
            self.vma_end_write_all();
        }
        lockdep::rwsem_release(&self.map);
        // SAFETY: the caller holds the lock exclusively.
        unsafe { self.raw.up_write() };
        if planted("late-end-of-write") {
            self.vma_end_write_all();
        }
    }

    /// Releases every VMA write lock and makes the write lock a read lock.
    ///
    /// # Safety
    /// The calling thread holds it for writing.
    #[inline]
    #[track_caller]
    pub(crate) unsafe fn downgrade(&self) {
        // Relaxed: a statistic.
        self.downgraded.store(self.seq(), Ordering::Relaxed);
        self.vma_end_write_all();
        lockdep::lock_downgrade(&self.map);
        // SAFETY: the caller holds the lock exclusively.
        unsafe { self.raw.downgrade_write() };
    }

    /// Whether the write section of sequence `seq` was the last one that a downgrade has ended.
    pub(crate) fn was_downgraded(&self, seq: u64) -> bool {
        // Relaxed: a statistic.
        self.seq() != seq && self.downgraded.load(Ordering::Relaxed) == seq
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
        let order = unless_planted("relaxed-begin-of-write", Ordering::Release);
        self.mm_lock_seq.store(next(seq), order);
        // Partner of the fence in `speculation_holds`: no write of the section is seen without it.
        if !planted("no-begin-fence") {
            fence(Ordering::Release);
        }
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
        if !planted("relaxed-end-of-write") {
            fence(Ordering::Release);
        }
        self.mm_lock_seq.store(next(seq), Ordering::Relaxed);
        yield_point();
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
        let order = unless_planted("relaxed-sequence-load", Ordering::Acquire);
        self.mm_lock_seq.load(order)
    }

    /// The sequence, if no write section is on.
    pub(crate) fn speculate(&self) -> Option<u64> {
        // Acquire: partner of the stores of `write_begin` and `vma_end_write_all`.
        let order = unless_planted("relaxed-speculation", Ordering::Acquire);
        let seq = self.mm_lock_seq.load(order);
        (cfg!(feature = "per-vma-lock") && seq.is_multiple_of(2)).then_some(seq)
    }

    /// Whether no write section began since [`speculate`](Self::speculate) answered `seq`.
    pub(crate) fn speculation_holds(&self, seq: u64) -> bool {
        // Partner of the fence in `write_begin`: the loads of the speculation come before.
        if !planted("no-speculation-fence") {
            fence(Ordering::Acquire);
        }
        self.seq() == seq
    }

    /// Whether anyone holds the lock; for approximate asserts.
    pub(crate) fn is_locked(&self) -> bool {
        self.raw.is_locked()
    }

    /// Whether anyone holds the lock for writing; for approximate asserts.
    pub(crate) fn is_write_locked(&self) -> bool {
        self.raw.is_write_locked()
    }

    /// Keeps this mmap lock alive, given its address in a VMA (`mmgrab`).
    ///
    /// # Safety
    /// `mmap_lock` is the address in an [`Arc`], and one strong count lives.
    pub(crate) unsafe fn grab(mmap_lock: *const Self) -> Arc<Self> {
        // SAFETY: the caller says that it is an `Arc`'s and alive.
        unsafe { Arc::increment_strong_count(mmap_lock) };
        // SAFETY: the count that was just added is ours.
        unsafe { Arc::from_raw(mmap_lock) }
    }
}

/// The sequence after `seq`.
fn next(seq: u64) -> u64 {
    // As a narrow word counts, the kernel's 32 bits made few.
    if planted("wrap") {
        return (seq + 1) % 4;
    }
    seq.wrapping_add(1)
}
