//! What all threads hold, asked for by a signal.

use std::fs;
use std::io::Read;
use std::sync::atomic::{AtomicU32, Ordering};

use heldby::model::GraphSnapshot;
use heldby::sync::Mutex;

use crate::Test;
use crate::dumps::with_holders;
use crate::orphans::ending;
use crate::outputs::Scratch;
use crate::process::{End, Host, run};
use crate::running::Running;
use crate::signals::{catch, raise, set_mask};

/// Goes on when stdin ends.
fn wait_for_stdin() {
    let mut nothing = Vec::new();
    let read = std::io::stdin().read_to_end(&mut nothing);
    read.expect("stdin can be read");
}

fn host_stands_still() {
    with_holders(|| {
        eprintln!("ready");
        wait_for_stdin();
    });
    print!("went on");
}

/// No thread of the host's own lets the signal in.
fn host_masks_it() {
    set_mask(libc::SIG_BLOCK, libc::SIGUSR2);
    host_stands_still();
}

static CAUGHT: AtomicU32 = AtomicU32::new(0);

extern "C" fn count(_: libc::c_int) {
    // Relaxed: a counter, nothing is ordered by it.
    CAUGHT.fetch_add(1, Ordering::Relaxed);
}

fn host_handles_it() {
    catch(libc::SIGUSR2, count);
    drop(Mutex::new(0).lock());
    raise(libc::SIGUSR2);
    // Relaxed: its own message.
    print!("{}", CAUGHT.load(Ordering::Relaxed));
}

fn host_locks() {
    drop(Mutex::new(0).lock());
    print!("went on");
}

/// The code of a child that came to its end.
const WELL: i32 = 7;

fn host_forks() {
    let lock = Mutex::named("lock", 0);
    drop(lock.lock());
    // SAFETY: the child uses a lock that nobody holds, and leaves by `_exit`.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        raise(libc::SIGUSR2);
        drop(lock.lock());
        // SAFETY: nothing of this process is needed any more.
        unsafe { libc::_exit(WELL) };
    }
    print!("{}", ending(pid));
}

pub(crate) const HOSTS: &[Host] = &[
    ("stands_still", host_stands_still),
    ("masks_the_signal", host_masks_it),
    ("handles_the_signal", host_handles_it),
    ("locks", host_locks),
    ("forks_with_helpers", host_forks),
];

/// The variable as a test sets it.
fn signal(value: &str) -> (&str, &str) {
    ("HELDBY_DUMP_SIGNAL", value)
}

fn check_dump(host: &str, value: &str) {
    let mut running = Running::start(host, &[signal(value)]);
    running.wait_for("ready");
    for _ in 0..2 {
        running.signal(libc::SIGUSR2);
        let told = running.wait_for(" graph locks");
        let process = "heldby: locks of process ";
        assert!(
            told.starts_with(process) && told.contains(", asked for by USR2:\n"),
            "{told}"
        );
        for thread in [
            "`holder`:\n  holds   `table`",
            "`waiter`:\n  waits for   `queue`",
        ] {
            assert!(told.contains(thread), "no {thread} in\n{told}");
        }
        // The thread that tells it is not among those that are told.
        assert!(!told.contains("heldby-"), "{told}");
    }
    running.end().ends(End::Code(0)).prints("went on");
}

pub(crate) const TESTS: &[Test] = &[
    ("a_signal_asks_for_a_dump", || {
        check_dump("stands_still", "USR2");
        check_dump("stands_still", "SIGUSR2");
        check_dump("stands_still", &libc::SIGUSR2.to_string());
    }),
    ("a_signal_that_every_thread_masks_asks_all_the_same", || {
        check_dump("masks_the_signal", "USR2");
    }),
    ("a_signal_writes_the_file_as_well", || {
        let file = Scratch::new("asked.json");
        let variables = [signal("USR2"), ("HELDBY_DUMP", file.path())];
        let mut running = Running::start("stands_still", &variables);
        running.wait_for("ready");
        running.signal(libc::SIGUSR2);
        running.wait_for(" graph locks");
        let text = fs::read_to_string(file.path()).expect("the dump was written");
        let dump = GraphSnapshot::from_json(&text).expect("it reads back");
        assert_eq!(dump.threads.len(), 3);
        running.end().ends(End::Code(0));
    }),
    ("a_signal_that_the_host_handles_stays_its_own", || {
        let ended = run("handles_the_signal", &[signal("USR2")]);
        ended.ends(End::Code(0)).prints("1");
        ended.complains(&["USR2 does not ask for a dump: the program handles it itself"]);
    }),
    ("a_signal_that_must_not_be_taken_is_left_alone", || {
        for name in ["KILL", "SIGSTOP", "SEGV", "ABRT", "CHLD"] {
            let ended = run("locks", &[signal(name)]);
            ended.ends(End::Code(0)).prints("went on");
            ended.complains(&["does not ask for a dump: it has a meaning of its own"]);
            assert_eq!(ended.stderr.lines().count(), 1, "{ended}");
        }
        // Nor one that does not exist.
        let ended = run("locks", &[signal("4000")]);
        ended.ends(End::Code(0)).prints("went on");
        ended.complains(&["signal 4000 does not ask for a dump: "]);
        let ended = run("locks", &[signal("usr2")]);
        ended.ends(End::Code(0)).prints("went on");
        ended.complains(&["unknown value `HELDBY_DUMP_SIGNAL=usr2`; known: HUP, INT"]);
    }),
    ("a_forked_child_tells_nothing_and_goes_on", || {
        let ended = run(
            "forks_with_helpers",
            &[signal("USR2"), ("HELDBY_WATCHDOG_MS", "10")],
        );
        ended.ends(End::Code(0)).prints("exit 7").is_silent();
    }),
];
