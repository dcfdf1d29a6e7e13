//! The address space: its mmap lock and its tree of VMAs.

use std::fmt;

use arc_swap::ArcSwap;
use heldby::lockdep::{AsLockMap, LockMap};

use crate::mmap_lock::MmapLock;
use crate::sync::Arc;
use crate::tree::Tree;
use crate::vma::Vma;

/// A set of [`Vma`]s that do not overlap, and the locks that keep it and them stable (`mm_struct`).
///
/// `B` is what a VMA is backed by. Share it between threads by reference or `Arc`; every guard
/// borrows it, so nothing is left to wake or to free when it goes away.
///
/// # Example
/// ```
/// use heldby_mm::{AddressSpace, VmaSpec, lock_vma_under_rcu, mmap_write_lock};
///
/// let mm = AddressSpace::new();
/// mmap_write_lock(&mm).insert(VmaSpec::new(0x1000..0x3000, "page data")).unwrap();
///
/// let vma = lock_vma_under_rcu(&mm, 0x2abc).expect("nobody writes");
/// assert_eq!(*vma.backing(), "page data");
/// ```
pub struct AddressSpace<B> {
    mmap_lock: Arc<MmapLock>,
    /// Changed under the mmap write lock only; read at any time.
    ///
    /// It keeps its VMAs alive. Whoever takes one out keeps it alive until it is detached, and takes
    /// it out before that, so that a reader which meets a detached VMA finds a newer tree.
    mm_mt: ArcSwap<Tree<B>>,
}

impl<B> AddressSpace<B> {
    /// Makes an address space without VMAs.
    pub fn new() -> Self {
        Self {
            mmap_lock: Arc::new(MmapLock::new()),
            mm_mt: ArcSwap::from_pointee(Tree::new()),
        }
    }

    /// The VMA that covers `addr`, without any lock.
    ///
    /// It can be unmapped or changed at any time; to work with it, use
    /// [`lock_vma_under_rcu`](crate::lock_vma_under_rcu) or a guard of the mmap lock.
    pub fn vma_lookup_unlocked(&self, addr: usize) -> Option<Arc<Vma<B>>> {
        self.mm_mt.load().lookup(addr).cloned()
    }

    pub(crate) fn mmap_lock(&self) -> &Arc<MmapLock> {
        &self.mmap_lock
    }

    pub(crate) fn tree(&self) -> &ArcSwap<Tree<B>> {
        &self.mm_mt
    }

    /// Checks that `vma` is one of this address space.
    #[track_caller]
    pub(crate) fn expect_owner(&self, vma: &Vma<B>) {
        assert!(
            Arc::ptr_eq(&self.mmap_lock, vma.lock.mmap_lock()),
            "the VMA {vma} belongs to another address space"
        );
    }
}

impl<B> Default for AddressSpace<B> {
    fn default() -> Self {
        Self::new()
    }
}

/// The lock map of the mmap lock, for `heldby::held` and its asserts.
impl<B> AsLockMap for AddressSpace<B> {
    fn as_lock_map(&self) -> &LockMap {
        self.mmap_lock.map()
    }
}

impl<B> fmt::Debug for AddressSpace<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddressSpace")
            .field("vmas", &self.mm_mt.load().len())
            .field("mm_lock_seq", &self.mmap_lock.seq())
            .finish_non_exhaustive()
    }
}
