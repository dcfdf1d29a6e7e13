//! Guards that are dropped by another thread than took them.

use std::sync::mpsc::channel;

use heldby::lock_api::MutexGuard;
use heldby::lockdep::{Guard, HandedOver};
use heldby::{Held, held, holders, sync, thread};

use super::{SpinMutex, found};

const SILENT: [&str; 0] = [];

/// What is told to a thread that holds a guard of another one.
type Given<'a> = MutexGuard<'a, heldby::lock_api::Validated<super::Spin, super::Spins>, i32>;

/// Drops a guard in a thread of its own, which ends before this returns.
fn drop_elsewhere(guard: Given<'_>) {
    thread::scope(|scope| {
        scope.spawn(move || drop(guard));
    });
}

#[test]
fn an_owner_that_runs_on_does_not_hold_it() {
    let (spin, other) = (SpinMutex::named("spin", 1), sync::Mutex::named("other", 2));
    let moves = || {
        drop_elsewhere(spin.lock());
        assert_eq!(held(&spin), Held::No);
        assert_eq!(holders(&spin), []);
        // What it takes from now on is not under the lock.
        drop(other.lock());
        drop((other.lock(), spin.lock()));
    };
    assert_eq!(found(moves), SILENT);
}

#[test]
fn an_owner_that_ended_holds_nothing() {
    let spin = SpinMutex::named("spin", 1);
    let moves = || {
        thread::scope(|scope| {
            let (give, given) = channel();
            let (ends, ended) = channel::<()>();
            let spin = &spin;
            scope.spawn(move || {
                give.send(spin.lock()).unwrap();
                ended.recv().unwrap();
            });
            drop(given.recv().unwrap());
            assert_eq!(holders(spin), []);
            ends.send(()).unwrap();
        });
        drop(spin.lock());
    };
    assert_eq!(found(moves), SILENT);
}

/// The owner waits for ever, and is no holder all the same.
#[test]
fn an_owner_that_never_runs_again_holds_nothing() {
    let (spin, other) = (SpinMutex::named("spin", 1), sync::Mutex::named("other", 2));
    let moves = || {
        thread::scope(|scope| {
            let (give, given) = channel();
            let (end, never) = channel::<()>();
            let spin = &spin;
            scope.spawn(move || {
                give.send(spin.lock()).unwrap();
                // Until the test is over.
                never.recv().unwrap_err();
            });
            drop(given.recv().unwrap());
            for _ in 0..2 {
                let taken = spin.lock();
                assert_eq!(holders(spin).len(), 1);
                drop((other.lock(), taken));
                assert_eq!(holders(spin), []);
            }
            drop(end);
        });
    };
    assert_eq!(found(moves), SILENT);
}

#[test]
fn who_adopts_a_guard_holds_the_lock() {
    let (spin, other) = (SpinMutex::named("spin", 1), sync::Mutex::named("other", 2));
    let hands_over = || {
        thread::scope(|scope| {
            let given = spin.lock().hand_over();
            assert_eq!((held(&spin), holders(&spin).len()), (Held::No, 0));
            let adopts = scope.spawn(|| {
                let mut taken = given.adopt();
                heldby::assert_held_write!(spin);
                *taken += 1;
                drop(other.lock());
            });
            adopts.join().unwrap();
            assert_eq!(holders(&spin), []);
        });
        assert_eq!(*spin.lock(), 2);
        // The one who adopted it took the other one under it.
        drop((other.lock(), spin.lock()));
    };
    assert_eq!(found(hands_over), ["HB0001 spin other"]);
}

/// A guard that nobody adopts is released where it goes, by whoever had it last.
#[test]
fn a_guard_that_nobody_adopts_is_released_where_it_goes() {
    let spin = SpinMutex::named("spin", 1);
    let drops = || {
        drop(spin.lock().hand_over());
        thread::scope(|scope| {
            let given: HandedOver<_> = spin.lock().hand_over();
            scope.spawn(move || drop(given));
        });
        assert_eq!(held(&spin), Held::No);
        drop(spin.lock());
    };
    assert_eq!(found(drops), SILENT);
}

/// The owner ended long ago, and so it is with a guard that it handed over.
#[test]
fn a_guard_outlives_who_handed_it_over() {
    let spin = SpinMutex::named("spin", 1);
    let outlives = || {
        thread::scope(|scope| {
            let ended = scope.spawn(|| spin.lock().hand_over()).join().unwrap();
            assert_eq!(holders(&spin), []);
            let taken = ended.adopt();
            heldby::assert_held_write!(spin);
            drop(taken);
        });
    };
    assert_eq!(found(outlives), SILENT);
}

#[cfg(feature = "arc_lock")]
#[test]
fn a_guard_of_an_arc_goes_to_another_thread() {
    use std::sync::Arc;

    let spin = Arc::new(SpinMutex::named("spin", 1));
    let moves = || {
        let (guard, handed) = (spin.lock_arc(), Arc::new(SpinMutex::named("handed", 2)));
        let given = handed.lock_arc().hand_over();
        thread::spawn(move || {
            drop(guard);
            let taken = given.adopt();
            heldby::assert_held_write!(handed);
            drop(taken);
        })
        .join()
        .unwrap();
        assert_eq!(held(&*spin), Held::No);
    };
    assert_eq!(found(moves), SILENT);
}
