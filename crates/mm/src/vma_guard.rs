//! Guards of the per-VMA lock.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use crate::mmap_guard::MmapLocked;
use crate::vma::Vma;
use crate::vma_lock::{StartRead, VmaLock};
use crate::vma_ref::VmaRef;
use crate::vma_spec::VmFlags;

/// Holds the VMA lock of one VMA for reading until it is dropped.
///
/// A VMA that is read-locked cannot be detached.
/// The guard stays on its thread, since a hold belongs to the thread that acquired it.
#[must_use = "if unused the VMA lock is released at once"]
pub struct VmaReadGuard<'mm, B> {
    vma: VmaRef<'mm, B>,
    _not_send: PhantomData<*const ()>,
}

/// A VMA that is write-locked; the lock itself ends with the mmap write section.
///
/// It borrows the mmap write guard, so that nothing else reaches the backing meanwhile:
///
/// ```compile_fail,E0502
/// use heldby_mm::{AddressSpace, MmapLocked, VmaSpec, mmap_write_lock};
///
/// let mm = AddressSpace::new();
/// let mut mmap = mmap_write_lock(&mm);
/// let vma = mmap.insert(VmaSpec::new(0..1, vec![1])).unwrap();
/// let shared = mmap.backing(vma);
/// mmap.vma_start_write(vma).backing_mut().clear();
/// assert_eq!(shared[0], 1);
/// ```
///
/// Only a writer has one; so no VMA changes under a read lock:
///
/// ```compile_fail,E0599
/// use heldby_mm::{AddressSpace, MmapLocked, mmap_read_lock};
///
/// let mm = AddressSpace::<u32>::new();
/// let mmap = mmap_read_lock(&mm);
/// let vma = mmap.vma_lookup(0).unwrap();
/// mmap.vma_start_write(vma).shrink(1);
/// ```
pub struct VmaWriteRef<'a, B> {
    vma: VmaRef<'a, B>,
}

/// Read-locks `vma` under the mmap lock, so that it stays locked when the mmap lock is released.
///
/// `None` if it is write-locked, or has as many readers as the count can hold.
///
/// # Panics
/// When `vma` belongs to another address space, or has been unmapped.
#[track_caller]
pub fn vma_start_read_locked<'mm, B>(
    guard: &impl MmapLocked<'mm, B>,
    vma: VmaRef<'mm, B>,
) -> Option<VmaReadGuard<'mm, B>> {
    vma_start_read_locked_nested(guard, vma, 0)
}

/// As [`vma_start_read_locked`], for a VMA that is locked inside another one.
///
/// `subclass` makes the two VMA locks two classes to the validator. (The kernel takes it, and does not
/// use it.)
///
/// # Panics
/// As [`vma_start_read_locked`].
#[track_caller]
pub fn vma_start_read_locked_nested<'mm, B>(
    guard: &impl MmapLocked<'mm, B>,
    vma: VmaRef<'mm, B>,
    subclass: u32,
) -> Option<VmaReadGuard<'mm, B>> {
    let mm = guard.mm();
    vma.expect_in(mm);
    // Only the mmap write lock's holder itself can meet this. The kernel lets it enter; here a reader
    // beside its own writer would be two references to one backing.
    if vma.lock.seq_is_current(mm.mmap_lock()) {
        return None;
    }
    match vma.lock.vma_start_read_locked(subclass) {
        // SAFETY: `vma_start_read_locked` gave this thread a count of an attached VMA of `mm`.
        StartRead::Locked => Some(unsafe { VmaReadGuard::new(vma) }),
        StartRead::Refused | StartRead::Detached => None,
    }
}

/// Releases a VMA read lock, which can be done once:
///
/// ```compile_fail,E0382
/// use heldby_mm::{AddressSpace, lock_vma_under_rcu, vma_end_read};
///
/// let mm = AddressSpace::<u32>::new();
/// let vma = lock_vma_under_rcu(&mm, 0).unwrap();
/// vma_end_read(vma);
/// vma_end_read(vma);
/// ```
pub fn vma_end_read<B>(guard: VmaReadGuard<'_, B>) {
    drop(guard);
}

impl<'mm, B> VmaReadGuard<'mm, B> {
    /// Takes over one read count.
    ///
    /// # Safety
    /// The calling thread owns a read count of `vma`, which is attached.
    #[inline]
    pub(crate) unsafe fn new(vma: VmaRef<'mm, B>) -> Self {
        Self {
            vma,
            _not_send: PhantomData,
        }
    }

    /// The VMA as a reference, which outlives the lock.
    #[must_use]
    pub fn vma(&self) -> VmaRef<'mm, B> {
        self.vma
    }

    /// What the VMA is backed by.
    #[inline]
    pub fn backing(&self) -> &B {
        // SAFETY: a `&mut` to the backing is made only while the VMA is write-locked or detached,
        // which waits for this guard's count and refuses new ones.
        let backing = unsafe { &*self.vma.backing_ptr() };
        backing.as_ref().expect("a VMA has a backing")
    }
}

impl<B> Deref for VmaReadGuard<'_, B> {
    type Target = Vma<B>;

    #[inline]
    fn deref(&self) -> &Vma<B> {
        &self.vma
    }
}

impl<B> Drop for VmaReadGuard<'_, B> {
    #[inline]
    fn drop(&mut self) {
        let lock: *const VmaLock = &raw const self.vma.vma().lock;
        // SAFETY: the guard owns the count, on this thread since it is not `Send`; the mmap lock is
        // kept alive by the borrowed address space.
        unsafe { VmaLock::vma_end_read(lock, self.vma.mm().mmap_lock()) };
    }
}

impl<'a, B> VmaWriteRef<'a, B> {
    /// Makes it.
    ///
    /// # Safety
    /// `vma` is write-locked, and the mmap write guard of its address space is borrowed mutably for
    /// `'a`.
    pub(crate) unsafe fn new(vma: VmaRef<'a, B>) -> Self {
        Self { vma }
    }

    /// The VMA as a reference.
    #[must_use]
    pub fn vma(&self) -> VmaRef<'a, B> {
        self.vma
    }

    /// What the VMA is backed by.
    pub fn backing_mut(&mut self) -> &mut B {
        // SAFETY: the VMA write lock keeps VMA readers out, and `'a` keeps the only mmap guard there
        // can be borrowed, so this reference, which `self` lends out, is the only one.
        let backing = unsafe { &mut *self.vma.backing_ptr() };
        backing.as_mut().expect("a VMA has a backing")
    }

    /// Replaces the flags (`mprotect`).
    pub fn set_flags(&mut self, flags: VmFlags) {
        self.vma.store_flags(flags);
    }

    /// Replaces the name (`PR_SET_VMA_ANON_NAME`).
    pub fn set_name(&mut self, name: Option<&str>) {
        self.vma.store_name(name);
    }

    /// Gives up the addresses from `end` on.
    ///
    /// # Panics
    /// When `end` is not inside the VMA, or is its start.
    #[track_caller]
    pub fn shrink(&mut self, end: usize) {
        let range = self.vma.range();
        assert!(
            range.start < end && end <= range.end,
            "{end:#x} is not inside the VMA {}",
            self.vma
        );
        self.vma.store_range(range.start..end);
    }
}

impl<B> Deref for VmaWriteRef<'_, B> {
    type Target = Vma<B>;

    fn deref(&self) -> &Vma<B> {
        &self.vma
    }
}

impl<B> fmt::Debug for VmaReadGuard<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VmaReadGuard({:?})", **self)
    }
}

impl<B> fmt::Debug for VmaWriteRef<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VmaWriteRef({:?})", *self.vma)
    }
}
