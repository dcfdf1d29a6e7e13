//! A fork while another thread holds a lock.

use std::sync::Barrier;

use heldby::lockdep::{LockMap, mutex_acquire, mutex_release};
use heldby::sync::{Mutex, RwLock};
use heldby::thread;

use crate::Test;
use crate::process::{End, Host, run};

/// The code of a child that came to its end.
const WELL: i32 = 7;

/// Forks while the thread `holder` holds `queue` exclusively and `table` shared; tells how the
/// child ended, or that it hung.
fn forks(child: fn(&Mutex<i32>, &RwLock<i32>)) {
    let (queue, table) = (Mutex::named("queue", 0), RwLock::named("table", 0));
    // Every chain of the child is known to the parent.
    drop(queue.lock());
    drop(table.read());
    drop(table.write());
    let (held, forked) = (Barrier::new(2), Barrier::new(2));
    thread::scope(|scope| {
        let hold = || {
            let _guards = (queue.lock(), table.read());
            held.wait();
            forked.wait();
        };
        let holder = thread::Builder::new().name("holder".to_owned());
        holder.spawn_scoped(scope, hold).expect("a thread starts");
        held.wait();
        // SAFETY: the child uses the two locks, whose state it copied, and leaves by `_exit`.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            child(&queue, &table);
            // SAFETY: nothing of this process is needed any more.
            unsafe { libc::_exit(WELL) };
        }
        print!("{}", ending(pid));
        forked.wait();
    });
}

/// How a child ended.
pub(crate) fn ending(pid: libc::pid_t) -> String {
    let mut status = 0;
    // SAFETY: `pid` is a child of this process, and `status` lives until the call returns.
    unsafe { libc::waitpid(pid, &mut status, 0) };
    if libc::WIFEXITED(status) {
        return format!("exit {}", libc::WEXITSTATUS(status));
    }
    format!("signal {}", libc::WTERMSIG(status))
}

/// Ends the child a second after its report; without one it hangs, and its host with it.
#[derive(Debug)]
struct Alarm;

impl heldby::Sink for Alarm {
    fn report(&self, _report: &heldby::model::Report) {
        // SAFETY: no handler is installed, so the signal ends the process.
        unsafe { libc::alarm(1) };
    }
}

/// What a hang comes to, so that nothing waits for it for ever.
fn hangs(wait: impl FnOnce()) {
    heldby::add_sink(Alarm);
    wait();
}

fn waits_for_queue(queue: &Mutex<i32>, _table: &RwLock<i32>) {
    hangs(|| drop(queue.lock()));
}

fn waits_to_write(_queue: &Mutex<i32>, table: &RwLock<i32>) {
    hangs(|| drop(table.write()));
}

fn goes_on(queue: &Mutex<i32>, table: &RwLock<i32>) {
    assert!(queue.try_lock().is_err());
    drop(table.read());
    let own = Mutex::named("queue", 1);
    drop(own.lock());
}

/// Forks while a thread that took a lock runs on, and knows nothing of its release by another one.
fn forks_after_release_by_another() {
    let map = LockMap::named("queue");
    let (held, forked) = (Barrier::new(2), Barrier::new(2));
    thread::scope(|scope| {
        scope.spawn(|| {
            mutex_acquire(&map, 0, false);
            held.wait();
            forked.wait();
        });
        held.wait();
        mutex_release(&map);
        // SAFETY: the child uses no lock, and leaves by `_exit`.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            mutex_acquire(&map, 0, false);
            // SAFETY: nothing of this process is needed any more.
            unsafe { libc::_exit(WELL) };
        }
        print!("{}", ending(pid));
        forked.wait();
    });
}

pub(crate) const HOSTS: &[Host] = &[
    ("orphan_released", forks_after_release_by_another),
    ("orphan_exclusive", || forks(waits_for_queue)),
    ("orphan_shared", || forks(waits_to_write)),
    ("orphan_goes_on", || forks(goes_on)),
];

fn an_orphaned_lock_is_reported_before_it_blocks() {
    let ended = run("orphan_exclusive", &[("HELDBY", "warn")]);
    ended.ends(End::Code(0)).reports(&["HB0501"]);
    let alarm = format!("signal {}", libc::SIGALRM);
    ended.prints(&alarm);
    for told in [
        "`queue`, which `holder` held",
        "`holder` held it when this process was forked",
    ] {
        assert!(ended.stderr.contains(told), "{ended}");
    }
    let ended = run("orphan_shared", &[("HELDBY", "warn")]);
    ended.ends(End::Code(0)).reports(&["HB0501"]).prints(&alarm);
    assert!(ended.stderr.contains("held it shared"), "{ended}");
}

fn the_policy_ends_an_orphan_instead() {
    let ended = run("orphan_exclusive", &[("HELDBY", "abort")]);
    ended.reports(&["HB0501"]);
    ended.prints(&format!("signal {}", libc::SIGABRT));
    let ended = run("orphan_exclusive", &[("HELDBY", "panic")]);
    ended.reports(&["HB0501"]);
    assert!(
        ended
            .stderr
            .contains("panicked at crates/heldby/tests/hosts/orphans.rs"),
        "{ended}"
    );
}

fn what_does_not_wait_for_an_orphan_is_silent() {
    for host in ["orphan_goes_on", "orphan_released"] {
        let ended = run(host, &[("HELDBY", "abort")]);
        ended.ends(End::Code(0)).reports(&[]).prints("exit 7");
    }
}

pub(crate) const TESTS: &[Test] = &[
    (
        "orphans::an_orphaned_lock_is_reported_before_it_blocks",
        an_orphaned_lock_is_reported_before_it_blocks,
    ),
    (
        "orphans::the_policy_ends_an_orphan_instead",
        the_policy_ends_an_orphan_instead,
    ),
    (
        "orphans::what_does_not_wait_for_an_orphaned_lock_is_silent",
        what_does_not_wait_for_an_orphan_is_silent,
    ),
];
