//! Threads and processes that end while they hold a lock, and panics of the host itself.

use std::cell::RefCell;
use std::sync::Barrier;

use heldby::sync::{Mutex, MutexGuard, RwLock};
use heldby::{held, thread};

use crate::Test;
use crate::process::{End, Host, run};

heldby::lock_class!(KEPT_CLASS, "kept");
static KEPT: Mutex<u8> = Mutex::with_class(&KEPT_CLASS, 0);
static OTHER: Mutex<u8> = Mutex::new(0);

fn host_forgotten() {
    let forget = || std::mem::forget(KEPT.lock());
    let builder = thread::Builder::new().name("forgetful".into());
    builder.spawn(forget).unwrap().join().unwrap();
    print!("went on");
}

/// The same place forgets two locks of one class, in two threads.
fn host_forgotten_twice() {
    let locks = [0, 1].map(|_| &*Box::leak(Box::new(Mutex::named("kept", 0))));
    for lock in locks {
        thread::spawn(|| std::mem::forget(lock.lock()))
            .join()
            .unwrap();
    }
    print!("went on");
}

/// Guards go with thread-locals that were there before the thread's first lock, and after it; the
/// first of them to go takes a lock that it keeps for the last.
fn host_kept_in_thread_locals() {
    struct Keeps(Option<MutexGuard<'static, u8>>);
    impl Drop for Keeps {
        fn drop(&mut self) {
            let other = OTHER.lock();
            print!("{:?} {:?} ", held(&KEPT), held(&OTHER));
            drop((other, self.0.take()));
        }
    }
    thread_local! {
        static BEFORE: RefCell<Keeps> = const { RefCell::new(Keeps(None)) };
        static AFTER: RefCell<Keeps> = const { RefCell::new(Keeps(None)) };
    }
    let keep = || {
        BEFORE.with(|before| before.borrow_mut().0.take());
        BEFORE.with_borrow_mut(|before| before.0 = KEPT.lock().ok());
        AFTER.with_borrow_mut(|after| after.0.take());
    };
    thread::spawn(keep).join().unwrap();
    let free = KEPT.try_lock().is_ok();
    print!("{free} went on");
}

fn host_exit_in_main() {
    let _guard = KEPT.lock().unwrap();
    std::process::exit(7);
}

fn host_exit_in_thread() {
    let exits = || {
        let _guard = KEPT.lock().unwrap();
        std::process::exit(7);
    };
    thread::spawn(exits).join().unwrap();
}

fn host_main_returns() {
    std::mem::forget(KEPT.lock());
}

/// Main returns while another thread holds a lock and waits for ever.
fn host_main_returns_early() {
    static HOLDS: Barrier = Barrier::new(2);
    thread::spawn(|| {
        let _guard = KEPT.lock().unwrap();
        HOLDS.wait();
        loop {
            thread::park();
        }
    });
    HOLDS.wait();
}

fn host_panics() {
    let table = RwLock::named("table", 0);
    let _kept = KEPT.lock().unwrap();
    let _table = table.read().unwrap();
    panic!("of the host");
}

fn host_panics_with_a_hook() {
    std::panic::set_hook(Box::new(|info| {
        // A hook may take locks; the one that ours wraps is this.
        drop(KEPT.try_lock());
        eprintln!("the hook of the host: {info}");
    }));
    let _kept = KEPT.lock().unwrap();
    panic!("of the host");
}

fn host_panics_with_nothing() {
    drop(KEPT.lock());
    panic!("of the host");
}

pub(crate) const HOSTS: &[Host] = &[
    ("forgotten", host_forgotten),
    ("forgotten_twice", host_forgotten_twice),
    ("kept_in_thread_locals", host_kept_in_thread_locals),
    ("exit_in_main", host_exit_in_main),
    ("exit_in_thread", host_exit_in_thread),
    ("main_returns", host_main_returns),
    ("main_returns_early", host_main_returns_early),
    ("panics", host_panics),
    ("panics_with_a_hook", host_panics_with_a_hook),
    ("panics_with_nothing", host_panics_with_nothing),
];

pub(crate) const TESTS: &[Test] = &[
    ("a_thread_that_ends_with_a_lock_is_told_once", || {
        for policy in ["panic", "warn"] {
            let ended = run("forgotten", &[("HELDBY", policy)]);
            ended
                .ends(End::Code(0))
                .prints("went on")
                .reports(&["HB0103"]);
            ended.says(&["`kept`", "`forgetful`", "endings.rs:"]);
            let twice = run("forgotten_twice", &[("HELDBY", policy)]);
            twice
                .ends(End::Code(0))
                .prints("went on")
                .reports(&["HB0103"]);
        }
        run("forgotten", &[("HELDBY", "abort")])
            .ends(End::Abort)
            .reports(&["HB0103"]);
        run("forgotten", &[("HELDBY", "off")])
            .ends(End::Code(0))
            .is_silent();
    }),
    #[cfg(unix)]
    ("a_guard_may_go_with_a_thread_local", || {
        let ended = run("kept_in_thread_locals", &[("HELDBY", "panic")]);
        ended.ends(End::Code(0)).is_silent();
        ended.prints("Write Write Write Write true went on");
    }),
    ("a_process_that_ends_with_a_lock_is_not_told", || {
        let rows = [
            ("exit_in_main", 7),
            ("exit_in_thread", 7),
            ("main_returns", 0),
            ("main_returns_early", 0),
        ];
        for (host, code) in rows {
            run(host, &[("HELDBY", "panic")])
                .ends(End::Code(code))
                .is_silent();
        }
    }),
    ("a_panic_of_the_host_tells_its_locks", || {
        let panicked = run("panics", &[("HELDBY", "warn")]);
        panicked
            .ends(End::Code(101))
            .reports(&[])
            .says(&["of the host"]);
        panicked.complains(&["locks held by thread `main`, oldest first:"]);
        panicked.says(&["`kept` (exclusive) taken at ", "`table` (shared) taken at "]);
        assert!(!panicked.stderr.contains("host_panics"), "{panicked}");
        let traced = run("panics", &[("HELDBY", "warn"), ("RUST_BACKTRACE", "1")]);
        let told = traced
            .stderr
            .split_once("locks held")
            .expect("they are told")
            .1;
        assert!(told.contains("host_panics"), "{traced}");
    }),
    ("the_hook_of_the_host_runs_first", || {
        let panicked = run("panics_with_a_hook", &[("HELDBY", "warn")]);
        panicked
            .ends(End::Code(101))
            .complains(&["locks held by thread `main`"]);
        let hook = panicked.stderr.find("the hook of the host");
        assert!(
            hook.is_some() && hook < panicked.stderr.find("locks held"),
            "{panicked}"
        );
    }),
    ("a_panic_with_nothing_held_tells_nothing", || {
        let panicked = run("panics_with_nothing", &[("HELDBY", "warn")]);
        panicked.ends(End::Code(101)).reports(&[]).complains(&[]);
        let off = run("panics", &[("HELDBY", "off")]);
        off.ends(End::Code(101)).reports(&[]).complains(&[]);
    }),
];
