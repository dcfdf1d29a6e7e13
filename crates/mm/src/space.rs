//! An address space: its VMAs and its mmap lock.

use std::fmt;
use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};

use crate::branches::Branches;
use crate::mmap_guard::mmap_write_lock;
use crate::mmap_lock::MmapLock;
use crate::pool::VmaPool;
use crate::sync::lockdep::{AsLockMap, LockMap};
use crate::sync::{self};
use crate::tree::Tree;
use crate::vma_ref::VmaRef;

/// A set of [`Vma`](crate::Vma)s that do not overlap, and the locks that keep it and them stable
/// (`mm_struct`).
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
/// # if cfg!(feature = "per-vma-lock") {
/// let vma = lock_vma_under_rcu(&mm, 0x2abc).expect("nobody writes");
/// assert_eq!(*vma.backing(), "page data");
/// # }
/// ```
pub struct AddressSpace<B> {
    mmap_lock: sync::Arc<MmapLock>,
    /// Changed under the mmap write lock only; read at any time.
    ///
    /// Whoever takes a VMA out detaches it afterwards, so that a reader which meets a detached VMA
    /// finds a newer tree.
    mm_mt: ArcSwap<Tree<B>>,
    /// Declared last: it is the memory of all the VMAs.
    pool: Arc<VmaPool<B>>,
}

impl<B> AddressSpace<B> {
    /// Makes an address space without VMAs, and with a pool of its own.
    #[must_use]
    pub fn new() -> Self {
        Self::new_in(Arc::default())
    }

    /// Makes an address space without VMAs, whose VMAs share their memory with all others of `pool`.
    #[must_use]
    pub fn new_in(pool: Arc<VmaPool<B>>) -> Self {
        Self {
            mmap_lock: sync::Arc::new(MmapLock::new(Arc::clone(pool.branches()))),
            mm_mt: ArcSwap::from_pointee(Tree::new()),
            pool,
        }
    }

    /// The pool of its VMAs, for address spaces that are to share it.
    #[must_use]
    pub fn pool(&self) -> &Arc<VmaPool<B>> {
        &self.pool
    }

    /// How often the address spaces of its pool took each rare branch of the protocol.
    #[must_use]
    pub fn branches(&self) -> &Branches {
        self.pool.branches()
    }

    /// The VMA that covers `addr`, without any lock.
    ///
    /// It can be unmapped or changed at any time; to work with it, use
    /// [`lock_vma_under_rcu`](crate::lock_vma_under_rcu) or a guard of the mmap lock.
    #[must_use]
    pub fn vma_lookup_unlocked(&self, addr: usize) -> Option<VmaRef<'_, B>> {
        // SAFETY: this address space keeps the pool.
        let vma = unsafe { self.tree().lookup(addr) }?;
        Some(VmaRef::new(self, vma))
    }

    pub(crate) fn mmap_lock(&self) -> &sync::Arc<MmapLock> {
        &self.mmap_lock
    }

    /// The tree as it is now.
    pub(crate) fn tree(&self) -> Guard<Arc<Tree<B>>> {
        self.mm_mt.load()
    }

    /// Replaces the tree; under the mmap write lock.
    pub(crate) fn set_tree(&self, tree: Tree<B>) {
        self.mm_mt.store(Arc::new(tree));
    }
}

/// Unmaps everything (`exit_mmap`): a reader of another address space may still look at a VMA of this
/// one, and is waited for.
impl<B> Drop for AddressSpace<B> {
    fn drop(&mut self) {
        let this = &*self;
        if this.tree().len() > 0 {
            mmap_write_lock(this).unmap_all();
        }
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
            .field("vmas", &self.tree().len())
            .field("mm_lock_seq", &self.mmap_lock.seq())
            .finish_non_exhaustive()
    }
}
