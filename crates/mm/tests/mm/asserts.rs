//! The asserts against the truth: what each must say to whom, alone and beside another thread.

use heldby_mm::*;

use crate::common::{HOLDS, Hold, Mm, START, alarms, one_vma};

type Assert = fn(&Mm, VmaRef<'_, u32>);

/// An assert, and whether it holds for nothing, mmap read, mmap write, VMA read, VMA write.
const TRUTH: &[(&str, Assert, [bool; 5])] = &[
    (
        "mmap_assert_locked",
        |mm, _| mmap_assert_locked(mm),
        [false, true, true, false, true],
    ),
    (
        "mmap_assert_write_locked",
        |mm, _| mmap_assert_write_locked(mm),
        [false, false, true, false, true],
    ),
    (
        "vma_assert_locked",
        |_, vma| vma_assert_locked(&vma),
        [false, false, false, true, true],
    ),
    (
        "vma_assert_write_locked",
        |_, vma| vma_assert_write_locked(&vma),
        [false, false, false, false, true],
    ),
    (
        "vma_assert_stabilised",
        |_, vma| vma_assert_stabilised(&vma),
        [false, true, true, true, true],
    ),
    (
        "anon_vma_name",
        |_, vma| {
            assert_eq!(
                anon_vma_name(&vma).as_deref().map(|name| &**name),
                Some("heap")
            )
        },
        [false, true, true, true, true],
    ),
    (
        "vma_assert_attached",
        |_, vma| vma_assert_attached(&vma),
        [true; 5],
    ),
];

/// Whether an alarm can be expected at all of an assert that does not hold.
const CHECKED: bool = cfg!(any(debug_assertions, feature = "validate"));

#[test]
fn alone_every_assert_tells_the_truth() {
    for (name, assert, truth) in TRUTH {
        for (mine, holds) in HOLDS.into_iter().zip(truth) {
            let expected = CHECKED && !holds;
            assert_eq!(
                alarms(mine, Hold::Nothing, *assert),
                expected,
                "{name}, {mine:?}"
            );
        }
    }
}

#[test]
fn beside_another_thread_no_true_claim_alarms_and_exact_asserts_miss_nothing() {
    let mut asked = 0;
    for (name, assert, truth) in TRUTH {
        for (mine, &holds) in HOLDS.into_iter().zip(truth) {
            for others in HOLDS.into_iter().filter(|&others| mine.allows(others)) {
                let alarm = alarms(mine, others, *assert);
                if holds {
                    assert!(!alarm, "false alarm: {name}, {mine:?} beside {others:?}");
                } else if cfg!(feature = "validate") {
                    assert!(alarm, "missed: {name}, {mine:?} beside {others:?}");
                }
                asked += 1;
            }
        }
    }
    assert_eq!(asked, TRUTH.len() * 15);
}

/// What the lock words cannot tell: without the validator these mistakes pass.
#[test]
fn approximate_asserts_miss_what_another_thread_holds() {
    let rows: &[(&str, Assert, Hold, Hold)] = &[
        (
            "stabilised",
            |_, v| vma_assert_stabilised(&v),
            Hold::Nothing,
            Hold::MmapRead,
        ),
        (
            "stabilised",
            |_, v| vma_assert_stabilised(&v),
            Hold::Nothing,
            Hold::MmapWrite,
        ),
        (
            "stabilised",
            |_, v| vma_assert_stabilised(&v),
            Hold::Nothing,
            Hold::VmaRead,
        ),
        (
            "locked",
            |_, v| vma_assert_locked(&v),
            Hold::MmapRead,
            Hold::VmaRead,
        ),
        (
            "mmap_locked",
            |mm, _| mmap_assert_locked(mm),
            Hold::VmaRead,
            Hold::MmapRead,
        ),
        (
            "write_locked",
            |_, v| vma_assert_write_locked(&v),
            Hold::Nothing,
            Hold::VmaWrite,
        ),
    ];
    for (name, assert, mine, others) in rows {
        let exact = cfg!(feature = "validate");
        assert_eq!(
            alarms(*mine, *others, *assert),
            exact,
            "{name}, {mine:?} beside {others:?}"
        );
    }
}

/// Looked at first, a count of 2 would say "read-locked, and not by me".
#[test]
fn hazard_1_the_vma_lock_is_anothers_and_the_mmap_lock_mine() {
    assert!(!alarms(Hold::MmapRead, Hold::VmaRead, |_, vma| {
        vma_assert_stabilised(&vma)
    }));
    assert!(!alarms(Hold::MmapWrite, Hold::VmaRead, |_, vma| {
        vma_assert_stabilised(&vma)
    }));
}

/// Looked at first, a locked mmap lock would say "locked, and not by me".
#[test]
fn hazard_2_the_mmap_lock_is_anothers_and_the_vma_lock_mine() {
    assert!(!alarms(Hold::VmaRead, Hold::MmapRead, |_, vma| {
        vma_assert_stabilised(&vma)
    }));
    assert!(!alarms(Hold::VmaRead, Hold::MmapWrite, |_, vma| {
        vma_assert_stabilised(&vma)
    }));
}

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
