//! Assertions of ownership, both ways.

use heldby::model::{Code, Kind, Mode};
use heldby::sync::{Mutex, RwLock};
use heldby::test::check;
use heldby::{Held, held, thread};

/// The four assertions: held at all, for reading, for writing, and not.
const ASSERTS: [fn(&RwLock<u8>); 4] = [
    |lock| heldby::assert_held!(*lock),
    |lock| heldby::assert_held_read!(*lock),
    |lock| heldby::assert_held_write!(*lock),
    |lock| heldby::assert_not_held!(*lock),
];

/// Runs an assertion while a lock is held in some way.
type While = fn(&RwLock<u8>, &dyn Fn());

#[test]
fn an_assertion_speaks_when_it_fails() {
    let rows: [(&str, While, [bool; 4]); 6] = [
        ("free", |_, assert| assert(), [false, false, false, true]),
        (
            "read",
            |lock, assert| {
                let _guard = lock.read().unwrap();
                assert();
            },
            [true, true, false, false],
        ),
        (
            "tried for reading",
            |lock, assert| {
                let _guard = lock.try_read().unwrap();
                assert();
            },
            [true, true, false, false],
        ),
        (
            "written",
            |lock, assert| {
                let _guard = lock.write().unwrap();
                assert();
            },
            [true, false, true, false],
        ),
        (
            "tried for writing",
            |lock, assert| {
                let _guard = lock.try_write().unwrap();
                assert();
            },
            [true, false, true, false],
        ),
        (
            "released",
            |lock, assert| {
                drop(lock.write());
                assert();
            },
            [false, false, false, true],
        ),
    ];
    for (state, run, expected) in rows {
        let passes = ASSERTS.map(|assert| {
            let lock = RwLock::named("asserted", 0);
            // An assertion about a lock that no one took yet is another test.
            drop(lock.read());
            let reports = check(|| run(&lock, &|| assert(&lock)));
            assert!(
                reports.iter().all(|report| report.code == Code::Hb0202),
                "{reports:?}"
            );
            reports.is_empty()
        });
        assert_eq!(passes, expected, "{state}");
    }
}

#[test]
fn a_lock_that_another_thread_holds_is_not_held() {
    let reports = check(|| {
        let mutex = Mutex::named("theirs", ());
        let _guard = mutex.lock().unwrap();
        thread::scope(|scope| {
            let builder = thread::Builder::new().name("other".into());
            let asserts = || heldby::assert_held!(mutex);
            builder.spawn_scoped(scope, asserts).unwrap();
        });
        heldby::assert_held!(mutex);
    });
    assert_eq!(reports.len(), 1);
    let report = &reports[0];
    assert_eq!(
        (report.code, report.kind),
        (Code::Hb0202, Kind::AssertionFailed)
    );
    assert_eq!(
        (&*report.thread, &*report.locks),
        ("other", &["theirs".to_owned()][..])
    );
    assert_eq!(
        report.wanted.as_ref().map(|wanted| wanted.mode),
        Some(Mode::Write)
    );
    assert!(report.site.file.ends_with("asserts.rs"));
}

#[test]
fn an_assertion_is_told_once_for_each_place() {
    let reports = check(|| {
        let mutex = Mutex::named("asserted often", ());
        drop(mutex.lock());
        for _ in 0..10 {
            heldby::assert_held!(mutex);
        }
        heldby::assert_held!(mutex);
    });
    let lines: Vec<_> = reports.iter().map(|report| report.site.line).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1], lines[0] + 2);
}

#[test]
fn an_assertion_on_a_lock_never_taken_names_it() {
    let reports = check(|| {
        let mutex = Mutex::named("never taken", ());
        heldby::assert_not_held!(mutex);
        heldby::assert_held!(mutex);
        for unnamed in [Mutex::new(()), Mutex::from(())] {
            heldby::assert_held!(unnamed);
        }
    });
    let names: Vec<_> = reports.iter().map(|report| &*report.locks[0]).collect();
    assert_eq!(names.len(), 2);
    assert_eq!(names[0], "never taken");
    // Its type is not known before it is taken; its place is.
    assert!(
        names[1].starts_with("lock@") && names[1].contains("asserts.rs:"),
        "{names:?}"
    );
    assert!(
        reports[0].title.contains("`never taken`"),
        "{}",
        reports[0].title
    );
}

#[test]
fn held_names_the_mode_that_is_held() {
    let (mutex, lock) = (Mutex::new(()), RwLock::new(()));
    let both = || (held(&mutex), held(&lock));
    assert_eq!(both(), (Held::No, Held::No));
    {
        let _guards = (mutex.try_lock().unwrap(), lock.read().unwrap());
        assert_eq!(both(), (Held::Write, Held::Read));
    }
    {
        let _guard = lock.write().unwrap();
        assert_eq!(both(), (Held::No, Held::Write));
    }
    assert_eq!(both(), (Held::No, Held::No));
}

#[test]
fn the_arguments_of_an_assertion_are_evaluated_once() {
    let mut count = 0;
    let mutex = Mutex::new(());
    let _guard = mutex.lock().unwrap();
    heldby::assert_held!(*{
        count += 1;
        &mutex
    });
    assert_eq!(count, 1);
}
