//! What an inversion does to its host, wherever it happens.

use std::panic::catch_unwind;

use heldby::sync::Mutex;
use heldby::{held, thread};

use crate::Test;
use crate::process::{End, Host, run};

static A: Mutex<u8> = Mutex::with_class(&A_CLASS, 0);
static B: Mutex<u8> = Mutex::with_class(&B_CLASS, 0);
heldby::lock_class!(A_CLASS, "a");
heldby::lock_class!(B_CLASS, "b");

/// Takes `b` under `a`, in a thread that is over before anything else happens.
fn forwards() {
    fn in_thread() {
        let _a = A.lock().unwrap();
        let _b = B.lock().unwrap();
    }
    let builder = thread::Builder::new().name("forwards".into());
    builder.spawn(in_thread).unwrap().join().unwrap();
}

/// Takes `a` under `b`; never blocks, since no other thread holds either.
fn backwards() {
    let _b = B.lock().unwrap();
    let _a = A.lock().unwrap();
}

fn host_abba() {
    forwards();
    backwards();
    print!("went on");
}

/// Inverts where it is dropped.
struct Inverts;

impl Drop for Inverts {
    fn drop(&mut self) {
        backwards();
        print!("dropped ");
    }
}

fn host_drop() {
    forwards();
    drop(Inverts);
    print!("went on");
}

fn host_unwinding() {
    forwards();
    let unwound = catch_unwind(|| {
        let _inverts = Inverts;
        panic!("of the host");
    });
    print!("{}", unwound.is_err());
    let _inverts = Inverts;
    panic!("and again");
}

fn host_assertion_in_drop() {
    struct Asserts;
    impl Drop for Asserts {
        fn drop(&mut self) {
            heldby::assert_held!(A);
        }
    }
    drop(A.lock());
    drop(Asserts);
    print!("went on");
}

/// Three rounds of the same panic: each is caught, and the locks are free afterwards.
fn host_caught() {
    forwards();
    let panicked = catch_unwind(backwards);
    print!("{} ", panicked.is_err());
    // `b` was held when the panic came, and is poisoned as after any panic.
    print!("{} {:?} {:?} ", B.is_poisoned(), held(&A), held(&B));
    B.clear_poison();
    // The cycle is known now, and silent.
    backwards();
    print!("went on");
}

thread_local! {
    static BEFORE: Inverts = const { Inverts };
    static AFTER: Inverts = const { Inverts };
}

/// The destructors of a thread run the other way round: of these two, `AFTER` is dropped while the
/// thread is still checked and `BEFORE` when it is not.
fn use_thread_locals() {
    BEFORE.with(|_| ());
    drop(A.lock());
    AFTER.with(|_| ());
}

fn host_thread_local() {
    forwards();
    thread::spawn(use_thread_locals).join().unwrap();
    std::thread::spawn(use_thread_locals).join().unwrap();
    print!("went on");
}

fn host_thread_local_first() {
    forwards();
    thread::spawn(|| BEFORE.with(|_| ())).join().unwrap();
    print!("went on");
}

fn host_thread_local_main() {
    forwards();
    use_thread_locals();
    print!("went on ");
}

pub(crate) const HOSTS: &[Host] = &[
    ("abba", host_abba),
    ("drop", host_drop),
    ("unwinding", host_unwinding),
    ("assertion_in_drop", host_assertion_in_drop),
    ("caught", host_caught),
    ("thread_local", host_thread_local),
    ("thread_local_first", host_thread_local_first),
    ("thread_local_main", host_thread_local_main),
];

pub(crate) const TESTS: &[Test] = &[
    ("a_policy_decides_how_the_host_goes_on", || {
        let panics = run("abba", &[("HELDBY", "panic")]);
        panics.ends(End::Code(101)).prints("").reports(&["HB0001"]);
        panics.complains(&["locks held by thread `main`"]);
        let warned = run("abba", &[("HELDBY", "warn")]);
        warned
            .ends(End::Code(0))
            .prints("went on")
            .reports(&["HB0001"])
            .complains(&[]);
        let aborts = run("abba", &[("HELDBY", "abort")]);
        aborts.ends(End::Abort).reports(&["HB0001"]).complains(&[]);
        run("abba", &[("HELDBY", "off")])
            .ends(End::Code(0))
            .prints("went on")
            .is_silent();
    }),
    ("the_default_follows_the_build", || {
        let end = if cfg!(debug_assertions) { 101 } else { 0 };
        run("abba", &[]).ends(End::Code(end)).reports(&["HB0001"]);
    }),
    ("a_report_names_both_orders", || {
        let reported = run("abba", &[("HELDBY", "warn")]);
        reported.says(&["`a`", "`b`", "`forwards`", "`main`"]);
        for statement in ["let _a = A.lock", "let _b = B.lock"] {
            for line in lines_of(statement) {
                reported.says(&[&format!("inversions.rs:{line}")]);
            }
        }
        let head: Vec<_> = reported.stderr.lines().take(2).collect();
        assert!(
            head[0].starts_with("error[HB0001]") && head[0].contains("`a`"),
            "{head:?}"
        );
        assert!(head[1].contains("inversions.rs:"), "{head:?}");
    }),
    ("a_backtrace_names_the_functions_of_both_orders", || {
        let reported = run("abba", &[("HELDBY", "warn"), ("RUST_BACKTRACE", "1")]);
        reported.says(&["in_thread", "backwards", "host_abba"]);
    }),
    ("a_drop_is_reported_and_never_panics", || {
        let dropped = run("drop", &[("HELDBY", "panic")]);
        dropped
            .ends(End::Code(0))
            .prints("dropped went on")
            .reports(&["HB0001"]);
        let asserted = run("assertion_in_drop", &[("HELDBY", "panic")]);
        asserted
            .ends(End::Code(0))
            .prints("went on")
            .reports(&["HB0202"]);
    }),
    ("unwinding_is_reported_and_never_panics_twice", || {
        let unwound = run("unwinding", &[("HELDBY", "panic")]);
        unwound
            .ends(End::Code(101))
            .prints("dropped truedropped ")
            .reports(&["HB0001"]);
        unwound.says(&["of the host", "and again"]).complains(&[]);
    }),
    ("a_panic_of_ours_can_be_caught", || {
        let caught = run("caught", &[("HELDBY", "panic")]);
        caught
            .ends(End::Code(0))
            .prints("true true No No went on")
            .reports(&["HB0001"]);
        caught.says(&["HB0001 at "]);
    }),
    ("a_thread_local_may_take_locks_when_it_goes", || {
        for policy in ["panic", "warn"] {
            let ended = run("thread_local", &[("HELDBY", policy)]);
            ended
                .ends(End::Code(0))
                .prints("dropped dropped dropped dropped went on");
            ended.reports(&["HB0001"]);
        }
        for policy in ["panic", "warn"] {
            // The first lock of the thread is taken by the destructor.
            let ended = run("thread_local_first", &[("HELDBY", policy)]);
            ended
                .ends(End::Code(0))
                .prints("dropped went on")
                .reports(&["HB0001"]);
            let ended = run("thread_local_main", &[("HELDBY", policy)]);
            ended
                .ends(End::Code(0))
                .prints("went on dropped dropped ")
                .reports(&["HB0001"]);
        }
        let aborted = run("thread_local", &[("HELDBY", "abort")]);
        aborted.ends(End::Abort).reports(&["HB0001"]);
    }),
];

/// The lines of this file that begin with `statement`.
fn lines_of(statement: &str) -> Vec<usize> {
    let numbered = include_str!("inversions.rs").lines().zip(1..);
    numbered
        .filter(|(line, _)| line.trim().starts_with(statement))
        .map(|(_, number)| number)
        .collect()
}
