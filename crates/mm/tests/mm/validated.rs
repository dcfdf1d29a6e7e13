//! What the validator sees of the locks, and what it says about their misuse.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;

use heldby::model::{Code, Report};
use heldby::sync::Mutex;
use heldby::{Held, held, thread};
use heldby_mm::*;

use crate::common::{Mm, PAGE, START, one_vma};

const OTHER: usize = 0x10_0000;

/// An address space with two VMAs, at [`START`] and at [`OTHER`].
fn two_vmas() -> Mm {
    let mm = one_vma();
    let spec = VmaSpec::new(OTHER..OTHER + 0x1000, 8);
    mmap_write_lock(&mm)
        .insert(spec)
        .expect("the rest is empty");
    mm
}

fn write_lock_vma(mm: &Mm, addr: usize) {
    let mut mmap = mmap_write_lock(mm);
    let vma = mmap.vma_lookup(addr).expect("it is mapped");
    vma_start_write(&mut mmap, vma);
}

/// Runs a use of the locks and returns the codes of what is reported, with the classes concerned.
fn reported(use_them: fn(&Mm)) -> Vec<(Code, Vec<String>)> {
    let reports = heldby::test::check(|| use_them(&two_vmas()));
    reports
        .into_iter()
        .map(|report| (report.code, report.locks))
        .collect()
}

#[test]
fn lock_orders_are_seen_as_the_kernel_sees_them() {
    type Row = (
        &'static str,
        fn(&Mm),
        Option<(Code, &'static [&'static str])>,
    );
    let rows: &[Row] = &[
        (
            "vma write under mmap write",
            |mm| write_lock_vma(mm, START),
            None,
        ),
        (
            "two vma reads: both are trylocks",
            |mm| {
                let _one = lock_vma_under_rcu(mm, START);
                let _two = lock_vma_under_rcu(mm, OTHER);
            },
            None,
        ),
        (
            "vma read under mmap read",
            |mm| {
                let mmap = mmap_read_lock(mm);
                let vma = mmap.vma_lookup(START).expect("it is mapped");
                let _vma = vma_start_read_locked(&mmap, vma).expect("it is attached");
            },
            None,
        ),
        (
            "try the mmap lock under a vma read",
            |mm| {
                write_lock_vma(mm, START);
                let _vma = lock_vma_under_rcu(mm, START);
                assert!(mmap_read_trylock(mm).is_some());
            },
            None,
        ),
        (
            "wait for the mmap lock under a vma read",
            |mm| {
                write_lock_vma(mm, START);
                let _vma = lock_vma_under_rcu(mm, START);
                drop(mmap_read_lock(mm));
            },
            Some((Code::Hb0001, &["mmap_lock", "vm_lock"])),
        ),
        (
            "lock a second vma by the mmap lock while reading the first",
            |mm| {
                write_lock_vma(mm, START);
                let _one = lock_vma_under_rcu(mm, START);
                let mmap = mmap_read_lock(mm);
                let two = mmap.vma_lookup(OTHER).expect("it is mapped");
                let _two = vma_start_read_locked(&mmap, two);
            },
            Some((Code::Hb0001, &["mmap_lock", "vm_lock"])),
        ),
        (
            "lock both by the mmap lock, having let go of the first",
            |mm| {
                write_lock_vma(mm, START);
                drop(lock_vma_under_rcu(mm, START));
                let mmap = mmap_read_lock(mm);
                let lock = |addr| {
                    let vma = mmap.vma_lookup(addr).expect("it is mapped");
                    vma_start_read_locked(&mmap, vma).expect("it is attached")
                };
                let _both = [lock(START), lock(OTHER)];
            },
            None,
        ),
        (
            "write-lock one vma while reading another",
            |mm| {
                let _one = lock_vma_under_rcu(mm, START);
                let mut mmap = mmap_write_lock(mm);
                let two = mmap.vma_lookup(OTHER).expect("it is mapped");
                vma_start_write(&mut mmap, two);
            },
            Some((Code::Hb0003, &["vm_lock"])),
        ),
        (
            "a mutex both ways around a vma",
            |mm| {
                let frames = Mutex::named("frames", ());
                let guard = frames.lock();
                write_lock_vma(mm, START);
                drop(guard);
                let _vma = lock_vma_under_rcu(mm, START);
                drop(frames.lock());
            },
            Some((Code::Hb0002, &["frames", "mmap_lock", "vm_lock"])),
        ),
        (
            "a second address space as a subclass",
            |mm| {
                let child = Mm::new();
                let _parent = mmap_write_lock(mm);
                drop(mmap_write_lock_nested(&child, 1));
            },
            None,
        ),
    ];
    for (name, use_them, expected) in rows {
        let found = reported(*use_them);
        let found = found.iter().map(|(code, locks)| {
            let mut locks: Vec<&str> = locks.iter().map(String::as_str).collect();
            locks.sort_unstable();
            locks.dedup();
            (*code, locks)
        });
        let found: Vec<_> = found.collect();
        match expected {
            None => assert_eq!(found, [], "{name}"),
            Some((code, locks)) => {
                assert!(
                    found.contains(&(*code, locks.to_vec())),
                    "{name}: {found:?}"
                );
            }
        }
    }
}

#[test]
fn ownership_follows_the_guards() {
    let mm = two_vmas();
    let vma = mm.vma_lookup_unlocked(START).expect("it is mapped");
    assert_eq!((held(&mm), held(&*vma)), (Held::No, Held::No));

    let reader = lock_vma_under_rcu(&mm, START).expect("nobody writes");
    assert_eq!((held(&mm), held(&*vma)), (Held::No, Held::Read));
    vma_end_read(reader);
    assert_eq!(held(&*vma), Held::No);

    let mut mmap = mmap_write_lock(&mm);
    vma_start_write(&mut mmap, vma);
    // The exclusive hold lasts only while readers drain; the write lock is told by the sequences.
    assert_eq!((held(&mm), held(&*vma)), (Held::Write, Held::No));
    vma_assert_write_locked(&vma);

    let mmap = mmap.downgrade();
    assert_eq!((held(&mm), held(&*vma)), (Held::Read, Held::No));
    assert!(mmap_read_trylock(&mm).is_some());
    assert_eq!(held(&mm), Held::Read);
    drop(mmap);
    assert_eq!(held(&mm), Held::No);
}

/// In the kernel a look-up that fails has left RCU already, and its caller must not.
#[test]
fn a_refused_look_up_leaves_nothing_to_release() {
    let reports = heldby::test::check(|| {
        let mm = two_vmas();
        let mut mmap = mmap_write_lock(&mm);
        let vma = mmap.vma_lookup(START).expect("it is mapped");
        vma_start_write(&mut mmap, vma);
        assert!(lock_vma_under_rcu(&mm, START).is_none());
        assert_eq!(held(&*vma), Held::No);
        assert_eq!(vma.vm_refcnt().decode(), RefCntState::Attached);
    });
    assert_eq!(reports.len(), 0, "{reports:?}");
}

#[test]
fn whatever_changes_a_vma_has_write_locked_it() {
    type Change = fn(&mut MmapWriteGuard<'_, u32>, VmaRef<'_, u32>);
    let changes: [Change; 5] = [
        |mmap, vma| mmap.vma_start_write(vma).set_flags(VmFlags::VM_READ),
        |mmap, vma| mmap.vma_start_write(vma).set_name(None),
        |mmap, vma| mmap.vma_start_write(vma).shrink(START + 0x10),
        |mmap, vma| {
            let upper = mmap.split(vma, START + 0x10, |&mut backing| backing);
            vma_assert_write_locked(&upper);
        },
        |mmap, vma| {
            let spec = VmaSpec::new(START + PAGE..START + 2 * PAGE, 9);
            let next = mmap.insert(spec).expect("it is free");
            vma_assert_write_locked(&next);
            assert!(mmap.merge_next(vma, |_, _| ()));
        },
    ];
    for change in changes {
        let reports = heldby::test::check(|| {
            let mm = two_vmas();
            let mut mmap = mmap_write_lock(&mm);
            let vma = mmap.vma_lookup(START).expect("it is mapped");
            change(&mut mmap, vma);
            vma_assert_write_locked(&vma);
            assert!(lock_vma_under_rcu(&mm, START).is_none());
        });
        assert_eq!(reports.len(), 0, "{reports:?}");
    }
}

/// Runs `use_it` on the VMA while `worker-5` holds the mmap lock and the VMA lock for reading.
fn beside_a_reader(use_it: fn(VmaRef<'_, u32>)) -> Vec<Report> {
    heldby::test::check(|| {
        let mm = one_vma();
        let vma = mm.vma_lookup_unlocked(START).expect("it is mapped");
        let (ready, is_ready) = mpsc::channel();
        let (stay, is_over) = mpsc::channel::<()>();
        thread::scope(|scope| {
            let mm = &mm;
            let worker = thread::Builder::new().name("worker-5".into());
            let body = move || {
                let mmap = mmap_read_lock(mm);
                let vma = mmap.vma_lookup(START).expect("it is mapped");
                let _vma = vma_start_read_locked(&mmap, vma).expect("it is attached");
                ready.send(()).expect("somebody waits for it");
                is_over.recv().expect_err("nothing is ever sent");
            };
            worker
                .spawn_scoped(scope, body)
                .expect("a thread can be made");
            is_ready.recv().expect("the other thread has its holds");
            use_it(vma);
            drop(stay);
        });
    })
}

fn ways(report: &Report) -> Vec<(&str, &str, bool)> {
    let ways = report.ways.iter();
    ways.map(|way| (&*way.needed, &*way.state, way.held_by_us))
        .collect()
}

#[test]
fn the_report_names_every_way_and_who_is_in_it() {
    let reports = beside_a_reader(|vma| drop(anon_vma_name(&vma)));
    let [report] = &reports[..] else {
        panic!("one report: {reports:?}")
    };
    assert_eq!(report.code, Code::Hb0201);
    assert_eq!(
        report.title,
        "VMA not stabilised: 0x1000-0x2000 \"heap\" read in anon_vma_name"
    );
    assert!(
        report.site.file.ends_with("validated.rs"),
        "{:?}",
        report.site
    );
    assert_eq!(
        ways(report),
        [
            ("mmap lock, read", "held for reading by `worker-5`", false),
            ("mmap lock, write", "not held", false),
            (
                "VMA lock, read",
                "vm_refcnt 2: attached, 1 reader, not us",
                false
            ),
            (
                "VMA lock, write",
                "not write-locked (seq 1, mm 2; unlocked read)",
                false
            ),
        ]
    );
    assert_eq!(report.notes.len(), 2, "{:?}", report.notes);
    assert_eq!(report.help.len(), 1, "{:?}", report.help);
}

#[test]
fn an_assert_that_asks_for_less_names_fewer_ways() {
    type Row = (fn(VmaRef<'_, u32>), &'static [&'static str]);
    let rows: [Row; 2] = [
        (
            |vma| vma_assert_locked(&vma),
            &["VMA lock, read", "VMA lock, write"],
        ),
        (|vma| vma_assert_write_locked(&vma), &["VMA lock, write"]),
    ];
    for (assert, needed) in rows {
        let reports = beside_a_reader(assert);
        let [report] = &reports[..] else {
            panic!("one report: {reports:?}")
        };
        let named: Vec<&str> = report.ways.iter().map(|way| &*way.needed).collect();
        assert_eq!(named, needed);
    }
}

#[test]
fn a_detached_vma_is_called_so() {
    let reports = heldby::test::check(|| {
        let mm = one_vma();
        let vma = mmap_write_lock(&mm).remove(START).expect("it is mapped");
        vma_assert_stabilised(&vma);
    });
    let [report] = &reports[..] else {
        panic!("one report: {reports:?}")
    };
    assert_eq!(report.ways[2].state, "vm_refcnt 0: detached");
    assert!(
        report.notes[0].starts_with("the VMA is detached"),
        "{:?}",
        report.notes
    );
}

/// The policy of a process is `panic` in builds with debug assertions.
#[cfg(debug_assertions)]
#[test]
fn a_report_that_panics_in_a_writer_leaves_the_vma_as_it_was() {
    let mm = two_vmas();
    let attempts: [fn(&mut MmapWriteGuard<'_, u32>); 2] = [
        |mmap| {
            let vma = mmap.vma_lookup(OTHER).expect("it is mapped");
            vma_start_write(mmap, vma);
        },
        |mmap| drop(mmap.remove(OTHER)),
    ];
    let reader = lock_vma_under_rcu(&mm, START).expect("nobody writes");
    for attempt in attempts {
        let panicked = catch_unwind(AssertUnwindSafe(|| attempt(&mut mmap_write_lock(&mm))));
        panicked.expect_err("one VMA is read while another one is write-locked");
        let vma = lock_vma_under_rcu(&mm, OTHER).expect("no flag is left behind");
        assert_eq!(vma.vm_refcnt().decode(), RefCntState::Read { readers: 1 });
    }
    drop(reader);
    assert_eq!(
        (held(&mm), mmap_write_lock(&mm).vmas().len()),
        (Held::No, 2)
    );
}

/// The write locks of VMAs have no events of their own; a report tells them all the same.
#[test]
fn a_report_names_the_vmas_that_are_write_locked() {
    let reports = heldby::test::check(|| {
        let mm = two_vmas();
        let mut mmap = mmap_write_lock(&mm);
        for vma in mmap.vmas() {
            vma_start_write(&mut mmap, vma);
        }
        drop(mmap);
        let mut mmap = mmap_write_lock(&mm);
        let [first, second] = mmap.vmas()[..] else {
            panic!("there are two")
        };
        vma_start_write(&mut mmap, second);
        vma_assert_write_locked(&first);
    });
    let [report] = &reports[..] else {
        panic!("one report: {reports:?}")
    };
    let [hold] = &report.held[..] else {
        panic!("the mmap lock is held: {:?}", report.held)
    };
    let [derived] = &hold.derived[..] else {
        panic!("one VMA is write-locked: {:?}", hold.derived)
    };
    assert_eq!(derived.what, "VMA 0x100000-0x101000 write-locked");
    assert!(derived.site.file.ends_with("validated.rs"));
    let [note] = &report.notes[..] else {
        panic!("one note: {:?}", report.notes)
    };
    assert!(note.starts_with("it was write-locked last at"), "{note}");
}

#[test]
fn a_guard_of_either_lock_proves_that_a_vma_is_stable() {
    fn start(vma: heldby::Stabilised<'_, VmaRef<'_, u32>>) -> usize {
        vma.range().start
    }
    let mm = two_vmas();
    let mmap = mmap_read_lock(&mm);
    let vma = mmap.vma_lookup(START).expect("it is mapped");
    assert_eq!(start(heldby::Stabilised::by_container(&mmap, &vma)), START);
    let reader = vma_start_read_locked(&mmap, vma).expect("it is attached");
    drop(mmap);
    assert_eq!(start(heldby::Stabilised::by_item(&reader, &vma)), START);
}
