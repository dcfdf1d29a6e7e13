//! The variables of the environment, known and unknown.

use heldby::sync::Mutex;
use heldby::thread;
use std::sync::Barrier;

use crate::Test;
use crate::outputs::Scratch;
use crate::process::{End, Host, run};

/// Nests two locks of one class, and always in one order.
fn host_nests() {
    let locks = [0, 1].map(|value| Mutex::new(value));
    drop((locks[0].lock(), locks[1].lock()));
    print!("went on");
}

/// The first locks of the process are taken by many threads at once.
fn host_starts_together() {
    const THREADS: usize = 8;
    let start = Barrier::new(THREADS);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let lock = Mutex::new(0);
                start.wait();
                drop(lock.lock());
            });
        }
    });
    print!("went on");
}

fn host_is_off() {
    let lock = Mutex::new(0);
    heldby::assert_held!(lock);
    let guard = lock.lock();
    heldby::assert_not_held!(lock);
    print!("{:?} ", heldby::held(&lock));
    drop(guard);
    print!("{:?} {}", heldby::held(&lock), heldby::stats().chains);
    // A test's own validator checks all the same.
    let reports = heldby::test::check(|| heldby::assert_held!(lock));
    print!(" {}", reports.len());
}

fn host_installs() {
    let before = heldby::install(heldby::Config::new().on_violation(heldby::OnViolation::Warn));
    drop(Mutex::new(0).lock());
    let after = heldby::install(heldby::Config::new());
    print!("{} {}", before.is_ok(), after.is_err());
    let (a, b) = (Mutex::named("a", 0), Mutex::named("b", 0));
    drop((a.lock(), b.lock()));
    drop((b.lock(), a.lock()));
}

fn host_goes_on_unrecorded() {
    let (a, b) = (Mutex::named("a", 0), Mutex::named("b", 0));
    drop((a.lock(), b.lock()));
    drop((b.lock(), a.lock()));
    print!("went on");
}

/// Reports with a record that is good so far, and again when it cannot grow any more.
#[cfg(target_os = "linux")]
fn host_fills_its_disk() {
    let (a, b, c) = (
        Mutex::named("a", 0),
        Mutex::named("b", 0),
        Mutex::named("c", 0),
    );
    drop((a.lock(), b.lock()));
    drop((b.lock(), a.lock()));
    // SAFETY: the limit is one of ours, and the signal is to be an error.
    unsafe {
        let none = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        assert_eq!(libc::setrlimit(libc::RLIMIT_FSIZE, &raw const none), 0);
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
    }
    drop((a.lock(), c.lock()));
    drop((c.lock(), a.lock()));
    print!("went on");
}

pub(crate) const HOSTS: &[Host] = &[
    ("nests", host_nests),
    ("starts_together", host_starts_together),
    ("is_off", host_is_off),
    ("installs", host_installs),
    ("goes_on_unrecorded", host_goes_on_unrecorded),
    #[cfg(target_os = "linux")]
    ("fills_its_disk", host_fills_its_disk),
];

pub(crate) const TESTS: &[Test] = &[
    ("a_profile_rules", || {
        let kernel = run("nests", &[("HELDBY_PROFILE", "kernel"), ("HELDBY", "warn")]);
        kernel
            .ends(End::Code(0))
            .prints("went on")
            .reports(&["HB0003"])
            .complains(&[]);
        let rows = [
            ("HELDBY_PROFILE", "userspace"),
            ("HELDBY", "panic"),
            ("HELDBY_STACKS", "off"),
            ("HELDBY_STACKS", "edges"),
        ];
        for variable in rows {
            run("nests", &[variable])
                .ends(End::Code(0))
                .prints("went on")
                .is_silent();
        }
    }),
    ("what_is_unknown_is_one_line", || {
        let rows = [
            (
                "HELDBY",
                "loud",
                "`HELDBY=loud`; known: off, warn, panic, abort",
            ),
            ("HELDBY", "", "known: off, warn, panic, abort"),
            (
                "HELDBY_PROFILE",
                "linux",
                "`HELDBY_PROFILE=linux`; known: userspace, kernel",
            ),
            (
                "HELDBY_STACKS",
                "some",
                "`HELDBY_STACKS=some`; known: edges, off",
            ),
            ("HELDBY_DUMP", "graph.png", "known: FILE.dot, FILE.json"),
            (
                "HELDBY_PROFIEL",
                "kernel",
                "unknown variable `HELDBY_PROFIEL`",
            ),
        ];
        for (name, value, told) in rows {
            let ended = run("nests", &[(name, value)]);
            ended
                .ends(End::Code(0))
                .prints("went on")
                .complains(&[told]);
            assert_eq!(ended.stderr.lines().count(), 1, "{ended}");
        }
        let two = run("nests", &[("HELDBY", "loud"), ("HELDBY_PROFILE", "linux")]);
        two.complains(&["HELDBY=loud", "HELDBY_PROFILE=linux"]);
    }),
    ("what_is_unknown_is_said_once_whoever_comes_first", || {
        for _ in 0..20 {
            let ended = run("starts_together", &[("HELDBY", "loud")]);
            ended
                .ends(End::Code(0))
                .prints("went on")
                .complains(&["HELDBY=loud"]);
        }
    }),
    ("off_answers_nothing", || {
        let off = run("is_off", &[("HELDBY", "off")]);
        off.ends(End::Code(0))
            .prints("Unknown Unknown 0 1")
            .is_silent();
    }),
    #[cfg(target_os = "linux")]
    ("what_cannot_be_recorded_is_said", || {
        let unrecorded = Scratch::new("unrecorded");
        std::fs::write(unrecorded.path(), "").expect("it can be written");
        let nowhere = [
            ("HELDBY", "warn"),
            ("HELDBY_REPORTS", "record"),
            ("HELDBY_DIR", "/dev/null/none"),
            ("HELDBY_UNRECORDED", unrecorded.path()),
        ];
        let ended = run("goes_on_unrecorded", &nowhere);
        ended
            .ends(End::Code(0))
            .prints("went on")
            .reports(&["HB0001"])
            .complains(&["failed to write the record `/dev/null/none/"]);
        assert!(!ended.stderr.contains("Full record"), "{ended}");
        let grown = std::fs::read_to_string(unrecorded.path()).expect("it is there");
        assert_eq!(grown, "\n");
        let directory = Scratch::new("disk");
        let full = [nowhere[0], nowhere[1], ("HELDBY_DIR", directory.path())];
        let ended = run("fills_its_disk", &full);
        ended
            .ends(End::Code(0))
            .prints("went on")
            .reports(&["HB0001"])
            .complains(&["failed to write the record"]);
        assert!(ended.stderr.contains("`a` and `c`"), "{ended}");
        let _ = std::fs::remove_dir_all(directory.path());
    }),
    ("a_host_may_choose_before_its_first_lock", || {
        let chosen = run("installs", &[("HELDBY", "off")]);
        chosen
            .ends(End::Code(0))
            .prints("true true")
            .reports(&["HB0001"]);
    }),
];
