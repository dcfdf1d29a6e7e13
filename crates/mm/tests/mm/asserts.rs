//! The asserts as their users meet them; every joint state of the locks is asked in
//! `src/asserts/states.rs`.

use heldby_mm::*;

use crate::common::{START, one_vma};

#[test]
fn a_removed_vma_is_detached_and_a_mapped_one_attached() {
    let mm = one_vma();
    let vma = mmap_write_lock(&mm).remove(START).expect("it is mapped");
    vma_assert_detached(&vma);
    assert_eq!(vma.vm_refcnt().decode(), RefCntState::Detached);
    let again = mmap_write_lock(&mm)
        .insert(VmaSpec::new(START..START + 1, 8))
        .expect("it is free");
    vma_assert_attached(&again);
}

#[cfg(debug_assertions)]
#[test]
#[should_panic(expected = "is attached")]
fn a_mapped_vma_is_not_detached() {
    let mm = one_vma();
    vma_assert_detached(&mm.vma_lookup_unlocked(START).expect("it is mapped"));
}

#[cfg(all(debug_assertions, not(feature = "validate")))]
#[test]
#[should_panic(expected = "approximate check")]
fn an_approximate_assert_says_so() {
    let mm = one_vma();
    vma_assert_stabilised(&mm.vma_lookup_unlocked(START).expect("it is mapped"));
}
