//! What a task of tokio waits for.

use std::marker::PhantomData;

use heldby_validator::{Attempt, LockType, Mode, Role, Site, born};

use super::{AsyncTask, Here};
use crate::engine::Lock;
use crate::lockdep::LockMap;

/// The lock type that a lock `L` is to the engine for which tasks wait.
struct AwaitedType<L: ?Sized>(PhantomData<L>);

impl<L: Lock + ?Sized> AwaitedType<L> {
    const LOCK_TYPE: &'static LockType = &LockType::sleeping::<L>(L::FAMILY).by_tasks(is_in_task);
}

fn is_in_task() -> bool {
    tokio::task::try_id().is_some()
}

/// The type of a task that runs `F`.
struct TaskOf<F>(PhantomData<F>);

impl<F> TaskOf<F> {
    const LOCK_TYPE: &'static LockType = &LockType::event::<F>("task", Role::Thread).by_await();
}

/// What a future does about the lock that it waits for, around a poll.
pub(crate) struct Polling(Option<heldby_validator::Slot>);

/// Checks at the first poll of a future that waits for a lock that it may.
#[inline(always)]
#[track_caller]
pub(crate) fn polls<L: Lock + ?Sized>(
    map: &LockMap,
    mode: Mode,
    here: Here,
    is_first: bool,
) -> Polling {
    // No closure, so that a panic names the host's line.
    Polling(match is_first {
        true => {
            let lock_type = AwaitedType::<L>::LOCK_TYPE;
            Some(heldby_validator::acquire(map, lock_type, mode, here.0))
        }
        false => None,
    })
}

impl Polling {
    /// The future has got the lock.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn ready<L: Lock + ?Sized>(self, map: &LockMap, mode: Mode, here: Here) {
        match self.0 {
            Some(slot) => slot.acquired(),
            None => {
                heldby_validator::resume(map, AwaitedType::<L>::LOCK_TYPE, mode, here.0);
            }
        }
    }

    /// The future waits, as `awaiting` tells others.
    #[inline(always)]
    pub(crate) fn pending(self, map: &LockMap, mode: Mode, here: Here, awaiting: &mut Awaiting) {
        match self.0 {
            Some(slot) => awaiting.0 = Some(heldby_validator::suspend(slot, map, mode, here.0)),
            None => heldby_validator::suspend_again(map, here.0),
        }
    }
}

/// Whether a future waits, for others to see.
pub(crate) struct Awaiting(Option<heldby_validator::Awaiting>);

impl Awaiting {
    #[inline(always)]
    pub(crate) fn none() -> Self {
        Self(None)
    }

    /// It does not any more.
    #[inline(always)]
    pub(crate) fn end(&mut self) {
        self.0 = None;
    }
}

/// As [`acquire`](super::acquire), by a thread, of a lock for which tasks wait.
#[inline(always)]
#[track_caller]
pub(crate) fn block_on<L: Lock + ?Sized>(map: &LockMap, mode: Mode) -> heldby_validator::Slot {
    heldby_validator::block(map, AwaitedType::<L>::LOCK_TYPE, mode, Site::caller())
}

/// As [`taken`](super::taken), of a lock for which tasks wait.
#[inline(always)]
#[track_caller]
pub(crate) fn taken_awaited<L: Lock + ?Sized>(map: &LockMap, mode: Mode) {
    let lock_type = AwaitedType::<L>::LOCK_TYPE;
    heldby_validator::taken(map, lock_type, mode, Attempt::Try, Site::caller());
}

/// Records a permit: it is held, and orders nothing.
#[inline(always)]
pub(crate) fn permitted<L: Lock + ?Sized>(map: &LockMap, here: Here) {
    heldby_validator::permitted(map, AwaitedType::<L>::LOCK_TYPE, here.0);
}

/// The future suspends at something that is no lock.
#[inline(always)]
pub(crate) fn suspends(here: Here) {
    heldby_validator::suspend_at(here.0);
}

pub(crate) fn downgrade_awaited(map: &LockMap, here: Here) {
    heldby_validator::downgrade(map, here.0);
}

impl AsyncTask {
    /// A task that will run `_future`, with its life for whoever joins it.
    #[track_caller]
    pub(crate) fn spawned<F>(name: Option<&str>, _future: &F) -> (Self, TaskLife) {
        let here = Site::caller();
        let (life, birth) = born(TaskOf::<F>::LOCK_TYPE, here).unzip();
        let task = heldby_validator::AsyncTask::new(name, here, birth);
        let life = TaskLife {
            life,
            is_awaited: false,
        };
        (Self(task), life)
    }
}

/// The life of a task, for whoever awaits its end.
pub(crate) struct TaskLife {
    life: Option<heldby_validator::Life>,
    is_awaited: bool,
}

impl TaskLife {
    /// Checks a join at its first poll.
    #[track_caller]
    pub(crate) fn join(&mut self, here: Here) {
        if !std::mem::replace(&mut self.is_awaited, true)
            && let Some(life) = &self.life
        {
            life.join(here.0);
        }
    }

    /// Says that the task has ended.
    pub(crate) fn joined(&self) {
        self.life.iter().for_each(heldby_validator::Life::joined);
    }
}
