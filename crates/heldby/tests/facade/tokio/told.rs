//! What reports tell of tasks.

use std::sync::Arc;

use heldby::model::Report;
use heldby::test::check;
use heldby::tokio::spawn;
use heldby::tokio::sync::Mutex;
use heldby::tokio::task::Builder;

use super::rows::{RUNTIMES, a_then_b, b_then_a, locks};

fn only(reports: Vec<Report>) -> Report {
    let count = reports.len();
    let mut reports = reports.into_iter();
    match (reports.next(), count) {
        (Some(only), 1) => only,
        (_, count) => panic!("{count} reports"),
    }
}

#[test]
fn a_task_is_called_by_its_name_or_by_where_it_was_spawned() {
    for (runtime, make) in RUNTIMES {
        let report = only(check(|| {
            make().block_on(async {
                let locks = locks();
                let named = Builder::new().name("fetcher");
                let task = named.spawn(a_then_b(Arc::clone(&locks)));
                task.expect("it is spawned").await.expect("it ends");
                spawn(b_then_a(locks)).await.expect("it ends");
            });
        }));
        let [first, second] = report.cycle.as_slice() else {
            panic!("{report:#?} on {runtime}");
        };
        assert_eq!(first.thread, "fetcher", "on {runtime}");
        let (place, number) = second.thread.split_once('#').expect("a number");
        assert!(place.starts_with("task@told.rs:"), "{place} on {runtime}");
        assert!(number.parse::<u32>().is_ok(), "{number} on {runtime}");
        // Where the lock was asked for, and not where it was polled.
        assert!(report.site.file.ends_with("tokio/rows.rs"), "{report}");
    }
}

#[test]
fn a_suspension_tells_the_hold_the_task_and_what_it_waits_for() {
    for (runtime, make) in RUNTIMES {
        let report = only(check(|| {
            make().block_on(async {
                let waited = Arc::new(Mutex::named("Waited", 0));
                let blocking = heldby::sync::Mutex::named("Blocking", 0);
                let other = Arc::clone(&waited).lock_owned().await;
                let lock = Arc::clone(&waited);
                let holder = heldby::task::instrument_named("holder", async move {
                    let _blocking = blocking.lock();
                    drop(lock.lock().await);
                });
                heldby::tokio::join!(holder, async { drop(other) });
            });
        }));
        assert_eq!(report.code.as_str(), "HB0304", "{report} on {runtime}");
        assert_eq!(report.locks, ["Blocking"], "on {runtime}");
        assert_eq!(report.thread, "holder", "on {runtime}");
        let Some(how) = &report.suspension else {
            panic!("{report:#?} on {runtime}");
        };
        assert_eq!(how.awaited_lock.as_deref(), Some("Waited"), "on {runtime}");
        let awaited = how.awaited_site.as_ref().map(|site| site.line);
        let held = report.site.line;
        assert_eq!(awaited, Some(held + 1), "on {runtime}");
        assert_eq!(how.spawned_site.line, held - 1, "on {runtime}");
    }
}

#[test]
fn a_join_is_told_where_it_is_awaited() {
    let (_, make) = RUNTIMES[0];
    let report = only(check(|| {
        make().block_on(async {
            let lock = Arc::new(Mutex::named("Joined", 0));
            let take = |lock: Arc<Mutex<i32>>| spawn(async move { drop(lock.lock().await) });
            take(Arc::clone(&lock)).await.expect("it ends");
            let guard = lock.lock().await;
            let mut task = take(Arc::clone(&lock));
            heldby::tokio::select! {
                biased;
                _ = &mut task => unreachable!("the lock is held"),
                () = std::future::ready(()) => {}
            }
            drop(guard);
            task.await.expect("it ends");
        });
    }));
    assert_eq!(report.code.as_str(), "HB0005");
    assert!(report.site.file.ends_with("tokio/told.rs"), "{report}");
}
