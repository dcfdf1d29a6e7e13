//! The per-VMA lock: readers by a count, one writer by a flag and then by a sequence.
//!
//! A reader enters by raising `vm_refcnt` and never blocks: it is refused, and then its caller takes
//! the mmap lock.
//! A writer holds the mmap write lock, which excludes other writers. It [excludes
//! readers](ExcludeReaders), writes the mmap lock's sequence into the VMA and lets readers in again.
//! From then on the equal sequences keep readers out, until `vma_end_write_all` changes the mmap
//! lock's.
//!
//! # Recycling
//! The memory of a VMA is never freed while its pool lives, and a detached VMA is used again at once,
//! in any address space. So a reader may raise the count of a VMA that is another one by now.
//! It finds out by `vm_mm`, which does not change while it has the count, and leaves.
//!
//! # Invariants
//! * Only the holder of the mmap write lock attaches, detaches, adds the flag, waits, or writes
//!   `vm_lock_seq`. Who made a detached VMA or detached it alone writes `vm_mm`.
//! * A reader that entered owns one count until it leaves. Until it has looked at `vm_mm` and again
//!   at the sequences it is *doomed*: it touches nothing but the lock, and leaves.
//! * A VMA is used again only after it was detached, and it is detached only when no count is left.
//!   After its decrement a reader does not touch the VMA any more: it wakes the writer through the
//!   mmap lock, which it keeps alive. The lock event precedes the decrement, since the lock map is
//!   inside the VMA.
//!
//! # Orderings
//! | publishes                                | observes                                          |
//! |------------------------------------------|---------------------------------------------------|
//! | a reader's decrement, Release            | the wait in `ExcludeReaders`, Acquire             |
//! | `ExcludeReaders` taking the flag, Release| a reader's increment, Acquire: it sees the new    |
//! |                                          | `vm_lock_seq` and does not look too early         |
//! | end of the write section, see `mmap_lock`| a reader's second look at `mm_lock_seq`, Acquire  |
//! | `vma_mark_attached`, Release             | a reader's increment, Acquire: fields are made    |
//! | the end of `vma_mark_detached`, Release  | a reader's failed increment, Acquire: its next    |
//! |                                          | look-up sees the tree without the VMA             |
//!
//! # Source
//! Linux 7.0, `include/linux/mmap_lock.h` and `mm/mmap_lock.c`; the sequence has 64 bits here and the
//! wait is an Acquire load.

use crate::branches::Branch;
use crate::exclude_readers::{ExcludeReaders, Excluded, Target};
use crate::interrupt::{Interrupt, Interrupted};
use crate::mmap_lock::MmapLock;
use crate::planted::{planted, unless_planted};
use crate::refcnt::{RefCnt, VM_REFCNT_LIMIT};
use crate::sync::lockdep::{self, ClassPolicy, LockKey, LockMap};
use crate::sync::{Arc, AtomicPtr, AtomicU32, AtomicU64, Ordering, fence, yield_point};

/// The lock class of every per-VMA lock; two of them are never nested, as in the kernel.
static VM_LOCK: LockKey = LockKey::with_policy("vm_lock", ClassPolicy::Forbid);

/// A sequence that the mmap lock never has: it counts up from 0.
pub(crate) const NEVER_WRITE_LOCKED: u64 = u64::MAX;

/// The lock part of a VMA.
pub(crate) struct VmaLock {
    /// The state table stands on [`RefCnt`].
    pub(crate) vm_refcnt: AtomicU32,
    /// `mm_lock_seq` at the last write lock: the VMA is write-locked while the two are equal.
    /// Written under the mmap write lock while readers are excluded.
    pub(crate) vm_lock_seq: AtomicU64,
    pub(crate) map: LockMap,
    /// The mmap lock of the address space that owns the VMA, alive as long as the VMA is attached.
    vm_mm: AtomicPtr<MmapLock>,
}

/// How an attempt to enter as a reader ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StartRead {
    /// The VMA is read-locked.
    Locked,
    /// A writer is there, or too many readers: take the mmap lock.
    Refused,
    /// The VMA is detached: look it up again.
    Detached,
}

impl VmaLock {
    /// Makes the lock of a VMA that belongs to nobody.
    pub(crate) fn new() -> Self {
        Self {
            vm_refcnt: AtomicU32::new(RefCnt::DETACHED.0),
            vm_lock_seq: AtomicU64::new(NEVER_WRITE_LOCKED),
            map: LockMap::with_key(&VM_LOCK),
            vm_mm: AtomicPtr::new(std::ptr::null_mut()),
        }
    }

    /// Gives a detached VMA that belongs to nobody to an address space (`vma_lock_init`).
    pub(crate) fn give_to(&self, mmap_lock: &Arc<MmapLock>) {
        debug_assert_eq!(self.refcnt(), RefCnt::DETACHED, "a VMA is used twice");
        if planted("recycled-count") && !self.vm_mm.load(Ordering::Relaxed).is_null() {
            self.vm_refcnt.store(RefCnt::ATTACHED.0, Ordering::Relaxed);
        }
        // Relaxed, both: published by `vma_mark_attached`.
        self.vm_lock_seq
            .store(NEVER_WRITE_LOCKED, Ordering::Relaxed);
        let owner = Arc::as_ptr(mmap_lock).cast_mut();
        self.vm_mm.store(owner, Ordering::Relaxed);
    }

    pub(crate) fn map(&self) -> &LockMap {
        &self.map
    }

    /// The count, for decisions that need no order: reports and approximate asserts.
    pub(crate) fn refcnt(&self) -> RefCnt {
        // Relaxed: a guess unless the caller holds the lock, and then it sees its own count.
        RefCnt(self.vm_refcnt.load(Ordering::Relaxed))
    }

    pub(crate) fn seq(&self) -> u64 {
        // Relaxed: ordered by the count for readers, by the mmap lock for writers.
        self.vm_lock_seq.load(Ordering::Relaxed)
    }

    /// Whether the sequences are equal. It means "write-locked" only to the mmap write lock's holder
    /// (`__is_vma_write_locked`).
    pub(crate) fn seq_is_current(&self, mm: &MmapLock) -> bool {
        self.seq() == mm.seq()
    }

    /// Whether the words allow that the calling thread has write-locked it: whoever writes will do.
    pub(crate) fn seems_write_locked(&self, mm: &MmapLock) -> bool {
        mm.is_write_locked() && self.seq_is_current(mm)
    }

    /// Whether the words allow that the calling thread has locked it: any reader will do, also a doomed
    /// one, and a writer that drains readers.
    pub(crate) fn seems_locked(&self, mm: &MmapLock) -> bool {
        self.refcnt().0 > RefCnt::ATTACHED.0 || self.seems_write_locked(mm)
    }

    /// Tries to enter as a reader of a VMA of `mm` without the mmap lock.
    ///
    /// # Safety
    /// The VMA's memory is not freed before this returns.
    #[inline]
    #[track_caller]
    pub(crate) unsafe fn vma_start_read(&self, mm: &Arc<MmapLock>) -> StartRead {
        // A first look without the count, so that a write-locked VMA's line is not written for
        // nothing. Relaxed: the second look decides.
        if self.seq_is_current(mm) {
            return StartRead::Refused;
        }
        yield_point();
        let entered = self.enter();
        if entered == StartRead::Locked {
            // A reader never blocks, so this is a taken trylock: a source of dependencies, never a
            // target, and never a violation.
            lockdep::lock_acquire_shared(&self.map, 0, true);
            yield_point();
            return self.confirm(mm);
        }
        entered
    }

    /// Stays if the VMA still belongs to `mm` and no writer was faster: the second look, with the
    /// count held.
    #[inline]
    pub(crate) fn confirm(&self, mm: &Arc<MmapLock>) -> StartRead {
        // Relaxed: it does not change while the count is held, and the increment's Acquire sees it.
        let owner = self.vm_mm.load(Ordering::Relaxed);
        if !std::ptr::eq(owner, Arc::as_ptr(mm)) && !planted("no-owner-check") {
            // SAFETY: `enter` gave this thread the count of a VMA of `owner`.
            unsafe { self.leave_other(owner) };
            mm.count(Branch::OwnerMismatch);
            return StartRead::Refused;
        }
        let seq = self.seq();
        if seq == mm.seq_acquire() && !planted("no-recheck") {
            self.leave_doomed(mm, seq);
            return StartRead::Refused;
        }
        StartRead::Locked
    }

    #[cold]
    fn leave_doomed(&self, mm: &MmapLock, seq: u64) {
        mm.count(Branch::DoomedReader);
        yield_point();
        if mm.was_downgraded(seq) {
            mm.count(Branch::DowngradedBesideReader);
        }
        // SAFETY: `enter` gave this thread the count, of a VMA of `mm`, which the caller borrows.
        unsafe { Self::vma_end_read(self, mm) };
    }

    /// Leaves a VMA that belongs to another address space.
    ///
    /// # Safety
    /// The calling thread owns one read count, and `owner` is the VMA's `vm_mm`.
    #[cold]
    unsafe fn leave_other(&self, owner: *const MmapLock) {
        if planted("no-grab") {
            // SAFETY: none; this is the bug.
            return unsafe { Self::vma_end_read(self, &*owner) };
        }
        // The decrement may let a detacher of that address space finish, and then the address space
        // may go, so it is kept until its writer was woken.
        // SAFETY: our count keeps the VMA attached or its detacher waiting, and either keeps `owner`.
        let owner = unsafe { MmapLock::grab(owner) };
        // SAFETY: the count is ours, and `owner` lives to the end of this function.
        unsafe { Self::vma_end_read(self, &owner) };
    }

    /// Enters as a reader; the caller holds the mmap lock, so no writer can come in between.
    #[inline]
    #[track_caller]
    pub(crate) fn vma_start_read_locked(&self, subclass: u32) -> StartRead {
        let entered = self.enter();
        if entered == StartRead::Locked {
            lockdep::lock_acquire_shared(&self.map, subclass, true);
        }
        entered
    }

    /// Raises the count unless the VMA is detached, readers are excluded, or the count is full.
    #[inline]
    pub(crate) fn enter(&self) -> StartRead {
        let mut count = self.vm_refcnt.load(Ordering::Relaxed);
        loop {
            if count == RefCnt::DETACHED.0 {
                // Partner of the end of `vma_mark_detached`.
                if !planted("no-detached-fence") {
                    fence(Ordering::Acquire);
                }
                return StartRead::Detached;
            }
            if is_closed(count) {
                return StartRead::Refused;
            }
            // Acquire: partner of the store of `vma_mark_attached` and of the writer's last step in
            // `ExcludeReaders`; the owner and the sequences are not read before it.
            match self.vm_refcnt.compare_exchange_weak(
                count,
                count + 1,
                unless_planted("relaxed-increment", Ordering::Acquire),
                Ordering::Relaxed,
            ) {
                Ok(_) => return StartRead::Locked,
                Err(now) => count = now,
            }
        }
    }

    /// Leaves as a reader and wakes a writer that has waited for it.
    ///
    /// # Safety
    /// The calling thread owns one read count of `lock`, whose memory is there until that count is
    /// gone, and `mm` is its mmap lock, alive during the whole call.
    #[inline]
    pub(crate) unsafe fn vma_end_read(lock: *const Self, mm: &MmapLock) {
        // SAFETY: our count keeps the VMA from being used again. The borrow ends before the count is
        // given up.
        let release = || lockdep::lock_release(unsafe { &(*lock).map });
        if !planted("release-after-decrement") {
            release();
        }
        yield_point();
        // SAFETY: the count is still ours up to and including the decrement, and the VMA is not
        // touched afterwards.
        let left = unsafe { Self::vma_refcount_put(&raw const (*lock).vm_refcnt) };
        if planted("release-after-decrement") {
            release();
        }
        yield_point();
        if left.readers_excluded() {
            if planted("late-owner") {
                // SAFETY: none; this is the bug.
                return unsafe { &*(*lock).vm_mm.load(Ordering::Relaxed) }
                    .writer_wait()
                    .wake();
            }
            mm.writer_wait().wake();
        }
    }

    /// Gives one count back and returns what is left.
    ///
    /// # Safety
    /// The caller owns one count of the live `vm_refcnt`.
    #[must_use]
    unsafe fn vma_refcount_put(vm_refcnt: *const AtomicU32) -> RefCnt {
        // SAFETY: the caller's count keeps the word alive until the subtraction.
        let vm_refcnt = unsafe { &*vm_refcnt };
        // Release: partner of the Acquire load with which `ExcludeReaders` waits; the writer comes
        // after everything that this reader did.
        let order = unless_planted("relaxed-decrement", Ordering::Release);
        RefCnt(vm_refcnt.fetch_sub(1, order) - 1)
    }

    /// Write-locks the VMA until the mmap write lock ends; nothing if it is already. Nothing is changed
    /// if the wait for readers is interrupted.
    ///
    /// The caller holds the mmap lock `mm`, to which the VMA belongs, for writing.
    #[track_caller]
    pub(crate) fn vma_start_write_killable(
        &self,
        mm: &Arc<MmapLock>,
        interrupt: &Interrupt<'_>,
    ) -> Result<(), Interrupted> {
        if self.seq_is_current(mm) {
            return Ok(());
        }
        let excluded = match ExcludeReaders::start(self, mm, Target::Attached, interrupt) {
            Excluded::Exclusive(excluded) => Some(excluded),
            // It has no readers and gets none: only the sequence is set.
            Excluded::Detached => None,
            Excluded::Interrupted => return Err(Interrupted),
        };
        // Relaxed: published to readers by the release with which `excluded` ends.
        self.vm_lock_seq.store(mm.seq(), Ordering::Relaxed);
        drop(excluded);
        Ok(())
    }

    /// Lets readers in, once the write section ends; the caller holds the VMA write lock.
    pub(crate) fn vma_mark_attached(&self, mm: &MmapLock) {
        debug_assert!(
            self.seq_is_current(mm),
            "a VMA is attached without its write lock"
        );
        debug_assert_eq!(self.refcnt(), RefCnt::DETACHED, "a VMA is attached twice");
        // Release: partner of the Acquire of `enter`; publishes the fields before the count.
        let order = unless_planted("relaxed-attach", Ordering::Release);
        self.vm_refcnt.store(RefCnt::ATTACHED.0, order);
    }

    /// Takes the VMA's base count away and waits for doomed readers; the caller holds its write lock.
    #[track_caller]
    pub(crate) fn vma_mark_detached(&self, mm: &Arc<MmapLock>) {
        debug_assert!(
            self.seq_is_current(mm),
            "a VMA is detached without its write lock"
        );
        debug_assert_ne!(self.refcnt(), RefCnt::DETACHED, "a VMA is detached twice");
        // Release: partner of the fence in `enter` that meets 0. Acquire: partner of the decrements
        // of all readers, since the VMA may be used again now.
        let order = unless_planted("relaxed-detach", Ordering::AcqRel);
        let before = self.vm_refcnt.fetch_sub(1, order);
        yield_point();
        if RefCnt(before) != RefCnt::ATTACHED && !planted("no-wait-on-detach") {
            let never = Interrupt::never();
            drop(ExcludeReaders::start(self, mm, Target::Detaching, &never));
        }
    }
}

/// Whether a count lets no reader in: it is full, or has the writer's flag.
#[inline]
fn is_closed(count: u32) -> bool {
    if planted("limit-off-by-one") {
        return count > VM_REFCNT_LIMIT;
    }
    if planted("readers-pass-flag") {
        return count == VM_REFCNT_LIMIT;
    }
    count >= VM_REFCNT_LIMIT
}
