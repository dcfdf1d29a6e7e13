//! The registry of all tasks: who holds this lock now, who waits for it.

use dashmap::DashMap;
use once_cell::race::OnceBox;

use std::hint::spin_loop;
use std::sync::Arc;

use crate::held::{HeldLock, State};
use crate::mailbox;
use crate::map::LockMap;
use crate::mode::Mode;
use crate::sync::{Ordering, fence};
use crate::task::Task;
use crate::validator::Validator;

fn tasks() -> &'static DashMap<u32, &'static Task> {
    static TASKS: OnceBox<DashMap<u32, &'static Task>> = OnceBox::new();
    TASKS.get_or_init(Box::default)
}

pub(crate) fn add(number: u32, task: &'static Task) {
    tasks().insert(number, task);
}

pub(crate) fn remove(number: u32) {
    tasks().remove(&number);
}

/// All tasks with their numbers, in the order in which they started.
fn numbered() -> Vec<(u32, &'static Task)> {
    let mut all: Vec<_> = tasks()
        .iter()
        .map(|entry| (*entry.key(), *entry.value()))
        .collect();
    all.sort_unstable_by_key(|&(number, _)| number);
    all
}

/// All tasks, in the order in which they started.
pub(crate) fn all() -> Vec<&'static Task> {
    numbered().into_iter().map(|(_, task)| task).collect()
}

/// The tasks of `validator`, in that order.
pub(crate) fn of(validator: &Validator) -> impl Iterator<Item = &'static Task> {
    all().into_iter().filter(|task| task.belongs_to(validator))
}

/// A task that has to do with a lock.
pub(crate) struct Holding {
    pub(crate) task: &'static Task,
    pub(crate) number: u32,
    pub(crate) thread: Arc<str>,
    /// Its entries of that lock, oldest first.
    pub(crate) held: Vec<HeldLock>,
}

/// A task that holds a lock, or waits for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Name of the thread.
    pub thread: String,
    /// How it holds the lock, or wants it.
    pub mode: Mode,
    /// It has not got it yet.
    pub waiting: bool,
}

/// The tasks of `validator` that hold the lock `instance` now or wait for it, in the order in which
/// they started, each with its entries.
///
/// Each task is read at one moment, but not all at the same: a lock that is handed on meanwhile can
/// show twice or not at all. A task that ends meanwhile does not show.
pub(crate) fn holding(validator: &Validator, instance: u32) -> Vec<Holding> {
    let read = |(number, task): (u32, &'static Task)| {
        let look = || {
            let mut held = mailbox::held(task);
            held.retain(|lock| lock.instance() == instance && !lock.meta.is_hidden());
            (task.belongs_to(validator), held)
        };
        let (thread, (ours, held)) = task.identity.look_at(number, look)?;
        (ours && !held.is_empty()).then_some(Holding {
            task,
            number,
            thread,
            held,
        })
    };
    numbered().into_iter().filter_map(read).collect()
}

/// Lets the tasks that were read get on.
///
/// Each look takes the cache lines of a stack away from its owner, and one that pushes and pops eight
/// locks all the time needs four times as long beside a reader that never rests.
fn rest() {
    // A few microseconds, about what a look takes where there are many tasks.
    const PAUSES: u32 = 256;
    (0..PAUSES).for_each(|_| spin_loop());
}

/// What a task holds and waits for, as another thread saw it at one moment.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) number: u32,
    pub(crate) thread: Arc<str>,
    /// The state of its stack: as long as it is the same, so are the entries. `None` if the stack
    /// changed while it was read.
    pub(crate) state: Option<u64>,
    /// Oldest first, without what is hidden.
    pub(crate) locks: Vec<HeldLock>,
}

/// All tasks of `validator`, in the order in which they started. Each is read at one moment, but not
/// all at the same; see [`holding`].
pub(crate) fn views(validator: &Validator) -> Vec<View> {
    let read = |(number, task): (u32, &'static Task)| {
        let look = || {
            // Acquire: pairs with the owner's Release, so that the entries of that state are there.
            let before = task.held.state.load(Ordering::Acquire);
            let mut locks = mailbox::held(task);
            locks.retain(|lock| !lock.meta.is_hidden());
            // Acquire: orders the loads of the entries before the load below.
            fence(Ordering::Acquire);
            // Relaxed: the fence orders it.
            let after = task.held.state.load(Ordering::Relaxed);
            let is_whole = before == after && before & State::WRITING == 0;
            (
                task.belongs_to(validator),
                is_whole.then_some(before),
                locks,
            )
        };
        let (thread, (ours, state, locks)) = task.identity.look_at(number, look)?;
        ours.then_some(View {
            number,
            thread,
            state,
            locks,
        })
    };
    numbered().into_iter().filter_map(read).collect()
}

/// The tasks of `validator` that hold the lock now, or wait for it; see [`holding`].
pub(crate) fn holders(validator: &Validator, map: &LockMap) -> Vec<Holder> {
    let instance = map.instance();
    if instance == 0 {
        return Vec::new();
    }
    let holders = holding(validator, instance).into_iter();
    // Behind the living, of which one may end meanwhile.
    let left = validator.leftovers.of(instance).into_iter();
    let left = left.map(|(task, lock)| Holder {
        thread: format!("{task} (ended)"),
        mode: lock.mode(),
        waiting: false,
    });
    rest();
    holders
        .flat_map(|Holding { thread, held, .. }| {
            held.into_iter().map(move |lock| Holder {
                thread: thread.to_string(),
                mode: lock.mode(),
                waiting: lock.meta.is_waiting(),
            })
        })
        .chain(left)
        .collect()
}
