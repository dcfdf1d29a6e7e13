//! Who waits for whom, as far as the held stacks of all tasks tell.
//!
//! A task waits for its newest lock, if that is waited for: it goes on with nothing before it has
//! that. An async task waits for whatever the newest of its futures does that waits for a lock. It waits for every task that holds the lock in a mode which excludes its own, for each of them
//! in any case; so a ring of waits that all last at one moment never ends.
//! What is no lock, such as the end of a thread or a notification, is not on a stack as a wait. A
//! mutex that is taken back after a notification is, from before it comes: the wait cannot end without
//! it either.

use std::collections::{HashMap, VecDeque};

use crate::held::HeldLock;
use crate::mode::{Attempt, Mode};
use crate::registry::{self, View};
use crate::validator::Validator;

/// All tasks of a validator, as they were looked at one after the other.
#[derive(Debug)]
pub(crate) struct Waits {
    pub(crate) tasks: Vec<View>,
}

/// One task waits for another, both by their places in [`Waits::tasks`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge {
    pub(crate) waiter: usize,
    pub(crate) wait: HeldLock,
    pub(crate) blocker: usize,
    /// The hold that is in the way; `None` if it is a writer that a fair reader queues behind.
    pub(crate) hold: Option<HeldLock>,
}

impl View {
    /// What the task waits for. A stack that changed while it was read is of a task that runs.
    pub(crate) fn wait(&self) -> Option<&HeldLock> {
        self.state?;
        let newest = self.locks.last().filter(|lock| lock.meta.is_waiting());
        let awaited = || self.locks.iter().rev().find(|lock| lock.meta.is_awaited());
        newest.or_else(awaited).filter(|lock| lock.instance() != 0)
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
    pub(crate) fn edges(&self, waiter: usize) -> Vec<Edge> {
        let Some(&wait) = self.tasks[waiter].wait() else {
            return Vec::new();
        };
        let edge = |blocker, hold| Edge {
            waiter,
            wait,
            blocker,
            hold,
        };
        let tasks = || self.tasks.iter().enumerate();
        let holder = |(task, view)| Some(edge(task, Some(in_the_way(view, &wait)?)));
        let holders: Vec<_> = tasks().filter_map(holder).collect();
        if !holders.is_empty() || wait.mode() != Mode::Read {
            return holders;
        }
        let queues = |(_, view): &(usize, &View)| {
            let wanted = view.wait();
            wanted.is_some_and(|other| is_same(other, &wait) && other.mode() == Mode::Write)
        };
        // All queued writers wait for the same holders, so one stands for them all.
        let writer = tasks().find(queues);
        writer
            .map(|(task, _)| edge(task, None))
            .into_iter()
            .collect()
    }

    /// Whom a task waits for.
    pub(crate) fn blockers(&self, waiter: usize) -> Vec<&View> {
        let edges = self.edges(waiter).into_iter();
        edges.map(|edge| &self.tasks[edge.blocker]).collect()
    }

    /// The shortest ring of waits that a task is in, beginning with its own wait.
    pub(crate) fn ring_through(&self, task: usize) -> Option<Vec<Edge>> {
        let mut reached: HashMap<usize, Edge> = HashMap::new();
        let mut queue = VecDeque::from([task]);
        while let Some(at) = queue.pop_front() {
            let edges = self.edges(at).into_iter();
            // A wait that gives up by itself is in no ring.
            for edge in edges.filter(|edge| edge.wait.meta.attempt() == Attempt::Block) {
                if reached.contains_key(&edge.blocker) {
                    continue;
                }
                reached.insert(edge.blocker, edge);
                if edge.blocker == task {
                    return Some(way_back(&reached, task));
                }
                queue.push_back(edge.blocker);
            }
        }
        None
    }
}

/// The edges by which the search came round to `task`, in their order.
fn way_back(reached: &HashMap<usize, Edge>, task: usize) -> Vec<Edge> {
    let mut last = reached[&task];
    let mut ring = vec![last];
    while last.waiter != task {
        last = reached[&last.waiter];
        ring.push(last);
    }
    ring.reverse();
    ring
}

fn is_same(lock: &HeldLock, other: &HeldLock) -> bool {
    lock.instance() == other.instance()
}

/// A hold by the task that excludes the wait.
fn in_the_way(view: &View, wait: &HeldLock) -> Option<HeldLock> {
    let excludes = |lock: &HeldLock| [lock.mode(), wait.mode()].contains(&Mode::Write);
    let mut held = view.locks.iter().filter(|lock| !lock.meta.is_waiting());
    held.find(|lock| is_same(lock, wait) && excludes(lock))
        .copied()
}
