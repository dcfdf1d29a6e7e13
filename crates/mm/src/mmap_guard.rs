//! Guards of the mmap lock, and how they are acquired.

use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;

use crate::derived;
use crate::interrupt::{Interrupt, Interrupted};
use crate::space::AddressSpace;
use crate::vma_ref::VmaRef;

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
/// Dropping or downgrading it also releases every VMA write lock taken under it
/// (`vma_end_write_all`).
#[must_use = "if unused the mmap lock is released at once"]
pub struct MmapWriteGuard<'mm, B> {
    mm: &'mm AddressSpace<B>,
    _not_send: NotSend,
}

/// Holds the mmap lock for reading, as no thread's own, until it is dropped on any thread.
#[must_use = "if unused the mmap lock is released at once"]
pub struct MmapNonOwnerGuard<'mm, B> {
    mm: &'mm AddressSpace<B>,
}

/// Acquires the mmap lock for reading, and blocks until it can.
///
/// # Panics
/// When a violation is found and the policy is `panic`.
#[track_caller]
pub fn mmap_read_lock<B>(mm: &AddressSpace<B>) -> MmapReadGuard<'_, B> {
    mm.mmap_lock().read_lock();
    MmapReadGuard::new(mm)
}

/// As [`mmap_read_lock`], unless it is interrupted.
///
/// # Errors
/// The wait was interrupted; nothing is held then.
///
/// # Panics
/// As [`mmap_read_lock`].
#[track_caller]
pub fn mmap_read_lock_killable<'mm, B>(
    mm: &'mm AddressSpace<B>,
    interrupt: &Interrupt<'_>,
) -> Result<MmapReadGuard<'mm, B>, Interrupted> {
    mm.mmap_lock().read_lock_killable(interrupt)?;
    Ok(MmapReadGuard::new(mm))
}

/// Acquires the mmap lock for reading if that needs no waiting.
#[track_caller]
pub fn mmap_read_trylock<B>(mm: &AddressSpace<B>) -> Option<MmapReadGuard<'_, B>> {
    let taken = mm.mmap_lock().read_trylock();
    taken.then(|| MmapReadGuard::new(mm))
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
/// As [`mmap_write_lock`].
#[track_caller]
pub fn mmap_write_lock_nested<B>(mm: &AddressSpace<B>, subclass: u32) -> MmapWriteGuard<'_, B> {
    mm.mmap_lock().write_lock(subclass);
    MmapWriteGuard::new(mm)
}

/// As [`mmap_write_lock`], unless it is interrupted.
///
/// # Errors
/// The wait was interrupted; nothing is held then.
///
/// # Panics
/// As [`mmap_write_lock`].
#[track_caller]
pub fn mmap_write_lock_killable<'mm, B>(
    mm: &'mm AddressSpace<B>,
    interrupt: &Interrupt<'_>,
) -> Result<MmapWriteGuard<'mm, B>, Interrupted> {
    mm.mmap_lock().write_lock_killable(interrupt)?;
    Ok(MmapWriteGuard::new(mm))
}

/// Makes a write lock a read lock, without letting another writer in between.
///
/// Every VMA write lock ends.
#[track_caller]
pub fn mmap_write_downgrade<B>(guard: MmapWriteGuard<'_, B>) -> MmapReadGuard<'_, B> {
    guard.downgrade()
}

/// Releases the mmap lock.
pub fn mmap_read_unlock<B>(guard: MmapReadGuard<'_, B>) {
    drop(guard);
}

/// Releases every VMA write lock, and then the mmap lock.
pub fn mmap_write_unlock<B>(guard: MmapWriteGuard<'_, B>) {
    drop(guard);
}

/// Releases the mmap lock on a thread that did not acquire it.
pub fn mmap_read_unlock_non_owner<B>(guard: MmapNonOwnerGuard<'_, B>) {
    drop(guard);
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
    fn vma_lookup(&self, addr: usize) -> Option<VmaRef<'mm, B>> {
        self.mm().vma_lookup_unlocked(addr)
    }

    /// The first VMA that ends after `addr`; it need not cover `addr`.
    fn find_vma(&self, addr: usize) -> Option<VmaRef<'mm, B>> {
        let mm = self.mm();
        // SAFETY: the address space keeps the pool for `'mm`.
        let vma = unsafe { mm.tree().find(addr) }?;
        Some(VmaRef::new(mm, vma))
    }

    /// All VMAs by address.
    fn vmas(&self) -> Vec<VmaRef<'mm, B>> {
        let mm = self.mm();
        let tree = mm.tree();
        // SAFETY: the address space keeps the pool for `'mm`.
        let vmas = unsafe { tree.iter() };
        vmas.map(|vma| VmaRef::new(mm, vma)).collect()
    }

    /// What `vma` is backed by.
    ///
    /// # Panics
    /// When `vma` belongs to another address space, or has been unmapped.
    #[track_caller]
    fn backing<'a>(&'a self, vma: VmaRef<'_, B>) -> &'a B {
        vma.expect_in(self.mm());
        // SAFETY: a `&mut` to the backing is made only by a `VmaWriteRef`, which borrows the mmap
        // write guard of the owner mutably; this guard is borrowed shared for as long, and it is
        // either that same guard or one that excludes it. Nor is the VMA unmapped meanwhile.
        let backing = unsafe { &*vma.backing_ptr() };
        backing.as_ref().expect("a VMA has a backing")
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

impl<'mm, B> MmapReadGuard<'mm, B> {
    /// The caller has just acquired the lock for reading.
    pub(crate) fn new(mm: &'mm AddressSpace<B>) -> Self {
        Self {
            mm,
            _not_send: PhantomData,
        }
    }

    /// Lets any thread release the lock, by dropping what this returns.
    ///
    /// As long as it is there nobody can tell whose that hold is: an assert that finds no hold of its
    /// own goes by the lock words instead of raising an alarm.
    #[track_caller]
    pub fn into_non_owner(self) -> MmapNonOwnerGuard<'mm, B> {
        let mm = ManuallyDrop::new(self).mm;
        // SAFETY: the guard held the lock for reading, and it is not dropped any more.
        unsafe { mm.mmap_lock().disown_read() };
        MmapNonOwnerGuard { mm }
    }
}

impl<'mm, B> MmapWriteGuard<'mm, B> {
    /// The caller has just acquired the lock for writing.
    fn new(mm: &'mm AddressSpace<B>) -> Self {
        Self {
            mm,
            _not_send: PhantomData,
        }
    }

    /// Makes it a read lock, without letting another writer in between; VMA write locks end.
    #[track_caller]
    pub fn downgrade(self) -> MmapReadGuard<'mm, B> {
        let mm = ManuallyDrop::new(self).mm;
        derived::forget(mm.mmap_lock().map());
        // SAFETY: the guard held the lock for writing, and it is not dropped any more.
        unsafe { mm.mmap_lock().downgrade() };
        MmapReadGuard::new(mm)
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
        derived::forget(self.mm.mmap_lock().map());
        // SAFETY: the guard holds the lock for writing, on this thread since it is not `Send`.
        unsafe { self.mm.mmap_lock().write_unlock() };
    }
}

impl<B> Drop for MmapNonOwnerGuard<'_, B> {
    fn drop(&mut self) {
        // SAFETY: the guard is a disowned hold, and ends.
        unsafe { self.mm.mmap_lock().read_unlock_non_owner() };
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

impl<B> fmt::Debug for MmapNonOwnerGuard<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MmapNonOwnerGuard({:?})", self.mm)
    }
}
