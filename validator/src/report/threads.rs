//! What all threads hold and wait for, in names and places.

use std::time::Duration;

use heldby_model::{ThreadLocks, Wait};

use crate::class::ClassId;
use crate::registry::View;
use crate::validator::Validator;
use crate::waits::Waits;

/// Every task of `waits` in their order. Inside the validator.
///
/// What is derived from a hold is left out: only the holder may ask the host for it.
pub(crate) fn all(validator: &Validator, waits: &Waits) -> Vec<ThreadLocks> {
    let tasks = 0..waits.tasks.len();
    tasks.map(|task| of(validator, waits, task, None)).collect()
}

/// One task, which has waited for as long as `waited` at least.
pub(super) fn of(
    validator: &Validator,
    waits: &Waits,
    task: usize,
    waited: Option<Duration>,
) -> ThreadLocks {
    let View { thread, locks, .. } = &waits.tasks[task];
    let held: Vec<_> = locks
        .iter()
        .filter(|lock| !lock.meta.is_waiting())
        .copied()
        .collect();
    let blockers = waits.blockers(task);
    let wait = waits.tasks[task].wait().map(|lock| Wait {
        lock: ClassId::from_word(lock.class_word()).class().name.clone(),
        mode: lock.mode().to_model(),
        site: lock.site.to_model(),
        after_wait: lock.meta.is_again(),
        awaited: lock.meta.is_awaited(),
        waited_ms: waited.map(super::milliseconds),
        behind: blockers
            .iter()
            .map(|view| view.thread.to_string())
            .collect(),
    });
    ThreadLocks {
        thread: thread.to_string(),
        held: super::held_locks(validator, &held, Vec::new()),
        waits: wait,
    }
}
