//! How a writer or detacher gets a VMA for itself: by the flag, and by waiting.

use crate::branches::Branch;
use crate::interrupt::Interrupt;
use crate::mmap_lock::MmapLock;
use crate::planted::{planted, unless_planted};
use crate::refcnt::{RefCnt, VM_REFCNT_EXCLUDE_READERS_FLAG};
use crate::sync::lockdep;
use crate::sync::{Arc, Ordering, yield_point};
use crate::vma_lock::VmaLock;
use crate::wait::Look;

/// Which count is left when no reader is, besides the flag.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    /// The base count of an attached VMA.
    Attached,
    /// None: the base count has been taken away.
    Detaching,
}

/// How an attempt to exclude readers ended.
#[must_use]
pub(crate) enum Excluded<'a> {
    /// No reader is inside, and none gets in until this is dropped.
    Exclusive(ExcludeReaders<'a>),
    /// The VMA is detached, or was by the last reader that left: there is nobody to exclude.
    Detached,
    /// The wait was interrupted, and readers may enter again.
    Interrupted,
}

/// Keeps readers out by the flag, with none left inside, until it is dropped.
///
/// The validator sees an exclusive hold for as long as readers drain: it can block, so it makes the
/// dependency from the mmap lock to the VMA lock.
pub(crate) struct ExcludeReaders<'a>(Flag<'a>);

/// The writer's flag; taken away when dropped, which a panic of the lock event may do early.
struct Flag<'a>(&'a VmaLock);

impl<'a> ExcludeReaders<'a> {
    /// Adds the flag and waits for the readers. The caller holds `mm` for writing.
    #[track_caller]
    pub(crate) fn start(
        lock: &'a VmaLock,
        mm: &Arc<MmapLock>,
        target: Target,
        interrupt: &Interrupt<'_>,
    ) -> Excluded<'a> {
        let Some(flag) = Flag::add(lock) else {
            return Excluded::Detached;
        };
        lockdep::lock_acquire_exclusive(&lock.map, 0, false);
        let this = Self(flag);
        let alone = match target {
            Target::Attached => VM_REFCNT_EXCLUDE_READERS_FLAG + 1,
            Target::Detaching => VM_REFCNT_EXCLUDE_READERS_FLAG,
        };
        // Acquire: partner of the readers' Release decrements.
        let order = unless_planted("relaxed-wait-load", Ordering::Acquire);
        let is_alone = || lock.vm_refcnt.load(order) == alone;
        yield_point();
        if is_alone() || this.wait(mm, interrupt, is_alone) {
            return Excluded::Exclusive(this);
        }
        if planted("flag-kept") {
            std::mem::forget(this);
        }
        Excluded::Interrupted
    }

    /// Waits until it is alone; false if that was interrupted.
    #[cold]
    fn wait(
        &self,
        mm: &Arc<MmapLock>,
        interrupt: &Interrupt<'_>,
        is_alone: impl Fn() -> bool,
    ) -> bool {
        lockdep::lock_contended(&self.0.0.map);
        mm.count(Branch::WriterWaited);
        let _enlisted = interrupt.enlist(mm);
        let interrupted = std::cell::Cell::new(false);
        mm.writer_wait().wait_until(interrupt.deadline(), |look| {
            if is_alone() {
                return true;
            }
            interrupted.set(interrupt.is_due());
            if let (Look::Woken, false) = (look, interrupted.get()) {
                mm.count(Branch::SpuriousWake);
            }
            interrupted.get()
        });
        if interrupted.get() {
            mm.count(Branch::Interrupted);
        } else {
            lockdep::lock_acquired(&self.0.0.map);
        }
        !interrupted.get()
    }
}

impl Drop for ExcludeReaders<'_> {
    fn drop(&mut self) {
        lockdep::lock_release(&self.0.0.map);
        yield_point();
    }
}

impl<'a> Flag<'a> {
    /// Adds the flag, so that no reader can enter; `None` if the VMA is detached.
    fn add(lock: &'a VmaLock) -> Option<Self> {
        // Relaxed: the flag orders nothing by itself, the wait for readers does. Acquire when nothing
        // is set: partner of the decrement with which a doomed reader detached the VMA.
        let detached = unless_planted("relaxed-late-detach", Ordering::Acquire);
        lock.vm_refcnt
            .fetch_update(Ordering::Relaxed, detached, |count| {
                (count != RefCnt::DETACHED.0).then(|| count + VM_REFCNT_EXCLUDE_READERS_FLAG)
            })
            .ok()?;
        Some(Self(lock))
    }
}

impl Drop for Flag<'_> {
    fn drop(&mut self) {
        // Release: partner of the Acquire of `enter`; the new `vm_lock_seq` is seen by who enters.
        let order = unless_planted("relaxed-flag-end", Ordering::Release);
        let flag = VM_REFCNT_EXCLUDE_READERS_FLAG;
        self.0.vm_refcnt.fetch_sub(flag, order);
    }
}
