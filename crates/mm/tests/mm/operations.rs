//! What changes whole VMAs, references that go stale, and the less common ways to hold the mmap lock.

use heldby::thread;
use heldby_mm::*;

use crate::common::{PAGE, START, beside, due, space};

/// The VMAs with their backings, under the mmap lock.
fn listed<B: Clone>(mm: &AddressSpace<B>) -> Vec<(usize, usize, B)> {
    let mmap = mmap_read_lock(mm);
    let vmas = mmap.vmas().into_iter();
    let entry = |vma: VmaRef<'_, B>| {
        let range = vma.range();
        (range.start, range.end, mmap.backing(vma).clone())
    };
    vmas.map(entry).collect()
}

#[test]
fn a_vma_is_split_and_merged() {
    let mm = space([vec![1, 2, 3]]);
    let mut mmap = mmap_write_lock(&mm);
    let lower = mmap.find_vma(START).expect("it is mapped");
    vma_start_write(&mut mmap, lower).set_name(Some("heap"));
    let upper = mmap.split(lower, START + 0x400, |backing| backing.split_off(1));
    vma_assert_write_locked(&upper);
    assert_eq!(upper.to_string(), "0x1400-0x2000 \"heap\"");
    drop(mmap);
    let parts = [
        (START, START + 0x400, vec![1]),
        (START + 0x400, START + PAGE, vec![2, 3]),
    ];
    assert_eq!(listed(&mm), parts);

    let mut mmap = mmap_write_lock(&mm);
    assert!(mmap.merge_next(lower, |backing, rest| backing.extend(rest)));
    assert!(!mmap.merge_next(lower, |_, _| panic!("nothing follows")));
    drop(mmap);
    assert_eq!(listed(&mm), [(START, START + PAGE, vec![1, 2, 3])]);
    assert!(upper.is_stale() && !lower.is_stale());
}

#[test]
#[should_panic(expected = "0x2000 is not inside the VMA 0x1000-0x2000")]
fn a_vma_is_not_split_at_its_end() {
    let mm = space([0]);
    let mut mmap = mmap_write_lock(&mm);
    let vma = mmap.find_vma(START).expect("it is mapped");
    mmap.split(vma, START + PAGE, |&mut backing| backing);
}

#[test]
fn a_detached_vma_can_be_mapped_again() {
    let mm = space([7]);
    let mut mmap = mmap_write_lock(&mm);
    let vma = mmap.find_vma(START).expect("it is mapped");
    let detached = mmap.vma_mark_detached(vma);
    vma_assert_detached(&detached);
    let other = mmap
        .insert(VmaSpec::new(0..2 * PAGE, 8))
        .expect("it is free");
    let (error, detached) = mmap.vma_mark_attached(detached).expect_err("it is taken");
    assert!(
        error.to_string().contains("overlaps the VMA `0x0..0x2000`"),
        "{error}"
    );
    drop(mmap.vma_mark_detached(other));
    let vma = mmap.vma_mark_attached(detached).expect("it is free again");
    drop(mmap);
    assert_eq!(listed(&mm), [(START, START + PAGE, 7)]);
    assert!(!vma.is_stale());
}

#[test]
fn memory_is_used_again_at_once_and_stale_references_are_told() {
    let mm = space([7]);
    let other = AddressSpace::new_in(mm.pool().clone());
    let vma = mm.vma_lookup_unlocked(START).expect("it is mapped");
    let backing = mmap_write_lock(&mm)
        .remove(START)
        .map(DetachedVma::into_backing);
    assert_eq!(backing, Some(7));
    let mut mmap = mmap_write_lock(&other);
    let again = mmap.insert(VmaSpec::new(0..1, 8)).expect("it is free");
    assert!(
        std::ptr::eq(&raw const *vma, &raw const *again),
        "the same memory"
    );
    assert!(vma.is_stale() && !again.is_stale());
}

#[test]
#[should_panic(expected = "was unmapped since it was found")]
fn a_stale_reference_is_rejected() {
    let mm = space([7]);
    let mut mmap = mmap_write_lock(&mm);
    let vma = mmap.find_vma(START).expect("it is mapped");
    mmap.remove(START);
    mmap.insert(VmaSpec::new(START..START + 1, 8))
        .expect("it is free");
    mmap.backing(vma);
}

#[test]
fn a_fork_is_a_copy() {
    let mm = space([1, 2]);
    let start = START + PAGE;
    let mut mmap = mmap_write_lock(&mm);
    let vma = mmap.find_vma(start).expect("it is mapped");
    let mut write = vma_start_write(&mut mmap, vma);
    write.set_flags(VmFlags::VM_READ);
    write.set_name(Some("heap"));
    drop(mmap);
    let child = fork(&mm, &Interrupt::never(), |&mut backing| backing).expect("no interrupt");
    mmap_write_lock(&mm).remove(START);
    assert_eq!(listed(&mm).len(), 1);
    assert_eq!(
        listed(&child),
        [(START, start, 1), (start, start + PAGE, 2)]
    );
    let vma = child.vma_lookup_unlocked(start).expect("it is mapped");
    assert_eq!(
        (vma.to_string(), vma.vm_flags()),
        ("0x2000-0x3000 \"heap\"".into(), VmFlags::VM_READ)
    );
}

#[test]
fn waits_for_the_mmap_lock_are_interrupted() {
    let mm = space([0]);
    let token = CancelToken::new();
    for interrupt in due(&token) {
        assert!(mmap_write_lock_killable(&mm, &interrupt).is_ok());
        assert!(mmap_read_lock_killable(&mm, &interrupt).is_ok());
        let hold = |mm: &AddressSpace<_>, body: &mut dyn FnMut()| {
            let _mmap = mmap_write_lock(mm);
            body();
        };
        beside(&mm, hold, || {
            assert_eq!(
                mmap_write_lock_killable(&mm, &interrupt).err(),
                Some(Interrupted)
            );
            assert_eq!(
                mmap_read_lock_killable(&mm, &interrupt).err(),
                Some(Interrupted)
            );
            let forked = fork(&mm, &interrupt, |&mut backing| backing);
            assert_eq!(forked.err(), Some(Interrupted));
        });
    }
    assert_eq!(mm.branches().get(Branch::Interrupted), 6);
}

#[test]
fn a_read_lock_without_an_owner_is_released_anywhere_and_nobody_is_accused() {
    let mm = space([0]);
    let vma = mm.vma_lookup_unlocked(START).expect("it is mapped");
    let reader = mmap_read_lock(&mm).into_non_owner();
    assert_eq!(
        mmap_write_lock_killable(&mm, &due(&CancelToken::new())[0]).err(),
        Some(Interrupted)
    );
    // It is not known whose the hold is, so it may be this thread's.
    vma_assert_stabilised(&vma);
    mmap_assert_locked(&mm);
    thread::scope(|scope| {
        scope.spawn(move || mmap_read_unlock_non_owner(reader));
    });
    drop(mmap_write_lock(&mm));
}

#[test]
fn an_atomic_flag_is_set_under_a_read_lock_and_stays() {
    let mm = space([0]);
    let guard = VmFlags::VM_MAYBE_GUARD;
    let mmap = mmap_read_lock(&mm);
    let vma = mmap.find_vma(START).expect("it is mapped");
    vma_flag_set_atomic(&vma, guard);
    drop(mmap);
    let mut mmap = mmap_write_lock(&mm);
    vma_start_write(&mut mmap, vma).set_flags(VmFlags::VM_READ);
    assert_eq!(vma.vm_flags(), VmFlags::VM_READ | guard);
}

#[test]
#[should_panic(expected = "only VM_MAYBE_GUARD is set without the write lock")]
fn other_flags_need_the_write_lock() {
    let mm = space([0]);
    let mmap = mmap_write_lock(&mm);
    let vma = mmap.find_vma(START).expect("it is mapped");
    vma_flag_set_atomic(&vma, VmFlags::VM_WRITE);
}
