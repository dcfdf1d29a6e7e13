//! The protocol with real threads: exclusion, draining, wake-ups, bulk release.
//!
//! Every loop is bounded by a count or by a condition that must come true.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use heldby::thread;
use heldby_mm::*;

use crate::common::{PAGE, START, is_lockable, space};

const ROUNDS: u64 = if cfg!(miri) { 20 } else { 2_000 };

/// Several words, all equal whenever no writer is at them.
type Words = [u64; 8];

fn read_whole(words: &Words) -> u64 {
    assert!(
        words.iter().all(|word| *word == words[0]),
        "half an update: {words:?}"
    );
    words[0]
}

#[test]
fn readers_never_see_half_an_update() {
    let mm = space([[0u64; 8]]);
    thread::scope(|scope| {
        for read in [read_by_vma_lock, read_by_vma_lock, read_by_mmap_lock] {
            let mm = &mm;
            scope.spawn(move || {
                let mut newest = 0;
                let mut reads = 0;
                while reads < ROUNDS {
                    // Refused while the writer is at it; the writer ends by itself.
                    let Some(seen) = read(mm) else {
                        thread::yield_now();
                        continue;
                    };
                    assert!(seen >= newest, "time ran backwards: {seen} after {newest}");
                    newest = seen;
                    reads += 1;
                }
            });
        }
        for round in 1..=ROUNDS {
            let mut mmap = mmap_write_lock(&mm);
            let vma = mmap.find_vma(START).expect("it is mapped");
            let mut vma = vma_start_write(&mut mmap, vma);
            vma.set_name(Some(&round.to_string()));
            for word in vma.backing_mut() {
                *word = round;
            }
        }
    });
    assert_eq!(read_by_mmap_lock(&mm), Some(ROUNDS));
}

/// The same with nothing but the VMA lock between the threads: no name, no tree that changes and no
/// reader of the mmap lock, each of which would order them too. Meant for Miri above all.
#[test]
fn the_vma_lock_alone_orders_the_backing() {
    let mm = space([[0u64; 8]]);
    let vma = mm.vma_lookup_unlocked(START).expect("it is mapped");
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut reads = 0;
                while reads < ROUNDS {
                    match lock_vma_under_rcu(&mm, START) {
                        Some(vma) => reads += read_whole(vma.backing()).min(1),
                        None => thread::yield_now(),
                    }
                }
            });
        }
        for round in 1..=ROUNDS {
            vma_start_write(&mut mmap_write_lock(&mm), vma)
                .backing_mut()
                .fill(round);
        }
    });
}

fn read_by_vma_lock(mm: &AddressSpace<Words>) -> Option<u64> {
    let vma = lock_vma_under_rcu(mm, START)?;
    let seen = read_whole(vma.backing());
    assert_eq!(name_as_number(&vma), seen);
    Some(seen)
}

fn read_by_mmap_lock(mm: &AddressSpace<Words>) -> Option<u64> {
    let mmap = mmap_read_lock(mm);
    let vma = mmap.vma_lookup(START).expect("it is mapped");
    let seen = read_whole(mmap.backing(vma));
    assert_eq!(name_as_number(&vma), seen);
    Some(seen)
}

fn name_as_number(vma: &impl AsVma) -> u64 {
    anon_vma_name(vma).map_or(0, |name| name.parse().expect("the writer stores numbers"))
}

#[test]
fn nobody_reads_a_vma_after_its_removal() {
    let mm = space([AtomicBool::new(true)]);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut reads = 0;
                while reads < ROUNDS {
                    let Some(vma) = lock_vma_under_rcu(&mm, START) else {
                        thread::yield_now();
                        continue;
                    };
                    for _ in 0..20 {
                        assert!(
                            vma.backing().load(Ordering::Relaxed),
                            "it was removed under us"
                        );
                    }
                    reads += 1;
                }
            });
        }
        for _ in 0..ROUNDS {
            let mut mmap = mmap_write_lock(&mm);
            let old = mmap.remove(START).expect("it is mapped");
            vma_assert_detached(&old);
            old.into_backing().store(false, Ordering::Relaxed);
            let spec = VmaSpec::new(START..START + PAGE, AtomicBool::new(true));
            mmap.insert(spec).expect("the old one is gone");
        }
    });
}

#[test]
fn a_reader_that_arrives_while_a_writer_drains_is_refused() {
    let mm = space([0]);
    let reader = lock_vma_under_rcu(&mm, START).expect("nobody writes");
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut mmap = mmap_write_lock(&mm);
            let vma = mmap.find_vma(START).expect("it is mapped");
            *vma_start_write(&mut mmap, vma).backing_mut() = 1;
        });
        while reader.vm_refcnt().decode() != (RefCntState::Draining { readers: 1 }) {
            assert!(!writer.is_finished(), "it did not wait for the reader");
            thread::yield_now();
        }
        assert!(!is_lockable(&mm, START));
        assert_eq!(*reader.backing(), 0);
        vma_end_read(reader);
        writer.join().expect("the writer is woken");
    });
    assert_eq!(
        lock_vma_under_rcu(&mm, START).map(|vma| *vma.backing()),
        Some(1)
    );
}

#[test]
fn no_wake_up_is_lost() {
    let mm = space([0u64]);
    let turn = AtomicUsize::new(0);
    thread::scope(|scope| {
        // Each round one reader leaves while the writer is on its way to wait for it.
        scope.spawn(|| {
            for round in 0..ROUNDS as usize {
                let reader = lock_vma_under_rcu(&mm, START).expect("the writer waits for its turn");
                turn.store(2 * round + 1, Ordering::Release);
                for _ in 0..round % 64 {
                    spin_loop();
                }
                drop(reader);
                while turn.load(Ordering::Acquire) != 2 * round + 2 {
                    thread::yield_now();
                }
            }
        });
        for round in 0..ROUNDS as usize {
            while turn.load(Ordering::Acquire) != 2 * round + 1 {
                thread::yield_now();
            }
            let mut mmap = mmap_write_lock(&mm);
            let vma = mmap.find_vma(START).expect("it is mapped");
            *vma_start_write(&mut mmap, vma).backing_mut() += 1;
            drop(mmap);
            turn.store(2 * round + 2, Ordering::Release);
        }
    });
    assert_eq!(
        lock_vma_under_rcu(&mm, START).map(|vma| *vma.backing()),
        Some(ROUNDS)
    );
}

#[test]
fn a_write_section_ends_all_vma_write_locks_at_once() {
    const VMAS: usize = 100;
    let mm = space(0..VMAS);
    let lockable = || {
        (0..VMAS)
            .filter(|nth| is_lockable(&mm, START + nth * PAGE))
            .count()
    };
    let write_lock_even_ones = || {
        let mut mmap = mmap_write_lock(&mm);
        for vma in mmap.vmas().into_iter().step_by(2) {
            vma_start_write(&mut mmap, vma);
        }
        mmap
    };

    let mmap = write_lock_even_ones();
    assert_eq!(lockable(), VMAS / 2);
    drop(mmap);
    assert_eq!(lockable(), VMAS);

    let mmap = mmap_write_downgrade(write_lock_even_ones());
    assert_eq!(lockable(), VMAS);
    assert!(
        mmap_read_trylock(&mm).is_some(),
        "other readers may come in"
    );
    drop(mmap);
}

#[test]
fn a_new_vma_is_write_locked_until_its_section_ends() {
    let mm = AddressSpace::new();
    let mut mmap = mmap_write_lock(&mm);
    let vma = mmap
        .insert(VmaSpec::new(START..START + PAGE, ()))
        .expect("the space is empty");
    vma_assert_write_locked(&vma);
    assert!(!is_lockable(&mm, START));
    drop(mmap);
    assert!(is_lockable(&mm, START));
}

#[test]
fn a_read_lock_taken_under_the_mmap_lock_outlives_it() {
    let mm = space([5]);
    let mmap = mmap_read_lock(&mm);
    let vma = mmap.find_vma(0).expect("the first one that ends after 0");
    let reader = vma_start_read_locked(&mmap, vma).expect("it is attached");
    drop(mmap);
    assert_eq!(*reader.backing(), 5);
    assert_eq!(
        reader.vm_refcnt().decode(),
        RefCntState::Read { readers: 1 }
    );
}

#[test]
fn a_write_locked_vma_is_not_read_locked_by_its_own_writer() {
    let mm = space([5]);
    let mut mmap = mmap_write_lock(&mm);
    let vma = mmap.find_vma(START).expect("it is mapped");
    vma_start_write(&mut mmap, vma);
    assert!(vma_start_read_locked(&mmap, vma).is_none());
    drop(mmap);
    assert!(vma_start_read_locked(&mmap_read_lock(&mm), vma).is_some());
}

/// A writer that replaces a VMA goes through a tree without it, and a walker must not believe that.
#[test]
fn a_walk_does_not_believe_a_gap_that_a_writer_is_at() {
    let mm = space([1, 2]);
    let mut mmap = mmap_write_lock(&mm);
    drop(mmap.remove(START).expect("it is mapped"));
    let token = CancelToken::new();
    token.cancel();
    thread::scope(|scope| {
        let next = || lock_next_vma(&mm, START, &Interrupt::by(&token)).map(|_| ());
        let walker = scope.spawn(next);
        // Not joined under the lock: nobody but the token knows that it does not wait for that.
        while !walker.is_finished() {
            thread::yield_now();
        }
        drop(mmap);
        // It asked for the mmap lock, which was not to be had.
        let next = walker.join().expect("it does not panic");
        assert_eq!(next, Err(WalkError::Interrupted));
    });
}
