//! Tasks that tokio itself spawns: what they hold is the thread's, and nothing is certain of it.

use std::sync::Arc;

use heldby::model::{Doubt, Findings};
use heldby::test::findings;
use heldby::tokio::spawn;
use heldby::tokio::task::spawn_blocking;

use super::rows::{RUNTIMES, a_then_b, b_then_a, locks, short};

#[test]
fn orders_of_unwrapped_tasks_are_in_doubt() {
    let (_, make) = RUNTIMES[0];
    let Findings {
        reports, pending, ..
    } = findings(|| {
        make().block_on(async {
            let locks = locks();
            let known = spawn(a_then_b(Arc::clone(&locks)));
            known.await.expect("it ends");
            ::tokio::spawn(b_then_a(locks)).await.expect("it ends");
        });
    });
    assert!(reports.is_empty(), "{reports:#?}");
    let [pending] = pending.as_slice() else {
        panic!("{pending:#?}");
    };
    assert_eq!(short(pending), "HB0001 A B");
    let doubts: Vec<_> = pending.cycle.iter().map(|step| step.doubt).collect();
    assert_eq!(doubts, [None, Some(Doubt::Thread)]);
    let text = pending.to_string();
    assert!(
        text.contains("spawn tasks by `heldby::tokio::spawn`"),
        "{text}"
    );
}

#[test]
fn an_unwrapped_task_that_takes_one_lock_at_a_time_is_in_no_doubt() {
    let (_, make) = RUNTIMES[0];
    let found = findings(|| {
        make().block_on(async {
            let locks = locks();
            let alone = Arc::clone(&locks);
            let task = ::tokio::spawn(async move {
                drop(alone.a.lock().await);
                drop(alone.b.lock().await);
            });
            task.await.expect("it ends");
            b_then_a(locks).await;
        });
    });
    assert!(
        found.reports.is_empty() && found.pending.is_empty(),
        "{found:#?}"
    );
}

#[test]
fn what_a_thread_waits_for_is_in_no_order_with_what_another_task_holds() {
    let (_, make) = RUNTIMES[0];
    let found = findings(|| {
        make().block_on(async {
            let locks = locks();
            let (holder, waiter) = (Arc::clone(&locks), Arc::clone(&locks));
            let holder = ::tokio::spawn(async move {
                let _a = holder.a.lock().await;
                holder.go.notified().await;
            });
            let waiter = ::tokio::spawn(async move {
                drop(waiter.thread.lock());
                waiter.go.notify_one();
            });
            holder.await.expect("it ends");
            waiter.await.expect("it ends");
            let other = spawn_blocking(move || {
                let _thread = locks.thread.lock();
                drop(locks.a.blocking_lock());
            });
            other.await.expect("it ends");
        });
    });
    assert!(found.reports.is_empty(), "{found:#?}");
    let pending: Vec<_> = found.pending.iter().map(short).collect();
    assert_eq!(pending, ["HB0001 Std A"]);
}
