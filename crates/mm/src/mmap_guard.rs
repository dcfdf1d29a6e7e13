//! Guards of the mmap lock, and what may be done under them.

use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Range;

use crate::space::AddressSpace;
use crate::sync::Arc;
use crate::vma::{Vma, VmaSpec};
use crate::vma_guard::VmaWriteRef;

/// Keeps a guard on the thread that acquired the lock: a hold belongs to its thread.
type NotSend = PhantomData<*const ()>;

/// Holds the mmap lock for reading until it is dropped.
#[must_use = "if unused the mmap lock is released at once"]
pub struct MmapReadGuard<'mm, B> {
    mm: &'mm AddressSpace<B>,
    _not_send: NotSend,
}

/// Holds the mmap lock for writing until it is dropped.
///
/// Dropping or downgrading it also releases every VMA write lock taken under it.
#[must_use = "if unused the mmap lock is released at once"]
pub struct MmapWriteGuard<'mm, B> {
    mm: &'mm AddressSpace<B>,
    _not_send: NotSend,
}

/// Why a VMA was not inserted.
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

/// Acquires the mmap lock for reading, and blocks until it can.
///
/// # Panics
/// When a violation is found and the policy is `panic`.
#[track_caller]
pub fn mmap_read_lock<B>(mm: &AddressSpace<B>) -> MmapReadGuard<'_, B> {
    mm.mmap_lock().read_lock();
    MmapReadGuard {
        mm,
        _not_send: PhantomData,
    }
}

/// Acquires the mmap lock for reading if that needs no waiting.
#[track_caller]
pub fn mmap_read_trylock<B>(mm: &AddressSpace<B>) -> Option<MmapReadGuard<'_, B>> {
    mm.mmap_lock().read_trylock().then_some(MmapReadGuard {
        mm,
        _not_send: PhantomData,
    })
}

/// Acquires the mmap lock for writing, and blocks until it can.
///
/// # Panics
/// When a violation is found and the policy is `panic`.
#[track_caller]
pub fn mmap_write_lock<B>(mm: &AddressSpace<B>) -> MmapWriteGuard<'_, B> {
    mmap_write_lock_nested(mm, 0)
}

/// As [`mmap_write_lock`], for an address space that is locked inside another one (a child in fork).
///
/// `subclass` makes the two mmap locks two classes to the validator.
///
/// # Panics
/// When a violation is found and the policy is `panic`.
#[track_caller]
pub fn mmap_write_lock_nested<B>(mm: &AddressSpace<B>, subclass: u32) -> MmapWriteGuard<'_, B> {
    mm.mmap_lock().write_lock(subclass);
    MmapWriteGuard {
        mm,
        _not_send: PhantomData,
    }
}

/// Makes a write lock a read lock, without letting another writer in between.
///
/// Every VMA write lock ends.
#[track_caller]
pub fn mmap_write_downgrade<B>(guard: MmapWriteGuard<'_, B>) -> MmapReadGuard<'_, B> {
    guard.downgrade()
}

mod sealed {
    pub trait Sealed {}
    impl<B> Sealed for super::MmapReadGuard<'_, B> {}
    impl<B> Sealed for super::MmapWriteGuard<'_, B> {}
}

/// Either guard of the mmap lock: the tree and all VMAs of the address space are stable.
pub trait MmapLocked<'mm, B: 'mm>: sealed::Sealed {
    /// The address space.
    fn mm(&self) -> &'mm AddressSpace<B>;

    /// The VMA that covers `addr`.
    fn vma_lookup(&self, addr: usize) -> Option<Arc<Vma<B>>> {
        self.mm().tree().load().lookup(addr).cloned()
    }

    /// The first VMA that ends after `addr`; it need not cover `addr`.
    fn find_vma(&self, addr: usize) -> Option<Arc<Vma<B>>> {
        self.mm().tree().load().find(addr).cloned()
    }

    /// All VMAs by address.
    fn vmas(&self) -> Vec<Arc<Vma<B>>> {
        self.mm().tree().load().iter().cloned().collect()
    }

    /// What `vma` is backed by.
    ///
    /// # Panics
    /// When `vma` belongs to another address space.
    #[track_caller]
    fn backing<'a>(&'a self, vma: &'a Vma<B>) -> &'a B {
        self.mm().expect_owner(vma);
        // SAFETY: a `&mut` to the backing is made only by a `VmaWriteRef`, which borrows the mmap
        // write guard of the owner mutably; this guard is borrowed shared for as long, and it is
        // either that same guard or one that excludes it.
        unsafe { &*vma.backing_ptr() }
    }
}

impl<'mm, B> MmapLocked<'mm, B> for MmapReadGuard<'mm, B> {
    fn mm(&self) -> &'mm AddressSpace<B> {
        self.mm
    }
}

impl<'mm, B> MmapLocked<'mm, B> for MmapWriteGuard<'mm, B> {
    fn mm(&self) -> &'mm AddressSpace<B> {
        self.mm
    }
}

impl<'mm, B> MmapWriteGuard<'mm, B> {
    /// Maps a new VMA; it stays write-locked until the write section ends.
    ///
    /// # Errors
    /// The range is empty or overlaps a VMA; nothing is changed then.
    pub fn insert(&mut self, spec: VmaSpec<B>) -> Result<Arc<Vma<B>>, InsertError> {
        let tree = self.mm.tree().load();
        let range = spec.range.clone();
        if range.is_empty() {
            return Err(InsertError::Empty { range });
        }
        if let Some(there) = tree.overlapping(&range) {
            return Err(InsertError::Overlap {
                range,
                existing: there.range(),
            });
        }
        let vma = Arc::new(Vma::new(Arc::clone(self.mm.mmap_lock()), spec));
        vma.lock.vma_start_write();
        vma.lock.vma_mark_attached();
        self.mm.tree().store(Arc::new(tree.with(Arc::clone(&vma))));
        Ok(vma)
    }

    /// Unmaps the VMA that starts at `start` and waits until nobody reads it; `None` if there is none.
    ///
    /// # Panics
    /// When a violation is found and the policy is `panic`.
    #[track_caller]
    pub fn remove(&mut self, start: usize) -> Option<Arc<Vma<B>>> {
        let tree = self.mm.tree().load();
        let vma = Arc::clone(
            tree.lookup(start)
                .filter(|vma| vma.range().start == start)?,
        );
        vma.lock.vma_start_write();
        // Readers rely on this reference until the VMA is detached, so a panic must not drop it.
        let vma = ManuallyDrop::new(vma);
        self.mm.tree().store(Arc::new(tree.without(start)));
        vma.lock.vma_mark_detached();
        Some(ManuallyDrop::into_inner(vma))
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
    /// When `vma` belongs to another address space, or when a violation is found and the policy is
    /// `panic`.
    #[track_caller]
    pub fn vma_start_write<'a>(&'a mut self, vma: &'a Vma<B>) -> VmaWriteRef<'a, B> {
        self.mm.expect_owner(vma);
        vma.lock.vma_start_write();
        // SAFETY: this is the mmap write guard of the owner, borrowed mutably for as long as the
        // reference lives, and the line above has write-locked the VMA.
        unsafe { VmaWriteRef::new(vma) }
    }

    /// Makes it a read lock, without letting another writer in between; VMA write locks end.
    #[track_caller]
    pub fn downgrade(self) -> MmapReadGuard<'mm, B> {
        let this = ManuallyDrop::new(self);
        // SAFETY: the guard held the lock for writing, and it is not dropped any more.
        unsafe { this.mm.mmap_lock().downgrade() };
        MmapReadGuard {
            mm: this.mm,
            _not_send: PhantomData,
        }
    }
}

impl<B> Drop for MmapReadGuard<'_, B> {
    fn drop(&mut self) {
        // SAFETY: the guard holds the lock for reading, on this thread since it is not `Send`.
        unsafe { self.mm.mmap_lock().read_unlock() };
    }
}

impl<B> Drop for MmapWriteGuard<'_, B> {
    fn drop(&mut self) {
        // SAFETY: the guard holds the lock for writing, on this thread since it is not `Send`.
        unsafe { self.mm.mmap_lock().write_unlock() };
    }
}

impl<B> fmt::Debug for MmapReadGuard<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MmapReadGuard({:?})", self.mm)
    }
}

impl<B> fmt::Debug for MmapWriteGuard<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MmapWriteGuard({:?})", self.mm)
    }
}
