//! Wherever a task is spawned, it has a held stack of its own.

use std::future::Future;
use std::pin::Pin;

use heldby::test::findings;
use heldby::tokio::runtime::{Builder, Handle, LocalOptions, LocalRuntime, Runtime};
use heldby::tokio::task::{self, JoinHandle, LocalSet};

use super::rows::{a_then_b, b_then_a, locks, short};

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

fn runtime() -> Runtime {
    Builder::new_current_thread()
        .build()
        .expect("a runtime is made")
}

fn local() -> LocalRuntime {
    let made = Builder::new_current_thread().build_local(LocalOptions::default());
    made.expect("a runtime is made")
}

/// Runs a task at a place, to its end.
type Place = (&'static str, fn(Task));

const PLACES: [Place; 9] = [
    ("Runtime::spawn", |body| {
        let runtime = runtime();
        let task: JoinHandle<()> = runtime.spawn(body);
        runtime.block_on(task).expect("it ends");
    }),
    ("the handle of a runtime", |body| {
        let runtime = runtime();
        let handle: &Handle = runtime.handle();
        let task = handle.spawn(body);
        runtime.block_on(task).expect("it ends");
    }),
    ("Handle::current", |body| {
        let task = async { Handle::current().spawn(body).await };
        runtime().block_on(task).expect("it ends");
    }),
    ("Handle::block_on in what may block", |body| {
        let runtime = runtime();
        let handle = runtime.handle().clone();
        let task = runtime.spawn_blocking(move || handle.block_on(body));
        runtime.block_on(task).expect("it ends");
        runtime.shutdown_background();
    }),
    ("LocalRuntime::spawn_local", |body| {
        let runtime = local();
        let task = runtime.spawn_local(body);
        runtime.block_on(task).expect("it ends");
        runtime.shutdown_background();
    }),
    ("the handle of a local runtime", |body| {
        let runtime = local();
        let task = runtime.handle().spawn(body);
        runtime.block_on(task).expect("it ends");
    }),
    ("LocalSet::spawn_local", |body| {
        let set = LocalSet::new();
        let task = set.spawn_local(body);
        set.block_on(&runtime(), task).expect("it ends");
    }),
    ("a local set that is awaited", |body| {
        let set = LocalSet::default();
        set.spawn_local(body);
        runtime().block_on(set);
    }),
    ("spawn_local in a local set", |body| {
        let set = LocalSet::new();
        let spawned = set.run_until(async { task::spawn_local(body).await });
        runtime().block_on(spawned).expect("it ends");
    }),
];

#[test]
fn a_task_has_a_stack_of_its_own_wherever_it_is_spawned() {
    for (place, run) in PLACES {
        let found = findings(|| {
            let locks = locks();
            run(Box::pin(a_then_b(locks.clone())));
            run(Box::pin(b_then_a(locks)));
        });
        let reports: Vec<_> = found.reports.iter().map(short).collect();
        assert_eq!(reports, ["HB0001 A B"], "by {place}");
        assert!(found.pending.is_empty(), "by {place}: {found:#?}");
    }
}
