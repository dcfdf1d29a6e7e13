//! What may be done under the mmap write lock.

use std::fmt;
use std::ops::Range;
use std::panic::Location;

use crate::derived;
use crate::interrupt::{Interrupt, Interrupted};
use crate::mmap_guard::{MmapLocked, MmapWriteGuard};
use crate::mmap_lock::MmapLock;
use crate::planted::planted;
use crate::pool::DetachedVma;
use crate::space::AddressSpace;
use crate::sync::Arc;
use crate::tree::Tree;
use crate::vma::Vma;
use crate::vma_guard::VmaWriteRef;
use crate::vma_ref::VmaRef;
use crate::vma_spec::{VmFlags, VmaSpec};

/// Why a VMA was not mapped.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InsertError {
    /// The range has no address.
    Empty {
        /// The range that was asked for.
        range: Range<usize>,
    },
    /// The range has addresses of another VMA.
    Overlap {
        /// The range that was asked for.
        range: Range<usize>,
        /// The range of the VMA that is there.
        existing: Range<usize>,
    },
}

impl fmt::Display for InsertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty { range } => write!(f, "insert the empty range `{range:#x?}`"),
            Self::Overlap { range, existing } => {
                write!(
                    f,
                    "insert `{range:#x?}`: it overlaps the VMA `{existing:#x?}`"
                )
            }
        }
    }
}

impl std::error::Error for InsertError {}

/// Write-locks `vma`; see [`MmapWriteGuard::vma_start_write`].
///
/// # Panics
/// As there.
#[track_caller]
pub fn vma_start_write<'a, B>(
    guard: &'a mut MmapWriteGuard<'_, B>,
    vma: VmaRef<'a, B>,
) -> VmaWriteRef<'a, B> {
    guard.vma_start_write(vma)
}

/// As [`vma_start_write`], unless the wait for readers is interrupted.
///
/// # Errors
/// It was interrupted: `vma` is as before, and the mmap write lock and earlier VMA write locks stay
/// held.
///
/// # Panics
/// As [`MmapWriteGuard::vma_start_write`].
#[track_caller]
pub fn vma_start_write_killable<'a, B>(
    guard: &'a mut MmapWriteGuard<'_, B>,
    vma: VmaRef<'a, B>,
    interrupt: &Interrupt<'_>,
) -> Result<VmaWriteRef<'a, B>, Interrupted> {
    vma.expect_in(guard.mm());
    start_write(vma, interrupt)?;
    // SAFETY: this is the mmap write guard of the owner, borrowed mutably for as long as the
    // reference lives, and the line above has write-locked the VMA.
    Ok(unsafe { VmaWriteRef::new(vma) })
}

/// Write-locks a VMA whose mmap write lock is held.
#[track_caller]
fn start_write<B>(vma: VmaRef<'_, B>, interrupt: &Interrupt<'_>) -> Result<(), Interrupted> {
    let mm = vma.mm().mmap_lock();
    if vma.lock.seq_is_current(mm) {
        return Ok(());
    }
    vma.lock.vma_start_write_killable(mm, interrupt)?;
    let site = Location::caller();
    vma.store_write_site(site);
    derived::write_locked(mm.map(), vma.vma(), site);
    Ok(())
}

impl<'mm, B> MmapWriteGuard<'mm, B> {
    /// Maps a new VMA; it stays write-locked until the write section ends.
    ///
    /// # Errors
    /// The range is empty or overlaps a VMA; nothing is changed then.
    #[track_caller]
    pub fn insert(&mut self, spec: VmaSpec<B>) -> Result<VmaRef<'mm, B>, InsertError> {
        self.expect_free(&spec.range)?;
        Ok(self.attach(DetachedVma::alloc(self.mm(), spec)))
    }

    /// Maps a detached VMA again; it stays write-locked until the write section ends.
    ///
    /// # Errors
    /// The range is not free any more; the VMA is handed back.
    ///
    /// # Panics
    /// When `vma` belongs to another address space.
    #[track_caller]
    pub fn vma_mark_attached(
        &mut self,
        vma: DetachedVma<'mm, B>,
    ) -> Result<VmaRef<'mm, B>, (InsertError, DetachedVma<'mm, B>)> {
        assert!(
            std::ptr::eq(vma.as_ref().mm(), self.mm()),
            "the VMA {} belongs to another address space",
            *vma
        );
        match self.expect_free(&vma.range()) {
            Ok(()) => Ok(self.attach(vma)),
            Err(error) => Err((error, vma)),
        }
    }

    /// Unmaps a VMA and waits until nobody reads it.
    ///
    /// # Panics
    /// When `vma` belongs to another address space or has been unmapped, or when a violation is found
    /// and the policy is `panic`.
    #[track_caller]
    pub fn vma_mark_detached(&mut self, vma: VmaRef<'_, B>) -> DetachedVma<'mm, B> {
        let mm = self.mm();
        vma.expect_in(mm);
        write_lock(vma);
        mm.set_tree(mm.tree().without(vma.range().start));
        // SAFETY: the VMA is one of `mm`, whose pool keeps it for `'mm`.
        let vma: &'mm Vma<B> = unsafe { &*std::ptr::from_ref(vma.vma()) };
        Self::detach(mm, vma)
    }

    /// Unmaps the VMA that starts at `start` and waits until nobody reads it; `None` if there is none.
    ///
    /// # Panics
    /// When a violation is found and the policy is `panic`.
    #[track_caller]
    pub fn remove(&mut self, start: usize) -> Option<DetachedVma<'mm, B>> {
        let vma = self.vma_lookup(start)?;
        if vma.range().start != start {
            return None;
        }
        // Not in a closure, which would be the place that is reported.
        Some(self.vma_mark_detached(vma))
    }

    /// Write-locks `vma` until this guard is dropped or downgraded, and waits for its readers.
    ///
    /// The write lock does not end with the returned reference.
    ///
    /// # Cost
    /// Two sequence loads if it is write-locked already; else three writes to the VMA, and a wait
    /// while it has readers.
    ///
    /// # Panics
    /// When `vma` belongs to another address space or has been unmapped, or when a violation is found
    /// and the policy is `panic`.
    #[track_caller]
    pub fn vma_start_write<'a>(&'a mut self, vma: VmaRef<'a, B>) -> VmaWriteRef<'a, B> {
        vma.expect_in(self.mm());
        write_lock(vma);
        // SAFETY: this is the mmap write guard of the owner, borrowed mutably for as long as the
        // reference lives, and the line above has write-locked the VMA.
        unsafe { VmaWriteRef::new(vma) }
    }

    /// Splits `vma` at `at` and returns the upper part, with the same flags and name; `divide` gives
    /// it its backing.
    ///
    /// # Panics
    /// When `at` is not inside `vma`, and as [`vma_start_write`](Self::vma_start_write).
    #[track_caller]
    pub fn split(
        &mut self,
        vma: VmaRef<'_, B>,
        at: usize,
        divide: impl FnOnce(&mut B) -> B,
    ) -> VmaRef<'mm, B> {
        let mm = self.mm();
        let range = vma.range();
        assert!(
            range.start < at && at < range.end,
            "{at:#x} is not inside the VMA {}",
            vma
        );
        let mut lower = self.vma_start_write(vma);
        let spec = VmaSpec {
            range: at..range.end,
            flags: lower.vm_flags(),
            name: lower.name_unchecked().map(|name| name.0.clone()),
            backing: divide(lower.backing_mut()),
        };
        let upper = DetachedVma::alloc(mm, spec);
        lower.store_range(range.start..at);
        self.attach(upper)
    }

    /// Merges the VMA that begins where `vma` ends into it; `join` takes its backing over. False if
    /// there is none.
    ///
    /// The flags stay as they are, but for `VM_MAYBE_GUARD`, which stays where either had it.
    ///
    /// # Panics
    /// As [`vma_start_write`](Self::vma_start_write).
    #[track_caller]
    pub fn merge_next(&mut self, vma: VmaRef<'_, B>, join: impl FnOnce(&mut B, B)) -> bool {
        let range = vma.range();
        let Some(next) = self.remove(range.end) else {
            return false;
        };
        let end = next.range().end;
        let guard = VmFlags(next.vm_flags().0 & VmFlags::VM_MAYBE_GUARD.0);
        let mut merged = self.vma_start_write(vma);
        merged.store_range(range.start..end);
        merged.set_flag_atomic(guard);
        join(merged.backing_mut(), next.into_backing());
        true
    }

    /// Unmaps every VMA.
    pub(crate) fn unmap_all(&mut self) {
        let mm = self.mm();
        let vmas = self.vmas();
        for &vma in &vmas {
            write_lock(vma);
        }
        mm.set_tree(Tree::new());
        for vma in vmas {
            drop(Self::detach(mm, vma.vma()));
        }
    }

    fn expect_free(&self, range: &Range<usize>) -> Result<(), InsertError> {
        let range = range.clone();
        if range.is_empty() {
            return Err(InsertError::Empty { range });
        }
        // SAFETY: the address space keeps the pool.
        match unsafe { self.mm().tree().overlapping(&range) } {
            Some(there) => Err(InsertError::Overlap {
                range,
                existing: there.range(),
            }),
            None => Ok(()),
        }
    }

    /// Maps a VMA whose range is free.
    #[track_caller]
    fn attach(&mut self, vma: DetachedVma<'mm, B>) -> VmaRef<'mm, B> {
        let mm = self.mm();
        if planted("tree-store-order") {
            mm.set_tree(mm.tree().with(&vma));
        }
        // A detached VMA has no readers, so this cannot wait; a panic of its lock event ends it.
        write_lock(vma.as_ref());
        let vma = vma.into_ref();
        vma.lock.vma_mark_attached(mm.mmap_lock());
        // Last: a reader that finds it need not look again and again until it is attached.
        mm.set_tree(mm.tree().with(&vma));
        vma
    }

    /// Detaches a VMA that is write-locked and has left the tree.
    #[track_caller]
    fn detach(mm: &'mm AddressSpace<B>, vma: &'mm Vma<B>) -> DetachedVma<'mm, B> {
        // First, so that a panic in the lock event leaves no reference that looks current.
        vma.outlive_references();
        let detaching = Detaching(mm.mmap_lock());
        vma.lock.vma_mark_detached(mm.mmap_lock());
        std::mem::forget(detaching);
        // SAFETY: it is detached, by the line above, which comes once for each attach.
        unsafe { DetachedVma::new(mm, vma) }
    }
}

/// A detach under way, which a panic of its lock event may end while the VMA has readers.
///
/// Nobody waits for those then. One that strayed in from another address space still keeps the mmap
/// lock of this one until it has left, by its address in the VMA; so that mmap lock is never freed.
struct Detaching<'a>(&'a Arc<MmapLock>);

impl Drop for Detaching<'_> {
    #[cold]
    fn drop(&mut self) {
        std::mem::forget(Arc::clone(self.0));
    }
}

/// Write-locks a VMA whose mmap write lock is held, however long that takes.
#[track_caller]
fn write_lock<B>(vma: VmaRef<'_, B>) {
    let started = start_write(vma, &Interrupt::never());
    debug_assert_eq!(started, Ok(()), "nothing interrupts it");
}
