//! A fork while other threads are anywhere in the validator.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use heldby::lockdep::{ClassPolicy, LockKey};
use heldby::sync::{Mutex, RwLock};
use heldby::{Held, held, holders, thread};

use crate::Test;
use crate::process::{End, Host, run};

/// The variable that tells a host how often to fork.
const FORKS: &str = "TEST_FORKS";
/// The code of a child in which all went well.
const WELL: i32 = 7;

heldby::lock_class!(KNOWN_CLASS, "known");
static KNOWN: Mutex<u8> = Mutex::with_class(&KNOWN_CLASS, 0);
static ORDERED: LockKey = LockKey::by_order("ordered", |map| std::ptr::from_ref(map).addr() as u64);

/// Keeps a thread inside the validator: new classes, new chains, nestings of both kinds and tries, for
/// ever.
fn churn(thread: usize, stop: &AtomicBool) {
    for round in 0_usize.. {
        // Relaxed: nothing is ordered by it.
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let fresh = Mutex::named(&format!("fresh {thread} {round}"), 0);
        let pair = [0, 1].map(|value| RwLock::new(value));
        let _fresh = fresh.lock().unwrap();
        let _outer = pair[0].read().unwrap();
        let _inner = pair[1].read().unwrap();
        drop(KNOWN.try_lock());
        assert_eq!(held(&pair[0]), Held::Read);
        let ordered = [0, 1].map(|value| Mutex::with_class(&ORDERED, value));
        let _lower = ordered[0].lock().unwrap();
        let _higher = ordered[1].lock().unwrap();
    }
}

/// What a child does: known and new locks, an inversion, and who holds what.
fn child(expects_panic: bool) -> bool {
    let (one, other) = (Mutex::named("one", 0), Mutex::named("other", 0));
    drop((one.lock().unwrap(), other.lock().unwrap()));
    let inverted = catch_unwind(AssertUnwindSafe(|| {
        let _other = other.lock();
        let _one = one.lock();
    }));
    let told = heldby::reports();
    let last = told.last().map(|report| &*report.locks);
    let guard = one.lock();
    let alone = holders(&one).len() == 1 && holders(&KNOWN).is_empty();
    // New threads are checked in the child as well.
    let threads = thread::spawn(|| drop(Mutex::named("in a thread", 0).lock())).join();
    drop(guard);
    inverted.is_err() == expects_panic
        && last == Some(&["one".to_owned(), "other".to_owned()][..])
        && alone
        && threads.is_ok()
}

/// Forks, and tells whether the child went well.
fn fork_once(expects_panic: bool) -> bool {
    // SAFETY: the child only uses locks that no other thread of the parent can hold, and leaves by
    // `_exit`; that the validator stands a fork is what is tested.
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0);
    if pid == 0 {
        let well = catch_unwind(|| child(expects_panic)).unwrap_or(false);
        end(if well { WELL } else { 1 });
    }
    let mut status = 0;
    // SAFETY: `pid` is a child of this process, and `status` lives until the call returns.
    let waited = unsafe { libc::waitpid(pid, &mut status, 0) };
    waited == pid && libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == WELL
}

fn forks() -> u32 {
    let count = std::env::var(FORKS).expect("a host is told how often to fork");
    count.parse().expect("it is a number")
}

fn host_forks() {
    let expects_panic = std::env::var("HELDBY").is_ok_and(|policy| policy == "panic");
    let forks = forks();
    let stop = AtomicBool::new(false);
    drop(KNOWN.lock());
    let well = thread::scope(|scope| {
        for number in 0..2 {
            let stop = &stop;
            scope.spawn(move || churn(number, stop));
        }
        let well = (0..forks).filter(|_| fork_once(expects_panic)).count();
        // Relaxed: nothing is ordered by it.
        stop.store(true, Ordering::Relaxed);
        well
    });
    // The parent goes on as if nothing had been.
    drop(KNOWN.lock());
    print!("{well}");
}

/// As [`host_forks`], where every slow acquire asks for the policy of its class.
fn host_forks_untracked() {
    static KEY: LockKey = LockKey::with_policy("untracked", ClassPolicy::NoTrack);
    drop(Mutex::with_class(&KEY, 0).lock());
    host_forks();
}

/// Other threads hold std's lock of stderr when the fork comes.
fn host_forks_while_others_write() {
    let stop = AtomicBool::new(false);
    let well = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            // Relaxed: nothing is ordered by it.
            while !stop.load(Ordering::Relaxed) {
                eprintln!("of the host");
            }
        });
        let well = (0..forks()).filter(|_| fork_once(false)).count();
        // Relaxed: nothing is ordered by it.
        stop.store(true, Ordering::Relaxed);
        writer.join().unwrap();
        well
    });
    print!("{well}");
}

/// The forking thread holds a lock; so does its child.
fn host_forks_with_a_lock() {
    let held_before = Mutex::named("held before", 0);
    let guard = held_before.lock();
    // SAFETY: this process has one thread; the child leaves by `_exit`.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        let known = held(&held_before) == Held::Write && holders(&held_before).len() == 1;
        drop(guard);
        let well = known && held(&held_before) == Held::No;
        end(if well { WELL } else { 1 });
    }
    let mut status = 0;
    // SAFETY: as in `fork_once`.
    unsafe { libc::waitpid(pid, &mut status, 0) };
    assert_eq!(held(&held_before), Held::Write);
    print!("{}", libc::WEXITSTATUS(status));
}

/// The fork comes in a check of its own, or in a sink; the thread has a task beneath.
fn host_forks_within() {
    #[derive(Debug)]
    struct Forks;
    impl heldby::Sink for Forks {
        fn report(&self, _report: &heldby::model::Report) {
            end_child_later();
        }
    }
    // Shared, so that it is no gate.
    let shared = RwLock::named("shared", 0);
    let outer = shared.read();
    let fork_in_check = || {
        let (one, other) = (Mutex::named("one", 0), Mutex::named("other", 0));
        end_child_later();
        drop((one.lock(), other.lock()));
        drop((other.lock(), one.lock()));
    };
    let reports = heldby::test::check(fork_in_check);
    heldby::add_sink(Forks);
    assert_eq!((reports.len(), held(&shared)), (1, Held::Read));
    // Reported, and so forked, by the validator of the process.
    fork_in_check();
    assert_eq!(held(&shared), Held::Read);
    drop(outer);
    assert_eq!(held(&shared), Held::No);
    end(WELL);
}

/// Forks, and goes on in the child; the parent waits for it and ends as it did.
fn end_child_later() {
    // SAFETY: this process has one thread.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        return;
    }
    let mut status = 0;
    // SAFETY: as in `fork_once`.
    unsafe { libc::waitpid(pid, &mut status, 0) };
    end(if libc::WIFEXITED(status) {
        libc::WEXITSTATUS(status)
    } else {
        1
    });
}

fn end(code: i32) -> ! {
    // SAFETY: ends the process at once.
    unsafe { libc::_exit(code) }
}

pub(crate) const HOSTS: &[Host] = &[
    ("forks", host_forks),
    ("forks_untracked", host_forks_untracked),
    ("forks_while_others_write", host_forks_while_others_write),
    ("forks_with_a_lock", host_forks_with_a_lock),
    ("forks_within", host_forks_within),
];

pub(crate) const TESTS: &[Test] = &[
    ("a_fork_may_come_at_any_time", || {
        // Without stacks a child costs a millisecond; a panic looks at the symbols in each.
        let rows = [
            ("forks", "warn", 200),
            ("forks_untracked", "warn", 200),
            ("forks", "panic", 5),
        ];
        for (host, policy, forks) in rows {
            let forks_text = forks.to_string();
            let variables = [
                ("HELDBY", policy),
                ("HELDBY_STACKS", "off"),
                (FORKS, &*forks_text),
            ];
            let ended = run(host, &variables);
            ended.ends(End::Code(0)).prints(&forks_text);
            // Each child reports its own inversion; the parent none.
            ended.reports(&vec!["HB0001"; forks]);
        }
    }),
    ("a_fork_may_come_while_others_write", || {
        let variables = [("HELDBY", "warn"), ("HELDBY_STACKS", "off"), (FORKS, "100")];
        run("forks_while_others_write", &variables)
            .ends(End::Code(0))
            .prints("100");
    }),
    ("a_fork_may_come_within_a_check_and_a_sink", || {
        let ended = run("forks_within", &[("HELDBY", "warn")]);
        ended.ends(End::Code(WELL)).reports(&["HB0001"]);
    }),
    ("a_child_holds_what_its_thread_held", || {
        let ended = run("forks_with_a_lock", &[("HELDBY", "panic")]);
        ended
            .ends(End::Code(0))
            .prints(&WELL.to_string())
            .is_silent();
    }),
];
