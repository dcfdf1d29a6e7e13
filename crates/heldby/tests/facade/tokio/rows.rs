//! What tasks do, and what is found, on every runtime.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use heldby::model::{Findings, Report};
use heldby::test::findings;
use heldby::tokio::runtime::{Builder, Runtime};
use heldby::tokio::sync::{Mutex, Notify, RwLock, Semaphore};
use heldby::tokio::task::{self, JoinHandle, JoinSet, spawn_blocking};
use heldby::tokio::time::{Duration, timeout};
use heldby::tokio::{join, select, spawn, try_join};
use heldby::{Held, held};

/// What a task does.
type Body = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Makes what the root does.
type Root = fn() -> Pin<Box<dyn Future<Output = ()>>>;

type Make = fn() -> Runtime;

/// Every runtime that a test is run on.
pub(crate) const RUNTIMES: [(&str, Make); 2] = [
    ("one thread", || {
        let made = Builder::new_current_thread().enable_time().build();
        made.expect("a runtime is made")
    }),
    ("two threads", || {
        let made = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_time()
            .build();
        made.expect("a runtime is made")
    }),
];

/// Two locks, and what else the rows need.
pub(crate) struct Locks {
    pub(crate) a: Mutex<u32>,
    pub(crate) b: Mutex<u32>,
    pub(crate) rw: RwLock<u32>,
    pub(crate) thread: heldby::sync::Mutex<u32>,
    permits: Arc<Semaphore>,
    pub(crate) go: Notify,
}

pub(crate) fn locks() -> Arc<Locks> {
    Arc::new(Locks {
        a: Mutex::named("A", 0),
        b: Mutex::named("B", 0),
        rw: RwLock::named("RW", 0),
        thread: heldby::sync::Mutex::named("Std", 0),
        permits: Arc::new(Semaphore::named("Permits", 4)),
        go: Notify::new(),
    })
}

pub(crate) async fn a_then_b(locks: Arc<Locks>) {
    let _a = locks.a.lock().await;
    let _b = locks.b.lock().await;
}

pub(crate) async fn b_then_a(locks: Arc<Locks>) {
    let _b = locks.b.lock().await;
    let _a = locks.a.lock().await;
}

/// Does something with fresh locks in a task of its own.
pub(crate) fn in_task<F>(body: fn(Arc<Locks>) -> F) -> Pin<Box<dyn Future<Output = ()>>>
where
    F: Future<Output = ()> + Send + 'static,
{
    Box::pin(async move { spawn(body(locks())).await.expect("it ends") })
}

/// Joins tasks that are spawned one after the other.
async fn one_by_one(bodies: [Body; 2]) {
    for body in bodies {
        spawn(body).await.expect("a task ends");
    }
}

/// Awaits what `take` spawns, which takes A: first without, and then under A itself, but not for long.
async fn awaited_under_a(take: fn(Arc<Locks>) -> JoinHandle<()>) {
    let locks = locks();
    take(Arc::clone(&locks)).await.expect("it ends");
    let a = locks.a.lock().await;
    let mut taker = take(Arc::clone(&locks));
    select! {
        biased;
        _ = &mut taker => unreachable!("A is held"),
        () = std::future::ready(()) => {}
    }
    drop(a);
    taker.await.expect("it ends");
}

fn both_orders() -> [Body; 2] {
    let locks = locks();
    [
        Box::pin(a_then_b(Arc::clone(&locks))),
        Box::pin(b_then_a(locks)),
    ]
}

/// What is done, what is reported, and what is pending.
const ROWS: &[(&str, Root, &[&str], &[&str])] = &[
    (
        "two tasks in opposite orders",
        || Box::pin(one_by_one(both_orders())),
        &["HB0001 A B"],
        &[],
    ),
    (
        "a task across an await with A, another takes B alone, and the first one then asks for nothing",
        || {
            Box::pin(async {
                let locks = locks();
                let (first, second) = (Arc::clone(&locks), Arc::clone(&locks));
                let first = spawn(async move {
                    let _a = first.a.lock().await;
                    first.go.notified().await;
                });
                let second = spawn(async move {
                    drop(second.b.lock().await);
                    second.go.notify_one();
                });
                first.await.expect("it ends");
                second.await.expect("it ends");
                spawn(b_then_a(locks)).await.expect("it ends");
            })
        },
        &[],
        &[],
    ),
    (
        "the root in one order, a task in the other",
        || {
            Box::pin(async {
                let locks = locks();
                a_then_b(Arc::clone(&locks)).await;
                spawn(b_then_a(locks)).await.expect("it ends");
            })
        },
        &["HB0001 A B"],
        &[],
    ),
    (
        "a task asks for the lock that it holds",
        || {
            in_task(|locks| async move {
                let _a = locks.a.lock().await;
                let again = locks.a.lock();
                let none = std::future::ready(());
                ::tokio::select! {
                    biased;
                    _ = heldby::task::branch(again) => unreachable!("it is held"),
                    () = none => {}
                }
            })
        },
        &["HB0003 A"],
        &[],
    ),
    (
        "a read of a lock under another one, and a write of both the other way",
        || {
            Box::pin(async {
                let locks = locks();
                let reader = Arc::clone(&locks);
                let reader = spawn(async move {
                    let _a = reader.a.lock().await;
                    drop(reader.rw.read().await);
                });
                reader.await.expect("it ends");
                let writer = spawn(async move {
                    let _rw = locks.rw.write().await;
                    drop(locks.a.lock().await);
                });
                writer.await.expect("it ends");
            })
        },
        &["HB0001 A RW"],
        &[],
    ),
    (
        "a try is no wait",
        || {
            Box::pin(async {
                let locks = locks();
                spawn(a_then_b(Arc::clone(&locks))).await.expect("it ends");
                let task = spawn(async move {
                    let _b = locks.b.lock().await;
                    drop(locks.a.try_lock());
                });
                task.await.expect("it ends");
            })
        },
        &[],
        &[],
    ),
    (
        "a wait under a timeout gives up by itself",
        || {
            Box::pin(async {
                let locks = locks();
                spawn(a_then_b(Arc::clone(&locks))).await.expect("it ends");
                let task = spawn(async move {
                    let b = locks.b.lock().await;
                    let within = Duration::from_secs(600);
                    let a = timeout(within, locks.a.lock()).await.expect("it is free");
                    // What it holds orders the rest all the same.
                    drop(locks.rw.read().await);
                    drop(a);
                    drop(b);
                    let _rw = locks.rw.write().await;
                    drop(locks.a.lock().await);
                });
                task.await.expect("it ends");
            })
        },
        &["HB0001 A RW"],
        &[],
    ),
    (
        "a task is awaited under what it takes",
        || {
            Box::pin(awaited_under_a(|locks| {
                spawn(async move { drop(locks.a.lock().await) })
            }))
        },
        &["HB0005 task@rows.rs A"],
        &[],
    ),
    (
        "an inversion through a closure that may block",
        || {
            Box::pin(async {
                let locks = locks();
                spawn(a_then_b(Arc::clone(&locks))).await.expect("it ends");
                let blocking = spawn_blocking(move || {
                    let _b = locks.b.blocking_lock();
                    drop(locks.a.blocking_lock());
                });
                blocking.await.expect("it ends");
            })
        },
        &["HB0001 A B"],
        &[],
    ),
    (
        "a closure that may block is awaited under what it takes",
        || {
            Box::pin(awaited_under_a(|locks| {
                spawn_blocking(move || drop(locks.a.blocking_lock()))
            }))
        },
        &["HB0005 task@rows.rs A"],
        &[],
    ),
    (
        "a lock that threads wait for, across an await",
        || {
            Box::pin(async {
                let locks = locks();
                // A future that could not go to another thread; nobody asks for that here.
                let task = heldby::task::instrument_named("holder", async move {
                    let guard = locks.thread.lock().expect("not poisoned");
                    task::yield_now().await;
                    drop(guard);
                });
                task.await;
            })
        },
        &["HB0304 Std"],
        &[],
    ),
    (
        "a lock that threads wait for, and no await under it",
        || {
            Box::pin(async {
                let locks = locks();
                let task = heldby::task::instrument(async move {
                    drop(locks.thread.lock());
                    task::yield_now().await;
                    drop(locks.a.lock().await);
                });
                task.await;
            })
        },
        &[],
        &[],
    ),
    (
        "permits order nothing, and are owned",
        || {
            Box::pin(async {
                let locks = locks();
                let first = Arc::clone(&locks);
                let first = spawn(async move {
                    let permit = first.permits.acquire().await.expect("it is open");
                    assert_eq!(held(&*first.permits), Held::Read);
                    let _a = first.a.lock().await;
                    drop(permit);
                    assert_eq!(held(&*first.permits), Held::No);
                });
                first.await.expect("it ends");
                let second = spawn(async move {
                    let _a = locks.a.lock().await;
                    let permits = Arc::clone(&locks.permits).acquire_many_owned(2);
                    let mut permits = permits.await.expect("it is open");
                    let split = permits.split(1).expect("there are two");
                    permits.merge(split);
                    assert_eq!(held(&*locks.permits), Held::Read);
                    permits.forget();
                    assert_eq!(held(&*locks.permits), Held::No);
                });
                second.await.expect("it ends");
            })
        },
        &[],
        &[],
    ),
    (
        "the tasks of a set",
        || {
            Box::pin(async {
                let [first, second] = both_orders();
                let mut set: JoinSet<()> = [first].into_iter().collect();
                set.join_next()
                    .await
                    .expect("one is there")
                    .expect("it ends");
                set.spawn(second);
                set.join_all().await;
            })
        },
        &["HB0001 A B"],
        &[],
    ),
    (
        "a task that is aborted while it holds a lock leaves none behind",
        || {
            Box::pin(async {
                let locks = locks();
                let holder = Arc::clone(&locks);
                let task = spawn(async move {
                    let _a = holder.a.lock().await;
                    holder.go.notify_one();
                    std::future::pending::<()>().await;
                });
                locks.go.notified().await;
                task.abort();
                assert!(task.await.expect_err("it was aborted").is_cancelled());
                assert!(heldby::holders(&locks.a).is_empty());
                drop(locks.a.lock().await);
            })
        },
        &[],
        &[],
    ),
    (
        "a task that panics while it holds a lock leaves none behind",
        || {
            Box::pin(async {
                let locks = locks();
                let holder = Arc::clone(&locks);
                let task = spawn(async move {
                    let _a = holder.a.lock().await;
                    std::panic::resume_unwind(Box::new("a panic without a message"));
                });
                assert!(task.await.expect_err("it panicked").is_panic());
                assert!(heldby::holders(&locks.a).is_empty());
            })
        },
        &[],
        &[],
    ),
    (
        "marked arms that fail, and what the one that was given up held",
        || {
            in_task(|locks| async move {
                let holder = async {
                    let _a = locks.a.lock().await;
                    std::future::pending::<Result<(), ()>>().await
                };
                let failing = async { Err::<(), ()>(()) };
                assert_eq!(try_join!(holder, failing), Err(()));
                assert_eq!(held(&locks.a), Held::No);
                assert!(heldby::holders(&locks.a).is_empty());
                join!(a_then_b(Arc::clone(&locks)), std::future::ready(()));
                spawn(async move { drop(locks.b.lock().await) })
                    .await
                    .expect("it ends");
            })
        },
        &[],
        &[],
    ),
];

/// A report in short: its code and its locks, without what differs from run to run.
pub(crate) fn short(report: &Report) -> String {
    let plain = |lock: &String| match lock.split_once(".rs:") {
        Some((file, _)) => format!(
            "{}.rs",
            file.replace("crates/heldby/tests/facade/tokio/", "")
        ),
        None => lock.clone(),
    };
    let locks: Vec<_> = report.locks.iter().map(plain).collect();
    format!("{} {}", report.code, locks.join(" "))
}

/// Checks what is found when `body` runs on each runtime.
pub(crate) fn check_on_all(name: &str, body: Root, reports: &[&str], pending: &[&str]) {
    for (runtime, make) in RUNTIMES {
        let Findings {
            reports: found,
            pending: waiting,
            ..
        } = findings(|| make().block_on(body()));
        let short = |all: &[Report]| all.iter().map(short).collect::<Vec<_>>();
        assert_eq!(short(&found), reports, "reports of: {name}, on {runtime}");
        assert_eq!(short(&waiting), pending, "pending of: {name}, on {runtime}");
    }
}

#[test]
fn what_tasks_do_is_found_on_every_runtime() {
    for &(name, body, reports, pending) in ROWS {
        check_on_all(name, body, reports, pending);
    }
}
