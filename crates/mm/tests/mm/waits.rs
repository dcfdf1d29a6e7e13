//! Waits for the readers of a VMA that are interrupted, and walks beside writers.

use std::time::{Duration, Instant};

use heldby::thread;
use heldby_mm::*;

use crate::common::{PAGE, START, beside, due, is_lockable, space};

fn read_vma(mm: &AddressSpace<i32>, body: &mut dyn FnMut()) {
    let _vma = lock_vma_under_rcu(mm, START + PAGE).expect("nobody writes");
    body();
}

#[test]
fn a_wait_for_readers_is_interrupted_and_leaves_the_rest_locked() {
    let mm = space([0, 1]);
    let token = CancelToken::new();
    for interrupt in due(&token) {
        beside(&mm, read_vma, || {
            let mut mmap = mmap_write_lock(&mm);
            let [first, second] = mmap.vmas()[..] else {
                panic!("there are two")
            };
            vma_start_write(&mut mmap, first);
            let second = vma_start_write_killable(&mut mmap, second, &interrupt);
            assert_eq!(second.err(), Some(Interrupted));
            vma_assert_write_locked(&first);
            assert!(is_lockable(&mm, START + PAGE), "no flag is left behind");
            drop(mmap);
            let forked = fork(&mm, &interrupt, |&mut backing| backing);
            assert_eq!(forked.err(), Some(Interrupted));
        });
    }
    assert_eq!(mm.branches().get(Branch::Interrupted), 4);
}

#[test]
fn a_wait_for_readers_is_cancelled_meanwhile() {
    let mm = space([0, 1]);
    let token = CancelToken::new();
    beside(&mm, read_vma, || {
        thread::scope(|scope| {
            scope.spawn(|| {
                let vma = mm.vma_lookup_unlocked(START + PAGE).expect("it is mapped");
                while !matches!(vma.vm_refcnt().decode(), RefCntState::Draining { .. }) {
                    thread::yield_now();
                }
                token.cancel();
            });
            let mut mmap = mmap_write_lock(&mm);
            let vma = mmap.find_vma(START + PAGE).expect("it is mapped");
            let late = Instant::now() + Duration::from_secs(3600);
            let interrupt = Interrupt::by(&token).or_at(late);
            let started = vma_start_write_killable(&mut mmap, vma, &interrupt);
            assert_eq!(started.err(), Some(Interrupted));
        });
    });
}

fn walk(mm: &AddressSpace<i32>) -> Vec<i32> {
    let mut from = 0;
    let mut next = || {
        let vma = lock_next_vma(mm, from, &Interrupt::never()).expect("no interrupt")?;
        from = vma.range().end;
        Some(*vma.backing())
    };
    std::iter::from_fn(&mut next).collect()
}

#[test]
fn a_walk_meets_every_vma_and_waits_for_a_writer() {
    let mm = space([0, 1, 2, 3]);
    mmap_write_lock(&mm).remove(START + PAGE);
    assert_eq!(walk(&mm), [0, 2, 3]);
    assert_eq!(mm.branches().get(Branch::WalkFellBack), 0);
    let token = CancelToken::new();
    let [cancelled, _] = due(&token);
    let hold = |mm: &AddressSpace<_>, body: &mut dyn FnMut()| {
        let mut mmap = mmap_write_lock(mm);
        let vma = mmap.find_vma(START).expect("it is mapped");
        vma_start_write(&mut mmap, vma);
        body();
    };
    beside(&mm, hold, || {
        let walked = lock_next_vma(&mm, START, &cancelled);
        assert_eq!(walked.err(), Some(WalkError::Interrupted));
        // A gap is not believed while a writer is there, but a VMA at the address itself is.
        let walked = lock_next_vma(&mm, START + PAGE, &cancelled);
        assert_eq!(walked.err(), Some(WalkError::Interrupted));
        let locked = lock_next_vma(&mm, START + 2 * PAGE, &cancelled).expect("nobody writes it");
        assert_eq!(locked.map(|vma| *vma.backing()), Some(2));
    });
    assert_eq!(mm.branches().get(Branch::WalkFellBack), 2);
}

#[test]
fn a_speculation_holds_until_a_writer_comes() {
    let mm = space([0]);
    let speculation = mmap_lock_speculate_try_begin(&mm).expect("nobody writes");
    drop(mmap_read_lock(&mm));
    assert!(!mmap_lock_speculate_retry(&mm, speculation));
    let mmap = mmap_write_lock(&mm);
    assert!(mmap_lock_speculate_retry(&mm, speculation));
    assert_eq!(mmap_lock_speculate_try_begin(&mm), None);
    drop(mmap);
    assert!(mmap_lock_speculate_retry(&mm, speculation));
}
