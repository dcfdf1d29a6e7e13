//! Arms of one task: marked ones are told apart, unmarked ones are in doubt.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;

use heldby::task::branch;
use heldby::tokio::task::spawn_blocking;
use heldby::tokio::{join, select, spawn};
use heldby::{Held, held};

use super::rows::{Locks, a_then_b, b_then_a, check_on_all, in_task, locks};

/// Holds A until B was held, in turn with [`hold_b`].
async fn hold_a(locks: &Locks) {
    let _a = locks.a.lock().await;
    locks.go.notified().await;
}

async fn hold_b(locks: &Locks) {
    assert_eq!(held(&locks.b), Held::No);
    let _b = locks.b.lock().await;
    assert_eq!(held(&locks.b), Held::Write);
    locks.go.notify_one();
}

type Body = fn() -> Pin<Box<dyn Future<Output = ()>>>;

const ROWS: &[(&str, Body, &[&str], &[&str])] = &[
    (
        "marked arms that hold one lock each",
        || {
            in_task(|locks| async move {
                join!(hold_a(&locks), hold_b(&locks));
                b_then_a(locks).await;
            })
        },
        &[],
        &[],
    ),
    (
        "unmarked arms that hold one lock each",
        || {
            in_task(|locks| async move {
                ::tokio::join!(hold_a(&locks), hold_b(&locks));
                b_then_a(locks).await;
            })
        },
        &[],
        &["HB0001 B A"],
    ),
    (
        "arms that are marked by hand",
        || {
            in_task(|locks| async move {
                ::tokio::join!(branch(hold_a(&locks)), branch(hold_b(&locks)));
                b_then_a(locks).await;
            })
        },
        &[],
        &[],
    ),
    (
        "a marked arm is nested in what the task holds, and in itself",
        || {
            in_task(|locks| async move {
                join!(a_then_b(Arc::clone(&locks)), std::future::ready(()));
                let _b = locks.b.lock().await;
                let inner = async { drop(locks.a.lock().await) };
                join!(inner, std::future::ready(()));
            })
        },
        &["HB0001 A B"],
        &[],
    ),
    (
        "two marked arms that take one lock in turn",
        || {
            in_task(|locks| async move {
                let again = async { drop(locks.a.lock().await) };
                let first = async {
                    let _a = locks.a.lock().await;
                    heldby::tokio::task::yield_now().await;
                };
                join!(first, again);
            })
        },
        &[],
        &[],
    ),
    (
        "two unmarked arms that take one lock in turn",
        || {
            in_task(|locks| async move {
                let again = async { drop(locks.a.lock().await) };
                let first = async {
                    let _a = locks.a.lock().await;
                    heldby::tokio::task::yield_now().await;
                };
                ::tokio::join!(first, again);
            })
        },
        &[],
        &["HB0003 A"],
    ),
    (
        "an arm that is given up leaves no hold",
        || {
            in_task(|locks| async move {
                select! {
                    biased;
                    () = hold_a(&locks) => unreachable!("nobody notifies"),
                    () = std::future::ready(()) => {}
                }
                assert_eq!(held(&locks.a), Held::No);
                drop(locks.b.lock().await);
                b_then_a(locks).await;
            })
        },
        &[],
        &[],
    ),
    (
        "an unmarked arm that is given up leaves no hold",
        || {
            in_task(|locks| async move {
                ::tokio::select! {
                    biased;
                    () = hold_a(&locks) => unreachable!("nobody notifies"),
                    () = std::future::ready(()) => {}
                }
                assert_eq!(held(&locks.a), Held::No);
                drop(locks.b.lock().await);
                b_then_a(locks).await;
            })
        },
        &[],
        &[],
    ),
    (
        "an arm that stays from one select to the next goes on with what it holds",
        || {
            in_task(|locks| async move {
                let long = async {
                    let _a = locks.a.lock().await;
                    heldby::tokio::task::yield_now().await;
                    drop(locks.b.lock().await);
                };
                let mut long = pin!(long);
                select! {
                    biased;
                    () = &mut long => unreachable!("it yields"),
                    () = std::future::ready(()) => {}
                }
                assert_eq!(heldby::holders(&locks.a).len(), 1);
                select! {
                    () = long.as_mut() => {}
                }
                assert!(heldby::holders(&locks.a).is_empty());
                b_then_a(Arc::clone(&locks)).await;
            })
        },
        &["HB0001 A B"],
        &[],
    ),
    (
        "an arm that is not polled keeps what it holds from whom the task waits for",
        || {
            in_task(|locks| async move {
                let long = async {
                    let _a = locks.a.lock().await;
                    heldby::tokio::task::yield_now().await;
                };
                let mut long = pin!(long);
                select! {
                    biased;
                    () = &mut long => unreachable!("it yields"),
                    () = std::future::ready(()) => drop(locks.b.lock().await),
                }
                long.await;
                b_then_a(Arc::clone(&locks)).await;
            })
        },
        &["HB0001 A B"],
        &[],
    ),
    (
        "an arm that blocks the thread keeps another one from going on",
        || {
            Box::pin(async {
                let locks = locks();
                let task = spawn(async move {
                    let block = async {
                        drop(locks.thread.lock().expect("not poisoned"));
                        locks.go.notify_one();
                    };
                    join!(hold_a(&locks), block);
                    let guard = locks.thread.lock().expect("not poisoned");
                    drop(locks.a.try_lock().expect("it is free"));
                    drop(guard);
                    locks
                });
                let locks = task.await.expect("it ends");
                let blocks = move || {
                    let _guard = locks.thread.lock().expect("not poisoned");
                    drop(locks.a.blocking_lock());
                };
                spawn_blocking(blocks).await.expect("it ends");
            })
        },
        &["HB0001 A Std"],
        &[],
    ),
    (
        "what is held around arms is no gate of theirs",
        || {
            in_task(|locks| async move {
                let _gate = locks.rw.write().await;
                join!(a_then_b(Arc::clone(&locks)), std::future::ready(()));
                join!(b_then_a(Arc::clone(&locks)), std::future::ready(()));
            })
        },
        &["HB0001 A B"],
        &[],
    ),
    (
        "the guard that an arm returns is the task's",
        || {
            in_task(|locks| async move {
                let (a, ()) = join!(locks.a.lock(), heldby::tokio::task::yield_now());
                assert_eq!(held(&locks.a), Held::Write);
                drop(locks.b.lock().await);
                drop(a);
                b_then_a(locks).await;
            })
        },
        &["HB0001 A B"],
        &[],
    ),
    (
        "what a whole select was given",
        || {
            in_task(|locks| async move {
                let (mut left, none) = (2, None::<u32>);
                while left > 0 {
                    select! {
                        guard = locks.a.lock(), if left == 2 => { drop(guard); left -= 1 }
                        Some(_) = async { none } => unreachable!("there is none"),
                        () = heldby::tokio::task::yield_now(), if left < 2 => left -= 1,
                        else => unreachable!("an arm is there"),
                    }
                }
            })
        },
        &[],
        &[],
    ),
];

#[test]
fn arms_are_told_apart_where_they_are_marked() {
    for &(name, body, reports, pending) in ROWS {
        check_on_all(name, body, reports, pending);
    }
}
