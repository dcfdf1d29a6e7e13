//! The tree of an address space and the fields of its VMAs.

use heldby_mm::*;

use crate::common::{PAGE, START, space};

#[test]
fn look_ups_find_what_is_mapped() {
    let mm = space([0]);
    let mut mmap = mmap_write_lock(&mm);
    let far = START + 10 * PAGE;
    mmap.insert(VmaSpec::new(far..far + 2 * PAGE, 1))
        .expect("it is free");
    let rows = [
        (0, None, Some(START)),
        (START, Some(START), Some(START)),
        (START + PAGE - 1, Some(START), Some(START)),
        (START + PAGE, None, Some(far)),
        (far + PAGE, Some(far), Some(far)),
        (far + 2 * PAGE, None, None),
    ];
    for (addr, covering, next) in rows {
        assert_eq!(
            mmap.vma_lookup(addr).map(|vma| vma.range().start),
            covering,
            "{addr:#x}"
        );
        assert_eq!(
            mmap.find_vma(addr).map(|vma| vma.range().start),
            next,
            "{addr:#x}"
        );
    }
}

#[test]
fn an_insert_that_overlaps_changes_nothing() {
    let mm = space([0, 1, 2]);
    let mut mmap = mmap_write_lock(&mm);
    mmap.remove(START + PAGE).expect("the middle one");
    let rows = [
        (
            START + PAGE..START + PAGE,
            "insert the empty range `0x2000..0x2000`",
        ),
        (
            START..START + 1,
            "insert `0x1000..0x1001`: it overlaps the VMA `0x1000..0x2000`",
        ),
        (
            0..START + 1,
            "insert `0x0..0x1001`: it overlaps the VMA `0x1000..0x2000`",
        ),
        (
            0..9 * PAGE,
            "insert `0x0..0x9000`: it overlaps the VMA `0x1000..0x2000`",
        ),
        (
            0x2fff..0x3001,
            "insert `0x2fff..0x3001`: it overlaps the VMA `0x3000..0x4000`",
        ),
    ];
    for (range, expected) in rows {
        let error = mmap.insert(VmaSpec::new(range, 9)).expect_err(expected);
        assert_eq!(error.to_string(), expected);
    }
    assert_eq!(mmap.vmas().len(), 2);
    mmap.insert(VmaSpec::new(START + PAGE..START + 2 * PAGE, 9))
        .expect("it fits exactly");
}

#[test]
fn a_writer_changes_flags_name_and_end() {
    let mm = space([0]);
    let mut mmap = mmap_write_lock(&mm);
    let vma = mmap.find_vma(START).expect("it is mapped");
    let mut write = vma_start_write(&mut mmap, vma);
    write.set_flags(VmFlags::VM_READ | VmFlags::VM_WRITE);
    write.set_name(Some("stack"));
    write.shrink(START + 0x10);
    drop(mmap);

    let mmap = mmap_read_lock(&mm);
    let vma = mmap.find_vma(START).expect("it is mapped");
    assert!(vma.vm_flags().contains(VmFlags::VM_WRITE));
    assert!(!vma.vm_flags().contains(VmFlags::VM_EXEC));
    assert_eq!(vma.to_string(), "0x1000-0x1010 \"stack\"");
    assert!(mmap.vma_lookup(START + 0x10).is_none());
}

#[test]
#[should_panic(expected = "belongs to another address space")]
fn a_vma_of_another_address_space_is_rejected() {
    let (mm, other) = (space([0]), space([0]));
    let vma = other.vma_lookup_unlocked(START).expect("it is mapped");
    vma_start_write(&mut mmap_write_lock(&mm), vma);
}

/// The flag is set for a part of the range, and nothing clears it: not even a merge.
#[test]
fn a_merge_keeps_the_guard_flag_of_either_side() {
    let mm = space([0, 1]);
    let mmap = mmap_read_lock(&mm);
    let upper = mmap.find_vma(START + PAGE).expect("it is mapped");
    vma_flag_set_atomic(&upper, VmFlags::VM_MAYBE_GUARD);
    drop(mmap);
    let mut mmap = mmap_write_lock(&mm);
    let lower = mmap.find_vma(START).expect("it is mapped");
    assert!(mmap.merge_next(lower, |_, _| ()));
    assert!(lower.vm_flags().contains(VmFlags::VM_MAYBE_GUARD));
}
