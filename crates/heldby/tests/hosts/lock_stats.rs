//! Statistics of a host: what real threads wait for and hold, and where that is told.

use std::fs;
use std::path::Path;

use heldby::model::record::Fact;
use heldby::model::{LockStat, Mode, Tally};
use heldby::sync::{Condvar, Mutex, RwLock};
use heldby::{holders, thread};

use crate::Test;
use crate::outputs::Scratch;
use crate::process::{End, Host, run};

/// Goes on when a thread waits for the lock.
fn until_waiting<L: heldby::lockdep::AsLockMap>(lock: &L) {
    while !holders(lock).iter().any(|holder| holder.waiting) {
        std::thread::yield_now();
    }
}

/// A writer waits for a reader, and a reader for a writer; a condition variable gives its mutex up.
fn contend() {
    let table = RwLock::named("table", 0);
    let read = table.read().unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            let written = table.write().unwrap();
            let reader = scope.spawn(|| drop(table.read()));
            until_waiting(&table);
            drop(written);
            reader.join().unwrap();
        });
        until_waiting(&table);
        drop(read);
    });
    let (ready, changed) = (Mutex::named("ready", false), Condvar::new());
    thread::scope(|scope| {
        let mut is_ready = ready.lock().unwrap();
        scope.spawn(|| {
            *ready.lock().unwrap() = true;
            changed.notify_one();
        });
        while !*is_ready {
            is_ready = changed.wait(is_ready).unwrap();
        }
        assert!(ready.try_lock().is_err());
    });
    drop(ready.try_lock());
}

fn host_contends() {
    contend();
    print!("went on");
}

fn host_is_not_counted() {
    contend();
    assert_eq!(heldby::lock_stats(), []);
    print!("went on");
}

fn of<'a>(stats: &'a [LockStat], lock: &str, mode: Mode) -> &'a Tally {
    let found = stats
        .iter()
        .find(|stat| stat.lock == lock && stat.mode == mode);
    &found
        .unwrap_or_else(|| panic!("no {lock} in {stats:#?}"))
        .tally
}

fn host_counts_what_it_waits_for() {
    contend();
    let stats = heldby::lock_stats();
    let (writes, reads) = (
        of(&stats, "table", Mode::Write),
        of(&stats, "table", Mode::Read),
    );
    assert_eq!((writes.acquisitions, writes.contentions), (1, 1));
    assert_eq!((reads.acquisitions, reads.contentions), (2, 1));
    assert_eq!((writes.wait.count, writes.hold.count), (1, 1));
    assert_eq!((reads.wait.count, reads.hold.count), (1, 2));
    assert!(writes.wait.min_ns > 0 && reads.wait.min_ns > 0);
    let [waited] = &writes.waited_at.sites[..] else {
        panic!("{writes:#?}");
    };
    assert!(waited.count == 1 && waited.site.file.ends_with("lock_stats.rs"));
    assert_eq!(writes.held_at.total(), 1);
    // One by the thread that makes it ready, one behind the wait, and a try.
    let ready = of(&stats, "ready", Mode::Write);
    assert_eq!(ready.hold.count, ready.acquisitions);
    assert!(ready.acquisitions >= 3, "{ready:#?}");
    let told = heldby::dump();
    assert_eq!(told.lock_stats.len(), 3, "{told:#?}");
    let text = heldby::model::render::threads(&told);
    assert!(text.contains("\ntable (read) "), "{text}");
    print!("counted");
}

#[cfg(unix)]
fn host_forks() {
    let lock = Mutex::named("inherited", 0);
    (0..3).for_each(|_| drop(lock.lock()));
    let held = lock.lock().unwrap();
    // SAFETY: this process has one thread.
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0);
    drop(held);
    if pid == 0 {
        drop(lock.lock());
    }
    let stats = heldby::lock_stats();
    let tally = of(&stats, "inherited", Mode::Write);
    let expected = if pid == 0 { (1, 2) } else { (4, 4) };
    assert_eq!((tally.acquisitions, tally.hold.count), expected);
    if pid == 0 {
        std::process::exit(0);
    }
    let mut status = 0;
    // SAFETY: `pid` is a child of this process, and `status` lives until the call returns.
    let waited = unsafe { libc::waitpid(pid, &mut status, 0) };
    assert!(waited == pid && status == 0, "{status}");
    print!("forked");
}

/// The statistics in the records of `directory`: a lock, its mode and its acquisitions.
fn recorded(directory: &Path) -> Vec<(String, Mode, u64)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).expect("a directory of records") {
        let text = fs::read_to_string(entry.expect("an entry").path()).expect("a record");
        let mut names = Vec::new();
        for line in text.lines().skip(1) {
            match Fact::from_line(line).expect("a fact") {
                Fact::Class(class) => names.push((class.id, class.name)),
                Fact::Stat(stat) => {
                    let name = names.iter().find(|(id, _)| *id == stat.class);
                    let (_, name) = name.expect("a class is told first");
                    found.push((name.clone(), stat.mode, stat.tally.acquisitions));
                }
                _ => {}
            }
        }
    }
    found.sort_unstable();
    found
}

pub(crate) const HOSTS: &[Host] = &[
    ("contends", host_contends),
    ("is_not_counted", host_is_not_counted),
    ("counts_what_it_waits_for", host_counts_what_it_waits_for),
    #[cfg(unix)]
    ("forks_and_counts", host_forks),
];

pub(crate) const TESTS: &[Test] = &[
    ("waits_and_holds_are_counted", || {
        let ended = run("counts_what_it_waits_for", &[("HELDBY_STAT", "1")]);
        ended.ends(End::Code(0)).prints("counted");
    }),
    ("nothing_is_counted_unless_it_is_asked_for", || {
        for variables in [&[][..], &[("HELDBY_STAT", "0")]] {
            let ended = run("is_not_counted", variables);
            ended.ends(End::Code(0)).prints("went on").is_silent();
        }
    }),
    ("a_host_without_a_record_prints_its_statistics", || {
        let ended = run("contends", &[("HELDBY_STAT", "1")]);
        ended.ends(End::Code(0)).prints("went on").says(&[
            "by how long they were waited for:\n",
            "\nlock         acquired contended ",
            "\ntable (read) ",
            "\n    waited at       1x  ",
        ]);
        ended.complains(&["heldby: locks of process "]);
    }),
    ("a_host_with_a_record_leaves_them_there", || {
        let directory = Scratch::new("stat-records");
        let variables = [("HELDBY_STAT", "1"), ("HELDBY_DIR", directory.path())];
        let ended = run("contends", &variables);
        ended.ends(End::Code(0)).prints("went on").is_silent();
        let found = recorded(Path::new(directory.path()));
        let [ready, write, read] = &found[..] else {
            panic!("{found:?}");
        };
        assert_eq!((&*ready.0, ready.1), ("ready", Mode::Write));
        assert_eq!(*write, ("table".to_owned(), Mode::Write, 1));
        assert_eq!(*read, ("table".to_owned(), Mode::Read, 2));
    }),
    ("an_allocator_may_take_locks_that_are_counted", || {
        let variables = [("HELDBY", "warn"), ("HELDBY_STAT", "1")];
        for host in ["one", "nested", "cached", "told", "late"] {
            let ended = run(host, &variables);
            ended.ends(End::Code(0)).reports(&["HB0001"]);
            ended.complains(&["heldby: locks of process "]);
        }
    }),
    #[cfg(unix)]
    ("a_forked_child_counts_anew", || {
        let directory = Scratch::new("stat-forks");
        let variables = [("HELDBY_STAT", "1"), ("HELDBY_DIR", directory.path())];
        let ended = run("forks_and_counts", &variables);
        ended.ends(End::Code(0)).prints("forked").is_silent();
        let found = recorded(Path::new(directory.path()));
        let inherited = |times| ("inherited".to_owned(), Mode::Write, times);
        assert_eq!(found, [inherited(1), inherited(4)]);
    }),
];
