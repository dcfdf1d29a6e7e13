//! What is held belongs to a thread; a child belongs to its maker's validator.

use std::sync::Barrier;

use heldby::sync::{Mutex, RwLock};
use heldby::test::check;
use heldby::{Held, held, holders, thread};

#[test]
fn held_is_per_thread() {
    let reports = check(|| {
        let (mutex, lock) = (Mutex::new(()), RwLock::new(()));
        let both = || (held(&mutex), held(&lock));
        let _mutex = mutex.lock().unwrap();
        let _reader = lock.read().unwrap();
        thread::scope(|scope| {
            let other = scope.spawn(|| {
                let before = both();
                let _reader = lock.try_read().unwrap();
                (before, both())
            });
            let none = (Held::No, Held::No);
            assert_eq!(other.join().unwrap(), (none, (Held::No, Held::Read)));
        });
        assert_eq!(both(), (Held::Write, Held::Read));
    });
    assert_eq!(reports, []);
}

#[test]
fn holders_are_told_by_name_and_mode() {
    let reports = check(|| {
        let lock = RwLock::new(());
        let (taken, seen) = (Barrier::new(4), Barrier::new(4));
        thread::scope(|scope| {
            for name in ["first", "second", "third"] {
                let reader = || {
                    let _reader = lock.read().unwrap();
                    taken.wait();
                    seen.wait();
                };
                let builder = thread::Builder::new().name(name.into());
                builder.spawn_scoped(scope, reader).unwrap();
            }
            taken.wait();
            let mut found: Vec<_> = holders(&lock)
                .into_iter()
                .map(|holder| (holder.thread, holder.held, holder.waiting))
                .collect();
            found.sort_by(|one, other| one.0.cmp(&other.0));
            let expected =
                ["first", "second", "third"].map(|name| (name.to_owned(), Held::Read, false));
            assert_eq!(found, expected);
            seen.wait();
        });
        assert_eq!(holders(&lock), []);
        let _writer = lock.write().unwrap();
        assert_eq!(holders(&lock)[0].held, Held::Write);
    });
    assert_eq!(reports, []);
}

type Run = fn(Box<dyn FnOnce() + Send>);

/// Every way to make a thread, and threads of threads.
const WAYS: [(&str, Run); 6] = [
    ("spawn", |body| thread::spawn(body).join().unwrap()),
    ("Builder::spawn", |body| {
        thread::Builder::new().spawn(body).unwrap().join().unwrap();
    }),
    ("Scope::spawn", |body| {
        thread::scope(|scope| scope.spawn(body).join().unwrap());
    }),
    ("Builder::spawn_scoped", |body| {
        thread::scope(|scope| {
            thread::Builder::new().spawn_scoped(scope, body).unwrap();
        });
    }),
    ("spawn in spawn", |body| {
        thread::spawn(|| thread::spawn(body).join().unwrap())
            .join()
            .unwrap();
    }),
    ("scope in scope", |body| {
        thread::scope(|scope| {
            scope.spawn(|| thread::scope(|scope| scope.spawn(body).join().unwrap()));
        });
    }),
];

#[test]
fn children_belong_to_the_check_of_their_maker() {
    for (way, run) in WAYS {
        let reports = check(|| {
            let locks = std::sync::Arc::new((Mutex::named("one", ()), Mutex::named("other", ())));
            drop((locks.0.lock(), locks.1.lock()));
            let theirs = std::sync::Arc::clone(&locks);
            run(Box::new(move || drop((theirs.1.lock(), theirs.0.lock()))));
        });
        // A tuple is dropped in order, so both guards are held at once.
        assert_eq!(reports.len(), 1, "{way}");
        assert_eq!(reports[0].locks, ["one", "other"], "{way}");
    }
}

#[test]
fn a_child_that_ends_with_a_lock_is_told() {
    let reports = check(|| {
        let mutex = Mutex::named("kept", ());
        thread::scope(|scope| {
            scope.spawn(|| std::mem::forget(mutex.lock()));
        });
    });
    let codes: Vec<_> = reports.iter().map(|report| report.code.as_str()).collect();
    assert_eq!(codes, ["HB0103"]);
    assert_eq!(reports[0].locks, ["kept"]);
}
