//! Without a lock in each VMA: the mmap lock does it all.

use heldby_mm::*;

use crate::common::{START, one_vma};

#[test]
fn a_vma_is_locked_by_the_mmap_lock_alone() {
    let mm = one_vma();
    assert!(lock_vma_under_rcu(&mm, START).is_none());
    let walked = lock_next_vma(&mm, 0, &Interrupt::never());
    assert_eq!(walked.err(), Some(WalkError::NoVmaLock));
    let mut mmap = mmap_write_lock(&mm);
    let vma = mmap.vma_lookup(START).expect("it is mapped");
    *vma_start_write(&mut mmap, vma).backing_mut() += 1;
    vma_assert_write_locked(&vma);
    let mmap = mmap_write_downgrade(mmap);
    assert!(vma_start_read_locked(&mmap, vma).is_none());
    assert_eq!(*mmap.backing(vma), 8);
    vma_assert_locked(&vma);
    vma_assert_stabilised(&vma);
}

#[test]
fn nobody_speculates() {
    assert_eq!(mmap_lock_speculate_try_begin(&one_vma()), None);
}
