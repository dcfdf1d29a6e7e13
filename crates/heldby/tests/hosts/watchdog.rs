//! Threads that really wait for each other, or just for long, under the watchdog.

use std::fs;
use std::io::Read;
use std::sync::Barrier;

use heldby::lockdep::{AsLockMap, ClassPolicy, LockKey};
use heldby::model::{Code, GraphSnapshot, Report};
use heldby::sync::{Condvar, Mutex, RwLock};
use heldby::{holders, thread};

use crate::Test;
use crate::outputs::Scratch;
use crate::process::{End, Host, run};
use crate::running::Running;

type Part<'a> = (&'a str, Box<dyn FnOnce() + Send + 'a>);

/// Runs each part on a thread of that name, and waits for all of them.
fn together(parts: Vec<Part<'_>>) {
    thread::scope(|scope| {
        for (name, part) in parts {
            let named = thread::Builder::new().name(name.to_owned());
            named.spawn_scoped(scope, part).expect("a thread starts");
        }
    });
}

/// Waits until so many threads wait for `lock`.
fn until_waited_for(lock: &impl AsLockMap, count: usize) {
    let waiting = || holders(lock).iter().filter(|holder| holder.waiting).count();
    while waiting() < count {
        std::thread::yield_now();
    }
}

/// `left` takes `a` and then `b`, and `right` the other way round.
fn hang_over(a: &Mutex<u8>, b: &Mutex<u8>) {
    let both = Barrier::new(2);
    together(vec![
        (
            "left",
            Box::new(|| {
                let _a = a.lock();
                both.wait();
                drop(b.lock());
            }),
        ),
        (
            "right",
            Box::new(|| {
                let _b = b.lock();
                both.wait();
                until_waited_for(b, 1);
                drop(a.lock());
            }),
        ),
    ]);
}

fn host_hangs_two() {
    hang_over(&Mutex::named("a", 0), &Mutex::named("b", 0));
}

/// No order is kept of these locks, so that nothing is reported before they hang.
fn host_hangs_unchecked() {
    static KEYS: [LockKey; 2] = [
        LockKey::with_policy("a", ClassPolicy::NoValidate),
        LockKey::with_policy("b", ClassPolicy::NoValidate),
    ];
    let [a, b] = [&KEYS[0], &KEYS[1]].map(|key| Mutex::with_class(key, 0));
    hang_over(&a, &b);
}

fn host_hangs_three() {
    let locks = ["a", "b", "c"].map(|name| Mutex::named(name, 0));
    let all = Barrier::new(3);
    let part = |held: usize| {
        let (locks, all) = (&locks, &all);
        let wanted = (held + 1) % 3;
        move || {
            let _held = locks[held].lock();
            all.wait();
            if held == 2 {
                until_waited_for(&locks[1], 1);
                until_waited_for(&locks[2], 1);
            }
            drop(locks[wanted].lock());
        }
    };
    together(vec![
        ("first", Box::new(part(0))),
        ("second", Box::new(part(1))),
        ("third", Box::new(part(2))),
    ]);
}

/// `indexer` reads the table and then logs; `flusher` holds the log and then wants the table.
fn hang_with_readers(writer: bool, flusher_wants: fn(&RwLock<u8>)) {
    let (table, log) = (RwLock::named("table", 0), Mutex::named("log", 0));
    let both = Barrier::new(2);
    let writers = usize::from(writer);
    let mut parts: Vec<Part<'_>> = vec![
        (
            "indexer",
            Box::new(|| {
                let _table = table.read();
                both.wait();
                until_waited_for(&table, writers + 1);
                drop(log.lock());
            }),
        ),
        (
            "flusher",
            Box::new(|| {
                let _log = log.lock();
                both.wait();
                // The writer queues, and does not only say so.
                while writer && table.try_read().is_ok() {
                    std::thread::yield_now();
                }
                flusher_wants(&table);
            }),
        ),
    ];
    if writer {
        parts.push((
            "loader",
            Box::new(|| {
                until_held(&table);
                drop(table.write());
            }),
        ));
    }
    together(parts);
}

fn until_held(lock: &impl AsLockMap) {
    while holders(lock).is_empty() {
        std::thread::yield_now();
    }
}

fn host_hangs_writer() {
    hang_with_readers(false, |table| drop(table.write()));
}

fn host_hangs_queued() {
    hang_with_readers(true, |table| drop(table.read()));
}

/// Goes on when a line comes on stdin.
fn next_line() {
    let mut line = String::new();
    std::io::stdin()
        .read_line(&mut line)
        .expect("stdin can be read");
}

/// One thread waits for a notification for as long as another waits for `first`, and then for
/// `second`, which are held for long.
fn host_waits_for_long() {
    let (jobs, came) = (Mutex::named("jobs", false), Condvar::new());
    let (first, second) = (Mutex::named("first", 0), Mutex::named("second", 0));
    together(vec![
        (
            "keeper",
            Box::new(|| {
                let guards = (first.lock(), second.lock());
                until_waited_for(&second, 1);
                let mut end = Vec::new();
                let read = std::io::stdin().read_to_end(&mut end);
                read.expect("stdin can be read");
                drop(guards);
                *jobs.lock().unwrap() = true;
                came.notify_all();
            }),
        ),
        (
            "sleeper",
            Box::new(|| {
                let jobs = jobs.lock().unwrap();
                drop(came.wait_while(jobs, |done| !*done));
            }),
        ),
        (
            "one",
            Box::new(|| {
                until_waited_for(&jobs, 1);
                until_held(&second);
                drop(first.lock());
            }),
        ),
        (
            "other",
            Box::new(|| {
                next_line();
                drop(second.lock());
            }),
        ),
    ]);
    print!("went on");
}

/// Ends the process when it hangs.
#[derive(Debug)]
struct EndIt;

impl heldby::Sink for EndIt {
    fn report(&self, report: &Report) {
        if report.code == Code::Hb0502 {
            assert_eq!(heldby::reports().last(), Some(report));
            std::process::exit(9);
        }
    }
}

fn host_ends_itself() {
    heldby::add_sink(EndIt);
    host_hangs_two();
}

pub(crate) const HOSTS: &[Host] = &[
    ("hangs_two", host_hangs_two),
    ("hangs_unchecked", host_hangs_unchecked),
    ("hangs_three", host_hangs_three),
    ("hangs_writer", host_hangs_writer),
    ("hangs_queued", host_hangs_queued),
    ("waits_for_long", host_waits_for_long),
    ("ends_itself", host_ends_itself),
];

const WATCH: (&str, &str) = ("HELDBY_WATCHDOG_MS", "100");

/// Runs a host until it has told that it hangs, in lines of which each holds one of these texts. Which
/// of the waits is the last depends on when the watchdog looked.
#[track_caller]
fn hangs(host: &str, told: &[&str]) {
    let mut running = Running::start(host, &[("HELDBY", "warn"), WATCH]);
    running.wait_for("error[HB0502]: deadlock: ");
    let report = running.wait_for_all(told);
    assert!(report.lines().count() < 50, "{report}");
}

pub(crate) const TESTS: &[Test] = &[
    ("watchdog_two_threads_that_hang_are_told", || {
        hangs(
            "hangs_two",
            &[
                "watchdog.rs:",
                "   a (lock) -> b (lock)   `left`, ",
                "   b (lock) -> a (lock)   `right`, ",
                ", the last to wait",
                "  Held by `left`: 1. `a` (lock) ",
                "  Held by `right`: 1. `b` (lock) ",
            ],
        );
    }),
    ("watchdog_three_threads_that_hang_are_told", || {
        let held = ["first", "second", "third"].map(|thread| format!("  Held by `{thread}`: 1. "));
        hangs("hangs_three", &held.each_ref().map(|held| &**held));
    }),
    ("watchdog_a_writer_behind_a_reader_is_told", || {
        let told = [
            "   log (lock) -> table (write)   `flusher`, ",
            "  Held by `flusher`: 1. `log` (lock) ",
            "  Held by `indexer`: 1. `table` (read) ",
        ];
        hangs("hangs_writer", &told);
    }),
    ("watchdog_a_reader_behind_a_queued_writer_is_told", || {
        let told = [
            "note: `loader` waits to write `table` at ",
            "  Held by `loader`: nothing",
            "  Held by `flusher`: 1. `log` (lock) ",
            "  Held by `indexer`: 1. `table` (read) ",
        ];
        hangs("hangs_queued", &told);
    }),
    ("watchdog_abort_ends_a_process_that_hangs", || {
        let ended = run("hangs_unchecked", &[("HELDBY", "abort"), WATCH]);
        ended.ends(End::Abort).reports(&["HB0502"]);
        // It tells as much as where a thread of the host aborts.
        let counts = ("HELDBY_STAT", "1");
        let ended = run("hangs_unchecked", &[("HELDBY", "abort"), WATCH, counts]);
        ended.ends(End::Abort).reports(&["HB0502"]);
        ended.complains(&["heldby: locks of process "]);
    }),
    ("watchdog_panic_goes_on_as_warn", || {
        let mut running = Running::start("hangs_unchecked", &[("HELDBY", "panic"), WATCH]);
        let report = running.wait_for("heldby: the policy `panic` stops no thread that waits");
        assert!(report.contains("error[HB0502]: deadlock: "), "{report}");
    }),
    ("watchdog_a_sink_may_end_a_process_that_hangs", || {
        let file = Scratch::new("hung.json");
        let dump = ("HELDBY_DUMP", file.path());
        let ended = run("ends_itself", &[("HELDBY", "warn"), WATCH, dump]);
        ended.ends(End::Code(9)).reports(&["HB0001", "HB0502"]);
        let text = fs::read_to_string(file.path()).expect("the dump was written");
        let dump = GraphSnapshot::from_json(&text).expect("it reads back");
        let waits = dump.threads.iter().filter_map(|of| of.waits.as_ref());
        let mut locks: Vec<_> = waits.map(|wait| &*wait.lock).collect();
        locks.sort_unstable();
        assert_eq!(locks, ["a", "b"]);
    }),
    ("watchdog_a_long_wait_is_noted_once", || {
        let mut running = Running::start("waits_for_long", &[("HELDBY", "panic"), WATCH]);
        let note = running.wait_for("heldby: note: `one` has waited for `first` for ");
        assert!(
            note.contains("watchdog.rs:") && note.contains(", behind `keeper` (at "),
            "{note}"
        );
        running.tell("on");
        // By then the first wait, and that for a notification, are over the limit once more.
        running.wait_for("heldby: note: `other` has waited for `second` for ");
        let ended = running.end();
        ended.ends(End::Code(0)).prints("went on").reports(&[]);
        assert_eq!(ended.stderr.lines().count(), 2, "{ended}");
    }),
    ("watchdog_a_limit_is_a_number", || {
        for value in ["soon", "0", "-1", ""] {
            let ended = run("nests", &[("HELDBY_WATCHDOG_MS", value)]);
            ended.ends(End::Code(0));
            ended.complains(&["known: milliseconds, from 1 on; no watchdog looks"]);
        }
        run("nests", &[("HELDBY_WATCHDOG_MS", "1")])
            .ends(End::Code(0))
            .is_silent();
    }),
];
