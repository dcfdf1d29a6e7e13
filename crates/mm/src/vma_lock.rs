//! The per-VMA lock: readers by a count, one writer by a flag and then by a sequence.
//!
//! A reader enters by raising `vm_refcnt` and never blocks: it is refused, and then its caller takes
//! the mmap lock.
//! A writer holds the mmap write lock, which excludes other writers. It adds the flag to keep new
//! readers out, waits for those inside, writes the mmap lock's sequence into the VMA and takes the
//! flag away. From then on the equal sequences keep readers out, until `vma_end_write_all` changes
//! the mmap lock's.
//!
//! # Invariants
//! * Only the holder of the mmap write lock attaches, detaches, adds the flag, waits, or writes
//!   `vm_lock_seq`.
//! * A reader that entered owns one count until it leaves. Between entering and the second look at
//!   the sequences it is *doomed* if they are equal: it touches nothing but the lock, and leaves.
//! * A VMA is freed only after it was detached, and it is detached only when no count is left. After
//!   its decrement a reader does not touch the VMA any more: it wakes the writer through the mmap
//!   lock, which its borrow of the address space keeps alive. The lock event precedes the decrement,
//!   since the lock map is inside the VMA.
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

use heldby::lockdep::{self, ClassPolicy, LockKey, LockMap};

use crate::mmap_lock::MmapLock;
use crate::refcnt::{RefCnt, VM_REFCNT_EXCLUDE_READERS_FLAG, VM_REFCNT_LIMIT};
use crate::sync::{Arc, AtomicU32, AtomicU64, Ordering, fence};

/// The lock class of every per-VMA lock; two of them are never nested, as in the kernel.
static VM_LOCK: LockKey = LockKey::with_policy("vm_lock", ClassPolicy::Forbid);

/// A sequence that the mmap lock never has: it counts up from 0.
pub(crate) const NEVER_WRITE_LOCKED: u64 = u64::MAX;

/// The lock part of a VMA.
pub(crate) struct VmaLock {
    /// The state table stands on [`RefCnt`].
    vm_refcnt: AtomicU32,
    /// `mm_lock_seq` at the last write lock: the VMA is write-locked while the two are equal.
    /// Written under the mmap write lock while readers are excluded.
    vm_lock_seq: AtomicU64,
    map: LockMap,
    /// The mmap lock of the address space that owns the VMA.
    mmap_lock: Arc<MmapLock>,
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

/// How an attempt to raise the count ended.
enum Enter {
    Entered,
    Refused,
    Detached,
}

impl VmaLock {
    /// Makes the lock of a detached VMA.
    pub(crate) fn new(mmap_lock: Arc<MmapLock>) -> Self {
        Self {
            vm_refcnt: AtomicU32::new(RefCnt::DETACHED.0),
            vm_lock_seq: AtomicU64::new(NEVER_WRITE_LOCKED),
            map: LockMap::with_key(&VM_LOCK),
            mmap_lock,
        }
    }

    pub(crate) fn map(&self) -> &LockMap {
        &self.map
    }

    pub(crate) fn mmap_lock(&self) -> &Arc<MmapLock> {
        &self.mmap_lock
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

    /// Whether the sequences are equal. It means "write-locked" only to the mmap write lock's holder.
    pub(crate) fn seq_is_current(&self) -> bool {
        self.seq() == self.mmap_lock.seq()
    }

    /// Tries to enter as a reader without the mmap lock.
    #[inline]
    #[track_caller]
    pub(crate) fn vma_start_read(&self) -> StartRead {
        // A first look without the count, so that a write-locked VMA's line is not written for
        // nothing. Relaxed: the second look decides.
        if self.seq_is_current() {
            return StartRead::Refused;
        }
        match self.enter() {
            Enter::Refused => StartRead::Refused,
            Enter::Detached => StartRead::Detached,
            Enter::Entered => self.confirm(),
        }
    }

    /// Stays, unless a writer was faster: the second look, with the count held.
    #[inline]
    #[track_caller]
    fn confirm(&self) -> StartRead {
        let entered = self.entered();
        if self.seq() == self.mmap_lock.seq_acquire() {
            return StartRead::Refused;
        }
        entered.keep();
        StartRead::Locked
    }

    /// Tells the validator about a count that `enter` gave, and takes care of it.
    ///
    /// A reader never blocks, so this is a taken trylock: a source of dependencies, never a target,
    /// and never a violation.
    #[inline]
    #[track_caller]
    fn entered(&self) -> Entered<'_> {
        lockdep::lock_acquire_shared(&self.map, 0, true);
        Entered(self)
    }

    /// Enters as a reader; the caller holds the mmap lock, so no writer can come in between.
    #[inline]
    #[track_caller]
    pub(crate) fn vma_start_read_locked(&self) -> StartRead {
        match self.enter() {
            Enter::Refused => StartRead::Refused,
            Enter::Detached => StartRead::Detached,
            Enter::Entered => {
                self.entered().keep();
                StartRead::Locked
            }
        }
    }

    /// Raises the count unless the VMA is detached, readers are excluded, or the count is full.
    #[inline]
    fn enter(&self) -> Enter {
        let mut count = self.vm_refcnt.load(Ordering::Relaxed);
        loop {
            if count == RefCnt::DETACHED.0 {
                // Partner of the end of `vma_mark_detached`.
                fence(Ordering::Acquire);
                return Enter::Detached;
            }
            if count >= VM_REFCNT_LIMIT {
                return Enter::Refused;
            }
            // Acquire: partner of the store of `vma_mark_attached` and of the writer's last step in
            // `ExcludeReaders`; the sequences are not read before it.
            match self.vm_refcnt.compare_exchange_weak(
                count,
                count + 1,
                Ordering::Acquire,
                Ordering::Relaxed,
            ) {
                Ok(_) => return Enter::Entered,
                Err(now) => count = now,
            }
        }
    }

    /// Leaves as a reader and wakes a writer that has waited for it.
    ///
    /// # Safety
    /// The calling thread owns one read count of `lock`, which is alive until that count is gone, and
    /// `mmap_lock` is its mmap lock, alive during the whole call.
    #[inline]
    pub(crate) unsafe fn vma_end_read(lock: *const Self, mmap_lock: &MmapLock) {
        // SAFETY: our count keeps the VMA alive. The borrow ends before the count is given up.
        lockdep::lock_release(unsafe { &(*lock).map });
        // SAFETY: the count is still ours up to and including the decrement, and the VMA is not
        // touched afterwards.
        let left = unsafe { Self::vma_refcount_put(&raw const (*lock).vm_refcnt) };
        if left.readers_excluded() {
            mmap_lock.writer_wait().wake();
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
        RefCnt(vm_refcnt.fetch_sub(1, Ordering::Release) - 1)
    }

    /// Write-locks the VMA until the mmap write lock ends; nothing if it is already.
    ///
    /// The caller holds the mmap lock for writing.
    #[track_caller]
    pub(crate) fn vma_start_write(&self) {
        if self.seq_is_current() {
            return;
        }
        // A detached VMA has no readers and gets none: only the sequence is set.
        let _excluded = ExcludeReaders::start(self, Target::Attached);
        // Relaxed: published to readers by the release with which `_excluded` ends.
        self.vm_lock_seq
            .store(self.mmap_lock.seq(), Ordering::Relaxed);
    }

    /// Lets readers in, once the write section ends; the caller holds the VMA write lock.
    pub(crate) fn vma_mark_attached(&self) {
        debug_assert!(
            self.seq_is_current(),
            "a VMA is attached without its write lock"
        );
        debug_assert_eq!(self.refcnt(), RefCnt::DETACHED, "a VMA is attached twice");
        // Release: partner of the Acquire of `enter`; publishes the fields before the count.
        self.vm_refcnt.store(RefCnt::ATTACHED.0, Ordering::Release);
    }

    /// Takes the VMA's base count away and waits for doomed readers; the caller holds its write lock.
    #[track_caller]
    pub(crate) fn vma_mark_detached(&self) {
        debug_assert!(
            self.seq_is_current(),
            "a VMA is detached without its write lock"
        );
        debug_assert_ne!(self.refcnt(), RefCnt::DETACHED, "a VMA is detached twice");
        // Release: partner of the fence in `enter` that meets 0. Acquire: partner of the decrements
        // of all readers, since the VMA may be freed now.
        let before = self.vm_refcnt.fetch_sub(1, Ordering::AcqRel);
        if RefCnt(before) != RefCnt::ATTACHED {
            drop(ExcludeReaders::start(self, Target::Detaching));
        }
    }
}

/// A reader's count while it is not sure to be kept; given back when dropped.
struct Entered<'a>(&'a VmaLock);

impl Entered<'_> {
    fn keep(self) {
        std::mem::forget(self);
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        // SAFETY: `enter` gave this thread the count, and whoever tries to read keeps the address
        // space, and with it the mmap lock, borrowed.
        unsafe { VmaLock::vma_end_read(self.0, &self.0.mmap_lock) };
    }
}

/// Which count is left when no reader is, besides the flag.
#[derive(Clone, Copy)]
enum Target {
    /// The base count of an attached VMA.
    Attached,
    /// None: the base count has been taken away.
    Detaching,
}

/// Keeps readers out by the flag, with none left inside, until it is dropped.
///
/// The validator sees an exclusive hold for as long as readers drain: it can block, so it makes the
/// dependency from the mmap lock to the VMA lock.
struct ExcludeReaders<'a>(Flag<'a>);

/// The writer's flag; taken away when dropped, which a panic of the lock event may do early.
struct Flag<'a>(&'a VmaLock);

impl<'a> ExcludeReaders<'a> {
    /// Adds the flag and waits for the readers; `None` if the VMA is detached.
    #[track_caller]
    fn start(lock: &'a VmaLock, target: Target) -> Option<Self> {
        let flag = Flag::add(lock)?;
        lockdep::lock_acquire_exclusive(&lock.map, 0, false);
        let alone = match target {
            Target::Attached => VM_REFCNT_EXCLUDE_READERS_FLAG + 1,
            Target::Detaching => VM_REFCNT_EXCLUDE_READERS_FLAG,
        };
        // Acquire: partner of the readers' Release decrements.
        let is_alone = || lock.vm_refcnt.load(Ordering::Acquire) == alone;
        if !is_alone() {
            lockdep::lock_contended(&lock.map);
            lock.mmap_lock.writer_wait().wait_until(is_alone);
            lockdep::lock_acquired(&lock.map);
        }
        Some(Self(flag))
    }
}

impl Drop for ExcludeReaders<'_> {
    fn drop(&mut self) {
        lockdep::lock_release(&self.0.0.map);
    }
}

impl<'a> Flag<'a> {
    /// Adds the flag, so that no reader can enter; `None` if the VMA is detached.
    fn add(lock: &'a VmaLock) -> Option<Self> {
        // Relaxed: the flag orders nothing by itself, the wait for readers does. Acquire when nothing
        // is set: partner of the decrement with which a doomed reader detached the VMA.
        lock.vm_refcnt
            .fetch_update(Ordering::Relaxed, Ordering::Acquire, |count| {
                (count != RefCnt::DETACHED.0).then(|| count + VM_REFCNT_EXCLUDE_READERS_FLAG)
            })
            .ok()?;
        Some(Self(lock))
    }
}

impl Drop for Flag<'_> {
    fn drop(&mut self) {
        // Release: partner of the Acquire of `enter`; the new `vm_lock_seq` is seen by who enters.
        self.0
            .vm_refcnt
            .fetch_sub(VM_REFCNT_EXCLUDE_READERS_FLAG, Ordering::Release);
    }
}

#[cfg(test)]
mod tests;
