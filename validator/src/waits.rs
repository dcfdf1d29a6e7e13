//! Who waits for whom, as far as the held stacks of all tasks tell.
//!
//! A task waits for its newest lock, if that is waited for: it goes on with nothing before it has
//! that. It waits for every task that holds the lock in a mode which excludes its own.
//! What is no lock, such as the end of a thread or a notification, is not on a stack as a wait. A
//! mutex that is taken back after a notification is, from before it comes: the wait cannot end without
//! it either.

use crate::held::HeldLock;
use crate::mode::Mode;
use crate::registry::{self, View};
use crate::validator::Validator;

/// All tasks of a validator, as they were looked at one after the other.
#[derive(Debug)]
pub(crate) struct Waits {
    pub(crate) tasks: Vec<View>,
}

impl View {
    /// What the task waits for. A stack that changed while it was read is of a task that runs.
    pub(crate) fn wait(&self) -> Option<&HeldLock> {
        self.state?;
        let newest = self.locks.last();
        newest.filter(|lock| lock.meta.is_waiting() && lock.instance() != 0)
    }
}

impl Waits {
    /// Looks at all tasks of `validator`. Inside the validator.
    pub(crate) fn of(validator: &Validator) -> Self {
        Self {
            tasks: registry::views(validator),
        }
    }

    /// Whom a task waits for.
    pub(crate) fn blockers(&self, waiter: usize) -> Vec<&View> {
        let Some(wait) = self.tasks[waiter].wait() else {
            return Vec::new();
        };
        let tasks = self.tasks.iter();
        let holders: Vec<_> = tasks.filter(|view| is_in_the_way(view, wait)).collect();
        if !holders.is_empty() || wait.mode() != Mode::Read {
            return holders;
        }
        let queues = |view: &&View| {
            let wanted = view.wait();
            wanted.is_some_and(|other| is_same(other, wait) && other.mode() == Mode::Write)
        };
        // All queued writers wait for the same holders, so one stands for them all.
        self.tasks.iter().find(queues).into_iter().collect()
    }
}

fn is_same(lock: &HeldLock, other: &HeldLock) -> bool {
    lock.instance() == other.instance()
}

/// Whether the task holds what is waited for, in a mode that excludes the wait.
fn is_in_the_way(view: &View, wait: &HeldLock) -> bool {
    let excludes = |lock: &HeldLock| [lock.mode(), wait.mode()].contains(&Mode::Write);
    let mut held = view.locks.iter().filter(|lock| !lock.meta.is_waiting());
    held.any(|lock| is_same(lock, wait) && excludes(lock))
}
