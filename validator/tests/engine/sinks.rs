//! What a sink may do to the thread that made a report known.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use heldby_model::Report;
use heldby_validator::hooks::{mutex_acquire, mutex_release, rwsem_acquire_read, rwsem_release};
use heldby_validator::{Held, LockMap, Sink, Validator, enter, held};

use crate::rig::quiet;

/// Locks by the places that made them.
#[derive(Debug)]
struct Locks {
    outer: LockMap,
    first: LockMap,
    second: LockMap,
}

/// Releases a lock that was taken before, and takes and releases another.
#[derive(Debug)]
struct Releases {
    locks: Arc<Locks>,
    reports: AtomicU32,
}

impl Sink for Releases {
    fn report(&self, _report: &Report) {
        mutex_acquire(&self.locks.first, 0, false);
        mutex_release(&self.locks.first);
        rwsem_release(&self.locks.outer);
        // Relaxed: one thread reports.
        self.reports.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_lock_that_a_sink_releases_is_not_held_any_more() {
    let validator = Validator::new(quiet());
    let [outer, first, second] = ["sink_outer", "sink_first", "sink_second"].map(LockMap::named);
    let locks = Arc::new(Locks {
        outer,
        first,
        second,
    });
    let sink = Arc::new(Releases {
        locks: Arc::clone(&locks),
        reports: AtomicU32::new(0),
    });
    validator.add_sink(Arc::clone(&sink) as Arc<dyn Sink>);
    enter(&validator, || {
        for [before, after] in [[&locks.first, &locks.second], [&locks.second, &locks.first]] {
            // Shared, so that it is no gate.
            rwsem_acquire_read(&locks.outer, 0, false);
            mutex_acquire(before, 0, false);
            mutex_acquire(after, 0, false);
            mutex_release(after);
            mutex_release(before);
            if sink.reports.load(Ordering::Relaxed) == 0 {
                rwsem_release(&locks.outer);
            }
            assert_eq!(held(&locks.outer), Held::No);
        }
    });
    assert_eq!(sink.reports.load(Ordering::Relaxed), 1);
    let codes: Vec<_> = validator
        .reports()
        .iter()
        .map(|report| report.code.as_str())
        .collect();
    assert_eq!(codes, ["HB0001"]);
}
