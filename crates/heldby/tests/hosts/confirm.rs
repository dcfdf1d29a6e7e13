//! Threads that are steered to a deadlock that was reported as possible.
//!
//! Each host is run twice: first so that its threads follow each other, which leaves a report, and then
//! so that they can meet.

use std::env;
use std::fs;
use std::io;
use std::path::Path;

use heldby::model::record::Fact;
use heldby::model::{Code, Confirmation, Findings, Report};
use heldby::sync::{Mutex, RwLock};
use heldby::{holders, thread};

use crate::Test;
use crate::outputs::Scratch;
use crate::process::{End, Ended, Host, run};
use crate::running::Running;

/// The variable that lets threads follow each other.
const APART: &str = "TEST_APART";

/// What a named thread does.
type Part<'a> = (&'a str, Box<dyn Fn() + Send + Sync + 'a>);

/// Runs each part on a thread of its own: all at once, or one after the other.
fn run_parts(parts: &[Part<'_>]) {
    let apart = env::var_os(APART).is_some();
    thread::scope(|scope| {
        for (name, part) in parts {
            let named = thread::Builder::new().name((*name).to_owned());
            let started = named.spawn_scoped(scope, part).expect("a thread starts");
            if apart {
                started.join().expect("the part ends");
            }
        }
    });
    print!("went on");
}

/// Takes the first lock and then the second, at the same places for all hosts.
fn nest(outer: &Mutex<u8>, inner: &Mutex<u8>) {
    let _outer = outer.lock();
    let _inner = inner.lock();
}

fn host_confirms_two() {
    let (a, b) = (Mutex::named("a", 0), Mutex::named("b", 0));
    run_parts(&[
        ("left", Box::new(|| nest(&a, &b))),
        ("right", Box::new(|| nest(&b, &a))),
    ]);
}

/// Each thread knows its own order by the second time.
fn host_confirms_again() {
    let (a, b) = (Mutex::named("a", 0), Mutex::named("b", 0));
    let thrice = |outer: &Mutex<u8>, inner: &Mutex<u8>| (0..3).for_each(|_| nest(outer, inner));
    run_parts(&[
        ("left", Box::new(|| thrice(&a, &b))),
        ("right", Box::new(|| thrice(&b, &a))),
    ]);
}

fn host_confirms_three() {
    let [a, b, c] = ["a", "b", "c"].map(|name| Mutex::named(name, 0));
    run_parts(&[
        ("first", Box::new(|| nest(&a, &b))),
        ("second", Box::new(|| nest(&b, &c))),
        ("third", Box::new(|| nest(&c, &a))),
    ]);
}

fn host_confirms_one_class() {
    let [one, other] = [0, 1].map(|of| Mutex::named("account", of));
    run_parts(&[
        ("left", Box::new(|| nest(&one, &other))),
        ("right", Box::new(|| nest(&other, &one))),
    ]);
}

fn host_confirms_readers() {
    let (table, log) = (RwLock::named("table", 0), Mutex::named("log", 0));
    run_parts(&[
        (
            "indexer",
            Box::new(|| {
                let _table = table.read();
                let _log = log.lock();
            }),
        ),
        (
            "flusher",
            Box::new(|| {
                let _log = log.lock();
                let _table = table.write();
            }),
        ),
    ]);
}

/// The two orders are of other locks of the same classes, so that no thread waits for the other.
fn host_confirms_other_locks() {
    let [a, c] = [0, 1].map(|of| Mutex::named("a", of));
    let [b, d] = [0, 1].map(|of| Mutex::named("b", of));
    run_parts(&[
        ("left", Box::new(|| nest(&a, &b))),
        ("right", Box::new(|| nest(&d, &c))),
    ]);
}

/// A thread is held back while another forks, and the child goes the way of both.
#[cfg(unix)]
fn host_confirms_forking() {
    let (a, b) = (Mutex::named("a", 0), Mutex::named("b", 0));
    let apart = env::var_os(APART).is_some();
    let fork = || {
        while !apart && holders(&a).is_empty() {
            std::thread::yield_now();
        }
        // SAFETY: the child uses locks of its own, and leaves by `_exit`.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            let (c, d) = (Mutex::named("c", 0), Mutex::named("d", 0));
            nest(&c, &d);
            // SAFETY: it ends this process.
            unsafe { libc::_exit(0) };
        }
        let mut status = 1;
        // SAFETY: `pid` is a child of this process, and `status` lives until the call returns.
        unsafe { libc::waitpid(pid, &mut status, 0) };
        assert_eq!(status, 0);
        nest(&b, &a);
    };
    run_parts(&[
        ("left", Box::new(|| nest(&a, &b))),
        ("right", Box::new(fork)),
    ]);
}

pub(crate) const HOSTS: &[Host] = &[
    ("confirms_two", host_confirms_two),
    ("confirms_again", host_confirms_again),
    ("confirms_three", host_confirms_three),
    ("confirms_one_class", host_confirms_one_class),
    ("confirms_readers", host_confirms_readers),
    ("confirms_other_locks", host_confirms_other_locks),
    #[cfg(unix)]
    ("confirms_forking", host_confirms_forking),
];

/// The facts of all records in a directory.
fn facts(directory: &Path) -> Vec<Fact> {
    let records = fs::read_dir(directory).expect("the host leaves a record");
    let read = |record: io::Result<fs::DirEntry>| {
        fs::read_to_string(record.expect("it is listed").path()).expect("it is text")
    };
    let texts: Vec<_> = records.map(read).collect();
    let lines = texts.iter().flat_map(|text| text.lines().skip(1));
    lines
        .map(|line| Fact::from_line(line).expect("a fact"))
        .collect()
}

/// The report that a host leaves when its threads follow each other, as a file.
fn report_of(host: &str) -> (Scratch, Report) {
    let records = Scratch::new(&format!("{host}-records"));
    let variables = [
        ("HELDBY", "warn"),
        (APART, "1"),
        ("HELDBY_DIR", records.path()),
    ];
    run(host, &variables).ends(End::Code(0)).prints("went on");
    let reported = facts(Path::new(records.path())).into_iter();
    let mut reports = reported.filter_map(|fact| match fact {
        Fact::Report(report) => Some(*report),
        _ => None,
    });
    let report = reports.next().expect("the host is reported");
    fs::remove_dir_all(records.path()).expect("the records can be removed");
    let file = Scratch::new(&format!("{host}.json"));
    write(&file, vec![report.clone()]);
    (file, report)
}

fn write(file: &Scratch, reports: Vec<Report>) {
    let findings = Findings::new(reports, Vec::new(), Vec::new());
    fs::write(file.path(), findings.to_json()).expect("the file can be written");
}

/// More than any host needs, and longer than a test may take.
const FOR_LONG: (&str, &str) = ("HELDBY_CONFIRM_MS", "600000");

/// Runs a host until it has told that its threads hang.
#[track_caller]
fn is_reached(host: &str, policy: &str, threads: &[&str]) {
    let (file, report) = report_of(host);
    let confirm = ("HELDBY_CONFIRM", file.path());
    let mut running = Running::start(host, &[("HELDBY", policy), confirm, FOR_LONG]);
    let note = running.wait_for("heldby: note: threads stand at all dependencies of ");
    assert!(note.contains(report.code.as_str()), "{note}");
    running.wait_for("error[HB0502]: deadlock: ");
    let held = threads
        .iter()
        .map(|thread| format!("  Held by `{thread}`: 1. "));
    let held: Vec<_> = held.collect();
    running.wait_for_all(&held.iter().map(String::as_str).collect::<Vec<_>>());
}

/// What a host that goes on tells of being steered, in its record.
#[track_caller]
fn steered(host: &str, variables: &[(&str, &str)]) -> (Ended, Confirmation) {
    let records = Scratch::new(&format!("{host}-steered"));
    let record = [("HELDBY", "warn"), ("HELDBY_DIR", records.path())];
    let ended = run(host, &[&record, variables].concat());
    let told = facts(Path::new(records.path())).into_iter().rev();
    let mut told = told.filter_map(|fact| match fact {
        Fact::Confirmation(confirmation) => Some(confirmation),
        _ => None,
    });
    let told = told.next().expect("the host was steered");
    fs::remove_dir_all(records.path()).expect("the records can be removed");
    (ended, told)
}

pub(crate) const TESTS: &[Test] = &[
    ("confirm_two_threads_are_brought_together", || {
        is_reached("confirms_two", "warn", &["left", "right"]);
    }),
    ("confirm_what_is_possible_stops_no_thread", || {
        is_reached("confirms_two", "panic", &["left", "right"]);
    }),
    ("confirm_three_threads_are_brought_together", || {
        is_reached("confirms_three", "warn", &["first", "second", "third"]);
    }),
    ("confirm_locks_of_one_class_are_told_apart", || {
        is_reached("confirms_one_class", "warn", &["left", "right"]);
    }),
    ("confirm_a_reader_waits_with_a_writer", || {
        is_reached("confirms_readers", "warn", &["indexer", "flusher"]);
    }),
    #[cfg(unix)]
    (
        "confirm_a_fork_waits_for_no_thread_that_is_held_back",
        || {
            is_reached("confirms_forking", "warn", &["left", "right"]);
        },
    ),
    ("confirm_threads_that_never_meet_go_on", || {
        let (file, _) = report_of("confirms_two");
        let confirm = ("HELDBY_CONFIRM", file.path());
        let variables = [confirm, ("HELDBY_CONFIRM_MS", "20"), (APART, "1")];
        let (ended, told) = steered("confirms_two", &variables);
        ended.ends(End::Code(0)).prints("went on");
        ended.says(&["heldby: note: not reached: HB0001, ", "seen so often: 1, 1"]);
        assert!(!told.reached && !told.apart, "{told:?}");
        assert!(
            told.steps
                .iter()
                .all(|step| (step.seen, step.held) == (1, 1)),
            "{told:?}"
        );
    }),
    ("confirm_orders_that_are_known_hold_threads_back", || {
        let (file, _) = report_of("confirms_again");
        let confirm = ("HELDBY_CONFIRM", file.path());
        let variables = [confirm, ("HELDBY_CONFIRM_MS", "20"), (APART, "1")];
        let (ended, told) = steered("confirms_again", &variables);
        ended.ends(End::Code(0)).prints("went on");
        let seen = told.steps.iter().map(|step| (step.seen, step.held));
        assert_eq!(seen.collect::<Vec<_>>(), [(3, 3); 2], "{told:?}");
    }),
    ("confirm_other_locks_of_the_classes_go_on", || {
        let (file, _) = report_of("confirms_other_locks");
        let confirm = ("HELDBY_CONFIRM", file.path());
        let variables = [confirm, ("HELDBY_CONFIRM_MS", "20")];
        let (ended, told) = steered("confirms_other_locks", &variables);
        ended.ends(End::Code(0)).prints("went on");
        assert!(!told.reached, "{told:?}");
    }),
    ("confirm_at_other_places_counts_as_well", || {
        let (file, mut report) = report_of("confirms_two");
        for step in &mut report.cycle {
            step.acquired_site.line += 1000;
        }
        write(&file, vec![report]);
        let confirm = ("HELDBY_CONFIRM", file.path());
        let mut running = Running::start("confirms_two", &[("HELDBY", "warn"), confirm, FOR_LONG]);
        running.wait_for("error[HB0502]: deadlock: ");
    }),
    ("confirm_what_cannot_be_is_told", || {
        let (file, report) = report_of("confirms_two");
        let mut queued = report.clone();
        queued.cycle[0].queued_writer = true;
        let mut other = report.clone();
        (other.code, other.cycle) = (Code::Hb0101, Vec::new());
        for (reports, why) in [
            (
                vec![queued],
                "it needs a writer that queues between two readers",
            ),
            (
                vec![other],
                "HB0101 is no possible deadlock of several locks",
            ),
            (
                vec![report.clone(), report],
                "it holds 2 reports and not one",
            ),
            (Vec::new(), "it holds 0 reports and not one"),
        ] {
            write(&file, reports);
            let confirm = ("HELDBY_CONFIRM", file.path());
            let ended = run("nests", &[confirm]);
            ended.ends(End::Code(0)).complains(&[why]);
        }
        fs::write(file.path(), "[]").expect("the file can be written");
        let ended = run("nests", &[("HELDBY_CONFIRM", file.path())]);
        ended.complains(&["it holds no findings; nothing is steered"]);
        let ended = run("nests", &[("HELDBY_CONFIRM", "no such file")]);
        ended.complains(&["No such file"]);
    }),
];
