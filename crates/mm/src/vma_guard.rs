//! Guards of the per-VMA lock, and how one is acquired by address.

use std::fmt;
use std::hint::spin_loop;
use std::ops::Deref;
use std::ptr::NonNull;

use crate::mmap_guard::{MmapLocked, MmapWriteGuard};
use crate::space::AddressSpace;
use crate::vma::{VmFlags, Vma};
use crate::vma_lock::{StartRead, VmaLock};

/// Holds the VMA lock of one VMA for reading until it is dropped.
///
/// It owns no reference count besides the lock's own: a VMA that is read-locked cannot be detached,
/// and an attached one is kept alive by its address space, which the guard borrows.
/// It stays on its thread, since a hold belongs to the thread that acquired it.
#[must_use = "if unused the VMA lock is released at once"]
pub struct VmaReadGuard<'mm, B> {
    mm: &'mm AddressSpace<B>,
    /// A raw pointer, since nothing keeps the VMA alive from the decrement in `drop` on.
    vma: NonNull<Vma<B>>,
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
/// let shared = mmap.backing(&vma);
/// mmap.vma_start_write(&vma).backing_mut().clear();
/// assert_eq!(shared[0], 1);
/// ```
pub struct VmaWriteRef<'a, B> {
    vma: &'a Vma<B>,
}

/// Finds the VMA that covers `addr` and read-locks it, without the mmap lock.
///
/// `None` means: use the mmap lock. There is no such VMA, or a writer is at it, or it has changed.
///
/// # Cost
/// A snapshot of the tree, a search in it, one read-modify-write on the VMA; it never blocks.
#[track_caller]
pub fn lock_vma_under_rcu<B>(mm: &AddressSpace<B>, addr: usize) -> Option<VmaReadGuard<'_, B>> {
    loop {
        // The snapshot keeps the VMA alive until it is locked, as RCU does in the kernel.
        let tree = mm.tree().load();
        let vma = tree.lookup(addr)?;
        match vma.lock.vma_start_read() {
            StartRead::Locked => {
                // SAFETY: `vma_start_read` gave this thread a count of a VMA in the tree of `mm`.
                let guard = unsafe { VmaReadGuard::new(mm, vma) };
                // It may have shrunk between the look-up and the lock.
                return guard.range().contains(&addr).then_some(guard);
            }
            StartRead::Refused => return None,
            // It has left the tree since the snapshot was taken, so a new one is without it.
            StartRead::Detached => spin_loop(),
        }
    }
}

/// Read-locks `vma` under the mmap lock, so that it stays locked when the mmap lock is released.
///
/// `None` if it is detached or write-locked, or has as many readers as the count can hold.
///
/// # Panics
/// When `vma` belongs to another address space.
#[track_caller]
pub fn vma_start_read_locked<'mm, B>(
    guard: &impl MmapLocked<'mm, B>,
    vma: &Vma<B>,
) -> Option<VmaReadGuard<'mm, B>> {
    let mm = guard.mm();
    mm.expect_owner(vma);
    // Only the mmap write lock's holder itself can meet this. The kernel lets it enter; here a reader
    // beside its own writer would be two references to one backing.
    if vma.lock.seq_is_current() {
        return None;
    }
    match vma.lock.vma_start_read_locked() {
        // SAFETY: `vma_start_read_locked` gave this thread a count of an attached VMA of `mm`.
        StartRead::Locked => Some(unsafe { VmaReadGuard::new(mm, vma) }),
        StartRead::Refused | StartRead::Detached => None,
    }
}

/// Releases a VMA read lock.
pub fn vma_end_read<B>(guard: VmaReadGuard<'_, B>) {
    drop(guard);
}

/// Write-locks `vma`; see [`MmapWriteGuard::vma_start_write`].
///
/// # Panics
/// As there.
#[track_caller]
pub fn vma_start_write<'a, B>(
    guard: &'a mut MmapWriteGuard<'_, B>,
    vma: &'a Vma<B>,
) -> VmaWriteRef<'a, B> {
    guard.vma_start_write(vma)
}

impl<'mm, B> VmaReadGuard<'mm, B> {
    /// Takes over one read count.
    ///
    /// # Safety
    /// The calling thread owns a read count of `vma`, which is a VMA of `mm` and attached.
    unsafe fn new(mm: &'mm AddressSpace<B>, vma: &Vma<B>) -> Self {
        Self {
            mm,
            vma: NonNull::from(vma),
        }
    }

    /// What the VMA is backed by.
    #[inline]
    pub fn backing(&self) -> &B {
        // SAFETY: a `&mut` to the backing is made only while the VMA is write-locked, which waits
        // for this guard's count and refuses new ones.
        unsafe { &*self.backing_ptr() }
    }
}

impl<B> Deref for VmaReadGuard<'_, B> {
    type Target = Vma<B>;

    #[inline]
    fn deref(&self) -> &Vma<B> {
        // SAFETY: the guard's count keeps the VMA from being detached, and until it is, the address
        // space or whoever takes it out of the tree owns a reference.
        unsafe { self.vma.as_ref() }
    }
}

impl<B> Drop for VmaReadGuard<'_, B> {
    fn drop(&mut self) {
        // SAFETY: the VMA is alive while the guard's count is; only an address is computed.
        let lock: *const VmaLock = unsafe { &raw const (*self.vma.as_ptr()).lock };
        // SAFETY: the guard owns the count, on this thread since it is not `Send`; the mmap lock is
        // kept alive by the borrowed address space.
        unsafe { VmaLock::vma_end_read(lock, self.mm.mmap_lock()) };
    }
}

impl<'a, B> VmaWriteRef<'a, B> {
    /// Makes it.
    ///
    /// # Safety
    /// `vma` is write-locked, and the mmap write guard of its address space is borrowed mutably for
    /// `'a`.
    pub(crate) unsafe fn new(vma: &'a Vma<B>) -> Self {
        Self { vma }
    }

    /// What the VMA is backed by.
    pub fn backing_mut(&mut self) -> &mut B {
        // SAFETY: the VMA write lock keeps VMA readers out, and `'a` keeps the only mmap guard there
        // can be borrowed, so this reference, which `self` lends out, is the only one.
        unsafe { &mut *self.vma.backing_ptr() }
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
        self.vma.store_end(end);
    }
}

impl<B> Deref for VmaWriteRef<'_, B> {
    type Target = Vma<B>;

    fn deref(&self) -> &Vma<B> {
        self.vma
    }
}

impl<B> fmt::Debug for VmaReadGuard<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VmaReadGuard({:?})", **self)
    }
}

impl<B> fmt::Debug for VmaWriteRef<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VmaWriteRef({:?})", self.vma)
    }
}
