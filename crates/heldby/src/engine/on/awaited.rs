//! What a task of tokio waits for.

use std::marker::PhantomData;
use std::task::Poll;

use heldby_validator::{Acquire, Attempt, LockType, Mode, Role, Site, born};

use super::{AsyncTask, Here, Life};
use crate::engine::Lock;
use crate::lockdep::LockMap;

/// The lock type that a lock `L` is to the engine for which tasks wait.
struct AwaitedType<L: ?Sized>(PhantomData<L>);

impl<L: Lock + ?Sized> AwaitedType<L> {
    const LOCK_TYPE: &'static LockType = &LockType::sleeping::<L>(L::FAMILY).by_await();
}

/// The type of a task that runs `F`.
struct TaskOf<F>(PhantomData<F>);

impl<F> TaskOf<F> {
    const LOCK_TYPE: &'static LockType = &LockType::event::<F>("task", Role::Thread).by_await();
}

/// The first poll of a future that waits for a lock: checks that it may.
#[inline(always)]
#[track_caller]
pub(crate) fn first_poll<L: Lock + ?Sized, R>(
    map: &LockMap,
    mode: Mode,
    here: Here,
    poll: impl FnOnce() -> Poll<R>,
) -> Poll<R> {
    let slot = heldby_validator::acquire(map, AwaitedType::<L>::LOCK_TYPE, mode, here.0);
    let result = poll();
    match result {
        Poll::Ready(_) => slot.acquired(),
        Poll::Pending => heldby_validator::suspend(map, here.0),
    }
    result
}

/// Any later one.
#[inline(always)]
#[track_caller]
pub(crate) fn later_poll<L: Lock + ?Sized, R>(
    map: &LockMap,
    mode: Mode,
    here: Here,
    poll: impl FnOnce() -> Poll<R>,
) -> Poll<R> {
    let result = poll();
    match result {
        Poll::Ready(_) => {
            heldby_validator::resume(map, AwaitedType::<L>::LOCK_TYPE, mode, here.0);
        }
        Poll::Pending => heldby_validator::suspend_again(map, here.0),
    }
    result
}

/// As [`acquire`](super::acquire), by a thread, of a lock for which tasks wait.
#[inline(always)]
#[track_caller]
pub(crate) fn block_on<L: Lock + ?Sized>(map: &LockMap, mode: Mode) -> heldby_validator::Slot {
    heldby_validator::acquire(map, AwaitedType::<L>::LOCK_TYPE, mode, Site::caller())
}

/// As [`taken`](super::taken), of a lock for which tasks wait.
#[inline(always)]
#[track_caller]
pub(crate) fn taken_awaited<L: Lock + ?Sized>(map: &LockMap, mode: Mode) {
    let lock_type = AwaitedType::<L>::LOCK_TYPE;
    heldby_validator::taken(map, lock_type, mode, Attempt::Try, Site::caller());
}

/// Records a permit: it is held, and orders nothing.
#[track_caller]
pub(crate) fn permitted<L: Lock + ?Sized>(map: &LockMap, here: Here) {
    let permit = Acquire {
        attempt: Attempt::Try,
        check: false,
        ..Acquire::new(AwaitedType::<L>::LOCK_TYPE, Mode::Recursive, here.0)
    };
    heldby_validator::acquire_as(map, permit).acquired();
}

/// The future suspends at something that is no lock.
#[inline(always)]
pub(crate) fn suspends(here: Here) {
    heldby_validator::suspend_at(here.0);
}

pub(crate) fn downgrade(map: &LockMap, here: Here) {
    heldby_validator::downgrade(map, here.0);
}

impl AsyncTask {
    /// A task that will run `_future`, with its life for whoever joins it.
    #[track_caller]
    pub(crate) fn spawned<F>(name: Option<&str>, _future: &F) -> (Self, Life) {
        heldby_validator::ask_executor(|| tokio::task::try_id().is_some());
        let here = Site::caller();
        let (life, birth) = born(TaskOf::<F>::LOCK_TYPE, here).unzip();
        let task = heldby_validator::AsyncTask::new(name, here, birth);
        (Self(task), Life::of(life))
    }
}
