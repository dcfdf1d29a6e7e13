//! Readers beside the end of a VMA, and beside the next VMA in the same memory.
//!
//! Loom does not see the snapshots of the tree, so the readers here are given what a look-up in an
//! older snapshot gives them: a pointer that may be stale.

use loom::sync::atomic::AtomicU32;

use crate::interrupt::Interrupt;
use crate::mmap_lock::MmapLock;
use crate::refcnt::RefCnt;
use crate::space::{ALL, Space, model, new_mm};
use crate::sync::{Arc, Ordering};
use crate::vma_lock::{StartRead, VmaLock};

#[test]
fn a_reader_of_a_vma_that_goes() {
    let read = model(ALL, || {
        let space = Space::new();
        let reader = space.spawn(Space::read);
        space.in_write_section(|| {
            space.start_write();
            space.detach_and_use();
        });
        assert_eq!(space.vma.refcnt(), RefCnt::DETACHED);
        reader.join().unwrap()
    });
    assert_eq!(read, [None, Some(0)].into());
}

#[test]
fn two_readers_of_a_vma_that_goes() {
    let read = model(3, || {
        let space = Space::new();
        let readers = [space.spawn(Space::read), space.spawn(Space::read)];
        space.in_write_section(|| {
            space.start_write();
            space.detach_and_use();
        });
        assert_eq!(space.vma.refcnt(), RefCnt::DETACHED);
        readers.map(|reader| reader.join().unwrap())
    });
    assert_eq!(read.len(), 4, "each of two for each of two: {read:?}");
}

/// The memory is another VMA of the same address space at once.
#[test]
fn a_reader_of_a_vma_that_is_replaced() {
    let read = model(ALL, || {
        let space = Space::new();
        let reader = space.spawn(Space::read);
        space.in_write_section(|| {
            space.start_write();
            space.detach_and_use();
            space.vma.give_to(&space.mm);
            space.set(1);
            space.attach();
        });
        let read = reader.join().unwrap();
        assert_eq!(space.read(), Some(1));
        read
    });
    assert_eq!(read, [None, Some(0), Some(1)].into());
}

/// A reader that is told "detached" looks the address up again, so it must see the tree without it.
#[test]
fn a_reader_that_looks_again_finds_the_vma_gone() {
    let outcomes = model(ALL, || {
        let space = Space::new();
        // In place of the tree: how many VMAs are mapped.
        let mapped = Arc::new(AtomicU32::new(1));
        let reader = {
            let mapped = Arc::clone(&mapped);
            space.spawn(move |space| {
                let outcome = space.start_read();
                match outcome {
                    StartRead::Locked => space.end_read(),
                    StartRead::Refused => (),
                    // Relaxed: ordered by what told "detached".
                    StartRead::Detached => assert_eq!(mapped.load(Ordering::Relaxed), 0),
                }
                outcome as u8
            })
        };
        space.in_write_section(|| {
            space.start_write();
            mapped.store(0, Ordering::Relaxed);
            space.detach_and_use();
        });
        reader.join().unwrap()
    });
    assert_eq!(outcomes.len(), 3, "{outcomes:?}");
}

/// The reader passed its first look before the writer came, and its increment after that.
#[test]
fn a_doomed_reader_of_a_vma_that_goes() {
    let _ = model(ALL, || {
        let space = Space::new();
        space.mm.write_lock(0);
        space.start_write();
        assert_eq!(space.vma.enter(), StartRead::Locked);
        let reader = space.spawn(|space| {
            assert_eq!(space.vma.confirm(&space.mm), StartRead::Refused);
        });
        space.detach_and_use();
        assert_eq!(space.vma.refcnt(), RefCnt::DETACHED);
        // SAFETY: it was locked above.
        unsafe { space.mm.write_unlock() };
        reader.join().unwrap();
    });
}

/// Keeps the memory of an mmap lock, not the mmap lock: an access to a freed one is a violation that
/// loom reports.
fn keep_memory(mm: &Arc<MmapLock>) -> std::sync::Weak<MmapLock> {
    // SAFETY: loom's `Arc` is one of std's around the same value; this one is not dropped.
    let std = unsafe { std::sync::Arc::from_raw(Arc::as_ptr(mm)) };
    let weak = std::sync::Arc::downgrade(&std);
    std::mem::forget(std);
    weak
}

/// The VMA of `space`, detached, as one of the address space `mm`.
fn map_in(mm: &Arc<MmapLock>, space: &Space) {
    space.vma.give_to(mm);
    start_write(mm, &space.vma);
    space.set(1);
    space.vma.vma_mark_attached(mm);
}

fn unmap_from(mm: &Arc<MmapLock>, space: &Space) {
    start_write(mm, &space.vma);
    space.vma.vma_mark_detached(mm);
    space.vma.map.renew();
    space.set(2);
}

fn start_write(mm: &Arc<MmapLock>, vma: &VmaLock) {
    let started = vma.vma_start_write_killable(mm, &Interrupt::never());
    started.expect("nothing interrupts it");
}

fn in_write_section(mm: &Arc<MmapLock>, body: impl FnOnce()) {
    mm.write_lock(0);
    body();
    // SAFETY: it was locked above.
    unsafe { mm.write_unlock() };
}

/// The memory is a VMA of another address space for a while.
#[test]
fn a_stale_reader_meets_another_address_space() {
    let refused = model(ALL, || {
        let space = Space::detached();
        let reader = space.spawn(|space| {
            let outcome = space.start_read();
            assert_ne!(outcome, StartRead::Locked);
            outcome == StartRead::Refused
        });
        let other = new_mm();
        let _memory = keep_memory(&other);
        in_write_section(&other, || map_in(&other, &space));
        in_write_section(&other, || unmap_from(&other, &space));
        drop(other);
        reader.join().unwrap()
    });
    assert_eq!(refused, [false, true].into());
}

/// The address space ends while a reader that only strayed into it leaves: CVE-2025-38554.
#[test]
fn a_stale_reader_outlives_the_other_address_space() {
    let _ = model(ALL, || {
        let space = Space::detached();
        let other = new_mm();
        let _memory = keep_memory(&other);
        in_write_section(&other, || map_in(&other, &space));
        assert_eq!(space.vma.enter(), StartRead::Locked);
        let reader = space.spawn(|space| {
            assert_eq!(space.vma.confirm(&space.mm), StartRead::Refused);
        });
        in_write_section(&other, || unmap_from(&other, &space));
        drop(other);
        reader.join().unwrap();
    });
}

/// The VMA that a reader leaves is another address space's before it wakes its own writer.
#[test]
fn a_reader_wakes_the_writer_that_waited_for_it() {
    let _ = model(ALL, || {
        let space = Space::new();
        assert_eq!(space.start_read(), StartRead::Locked);
        let reader = space.spawn(Space::end_read);
        space.in_write_section(|| {
            space.start_write();
            space.detach_and_use();
        });
        let other = new_mm();
        let _memory = keep_memory(&other);
        in_write_section(&other, || {
            map_in(&other, &space);
            unmap_from(&other, &space);
        });
        drop(other);
        reader.join().unwrap();
    });
}
