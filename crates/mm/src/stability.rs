//! VMAs as items of an address space, in the words of the general rule: see [`heldby::TwoLevel`].

use heldby::TwoLevel;
use heldby::lockdep::{AsLockMap, Guard, LockMap};

use crate::mmap_guard::{MmapLocked, MmapReadGuard, MmapWriteGuard};
use crate::space::AddressSpace;
use crate::vma_guard::VmaReadGuard;
use crate::vma_ref::VmaRef;

/// The lock map of the VMA lock.
impl<B> AsLockMap for VmaRef<'_, B> {
    #[inline]
    fn as_lock_map(&self) -> &LockMap {
        self.lock.map()
    }
}

/// Either lock keeps it stable; its own one is locked for writing under the mmap write lock.
impl<B> TwoLevel for VmaRef<'_, B> {
    type Container = AddressSpace<B>;
    const ITEM_WRITE_IMPLIES_CONTAINER_WRITE: bool = true;

    #[inline]
    fn container(&self) -> &AddressSpace<B> {
        self.mm()
    }

    fn describe(&self) -> Option<String> {
        Some(format!("VMA {self}"))
    }
}

impl<B> Guard for MmapReadGuard<'_, B> {
    fn lock_map(&self) -> &LockMap {
        self.mm().mmap_lock().map()
    }
}

impl<B> Guard for MmapWriteGuard<'_, B> {
    fn lock_map(&self) -> &LockMap {
        self.mm().mmap_lock().map()
    }
}

impl<B> Guard for VmaReadGuard<'_, B> {
    fn lock_map(&self) -> &LockMap {
        self.lock.map()
    }
}
