//! Waits for initialisers and for room in channels, that hang or would.

use heldby::sync::mpsc::{Receiver, SyncSender, sync_channel};
use heldby::sync::{Barrier, LazyLock, Mutex, Once, OnceLock};
use heldby::{holders, thread};

use crate::Test;
use crate::process::{End, Host, run};
use crate::running::Running;

static CELL: OnceLock<u8> = OnceLock::new();
static LAZY: LazyLock<u8> = LazyLock::new(|| *LAZY + 1);
static ONCE: Once = Once::new();

fn host_needs_own_cell() {
    CELL.get_or_init(|| CELL.get_or_init(|| 1) + 1);
}

fn host_sets_own_cell() {
    CELL.get_or_init(|| CELL.set(1).map_or(0, |()| 1));
}

fn host_needs_own_lazy() {
    print!("{}", *LAZY);
}

fn host_needs_own_once() {
    ONCE.call_once(|| ONCE.call_once(|| ()));
}

/// `maker` initialises the cell, which takes the table; `user` holds that and looks at the cell.
fn host_hangs_over_a_cell() {
    let (table, both) = (Mutex::named("table", 0), Barrier::new(2));
    thread::scope(|scope| {
        let named = |name: &str| thread::Builder::new().name(name.to_owned());
        let make = || {
            CELL.get_or_init(|| {
                both.wait();
                // The other one holds it by now.
                *table.lock().unwrap()
            });
        };
        named("maker").spawn_scoped(scope, make).unwrap();
        let look = || {
            let _table = table.lock();
            both.wait();
            while !holders(&table).iter().any(|holder| holder.waiting) {
                thread::yield_now();
            }
            CELL.get_or_init(|| 1);
        };
        named("user").spawn_scoped(scope, look).unwrap();
    });
}

type Receive = fn(&Receiver<u8>) -> Option<u8>;

/// Every way to receive.
const RECEIVES: [(&str, Receive); 5] = [
    ("recv", |receiver| receiver.recv().ok()),
    ("try_recv", |receiver| receiver.try_recv().ok()),
    ("recv_timeout", |receiver| {
        receiver
            .recv_timeout(std::time::Duration::from_secs(60))
            .ok()
    }),
    ("iter", |receiver| receiver.iter().next()),
    ("try_iter", |receiver| receiver.try_iter().next()),
];

/// Receives under a lock; then a thread sends into the full channel while it holds that lock, and this
/// one receives without it as soon as `is_over` says so.
fn send_under(
    name: &str,
    (sender, receiver): (SyncSender<u8>, Receiver<u8>),
    receive: Receive,
    is_over: impl Fn() -> bool,
) {
    let table = Mutex::named(name, ());
    sender.send(1).unwrap();
    {
        let _table = table.lock();
        assert_eq!(receive(&receiver), Some(1));
    }
    sender.send(2).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            let _table = table.lock();
            sender.send(3).unwrap();
        });
        while !is_over() {
            thread::yield_now();
        }
        assert_eq!((receiver.recv(), receiver.recv()), (Ok(2), Ok(3)));
    });
    print!("{name} ");
}

/// Each send waits until it is reported.
fn host_sends_for_long() {
    // Each of a class of its own, since the others are received from without a lock.
    let channels = [
        sync_channel(1),
        sync_channel(1),
        sync_channel(1),
        sync_channel(1),
        sync_channel(1),
    ];
    for (at, ((name, receive), ends)) in RECEIVES.into_iter().zip(channels).enumerate() {
        send_under(name, ends, receive, || heldby::reports().len() > at);
    }
}

fn host_sends_once_for_long() {
    send_under("recv", sync_channel(1), RECEIVES[0].1, || {
        !heldby::reports().is_empty()
    });
}

/// Ends the wait when it is known to be suspected.
fn host_sends_for_a_while() {
    send_under("recv", sync_channel(1), RECEIVES[0].1, || {
        !heldby::pending().is_empty()
    });
    print!("{}", heldby::pending().len());
}

/// Some receives needed the lock, and one did not.
fn host_receives_freely() {
    let (table, (sender, receiver)) = (Mutex::named("table", ()), sync_channel(1));
    sender.send(1).unwrap();
    receiver.recv().unwrap();
    sender.send(2).unwrap();
    {
        let _table = table.lock();
        receiver.recv().unwrap();
    }
    sender.send(3).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            let _table = table.lock();
            sender.send(4).unwrap();
        });
        while !holders(&table).iter().any(|holder| !holder.waiting) {
            thread::yield_now();
        }
        assert_eq!((receiver.recv(), receiver.recv()), (Ok(3), Ok(4)));
    });
    print!("{}", heldby::pending().len());
}

pub(crate) const HOSTS: &[Host] = &[
    ("needs_own_cell", host_needs_own_cell),
    ("sets_own_cell", host_sets_own_cell),
    ("needs_own_lazy", host_needs_own_lazy),
    ("needs_own_once", host_needs_own_once),
    ("hangs_over_a_cell", host_hangs_over_a_cell),
    ("sends_for_long", host_sends_for_long),
    ("sends_once_for_long", host_sends_once_for_long),
    ("sends_for_a_while", host_sends_for_a_while),
    ("receives_freely", host_receives_freely),
];

const STRICT: (&str, &str) = ("HELDBY_EVENTS", "strict");
const WARN: (&str, &str) = ("HELDBY", "warn");

pub(crate) const TESTS: &[Test] = &[
    (
        "waits_an_initialiser_that_needs_its_own_cell_is_told_before_it_hangs",
        || {
            for (host, cell) in [
                ("needs_own_cell", "OnceLock"),
                ("sets_own_cell", "OnceLock"),
                ("needs_own_lazy", "LazyLock"),
                ("needs_own_once", "Once"),
            ] {
                let ended = run(host, &[("HELDBY", "panic")]);
                ended.ends(End::Code(101)).prints("").reports(&["HB0005"]);
                ended.says(&[&format!(
                    "error[HB0005]: deadlock: the initialiser of `{cell}@waits.rs:"
                )]);
                ended.says(&["the thread waits for itself"]);
            }
        },
    ),
    ("waits_threads_that_hang_over_a_cell_are_told", || {
        let watch = ("HELDBY_WATCHDOG_MS", "100");
        let mut running = Running::start("hangs_over_a_cell", &[WARN, watch]);
        running.wait_for("error[HB0502]: deadlock: ");
        let report = running.wait_for_all(&["`maker`", "`user`", "OnceLock@waits.rs:"]);
        assert!(report.lines().count() < 60, "{report}");
    }),
    (
        "waits_a_send_that_nobody_can_end_is_told_at_once_where_events_are_trusted",
        || {
            let ended = run("sends_for_long", &[WARN, STRICT]);
            ended
                .ends(End::Code(0))
                .prints("recv try_recv recv_timeout iter try_iter ");
            ended.reports(&["HB0005"; 5]);
            ended.says(&[
                "`main` once took `recv` to receive from `SyncSender@waits.rs:",
                "sent to",
                "received",
            ]);
        },
    ),
    (
        "waits_a_send_that_nobody_can_end_is_told_after_a_while",
        || {
            let ended = run("sends_once_for_long", &[WARN]);
            ended
                .ends(End::Code(0))
                .prints("recv ")
                .reports(&["HB0005"]);
        },
    ),
    (
        "waits_a_send_is_pending_until_a_receive_needs_no_lock",
        || {
            let ended = run("sends_for_a_while", &[WARN]);
            ended.ends(End::Code(0)).prints("recv 0");
        },
    ),
    ("waits_a_send_that_a_free_receive_can_end_is_silent", || {
        for variables in [&[][..], &[STRICT]] {
            let ended = run("receives_freely", variables);
            ended.ends(End::Code(0)).prints("0").is_silent();
        }
    }),
];
