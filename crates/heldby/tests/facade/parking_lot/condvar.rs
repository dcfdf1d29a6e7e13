//! A wait on a condition variable is a release and an acquire.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use heldby::parking_lot::{Condvar, Mutex, MutexGuard};
use heldby::test::check;
use heldby::thread;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry;

use super::{SILENT, found};

#[test]
fn a_wait_acquires_again_under_what_is_held() {
    type Wait = fn(&Condvar, &mut MutexGuard<'_, i32>);
    let waits: [Wait; 4] = [
        |changed, guard| assert!(changed.wait_for(guard, Duration::ZERO).timed_out()),
        |changed, guard| assert!(changed.wait_until(guard, Instant::now()).timed_out()),
        |changed, guard| {
            let result = changed.wait_while_for(guard, |_| true, Duration::ZERO);
            assert!(result.timed_out());
        },
        |changed, guard| {
            let result = changed.wait_while_until(guard, |_| true, Instant::now());
            assert!(result.timed_out());
        },
    ];
    let (mutex, inner) = (Mutex::named("waited", 0), Mutex::named("inner", ()));
    for wait in waits {
        let changed = Condvar::new();
        let both = || {
            let (mut guard, _inner) = (mutex.lock(), inner.lock());
            wait(&changed, &mut guard);
            heldby::assert_held_write!(mutex);
        };
        assert_eq!(found(both), ["HB0005 waited inner"]);
        assert_eq!(found(|| wait(&changed, &mut mutex.lock())), SILENT);
    }
}

#[test]
fn a_condition_runs_with_the_mutex_held() {
    let (mutex, changed) = (Mutex::new(0), Condvar::new());
    let waits = || {
        let mut guard = mutex.lock();
        changed.wait_while(&mut guard, |_| {
            heldby::assert_held_write!(mutex);
            false
        });
        let never = |_: &mut i32| false;
        assert!(
            !changed
                .wait_while_for(&mut guard, never, Duration::MAX)
                .timed_out()
        );
        drop(guard);
        heldby::assert_not_held!(mutex);
    };
    assert_eq!(found(waits), SILENT);
}

/// What a waiter has come to; it waits from when it says so until it lets its mutex go.
#[derive(PartialEq)]
enum State {
    Starts,
    Waits,
    Done,
}

/// Returns when the one who waits under `state` waits.
fn until_it_waits(state: &Mutex<State>) {
    while *state.lock() == State::Starts {
        thread::yield_now();
    }
}

#[test]
fn a_waiter_waits_and_does_not_hold() {
    let (ready, changed) = (Mutex::new(State::Starts), Condvar::new());
    let waits = || {
        thread::scope(|scope| {
            let waiter = thread::Builder::new().name("waiter".into());
            let waits = || {
                let mut state = ready.lock();
                *state = State::Waits;
                changed.wait(&mut state);
                assert!(*state == State::Done, "nobody wakes it before");
                heldby::assert_held_write!(ready);
            };
            let waiter = waiter.spawn_scoped(scope, waits).unwrap();
            until_it_waits(&ready);
            let holders = heldby::holders(&ready);
            assert_eq!(holders.len(), 1);
            assert!(holders[0].waiting && holders[0].thread == "waiter");
            *ready.lock() = State::Done;
            assert!(changed.notify_one());
            waiter.join().unwrap();
            assert_eq!(changed.notify_all(), 0);
        });
    };
    assert_eq!(found(waits), SILENT);
}

#[test]
fn a_wait_with_a_second_mutex_leaves_nothing_held() {
    let (one, two, changed) = (Mutex::new(State::Starts), Mutex::new(()), Condvar::new());
    let refused = || {
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut state = one.lock();
                *state = State::Waits;
                changed.wait_while(&mut state, |state| *state == State::Waits);
            });
            until_it_waits(&one);
            let wait = || changed.wait_for(&mut two.lock(), Duration::ZERO);
            assert!(catch_unwind(AssertUnwindSafe(wait)).is_err());
            heldby::assert_not_held!(two);
            *one.lock() = State::Done;
            changed.notify_all();
        });
        drop(two.lock());
    };
    assert_eq!(found(refused), SILENT);
}

/// Sees that something is reported.
struct Sees(Arc<AtomicBool>);

impl<S: Subscriber> Layer<S> for Sees {
    fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A wait that is told to last goes on until it is notified.
#[test]
fn a_long_wait_is_told_and_goes_on() {
    let (outer, inner) = (Mutex::named("outer", ()), Mutex::named("inner", false));
    let (changed, told) = (Condvar::new(), Arc::new(AtomicBool::new(false)));
    // While only one subscriber lives, whoever comes to an event first answers for all threads.
    let _second = tracing::Dispatch::new(registry());
    let reports = check(|| {
        let notifies = outer.lock();
        changed.notify_all();
        drop(notifies);
        thread::scope(|scope| {
            let sees = registry().with(Sees(Arc::clone(&told)));
            let waits = || {
                let _outer = outer.lock();
                let mut is_done = inner.lock();
                changed.wait(&mut is_done);
                assert!(*is_done, "nobody wakes it before");
            };
            let waits = scope.spawn(move || tracing::subscriber::with_default(sees, waits));
            while !told.load(Ordering::Relaxed) {
                thread::yield_now();
            }
            *inner.lock() = true;
            changed.notify_all();
            waits.join().unwrap();
        });
    });
    assert_eq!(reports.len(), 1, "{reports:?}");
    assert_eq!(reports[0].code.as_str(), "HB0005");
}
