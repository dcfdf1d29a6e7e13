//! A task that suspends while it holds a lock that threads wait for.
//!
//! The task's thread goes on with other tasks. If one of those asks for the lock, the thread waits for a
//! task that only it, or a thread like it, would go on with.

use heldby_model::{Code, Role};

use crate::async_task::Leaf;
use crate::class::ClassId;
use crate::cold::in_validator;
use crate::held::HeldLock;
use crate::ops::{self, MayPanic};
use crate::site::Site;
use crate::task::Task;
use crate::violation::{Subject, Suspension, Wrong};

/// Reports each such lock that `task`, which was spawned at `spawned`, or an arm of it holds where it waits
/// for `leaf`.
#[track_caller]
pub(crate) fn check(task: &'static Task, spawned: Site, leaf: Option<Leaf>) {
    let parked = in_validator(|| task.parked.all()).unwrap_or_default();
    let held = task.held.shown().chain(parked);
    let blocking: Vec<_> = held.filter(is_blocking).collect();
    for lock in blocking {
        let subject = Subject {
            class: ClassId::from_word(lock.class_word()),
            mode: lock.mode(),
        };
        let wrong = Wrong::Suspension(Suspension { spawned, leaf });
        ops::complain(
            task,
            Code::Hb0304,
            wrong,
            Some(subject),
            Some(lock.site),
            MayPanic::Yes,
        );
    }
}

/// Whether a hold is of a lock that threads wait for.
fn is_blocking(lock: &HeldLock) -> bool {
    let lock_type = ClassId::from_word(lock.class_word()).facts().lock_type;
    lock_type.role == Role::Lock && !lock_type.awaited && !lock.meta.is_waiting()
}
