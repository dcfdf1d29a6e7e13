//! The states that the public operations pass through too quickly to be met on purpose.

use heldby::thread;

use crate::exclude_readers::{ExcludeReaders, Excluded, Target};
use crate::interrupt::{CancelToken, Interrupt, Interrupted};
use crate::mmap_lock::MmapLock;
use crate::refcnt::{RefCnt, RefCntState, VM_REFCNT_EXCLUDE_READERS_FLAG, VM_REFCNT_LIMIT};
use crate::sync::{Arc, Ordering, lockdep};
use crate::vma_lock::{StartRead, VmaLock};

fn new_mm() -> Arc<MmapLock> {
    Arc::new(MmapLock::new(std::sync::Arc::default()))
}

/// A VMA lock of `mm`.
fn lock_of(mm: &Arc<MmapLock>) -> VmaLock {
    let lock = VmaLock::new();
    lock.give_to(mm);
    lock
}

/// Runs `body` with a VMA lock whose mmap lock is held for writing.
fn in_write_section(body: impl FnOnce(&VmaLock, &Arc<MmapLock>)) {
    let mm = new_mm();
    mm.write_lock(0);
    body(&lock_of(&mm), &mm);
    // SAFETY: it was locked above, by this thread.
    unsafe { mm.write_unlock() };
}

fn start_write(lock: &VmaLock, mm: &Arc<MmapLock>) {
    let started = lock.vma_start_write_killable(mm, &Interrupt::never());
    started.expect("nothing interrupts it");
}

fn attach(lock: &VmaLock, mm: &Arc<MmapLock>) {
    start_write(lock, mm);
    lock.vma_mark_attached(mm);
}

fn start_read(lock: &VmaLock, mm: &Arc<MmapLock>) -> StartRead {
    // SAFETY: the lock outlives the call.
    unsafe { lock.vma_start_read(mm) }
}

fn end_read(lock: &VmaLock, mm: &MmapLock) {
    // SAFETY: the caller has a count, and both are alive.
    unsafe { VmaLock::vma_end_read(lock, mm) };
}

/// Enters as a reader that has not yet looked at the sequences again.
fn doom(lock: &VmaLock) {
    assert_eq!(lock.enter(), StartRead::Locked);
    lockdep::lock_acquire_shared(&lock.map, 0, true);
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
        let mm = new_mm();
        let lock = lock_of(&mm);
        lock.vm_refcnt.store(before, Ordering::Relaxed);
        assert_eq!(start_read(&lock, &mm), outcome, "{before}");
        assert_eq!(lock.refcnt(), RefCnt(after), "{before}");
        if outcome == StartRead::Locked {
            end_read(&lock, &mm);
            assert_eq!(lock.refcnt(), RefCnt(before));
        }
    }
}

#[test]
fn a_writer_leaves_no_flag_behind() {
    in_write_section(|lock, mm| {
        attach(lock, mm);
        assert_eq!(lock.refcnt(), RefCnt::ATTACHED);
        assert!(lock.seq_is_current(mm));
        assert_eq!(start_read(lock, mm), StartRead::Refused);
        lock.vma_mark_detached(mm);
        assert_eq!(lock.refcnt(), RefCnt::DETACHED);
    });
}

#[test]
fn a_reader_that_entered_before_the_sequence_was_set_leaves_again() {
    let mm = new_mm();
    let lock = lock_of(&mm);
    lock.vm_refcnt.store(RefCnt::ATTACHED.0, Ordering::Relaxed);
    // Equal sequences behind the reader's first look.
    doom(&lock);
    lock.vm_lock_seq.store(mm.seq(), Ordering::Relaxed);
    assert_eq!(lock.confirm(&mm), StartRead::Refused);
    assert_eq!(lock.refcnt(), RefCnt::ATTACHED);
}

/// The VMA was used again for another address space between look-up and lock.
#[test]
fn a_reader_of_a_recycled_vma_leaves_it_to_its_owner() {
    let (mine, other) = (new_mm(), new_mm());
    let lock = lock_of(&mine);
    lock.give_to(&other);
    other.write_lock(0);
    attach(&lock, &other);
    // SAFETY: it was locked above, by this thread.
    unsafe { other.write_unlock() };
    assert_eq!(start_read(&lock, &mine), StartRead::Refused);
    assert_eq!(lock.refcnt(), RefCnt::ATTACHED);
    assert_eq!(Arc::strong_count(&other), 1);
    assert_eq!(start_read(&lock, &other), StartRead::Locked);
    end_read(&lock, &other);
}

#[test]
fn a_writer_beside_a_doomed_reader_has_its_lock_already() {
    in_write_section(|lock, mm| {
        attach(lock, mm);
        doom(lock);
        start_write(lock, mm);
        assert_eq!(lock.refcnt().decode(), RefCntState::Read { readers: 1 });
        end_read(lock, mm);
    });
}

/// Two of them, so that the detacher is woken once too early.
#[test]
fn a_detacher_waits_for_doomed_readers() {
    let mm = new_mm();
    let lock = lock_of(&mm);
    mm.write_lock(0);
    attach(&lock, &mm);
    // SAFETY: it was locked above, by this thread.
    unsafe { mm.write_unlock() };
    doom(&lock);
    doom(&lock);
    thread::scope(|scope| {
        let detacher = scope.spawn(|| {
            mm.write_lock(0);
            // As if it had been write-locked before the readers entered.
            lock.vm_lock_seq.store(mm.seq(), Ordering::Relaxed);
            lock.vma_mark_detached(&mm);
            assert_eq!(lock.refcnt(), RefCnt::DETACHED);
            // SAFETY: it was locked above, by this thread.
            unsafe { mm.write_unlock() };
        });
        while lock.refcnt().decode() != (RefCntState::Draining { readers: 1 }) {
            assert!(!detacher.is_finished(), "it did not wait for the readers");
            thread::yield_now();
        }
        end_read(&lock, &mm);
        assert_eq!(lock.refcnt().decode(), RefCntState::ReadersExcluded);
        end_read(&lock, &mm);
        detacher.join().expect("it is woken");
    });
}

#[test]
fn a_detacher_does_not_wait_when_the_last_doomed_reader_left_meanwhile() {
    in_write_section(|lock, mm| {
        start_write(lock, mm);
        let never = Interrupt::never();
        let excluded = ExcludeReaders::start(lock, mm, Target::Detaching, &never);
        assert!(matches!(excluded, Excluded::Detached));
        assert_eq!(lock.refcnt(), RefCnt::DETACHED);
    });
}

#[test]
fn an_interrupted_writer_takes_its_flag_back() {
    let mm = new_mm();
    let lock = lock_of(&mm);
    mm.write_lock(0);
    attach(&lock, &mm);
    // SAFETY: it was locked above, by this thread.
    unsafe { mm.write_unlock() };
    doom(&lock);
    let token = CancelToken::new();
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            mm.write_lock(0);
            let started = lock.vma_start_write_killable(&mm, &Interrupt::by(&token));
            assert!(!lock.seq_is_current(&mm));
            // SAFETY: it was locked above, by this thread.
            unsafe { mm.write_unlock() };
            started
        });
        while lock.refcnt().decode() != (RefCntState::Draining { readers: 1 }) {
            assert!(!writer.is_finished(), "it did not wait for the reader");
            thread::yield_now();
        }
        token.cancel();
        // Not joined under the lock: nobody but the token knows that it does not wait for the reader.
        while !writer.is_finished() {
            thread::yield_now();
        }
        assert_eq!(lock.refcnt().decode(), RefCntState::Read { readers: 1 });
        end_read(&lock, &mm);
        assert_eq!(writer.join().expect("it does not panic"), Err(Interrupted));
    });
}

#[test]
fn each_write_section_has_a_sequence_of_its_own() {
    let mm = new_mm();
    let lock = lock_of(&mm);
    for section in 0..3 {
        assert!(!lock.seq_is_current(&mm), "{section}");
        mm.write_lock(0);
        assert!(!mm.seq().is_multiple_of(2));
        start_write(&lock, &mm);
        assert!(lock.seq_is_current(&mm), "{section}");
        // SAFETY: it was locked above, by this thread.
        unsafe { mm.downgrade() };
        assert!(!lock.seq_is_current(&mm), "{section}");
        assert!(mm.is_locked() && !mm.is_write_locked());
        // SAFETY: it was downgraded above, by this thread.
        unsafe { mm.read_unlock() };
    }
}
