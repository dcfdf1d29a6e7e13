//! Readers beside writers: what the lock protects is read and written.

use crate::refcnt::{RefCnt, VM_REFCNT_LIMIT};
use crate::space::{ALL, Space, model};
use crate::sync::Ordering;
use crate::vma_lock::StartRead;

#[test]
fn a_reader_and_a_writer() {
    let read = model(ALL, || {
        let space = Space::new();
        let reader = space.spawn(Space::read);
        space.write(1);
        let read = reader.join().unwrap();
        assert_eq!(space.read(), Some(1));
        assert_eq!(space.vma.refcnt(), RefCnt::ATTACHED);
        read
    });
    assert_eq!(read, [None, Some(0), Some(1)].into());
}

#[test]
fn a_reader_and_two_write_sections() {
    let read = model(5, || {
        let space = Space::new();
        let reader = space.spawn(Space::read);
        space.write(1);
        space.write(2);
        reader.join().unwrap()
    });
    assert_eq!(read, [None, Some(0), Some(1), Some(2)].into());
}

#[test]
fn two_readers_and_a_writer() {
    let read = model(3, || {
        let space = Space::new();
        let readers = [space.spawn(Space::read), space.spawn(Space::read)];
        space.write(1);
        let read = readers.map(|reader| reader.join().unwrap());
        assert_eq!(space.vma.refcnt(), RefCnt::ATTACHED);
        read
    });
    assert_eq!(read.len(), 9, "each of three for each of two: {read:?}");
}

/// The wait in the one slot panics if there is a second writer.
#[test]
fn a_reader_and_two_writers() {
    let read = model(3, || {
        let space = Space::new();
        let reader = space.spawn(Space::read);
        let writer = space.spawn(|space| space.write(1));
        space.write(2);
        writer.join().unwrap();
        reader.join().unwrap()
    });
    assert_eq!(read, [None, Some(0), Some(1), Some(2)].into());
}

/// The reader is given the memory by a look-up that found an earlier VMA there.
#[test]
fn a_reader_of_a_new_vma() {
    let read = model(ALL, || {
        let space = Space::detached();
        let reader = space.spawn(Space::read);
        space.in_write_section(|| {
            space.set(1);
            space.attach();
            space.set(2);
        });
        reader.join().unwrap()
    });
    assert_eq!(read, [None, Some(2)].into());
}

/// The read lock is taken under the mmap lock and outlives it.
#[test]
fn a_reader_from_under_the_mmap_lock() {
    let read = model(ALL, || {
        let space = Space::new();
        let reader = space.spawn(|space| {
            space.mm.read_lock();
            assert_eq!(space.vma.vma_start_read_locked(0), StartRead::Locked);
            // SAFETY: it was locked above.
            unsafe { space.mm.read_unlock() };
            let read = space.get();
            space.end_read();
            read
        });
        space.write(1);
        reader.join().unwrap()
    });
    assert_eq!(read, [0, 1].into());
}

/// A reader may come in as soon as the VMA write lock has ended, which the downgrade does.
#[test]
fn a_downgrade_beside_a_reader() {
    let read = model(ALL, || {
        let space = Space::new();
        let reader = space.spawn(Space::read);
        space.mm.write_lock(0);
        space.start_write();
        space.set(1);
        // SAFETY: it was locked above.
        unsafe { space.mm.downgrade() };
        assert_eq!(space.get(), 1);
        // SAFETY: it was downgraded above.
        unsafe { space.mm.read_unlock() };
        let read = reader.join().unwrap();
        assert_eq!(space.read(), Some(1));
        read
    });
    assert_eq!(read, [None, Some(0), Some(1)].into());
}

/// A writer that took an old sequence for its own would not wait for the reader.
#[test]
fn a_writer_long_after_the_last_one() {
    let read = model(ALL, || {
        let space = Space::new();
        space.in_write_section(|| ());
        let reader = space.spawn(Space::read);
        space.write(1);
        reader.join().unwrap()
    });
    assert_eq!(read, [None, Some(0), Some(1)].into());
}

#[test]
fn the_count_stops_at_the_limit() {
    let locked = model(ALL, || {
        let space = Space::new();
        // Relaxed: before the threads are made.
        let vm_refcnt = &space.vma.vm_refcnt;
        vm_refcnt.store(VM_REFCNT_LIMIT - 1, Ordering::Relaxed);
        let other = space.spawn(Space::start_read);
        let outcomes = [space.start_read(), other.join().unwrap()];
        assert_eq!(space.vma.refcnt(), RefCnt(VM_REFCNT_LIMIT));
        outcomes.map(|outcome| outcome == StartRead::Locked)
    });
    assert_eq!(locked, [[false, true], [true, false]].into());
}
