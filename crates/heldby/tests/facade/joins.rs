//! A join waits for all that the thread still takes.

use std::sync::Arc;
use std::sync::mpsc::channel;

use heldby::model::Report;
use heldby::sync::Mutex;
use heldby::test::check;
use heldby::{Held, held, holders, thread};

type Body = Box<dyn FnOnce() + Send>;
type Between<'a> = &'a mut dyn FnMut();

/// Makes a thread, does something meanwhile, and waits for the thread's end.
type Way = fn(Body, Between<'_>);

/// Every way to wait for the end of a thread.
const WAYS: [(&str, Way); 6] = [
    ("spawn", |body, between| {
        let thread = thread::spawn(body);
        between();
        thread.join().unwrap();
    }),
    ("Builder::spawn", |body, between| {
        let thread = thread::Builder::new().spawn(body).unwrap();
        between();
        thread.join().unwrap();
    }),
    ("Scope::spawn", |body, between| {
        thread::scope(|scope| {
            let thread = scope.spawn(body);
            between();
            thread.join().unwrap();
        });
    }),
    ("the end of a scope", |body, between| {
        thread::scope(|scope| {
            scope.spawn(body);
            between();
        });
    }),
    ("Builder::spawn_scoped", |body, between| {
        thread::scope(|scope| {
            thread::Builder::new().spawn_scoped(scope, body).unwrap();
            between();
        });
    }),
    ("a join of what has finished", |body, between| {
        let thread = thread::spawn(body);
        between();
        while !thread.is_finished() {
            thread::yield_now();
        }
        thread.join().unwrap();
    }),
];

fn codes(reports: &[Report]) -> Vec<&str> {
    reports.iter().map(|report| report.code.as_str()).collect()
}

#[test]
fn a_join_under_what_the_thread_took_is_told() {
    for (way, wait) in WAYS {
        let reports = check(|| {
            let jobs = Arc::new(Mutex::named("jobs", 0));
            let (took, taken) = channel();
            let theirs = Arc::clone(&jobs);
            let work = Box::new(move || {
                *theirs.lock().unwrap() += 1;
                took.send(()).unwrap();
            });
            let mut guard = None;
            wait(work, &mut || {
                taken.recv().unwrap();
                guard = Some(jobs.lock().unwrap());
            });
        });
        assert_eq!(codes(&reports), ["HB0005"], "{way}");
        let report = &reports[0];
        assert_eq!(report.locks[1], "jobs", "{way}");
        assert!(
            report.locks[0].starts_with("thread@joins.rs:"),
            "{way}: {}",
            report.locks[0]
        );
        assert!(
            report.title.contains("the join of `thread@joins.rs:"),
            "{way}"
        );
        assert_eq!(report.held.len(), 1, "{way}: a life is not held");
    }
}

#[test]
fn ordinary_joins_are_silent() {
    for (way, wait) in WAYS {
        let reports = check(|| {
            let (jobs, log) = (Arc::new(Mutex::new(0)), Mutex::new(()));
            drop((log.lock(), jobs.lock()));
            let theirs = Arc::clone(&jobs);
            let work = Box::new(move || {
                *theirs.lock().unwrap() += 1;
                assert_eq!(held(&theirs), Held::No);
            });
            // What is held at the join is a lock that the thread never takes.
            let mut guard = None;
            wait(work, &mut || guard = Some(log.lock().unwrap()));
            assert_eq!(holders(&*jobs), []);
        });
        assert_eq!(reports, [], "{way}");
    }
}

/// What was joined by hand is not joined again at the end of its scope.
#[test]
fn a_scope_joins_each_thread_once() {
    let reports = check(|| {
        let mutex = Mutex::new(0);
        let guard = thread::scope(|scope| {
            let thread = scope.spawn(|| *mutex.lock().unwrap() += 1);
            thread.join().unwrap();
            mutex.lock().unwrap()
        });
        assert_eq!(*guard, 1);
    });
    assert_eq!(reports, []);
}

fn spawn_through_a_helper<F: FnOnce() + Send + 'static>(body: F) -> thread::JoinHandle<()> {
    thread::spawn(body)
}

/// Threads that one helper spawns are told apart by what they run.
#[test]
fn the_class_of_a_thread_is_its_code() {
    let reports = check(|| {
        let registry = Arc::new(Mutex::new(0));
        let supervise = move || {
            let _registry = registry.lock().unwrap();
            spawn_through_a_helper(|| drop(Mutex::new(0).lock()))
                .join()
                .unwrap();
        };
        spawn_through_a_helper(supervise).join().unwrap();
    });
    assert_eq!(reports, []);
}

#[test]
fn orders_that_a_join_parts_are_told_with_a_note() {
    let reports = check(|| {
        let locks = Arc::new((Mutex::named("one", ()), Mutex::named("other", ())));
        let theirs = Arc::clone(&locks);
        let first = thread::Builder::new().name("first".into());
        let first = first.spawn(move || drop((theirs.0.lock(), theirs.1.lock())));
        first.unwrap().join().unwrap();
        let second = thread::spawn(move || drop((locks.1.lock(), locks.0.lock())));
        second.join().unwrap();
    });
    assert_eq!(codes(&reports), ["HB0001"]);
    let note = "`first` was joined before";
    assert!(reports[0].notes.iter().any(|told| told.starts_with(note)));
}
