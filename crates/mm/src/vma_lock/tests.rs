//! The states that the public operations pass through too quickly to be met on purpose.

use heldby::thread;

use super::*;
use crate::refcnt::RefCntState;

/// A VMA lock, and its mmap lock held for writing while `body` runs.
fn in_write_section(body: impl FnOnce(&VmaLock)) {
    let lock = VmaLock::new(Arc::new(MmapLock::new()));
    let mmap_lock = Arc::clone(&lock.mmap_lock);
    mmap_lock.write_lock(0);
    body(&lock);
    // SAFETY: it was locked above, by this thread.
    unsafe { mmap_lock.write_unlock() };
}

fn attach(lock: &VmaLock) {
    lock.vma_start_write();
    lock.vma_mark_attached();
}

/// Enters as a reader that has not yet looked at the sequences again.
fn doomed(lock: &VmaLock) -> Entered<'_> {
    assert!(matches!(lock.enter(), Enter::Entered));
    lock.entered()
}

#[test]
fn readers_enter_by_the_count() {
    const FLAG: u32 = VM_REFCNT_EXCLUDE_READERS_FLAG;
    let rows = [
        (0, StartRead::Detached, 0),
        (1, StartRead::Locked, 2),
        (2, StartRead::Locked, 3),
        (VM_REFCNT_LIMIT - 1, StartRead::Locked, VM_REFCNT_LIMIT),
        (VM_REFCNT_LIMIT, StartRead::Refused, VM_REFCNT_LIMIT),
        (FLAG, StartRead::Refused, FLAG),
        (FLAG + 1, StartRead::Refused, FLAG + 1),
        (FLAG + 2, StartRead::Refused, FLAG + 2),
    ];
    for (before, outcome, after) in rows {
        let lock = VmaLock::new(Arc::new(MmapLock::new()));
        lock.vm_refcnt.store(before, Ordering::Relaxed);
        assert_eq!(lock.vma_start_read(), outcome, "{before}");
        assert_eq!(lock.refcnt(), RefCnt(after), "{before}");
        if outcome == StartRead::Locked {
            // SAFETY: the count has just been acquired, and both are alive.
            unsafe { VmaLock::vma_end_read(&lock, &lock.mmap_lock) };
            assert_eq!(lock.refcnt(), RefCnt(before));
        }
    }
}

#[test]
fn a_writer_leaves_no_flag_behind() {
    in_write_section(|lock| {
        attach(lock);
        assert_eq!(lock.refcnt(), RefCnt::ATTACHED);
        assert!(lock.seq_is_current());
        assert_eq!(lock.vma_start_read(), StartRead::Refused);
        lock.vma_mark_detached();
        assert_eq!(lock.refcnt(), RefCnt::DETACHED);
    });
}

#[test]
fn a_reader_that_entered_before_the_sequence_was_set_leaves_again() {
    let lock = VmaLock::new(Arc::new(MmapLock::new()));
    lock.vm_refcnt.store(RefCnt::ATTACHED.0, Ordering::Relaxed);
    // Equal sequences behind the reader's first look.
    assert!(matches!(lock.enter(), Enter::Entered));
    lock.vm_lock_seq
        .store(lock.mmap_lock.seq(), Ordering::Relaxed);
    assert_eq!(lock.confirm(), StartRead::Refused);
    assert_eq!(lock.refcnt(), RefCnt::ATTACHED);
}

#[test]
fn a_writer_beside_a_doomed_reader_has_its_lock_already() {
    in_write_section(|lock| {
        attach(lock);
        let reader = doomed(lock);
        lock.vma_start_write();
        assert_eq!(lock.refcnt().decode(), RefCntState::Read { readers: 1 });
        drop(reader);
    });
}

/// Two of them, so that the detacher is woken once too early.
#[test]
fn a_detacher_waits_for_doomed_readers() {
    let lock = VmaLock::new(Arc::new(MmapLock::new()));
    let mmap_lock = &lock.mmap_lock;
    mmap_lock.write_lock(0);
    attach(&lock);
    // SAFETY: it was locked above, by this thread.
    unsafe { mmap_lock.write_unlock() };
    let both = [doomed(&lock), doomed(&lock)];
    thread::scope(|scope| {
        let detacher = scope.spawn(|| {
            mmap_lock.write_lock(0);
            // As if it had been write-locked before the readers entered.
            lock.vm_lock_seq.store(mmap_lock.seq(), Ordering::Relaxed);
            lock.vma_mark_detached();
            assert_eq!(lock.refcnt(), RefCnt::DETACHED);
            // SAFETY: it was locked above, by this thread.
            unsafe { mmap_lock.write_unlock() };
        });
        while lock.refcnt().decode() != (RefCntState::Draining { readers: 1 }) {
            assert!(!detacher.is_finished(), "it did not wait for the readers");
            thread::yield_now();
        }
        let [first, second] = both;
        drop(first);
        assert_eq!(lock.refcnt().decode(), RefCntState::ReadersExcluded);
        drop(second);
        detacher.join().expect("it is woken");
    });
}

#[test]
fn a_detacher_does_not_wait_when_the_last_doomed_reader_left_meanwhile() {
    in_write_section(|lock| {
        lock.vma_start_write();
        assert!(ExcludeReaders::start(lock, Target::Detaching).is_none());
        assert_eq!(lock.refcnt(), RefCnt::DETACHED);
    });
}

#[test]
fn each_write_section_has_a_sequence_of_its_own() {
    let lock = VmaLock::new(Arc::new(MmapLock::new()));
    for section in 0..3 {
        assert!(!lock.seq_is_current(), "{section}");
        lock.mmap_lock.write_lock(0);
        assert!(!lock.mmap_lock.seq().is_multiple_of(2));
        lock.vma_start_write();
        assert!(lock.seq_is_current(), "{section}");
        // SAFETY: it was locked above, by this thread.
        unsafe { lock.mmap_lock.downgrade() };
        assert!(!lock.seq_is_current(), "{section}");
        assert!(lock.mmap_lock.is_locked() && !lock.mmap_lock.is_write_locked());
        // SAFETY: it was downgraded above, by this thread.
        unsafe { lock.mmap_lock.read_unlock() };
    }
}
