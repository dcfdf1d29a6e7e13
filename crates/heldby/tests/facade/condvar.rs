//! A wait on a condition variable is a release and an acquire, and the held set says so.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use heldby::sync::{Condvar, Mutex};
use heldby::test::check;
use heldby::{Held, held, holders, thread};

#[test]
fn a_condition_runs_with_the_mutex_held() {
    let reports = check(|| {
        let (mutex, other, changed) = (Mutex::new(0), Mutex::new(0), Condvar::new());
        let all = || (held(&mutex), held(&other));
        let mut seen = Vec::new();

        let guard = mutex.lock().unwrap();
        let guard = changed.wait_while(guard, |_| {
            seen.push(all());
            false
        });
        seen.push(all());
        let (guard, _) = changed
            .wait_timeout_while(guard.unwrap(), Duration::from_millis(1), |_| {
                let _other = other.lock().unwrap();
                seen.push(all());
                true
            })
            .unwrap();
        let (guard, _) = changed.wait_timeout(guard, Duration::ZERO).unwrap();
        seen.push(all());
        drop(guard);

        // The timed condition ran once or more, each time with both.
        let both = seen
            .iter()
            .filter(|&&at| at == (Held::Write, Held::Write))
            .count();
        assert!(both > 0);
        seen.retain(|&at| at != (Held::Write, Held::Write));
        assert_eq!(seen, [(Held::Write, Held::No); 3]);
        assert_eq!(all(), (Held::No, Held::No));
    });
    assert_eq!(reports, []);
}

#[test]
fn a_waiter_waits_and_does_not_hold() {
    let reports = check(|| {
        let (ready, changed) = (Mutex::new(false), Condvar::new());
        let (outer, started) = (Mutex::new(()), Mutex::new(false));
        thread::scope(|scope| {
            let waiter = thread::Builder::new().name("waiter".into());
            let waits = waiter.spawn_scoped(scope, || {
                let _outer = outer.lock().unwrap();
                let mut guard = ready.lock().unwrap();
                *started.lock().unwrap() = true;
                while !*guard {
                    guard = changed.wait(guard).unwrap();
                }
                assert_eq!((held(&ready), held(&outer)), (Held::Write, Held::Write));
            });
            let waits = waits.unwrap();
            // `started` is set under `ready`, so once it is seen there, the waiter waits.
            let mut guard = ready.lock().unwrap();
            while !*started.lock().unwrap() {
                drop(guard);
                thread::yield_now();
                guard = ready.lock().unwrap();
            }
            let found: Vec<_> = holders(&ready)
                .into_iter()
                .map(|holder| (holder.thread == "waiter", holder.held, holder.waiting))
                .collect();
            assert_eq!(
                found,
                [(false, Held::Write, false), (true, Held::Write, true)]
            );
            let outer_holders = holders(&outer);
            assert_eq!(outer_holders.len(), 1);
            assert!(!outer_holders[0].waiting);
            *guard = true;
            drop(guard);
            changed.notify_one();
            waits.join().unwrap();
        });
        assert_eq!(holders(&ready), []);
    });
    assert_eq!(reports, []);
}

#[test]
fn a_wait_acquires_again_under_what_is_held() {
    let reports = check(|| {
        let (mutex, inner) = (Mutex::named("waited", ()), Mutex::named("inner", ()));
        let changed = Condvar::new();
        let guard = mutex.lock().unwrap();
        let _inner = inner.lock().unwrap();
        // waited -> inner so far; the wait lets go of `waited` and wants it back under `inner`.
        drop(changed.wait_timeout(guard, Duration::ZERO));
    });
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].locks, ["waited", "inner"]);
    let line = |text: &str| {
        let lines: Vec<_> = include_str!("condvar.rs").lines().collect();
        lines.iter().position(|found| found.contains(text)).unwrap() as u32 + 1
    };
    assert_eq!(reports[0].site.line, line("drop(changed.wait_timeout"));
}

#[test]
fn a_condition_that_panics_leaves_nothing_held() {
    let reports = check(|| {
        let (mutex, changed) = (Mutex::new(0), Condvar::new());
        let guard = mutex.lock().unwrap();
        let wait = || changed.wait_while(guard, |_| panic!("on purpose")).is_ok();
        assert!(catch_unwind(AssertUnwindSafe(wait)).is_err());
        assert_eq!(held(&mutex), Held::No);
        assert!(mutex.is_poisoned());
        drop(mutex.lock().unwrap_err().into_inner());
    });
    assert_eq!(reports, []);
}

#[test]
fn a_wait_with_a_second_mutex_leaves_nothing_held() {
    // std refuses a second mutex by a panic on some platforms; either way the held set is right.
    let reports = check(|| {
        let (one, two, changed) = (Mutex::new(0), Mutex::new(0), Condvar::new());
        for mutex in [&one, &two] {
            let wait = || {
                changed
                    .wait_timeout(mutex.lock().unwrap(), Duration::ZERO)
                    .is_ok()
            };
            let _ = catch_unwind(AssertUnwindSafe(wait));
            assert_eq!(held(mutex), Held::No);
        }
    });
    assert_eq!(reports, []);
}

/// A notify that was made under `outer`, which the waits below hold.
fn notify_under(outer: &Mutex<()>, changed: &Condvar) {
    let _outer = outer.lock().unwrap();
    changed.notify_all();
}

#[test]
fn a_wait_that_nobody_can_end_is_told_after_a_while() {
    let reports = check(|| {
        let (outer, inner) = (Mutex::named("outer", ()), Mutex::named("inner", ()));
        let changed = Condvar::new();
        notify_under(&outer, &changed);
        let _outer = outer.lock().unwrap();
        // Nobody else is here, so this would be for ever.
        let guard = changed.wait(inner.lock().unwrap()).unwrap();
        assert_eq!((held(&inner), held(&outer)), (Held::Write, Held::Write));
        drop(guard);
    });
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].code.as_str(), "HB0005");
    assert_eq!(reports[0].locks[1], "outer");
    assert!(
        reports[0]
            .title
            .contains("the wait on `Condvar@condvar.rs:")
    );
    let text = reports[0].to_string();
    assert!(text.contains("never reached"), "{text}");
}

/// Whoever waits for a condition goes on waiting for it, and is told of once.
#[test]
fn a_long_wait_for_a_condition_goes_on() {
    let reports = check(|| {
        let (outer, inner) = (Mutex::new(()), Mutex::new(false));
        let (changed, asked) = (Condvar::new(), AtomicU32::new(0));
        notify_under(&outer, &changed);
        thread::scope(|scope| {
            scope.spawn(|| {
                let _outer = outer.lock().unwrap();
                let waits = |is_done: &mut bool| {
                    asked.fetch_add(1, Ordering::Relaxed);
                    !*is_done
                };
                let done = changed.wait_while(inner.lock().unwrap(), waits).unwrap();
                assert!(*done);
            });
            // At first, when the wait has lasted, and when it starts again.
            while asked.load(Ordering::Relaxed) < 3 {
                thread::yield_now();
            }
            *inner.lock().unwrap() = true;
            changed.notify_all();
        });
    });
    assert_eq!(reports.len(), 1, "{reports:?}");
    assert_eq!(reports[0].code.as_str(), "HB0005");
}

#[test]
fn waits_that_are_notified_as_usual_are_silent() {
    let reports = check(|| {
        let (outer, inner, changed) = (Mutex::new(()), Mutex::new(0), Condvar::new());
        thread::scope(|scope| {
            scope.spawn(|| {
                for turn in 1..=100 {
                    *inner.lock().unwrap() = turn;
                    changed.notify_one();
                    let waits = |value: &mut i32| *value != -turn;
                    drop(changed.wait_while(inner.lock().unwrap(), waits));
                }
            });
            let _outer = outer.lock().unwrap();
            for turn in 1..=100 {
                let guard = inner.lock().unwrap();
                let mut guard = changed.wait_while(guard, |value| *value != turn).unwrap();
                *guard = -turn;
                changed.notify_one();
            }
        });
    });
    assert_eq!(reports, []);
}
