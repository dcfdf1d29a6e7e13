//! Locks that ended tasks left held.
//!
//! The guard of a lock that a future waits for may go to another task, and outlive the task or thread
//! that took it.
//! Nothing tells who has it now, so it orders nothing; but it is held, and its release is no mistake.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::class::ClassId;
use crate::cold::in_validator;
use crate::held::HeldLock;
use crate::lock_stat;
use crate::mailbox;
use crate::rules::pin;
use crate::task::Task;

/// Some task of the process has left a lock held.
static SOME: AtomicBool = AtomicBool::new(false);

/// Whether some task has ever left a lock held, so that another one may have the guard.
#[inline(always)]
pub(crate) fn some_were_left() -> bool {
    // Relaxed: a task that ends at this moment is taken for one that has not.
    SOME.load(Ordering::Relaxed)
}

/// A lock that is held, and the name of the task that took it.
type Leftover = (Arc<str>, HeldLock);

/// The locks that ended tasks of a validator left held.
#[derive(Debug, Default)]
pub(crate) struct Leftovers {
    /// How many there are, so that a release need not lock.
    count: AtomicUsize,
    holds: Mutex<Vec<Leftover>>,
}

impl Leftovers {
    fn change<R>(&self, change: impl FnOnce(&mut Vec<Leftover>) -> R) -> R {
        let mut holds = self.holds.lock().unwrap_or_else(PoisonError::into_inner);
        let result = change(&mut holds);
        // Release: pairs with the Acquire in `is_empty`.
        self.count.store(holds.len(), Ordering::Release);
        result
    }

    /// Whether there is none. Whoever has seen that a hold is gone from the task which left it, by its stack or
    /// by its end, finds it here: it was put here before.
    pub(crate) fn is_empty(&self) -> bool {
        // Acquire: pairs with the Release in `change`; what is found is locked besides.
        self.count.load(Ordering::Acquire) == 0
    }

    /// Takes a hold of a lock out, if it is one of these. Inside the validator.
    pub(crate) fn take(&self, instance: u32) -> Option<HeldLock> {
        if self.is_empty() {
            return None;
        }
        let is_it = |(_, lock): &Leftover| lock.instance() == instance;
        self.change(|holds| {
            let newest = holds.iter().rposition(is_it);
            newest.map(|at| holds.swap_remove(at).1)
        })
    }

    /// Whether the lock is one of these. Inside the validator.
    pub(crate) fn contains(&self, instance: u32) -> bool {
        let is_it = |(_, lock): &Leftover| lock.instance() == instance;
        !self.is_empty() && self.change(|holds| holds.iter().any(is_it))
    }

    /// Who left the lock held, and how. Inside the validator.
    pub(crate) fn of(&self, instance: u32) -> Vec<Leftover> {
        if self.is_empty() {
            return Vec::new();
        }
        let is_it = |(_, lock): &&Leftover| lock.instance() == instance;
        self.change(|holds| holds.iter().filter(is_it).cloned().collect())
    }
}

/// Another task has released a lock that `task` had, and that is left over of it. Inside the validator.
pub(crate) fn release(task: &Task, instance: u32) {
    task.validator().leftovers.take(instance);
}

/// `task` ends: what it holds of locks that futures wait for is left over.
///
/// Each is here before it goes from there, so whoever looks there first finds it. What others release of it
/// until the task has ended is told to the task, see [`Task::end`].
pub(crate) fn leave(task: &'static Task) {
    mailbox::empty(task);
    let is_left = |lock: &HeldLock| {
        let class = ClassId::from_word(lock.class_word());
        !lock.is_mark() && !lock.meta.is_hidden() && class.facts().lock_type.awaited
    };
    let mut left = task.held.newest_first();
    while let Some((depth, lock)) = left.find(|(_, lock)| is_left(lock)) {
        in_validator(|| {
            if lock.is_timed() {
                lock_stat::forgotten(task, lock.instance());
            }
            pin::forget(task, &lock);
            // Relaxed: see `some_were_left`.
            SOME.store(true, Ordering::Relaxed);
            task.validator()
                .leftovers
                .change(|all| all.push((task.name(), lock)));
            task.held.remove(depth);
        });
    }
    if task.parked.is_empty() {
        return;
    }
    in_validator(|| {
        // Relaxed: see `some_were_left`.
        SOME.store(true, Ordering::Relaxed);
        let parked = task.parked.all().into_iter();
        let parked = parked.filter(is_left).map(|lock| (task.name(), lock));
        task.validator().leftovers.change(|all| all.extend(parked));
        task.parked.clear();
    });
}
