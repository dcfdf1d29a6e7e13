//! `test::check` finds what its body did and leaves nothing behind.

use std::panic::{AssertUnwindSafe, catch_unwind};

use heldby::sync::{Mutex, RwLock};
use heldby::test::check;
use heldby::{Held, held, thread};

fn in_order(one: &Mutex<u8>, other: &Mutex<u8>) {
    drop((one.lock().unwrap(), other.lock().unwrap()));
}

#[test]
fn a_check_knows_only_its_own_orders() {
    let (one, other) = (
        Mutex::named("check::one", 0),
        Mutex::named("check::other", 0),
    );
    for _ in 0..2 {
        assert_eq!(check(|| in_order(&one, &other)), []);
        assert_eq!(check(|| in_order(&other, &one)), []);
        let both = check(|| {
            in_order(&one, &other);
            in_order(&other, &one);
        });
        assert_eq!(both.len(), 1);
    }
    // Nor does the process learn any of them, from this thread or a child of a check.
    check(|| {
        thread::spawn(|| drop(Mutex::named("check::child", 0).lock()))
            .join()
            .unwrap()
    });
    let known = heldby::graph();
    assert!(
        known
            .classes
            .iter()
            .all(|class| !class.name.starts_with("check::"))
    );
    let about_us = |report: &heldby::model::Report| {
        report.locks.iter().any(|name| name.starts_with("check::"))
    };
    assert!(!heldby::reports().iter().any(about_us));
}

#[test]
fn the_thread_holds_afterwards_what_it_held_before() {
    let (outer, inner) = (Mutex::new(0), Mutex::new(0));
    let _outer = outer.lock().unwrap();
    let reports = check(|| {
        let _inner = inner.lock().unwrap();
        assert_eq!(held(&inner), Held::Write);
    });
    assert_eq!(reports, []);
    assert_eq!((held(&outer), held(&inner)), (Held::Write, Held::No));
    heldby::assert_held!(outer);
}

#[test]
fn checks_nest() {
    let (one, other) = (Mutex::new(0_u8), Mutex::new(0_u8));
    let outer = check(|| {
        in_order(&one, &other);
        assert_eq!(check(|| in_order(&other, &one)), []);
        in_order(&other, &one);
    });
    assert_eq!(outer.len(), 1);
}

#[test]
fn a_panic_goes_through_and_ends_the_check() {
    let mutex = Mutex::new(0);
    let body = || {
        drop(check(|| {
            let _guard = mutex.lock().unwrap();
            panic!("on purpose");
        }))
    };
    let panic = catch_unwind(AssertUnwindSafe(body)).unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"on purpose"));
    assert_eq!(held(&mutex), Held::No);
    assert_eq!(check(|| drop(mutex.try_lock())), []);
}

#[test]
fn checks_on_many_threads_do_not_meet() {
    let (one, other) = (Mutex::named("meet::one", 0), Mutex::named("meet::other", 0));
    std::thread::scope(|scope| {
        for reverse in [false, true, false, true] {
            let (one, other) = (&one, &other);
            scope.spawn(move || {
                for _ in 0..50 {
                    let reports = check(|| match reverse {
                        false => in_order(one, other),
                        true => in_order(one, other),
                    });
                    assert_eq!(reports, []);
                }
            });
        }
    });
}

#[test]
fn a_lock_kept_at_the_end_is_told() {
    let reports = check(|| {
        let mutex = Box::leak(Box::new(Mutex::named("leaked", 0)));
        std::mem::forget(mutex.lock());
    });
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].code.as_str(), "HB0103");
}

#[test]
fn a_lock_that_goes_while_it_is_held_is_told() {
    let reports = check(|| {
        let mutex = Mutex::named("gone", 0);
        std::mem::forget(mutex.lock());
        drop(mutex.into_inner());
    });
    let codes: Vec<_> = reports.iter().map(|report| report.code.as_str()).collect();
    assert_eq!(codes, ["HB0102"]);
    assert_eq!(reports[0].locks, ["gone"]);
}

#[test]
fn a_try_is_told_at_the_hosts_place() {
    let mutex = Mutex::named("check::tried", 0);
    let rwlock = RwLock::named("check::tried rwlock", 0);
    let last = Mutex::named("check::last", 0);
    let reports = check(|| {
        drop((mutex.try_lock(), last.lock()));
        drop((last.lock(), mutex.lock()));
        drop((rwlock.try_read(), last.lock()));
        drop((last.lock(), rwlock.write()));
    });
    let places = reports.iter().map(|report| &report.cycle[0].held_site.file);
    assert_eq!(places.collect::<Vec<_>>(), [file!(), file!()]);
}
