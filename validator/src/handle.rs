//! A task that is driven by hand: many on one thread, with no lock behind them.

use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use crate::acquire::{Acquire, Slot};
use crate::async_task::Leaf;
use crate::branch::Branch;
use crate::class::ClassId;
use crate::cold::{Held, Inside, in_validator};
use crate::context;
use crate::context_kind::ContextKind;
use crate::event::{self, Event};
use crate::handover;
use crate::life;
use crate::lock_type::LockType;
use crate::map::LockMap;
use crate::mode::{Attempt, Mode};
use crate::rules::pin::{self, PinCookie};
use crate::rules::suspension;
use crate::site::Site;
use crate::task::Task;
use crate::two_level::{TwoLevel, Unstabilised};
use crate::validator::Validator;
use crate::violation::Expect;
use crate::{meet, ops, two_level};

/// Owns a task. The task ends when it is dropped; what it still holds is then forgotten.
#[derive(Debug)]
pub struct TaskHandle {
    task: &'static Task,
    /// One thread at a time drives a stack.
    _not_sync: PhantomData<Cell<()>>,
}

/// A lock that a hand-driven task asked for, as a [`Slot`] is one of a thread's.
#[must_use = "tell it when the lock is acquired"]
#[derive(Debug)]
pub struct Asked {
    slot: Slot,
    task: &'static Task,
}

impl Asked {
    /// Records that the lock was got.
    pub fn acquired(self) {
        ops::got(self.task);
        self.slot.acquired();
    }
}

impl TaskHandle {
    pub(crate) fn start(validator: &Arc<Validator>, name: &str) -> Self {
        let _inside = Inside::enter();
        Self {
            task: Task::start(validator, Some(name)),
            _not_sync: PhantomData,
        }
    }

    /// Acquires a lock at once, and checks it as a real acquire.
    pub fn acquire(&self, map: &LockMap, acquire: Acquire<'_>) {
        self.ask(map, acquire).acquired();
    }

    /// Asks for a lock, and checks that as a real acquire; it is waited for until the answer is told
    /// that it was got.
    pub fn ask(&self, map: &LockMap, acquire: Acquire<'_>) -> Asked {
        meet::acquired(self.task, map, acquire);
        Asked {
            slot: Slot::of(ops::acquire(self.task, map, acquire)),
            task: self.task,
        }
    }

    /// Acquires and releases at once: a wait for a lock that is never held.
    pub fn might_lock(&self, map: &LockMap, acquire: Acquire<'_>) {
        self.acquire(map, acquire);
        ops::release(self.task, map, Some(acquire.site));
    }

    /// Releases the newest hold of a lock.
    pub fn release(&self, map: &LockMap, site: Site) {
        ops::release(self.task, map, Some(site));
    }

    /// Hands the newest hold of a lock over to another task.
    pub fn give(&self, map: &LockMap, to: &Self, site: Site) {
        let hold = handover::take_from(self.task, map, site);
        hold.into_iter()
            .for_each(|hold| handover::give_to(to.task, hold));
    }

    /// Turns an exclusive hold into a shared one.
    pub fn downgrade(&self, map: &LockMap, site: Site) {
        ops::downgrade(self.task, map, site);
    }

    /// Moves a held lock to the subclass `subclass` of `class`.
    pub fn set_class(&self, map: &LockMap, class: ClassId, subclass: u32, site: Site) {
        ops::set_class(self.task, map, Some(class), subclass, site);
    }

    /// Pins a held lock.
    pub fn pin(&self, map: &LockMap, site: Site) -> PinCookie {
        pin::pin(self.task, map, site)
    }

    /// Takes the pin of `cookie` off a held lock.
    pub fn unpin(&self, map: &LockMap, cookie: PinCookie, site: Site) {
        pin::unpin(self.task, map, cookie, site);
    }

    /// Makes a lock anew, which must not be held.
    pub fn reinit(&self, map: &LockMap, site: Site) {
        ops::reinit(self.task, map, site);
    }

    /// Tells that the memory of a lock goes, which must not be held.
    pub fn free(&self, map: &LockMap, site: Site) {
        ops::freed(self.task, map, Some(site));
    }

    /// What the task holds of a lock.
    #[must_use]
    pub fn held(&self, map: &LockMap) -> Held {
        ops::held(self.task, map)
    }

    /// Reports if the task does not hold a lock as expected.
    pub fn assert_held(&self, map: &LockMap, expect: Expect, site: Site) {
        ops::assert_held(self.task, map, expect, site);
    }

    /// Reports that an item is not stable for the task; see [`item_not_stabilised`](crate::item_not_stabilised).
    pub fn item_not_stabilised(&self, what: TwoLevel<'_>, why: Unstabilised<'_>, site: Site) {
        two_level::complain(self.task, what, why, site);
    }

    /// Starts the thread that the task is: `maker` made it at `site`, and who has its `life` can join
    /// it. Call it before the first event.
    pub fn begin(&self, life: Option<&LockMap>, maker: Option<&Self>, site: Site) {
        let _inside = Inside::enter();
        let birth = life::birth(life, maker.map(|maker| maker.task), site);
        life::begin(self.task, birth);
    }

    /// Waits for the end of the thread whose life `life` is.
    pub fn join(&self, life: &LockMap, lock_type: &'static LockType, site: Site) {
        self.might_lock(life, Acquire::new(lock_type, Mode::Write, site));
        life::joined(self.task, life);
    }

    /// Waits on a condition variable, which gives up the mutex `given_up` and takes it back, of the
    /// type `lock_type`; see [`waits`](crate::waits).
    pub fn wait(
        &self,
        event: Event<'_>,
        given_up: &LockMap,
        lock_type: &'static LockType,
    ) -> Option<Duration> {
        let limit = event::wait(self.task, event, Some(given_up));
        ops::release(self.task, given_up, Some(event.site));
        let again = Acquire {
            attempt: Attempt::Again,
            ..Acquire::new(lock_type, Mode::Write, event.site)
        };
        self.acquire(given_up, again);
        limit
    }

    /// Waits for an event, such as room in a channel; see [`waits`](crate::waits).
    pub fn wait_for(&self, event: Event<'_>) -> Option<Duration> {
        event::wait(self.task, event, None)
    }

    /// The wait has lasted long; see [`blocked`](crate::blocked).
    pub fn blocked(&self, event: Event<'_>, given_up: Option<&LockMap>) {
        event::still_waits(self.task, event, given_up);
    }

    /// Signals an event; see [`signals`](crate::signals).
    pub fn signal(&self, event: Event<'_>) {
        event::signal(self.task, event);
    }

    /// An async task that was spawned at `spawned` suspends at `site`; it must not hold what threads wait
    /// for.
    pub fn suspend(&self, spawned: Site, site: Site) {
        let class_word = 0;
        suspension::check(self.task, spawned, Some(Leaf { class_word, site }));
    }

    /// Polls a branch of the task from now on, until [`leave_branch`](Self::leave_branch).
    pub fn enter_branch(&self, branch: &mut Branch) {
        branch.enter(Some(self.task));
    }

    /// Polls the branch no more: it suspends, or with `ended` the task has what it holds.
    pub fn leave_branch(&self, branch: &mut Branch, ended: bool) {
        if !ended {
            branch.park(Some(self.task));
        }
        branch.leave(Some(self.task));
    }

    /// Says whether what the task does from now on is in arms that are not marked.
    pub fn set_in_arms(&self, in_arms: bool) {
        self.task.set_in_arms(in_arms);
    }

    /// Enters an interrupt-like context; `threaded` tells whether some systems run it as a thread.
    pub fn enter(&self, kind: ContextKind, threaded: bool, site: Site) {
        context::enter(self.task, kind, threaded, site);
    }

    /// Leaves the innermost context of a kind.
    pub fn leave(&self, kind: ContextKind, site: Site) {
        context::leave(self.task, kind, site);
    }

    /// Says that no context of a kind can interrupt the task.
    pub fn mask(&self, kind: ContextKind, site: Site) {
        context::mask(self.task, kind, site);
    }

    /// Says that contexts of a kind can interrupt the task again.
    pub fn unmask(&self, kind: ContextKind, site: Site) {
        context::unmask(self.task, kind, site);
    }

    /// Ends the work of the task, which must not hold a lock.
    pub fn exit(&self, site: Site) {
        ops::exit(self.task, Some(site));
    }
}

impl Drop for TaskHandle {
    fn drop(&mut self) {
        let validator = in_validator(|| self.task.end());
        drop(validator);
    }
}
