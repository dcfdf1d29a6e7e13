//! What is found in async tasks, and what that does to their host.

use std::sync::Arc;

use heldby::holders;
use heldby::tokio::runtime::{Builder, Runtime};
use heldby::tokio::spawn;
use heldby::tokio::sync::{Barrier, Mutex};
use heldby::tokio::task::{self, yield_now};

use crate::Test;
use crate::process::{End, Host, run};
use crate::running::Running;

type Locks = Arc<[Mutex<u8>; 2]>;

fn runtime() -> Runtime {
    let made = Builder::new_multi_thread().worker_threads(2).build();
    made.expect("a runtime is made")
}

fn locks() -> Locks {
    Arc::new(["a", "b"].map(|name| Mutex::named(name, 0)))
}

async fn nest(locks: Locks, [outer, inner]: [usize; 2]) {
    let _outer = locks[outer].lock().await;
    let _inner = locks[inner].lock().await;
}

/// Two tasks in opposite orders, one after the other; tells whether the second one panicked.
fn host_tasks_invert() {
    let locks = locks();
    let panicked = runtime().block_on(async {
        let first = spawn(nest(Arc::clone(&locks), [0, 1]));
        first.await.expect("the first order is no inversion");
        let second = spawn(nest(Arc::clone(&locks), [1, 0])).await;
        // Whatever it did, it holds nothing now.
        drop((locks[0].lock().await, locks[1].lock().await));
        second.is_err_and(|error| error.is_panic())
    });
    print!("{panicked} {}", holders(&locks[0]).len());
}

/// A lock that threads wait for, across an await; tells whether the task panicked.
fn host_task_suspends() {
    let lock = Arc::new(heldby::sync::Mutex::named("cache", 0));
    let runtime = Builder::new_current_thread()
        .build()
        .expect("a runtime is made");
    let local = ::tokio::task::LocalSet::new();
    let panicked = local.block_on(&runtime, async {
        let holder = task::spawn_local(async move {
            let _guard = lock.lock().expect("not poisoned");
            yield_now().await;
        });
        holder.await.is_err_and(|error| error.is_panic())
    });
    print!("{panicked}");
}

/// Two tasks that wait for each other, for ever.
fn host_tasks_hang() {
    let (locks, both) = (locks(), Arc::new(Barrier::new(2)));
    let part = |name: &'static str, [held, wanted]: [usize; 2]| {
        let (locks, both) = (Arc::clone(&locks), Arc::clone(&both));
        let body = async move {
            let _held = locks[held].lock().await;
            both.wait().await;
            drop(locks[wanted].lock().await);
        };
        task::Builder::new().name(name).spawn(body)
    };
    runtime().block_on(async {
        let (left, right) = (part("left", [0, 1]), part("right", [1, 0]));
        left.expect("it is spawned").await.expect("it ends");
        right.expect("it is spawned").await.expect("it ends");
    });
}

/// Two tasks in opposite orders that tokio itself spawns, and none that we do; tells how many orders are in
/// doubt.
fn host_tasks_unwrapped() {
    let locks = locks();
    runtime().block_on(async {
        for order in [[0, 1], [1, 0]] {
            let task = ::tokio::spawn(nest(Arc::clone(&locks), order));
            task.await.expect("it ends");
        }
    });
    print!("{}", heldby::pending().len());
}

pub(crate) const HOSTS: &[Host] = &[
    ("tasks_unwrapped", host_tasks_unwrapped),
    ("tasks_invert", host_tasks_invert),
    ("task_suspends", host_task_suspends),
    ("tasks_hang", host_tasks_hang),
];

pub(crate) const TESTS: &[Test] = &[
    ("an_inversion_of_tasks_does_what_the_policy_says", || {
        let found: &[&str] = &["HB0001"];
        let rows = [
            ("warn", "false 0", found),
            ("panic", "true 0", found),
            ("off", "false 0", &[]),
        ];
        for (policy, prints, reports) in rows {
            let ended = run("tasks_invert", &[("HELDBY", policy)]);
            ended.ends(End::Code(0)).prints(prints).reports(reports);
        }
        let aborted = run("tasks_invert", &[("HELDBY", "abort")]);
        aborted.ends(End::Abort).prints("").reports(found);
    }),
    ("what_unwrapped_tasks_nest_is_in_doubt", || {
        let ended = run("tasks_unwrapped", &[("HELDBY", "warn")]);
        ended.ends(End::Code(0)).prints("1").reports(&[]);
    }),
    ("an_inversion_of_tasks_is_found_without_stacks", || {
        // No stack is kept, and still the arms of a task are told from what is nested.
        let variables = [("HELDBY", "warn"), ("HELDBY_STACKS", "off")];
        let ended = run("tasks_invert", &variables);
        ended.ends(End::Code(0)).reports(&["HB0001"]);
    }),
    ("a_suspension_does_what_the_policy_says", || {
        let found: &[&str] = &["HB0304"];
        let rows = [
            ("warn", "false", found),
            ("panic", "true", found),
            ("off", "false", &[]),
        ];
        for (policy, prints, reports) in rows {
            let ended = run("task_suspends", &[("HELDBY", policy)]);
            ended.ends(End::Code(0)).prints(prints).reports(reports);
        }
    }),
    ("tasks_that_wait_for_each_other_are_told", || {
        let variables = [("HELDBY", "warn"), ("HELDBY_WATCHDOG_MS", "100")];
        let mut running = Running::start("tasks_hang", &variables);
        running.wait_for_all(&[
            "error[HB0502]: deadlock: ",
            "note: this is no prediction: these wait now",
            "Held by `left`: 1. `a`",
            "Held by `right`: 1. `b`",
        ]);
    }),
];
