//! What all threads hold, asked for by a call and at exit.

use std::fs;
use std::sync::Barrier;

use heldby::model::{GraphSnapshot, Mode, ThreadLocks};
use heldby::sync::{Mutex, RwLock};
use heldby::{holders, thread};

use crate::Test;
use crate::outputs::Scratch;
use crate::process::{End, Host, run};

/// `holder` holds `table` shared and `queue`, which `waiter` waits for, while `body` runs.
pub(crate) fn with_holders(body: impl FnOnce()) {
    let (table, queue) = (RwLock::named("table", 0), Mutex::named("queue", 0));
    // This thread comes first.
    drop(table.read());
    let (held, done) = (Barrier::new(2), Barrier::new(2));
    let named = |name: &str| thread::Builder::new().name(name.to_owned());
    thread::scope(|scope| {
        let hold = || {
            let _guards = (table.read(), queue.lock());
            held.wait();
            done.wait();
        };
        let holder = named("holder").spawn_scoped(scope, hold);
        holder.expect("a thread starts");
        held.wait();
        let waiter = named("waiter").spawn_scoped(scope, || drop(queue.lock()));
        waiter.expect("a thread starts");
        while !holders(&queue).iter().any(|holder| holder.waiting) {
            std::thread::yield_now();
        }
        body();
        done.wait();
    });
}

fn host_tells_held_locks() {
    let own = Mutex::named("own", 0);
    with_holders(|| {
        let _own = own.lock();
        let told = heldby::held_locks();
        let [main, holder, waiter] = &told[..] else {
            panic!("{told:?}")
        };
        let modes = |of: &ThreadLocks| -> Vec<_> {
            let held = of.held.iter();
            held.map(|held| (held.lock.clone(), held.mode)).collect()
        };
        assert_eq!(modes(main), [("own".to_owned(), Mode::Write)]);
        let held = [("table", Mode::Read), ("queue", Mode::Write)];
        let held = held.map(|(name, mode)| (name.to_owned(), mode));
        assert_eq!((&*holder.thread, modes(holder)), ("holder", held.to_vec()));
        let sites = told.iter().flat_map(|thread| &thread.held);
        assert!(
            sites
                .into_iter()
                .all(|held| held.site.file.ends_with("dumps.rs"))
        );
        let wait = waiter.waits.as_ref().expect("it waits");
        assert_eq!((&*wait.lock, wait.after_wait), ("queue", false));
        assert_eq!(wait.behind, ["holder"]);
        assert!(waiter.held.is_empty() && main.waits.is_none());
    });
    // A scope does not wait for what its threads do when their own values go, and a task ends after.
    while !matches!(&heldby::held_locks()[..], [main] if main.held.is_empty()) {
        std::thread::yield_now();
    }
    print!("told");
}

fn host_dumps_all() {
    with_holders(|| {
        let text = heldby::model::render::threads(&heldby::dump());
        assert!(text.contains("thread `waiter`:\n"), "{text}");
        let dot = heldby::write_dump("graph.svg").expect_err("no such form");
        assert_eq!(dot.kind(), std::io::ErrorKind::InvalidInput);
        // The threads are as they are when the process ends.
        std::process::exit(3);
    });
}

fn host_counts() {
    let (a, b) = (Mutex::named("a", 0), Mutex::named("b", 0));
    drop((a.lock(), b.lock()));
    let before = heldby::stats();
    drop((b.lock(), a.lock()));
    let after = heldby::stats();
    assert_eq!(
        (before.tasks, before.classes, before.dependencies),
        (1, 2, 1)
    );
    assert_eq!((before.reports, after.reports), (0, 1));
    assert!(after.stacks > before.stacks && after.graph_locks > before.graph_locks + 1);
    print!("counted");
}

pub(crate) const HOSTS: &[Host] = &[
    ("tells_held_locks", host_tells_held_locks),
    ("dumps_all", host_dumps_all),
    ("counts", host_counts),
];

pub(crate) const TESTS: &[Test] = &[
    ("what_all_threads_hold_is_told", || {
        let ended = run("tells_held_locks", &[("HELDBY", "panic")]);
        ended.ends(End::Code(0)).prints("told").is_silent();
    }),
    ("what_all_threads_hold_is_dumped_at_exit", || {
        let file = Scratch::new("held.json");
        let ended = run("dumps_all", &[("HELDBY_DUMP", file.path())]);
        ended.ends(End::Code(3)).is_silent();
        let text = fs::read_to_string(file.path()).expect("the dump was written");
        let dump = GraphSnapshot::from_json(&text).expect("it reads back");
        let threads = dump.threads.iter().map(|thread| &*thread.thread);
        assert_eq!(threads.collect::<Vec<_>>(), ["main", "holder", "waiter"]);
        assert_eq!(dump.stats.map(|stats| stats.tasks), Some(3));
        assert_eq!(dump.dependencies.len(), 1);
    }),
    ("the_text_of_a_dump_tells_threads_and_counters", || {
        let file = Scratch::new("held.txt");
        let ended = run("dumps_all", &[("HELDBY_DUMP", file.path())]);
        ended.ends(End::Code(3)).is_silent();
        let text = fs::read_to_string(file.path()).expect("the dump was written");
        let told = [
            "thread `holder`:\n  holds   `table` (shared)      ",
            "thread `waiter`:\n  waits for   `queue` (exclusive)   ",
            "    behind `holder`\n`main` holds no lock\n",
            "counters: 3 threads, 2 classes, 1 dependencies, ",
        ];
        for told in told {
            assert!(text.contains(told), "no `{told}` in\n{text}");
        }
    }),
    ("counters_count", || {
        let ended = run("counts", &[("HELDBY", "warn")]);
        ended
            .ends(End::Code(0))
            .prints("counted")
            .reports(&["HB0001"]);
    }),
];
