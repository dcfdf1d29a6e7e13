//! Waits for readers: none is for ever, and a token ends them.

use crate::interrupt::{CancelToken, Interrupt, Interrupted};
use crate::refcnt::RefCnt;
use crate::space::{ALL, Space, model};
use crate::sync::Arc;
use crate::vma_lock::StartRead;

/// Loom reports a writer that nobody wakes as a deadlock.
#[test]
fn a_writer_is_woken_by_the_last_reader() {
    let _ = model(ALL, || {
        let space = Space::new();
        assert_eq!(space.start_read(), StartRead::Locked);
        let reader = space.spawn(Space::end_read);
        space.write(1);
        reader.join().unwrap();
    });
}

#[test]
fn a_writer_is_woken_by_the_last_of_two_readers() {
    let _ = model(5, || {
        let space = Space::new();
        assert_eq!(
            [space.start_read(), space.start_read()],
            [StartRead::Locked; 2]
        );
        let readers = [space.spawn(Space::end_read), space.spawn(Space::end_read)];
        space.write(1);
        for reader in readers {
            reader.join().unwrap();
        }
    });
}

/// A detacher waits for one reader fewer than a writer does.
#[test]
fn a_detacher_is_woken_by_the_last_doomed_reader() {
    let _ = model(ALL, || {
        let space = Space::new();
        space.mm.write_lock(0);
        space.start_write();
        // Past its first look before the writer came.
        assert_eq!(space.vma.enter(), StartRead::Locked);
        let reader = space.spawn(Space::end_read);
        space.detach_and_use();
        // SAFETY: it was locked above.
        unsafe { space.mm.write_unlock() };
        reader.join().unwrap();
    });
}

/// A space whose VMA this thread reads, and a thread that tries to write unless it is cancelled.
fn with_cancelled_writer(meanwhile: impl FnOnce(&Space)) -> (Space, Result<(), Interrupted>) {
    let space = Space::new();
    let token = Arc::new(CancelToken::new());
    assert_eq!(space.start_read(), StartRead::Locked);
    let writer = {
        let token = Arc::clone(&token);
        space.spawn(move |space| {
            let mut started = Ok(());
            space.in_write_section(|| {
                started = space.start_write_killable(&Interrupt::by(&token));
                if started.is_ok() {
                    space.set(1);
                }
            });
            started
        })
    };
    meanwhile(&space);
    token.cancel();
    let started = writer.join().unwrap();
    (space, started)
}

/// The reader stays, so that nobody but the token can wake the writer.
#[test]
fn a_cancelled_writer_lets_readers_in_again() {
    let _ = model(ALL, || {
        let (space, started) = with_cancelled_writer(|_| ());
        assert_eq!(started, Err(Interrupted));
        assert_eq!(space.vma.refcnt(), RefCnt(2));
        assert_eq!(space.read(), Some(0));
        space.end_read();
        assert_eq!(space.vma.refcnt(), RefCnt::ATTACHED);
    });
}

#[test]
fn a_cancel_races_with_the_last_reader() {
    let interrupted = model(5, || {
        let mut reader = None;
        let (space, started) =
            with_cancelled_writer(|space| reader = Some(space.spawn(Space::end_read)));
        reader.expect("it was made").join().unwrap();
        assert_eq!(space.vma.refcnt(), RefCnt::ATTACHED);
        assert_eq!(space.read(), Some(u32::from(started.is_ok())));
        started.is_err()
    });
    assert_eq!(interrupted, [false, true].into());
}

/// Who finds a token cancelled sees what the canceller did before.
#[test]
fn a_cancel_publishes_what_came_before() {
    let seen = model(ALL, || {
        let space = Space::new();
        let token = Arc::new(CancelToken::new());
        let waiter = {
            let token = Arc::clone(&token);
            space.spawn(move |space| token.is_cancelled().then(|| space.get()))
        };
        space.set(1);
        token.cancel();
        waiter.join().unwrap()
    });
    assert_eq!(seen, [None, Some(1)].into());
}

/// A hold that nobody owns ends on the thread that it was given to, and is nobody's no more when the
/// next writer is there.
#[test]
fn a_read_lock_ends_on_another_thread() {
    let _ = model(ALL, || {
        let space = Space::new();
        space.mm.read_lock();
        // SAFETY: it was locked above.
        unsafe { space.mm.disown_read() };
        let other = space.spawn(|space| {
            assert!(space.mm.has_non_owner() && space.mm.is_locked());
            assert_eq!(space.get(), 0);
            // SAFETY: it was disowned, and this is its release.
            unsafe { space.mm.read_unlock_non_owner() };
        });
        space.in_write_section(|| {
            assert!(!space.mm.has_non_owner());
            space.start_write();
            space.set(1);
        });
        other.join().unwrap();
    });
}
