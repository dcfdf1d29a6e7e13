//! What must be locked here? The asserts of the mmap lock and of the per-VMA lock.

use crate::refcnt::RefCntState;
use crate::space::AddressSpace;
use crate::sync::Arc;
use crate::vma::{AnonVmaName, Vma};

/// Asserts that this thread holds the mmap lock of `mm`, in any mode.
#[track_caller]
pub fn mmap_assert_locked<B>(mm: &AddressSpace<B>) {
    debug_assert!(
        mm.mmap_lock().is_locked(),
        "the mmap lock is not held (approximate check)"
    );
}

/// Asserts that this thread holds the mmap lock of `mm` for writing.
#[track_caller]
pub fn mmap_assert_write_locked<B>(mm: &AddressSpace<B>) {
    debug_assert!(
        mm.mmap_lock().is_write_locked(),
        "the mmap lock is not held for writing (approximate check)"
    );
}

/// Asserts that this thread has write-locked `vma`.
#[track_caller]
pub fn vma_assert_write_locked<B>(vma: &Vma<B>) {
    debug_assert!(
        vma.lock.mmap_lock().is_write_locked() && vma.lock.seq_is_current(),
        "the VMA {vma} is not write-locked (approximate check)"
    );
}

/// Asserts that this thread has read-locked or write-locked `vma`.
#[track_caller]
pub fn vma_assert_locked<B>(vma: &Vma<B>) {
    if vma.vm_refcnt().0 <= 1 {
        vma_assert_write_locked(vma);
    }
}

/// Asserts that `vma` is stable: this thread holds its lock or the mmap lock, in any mode.
#[track_caller]
pub fn vma_assert_stabilised<B>(vma: &Vma<B>) {
    if !vma.lock.mmap_lock().is_locked() {
        vma_assert_locked(vma);
    }
}

/// Asserts that `vma` is in its address space's tree.
#[track_caller]
pub fn vma_assert_attached<B>(vma: &Vma<B>) {
    debug_assert_ne!(
        vma.vm_refcnt().decode(),
        RefCntState::Detached,
        "the VMA {vma} is detached"
    );
}

/// Asserts that `vma` is in no tree.
#[track_caller]
pub fn vma_assert_detached<B>(vma: &Vma<B>) {
    debug_assert_eq!(
        vma.vm_refcnt().decode(),
        RefCntState::Detached,
        "the VMA {vma} is attached"
    );
}

/// The name of `vma`, which must be stable: see [`vma_assert_stabilised`].
#[track_caller]
pub fn anon_vma_name<B>(vma: &Vma<B>) -> Option<Arc<AnonVmaName>> {
    vma_assert_stabilised(vma);
    vma.name_unchecked()
}
