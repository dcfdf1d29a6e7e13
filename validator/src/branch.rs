//! A branch: an arm of `join!` or `select!`, whose holds are its own.
//!
//! The arms of a combinator are polled in turn by one task. What one arm holds does not order what
//! another one waits for as a future: it can be released meanwhile. So the holds of a branch stand on
//! the task's stack only while the branch is polled; in between they are *parked* beside it, where
//! others still see them.
//! They order what keeps the branch from going on: whatever another arm blocks the thread for, and what
//! the task waits for itself where it does not poll the branch. [`crate::arm_mark`] tells chains so.
//!
//! # Invariants
//! - A branch that ends leaves its holds to the task: who polled it has them now.
//! - What a branch has parked when it is dropped stays parked until it is released.
//! - A branch comes back on top of what the task holds by then. If that has changed, nothing is taken
//!   to be implied by its holds, see [`Meta::implying_nothing`](crate::mode::Meta::implying_nothing).

use std::sync::atomic::{AtomicU64, Ordering};

use smallvec::SmallVec;

use crate::arm_mark;
use crate::cold::in_validator;
use crate::held::HeldLock;
use crate::limits::FEW_HELD;
use crate::mailbox;
use crate::ops;
use crate::polling;
use crate::task::{self, Phase, Task};

/// An arm's own holds.
///
/// Run each poll of the arm by [`poll`](Self::poll), its drop too.
///
/// # Cost
/// A poll of an arm that holds nothing: the ids of what the task holds are copied. Each hold of its own
/// is parked at the end of the poll, under a lock that only those who look at the task contend for.
#[derive(Debug)]
pub struct Branch {
    id: u64,
    /// It goes on with what an earlier one of its number has parked.
    goes_on: bool,
    /// Where its holds are parked, with the number that the task had.
    parked: Option<(&'static Task, u32)>,
    /// The key of the stack below its holds when they were parked.
    base: u64,
    /// What the task held when it was entered.
    below: Below,
    /// The branch that polls it, if it is polled now.
    outer: u64,
    /// A mark stands below its holds.
    marked: bool,
}

impl Default for Branch {
    fn default() -> Self {
        Self::new()
    }
}

impl Branch {
    /// A branch that holds nothing.
    #[must_use]
    pub fn new() -> Self {
        static MADE: AtomicU64 = AtomicU64::new(2);
        // Relaxed: a counter, nothing is ordered by it.
        Self::numbered(MADE.fetch_add(2, Ordering::Relaxed), false)
    }

    /// The branch of a future that stays at `address` and is polled by one `select!` after another: each
    /// goes on with what the one before has parked.
    #[must_use]
    pub fn of_future_at(address: usize) -> Self {
        // An odd number, so that it is not one of `new`.
        Self::numbered(address as u64 | 1, true)
    }

    fn numbered(id: u64, goes_on: bool) -> Self {
        Self {
            id,
            goes_on,
            parked: None,
            base: 0,
            below: Below::default(),
            outer: 0,
            marked: false,
        }
    }

    /// Runs a poll of the arm, or its drop, on the stack of the task that polls it; `is_suspended` tells
    /// whether the arm then waits.
    ///
    /// # Panics
    /// As `poll` does.
    #[inline(never)]
    pub fn poll<R>(
        &mut self,
        poll: impl FnOnce() -> R,
        is_suspended: impl FnOnce(&R) -> bool,
    ) -> R {
        let here = 0_u8;
        let boundary = std::ptr::from_ref(std::hint::black_box(&here)).addr();
        let _inside = Boundary(polling::change(|now| now.boundary = boundary).boundary);
        self.enter(current());
        let polled = Polled(self);
        let result = poll();
        if is_suspended(&result) {
            polled.0.park(current());
        }
        result
    }

    /// Puts its holds on top of the stack of the task that polls it.
    pub(crate) fn enter(&mut self, task: Option<&'static Task>) {
        (self.outer, self.below) = (0, Below::default());
        // A task without a stack holds nothing; what was parked in another one stays so.
        let Some(task) = task else { return };
        arm_mark::back(task);
        self.below = Below::of(task);
        let before = std::mem::take(&mut self.goes_on).then(|| (task, task.number()));
        // Not where it was released meanwhile, or a fork has taken the task away.
        let parked = self.parked.take().or(before);
        let parked =
            parked.filter(|(from, number)| !from.parked.is_empty() && from.number() == *number);
        let entered = parked.and_then(|(from, _)| {
            let enter = || self.enter_on(task, &from.parked.take(self.id));
            in_validator(|| mailbox::moving(from, enter))
        });
        if entered.is_none() {
            self.enter_on(task, &[]);
        }
    }

    /// Goes on on the stack of `task`, with the holds `own`.
    fn enter_on(&mut self, task: &'static Task, own: &[HeldLock]) {
        let same = task.held.key() == self.base;
        self.outer = task.parked.poll(self.id);
        let others = in_validator(|| {
            task.parked.enter(self.id);
            task.parked.seen()
        });
        let others = others.unwrap_or_default();
        self.marked = arm_mark::enter(task, &others);
        put_back(task, own, same);
    }

    /// Parks what is on the stack and was not when it was entered: the branch suspends.
    pub(crate) fn park(&mut self, task: Option<&'static Task>) {
        let Some(task) = task else { return };
        let own = self.below.above_in(task);
        if own.is_empty() {
            return;
        }
        let moved = in_validator(|| {
            let held: Vec<_> = own.iter().map(|&depth| task.held.get(depth)).collect();
            mailbox::moving(task, || {
                task.parked.add(self.id, self.outer, &held);
                own.iter().rev().for_each(|&depth| task.held.remove(depth));
            });
        });
        if moved.is_some() {
            self.parked = Some((task, task.number()));
        }
    }

    /// It is polled no more: what it has not parked is the task's.
    pub(crate) fn leave(&mut self, task: Option<&'static Task>) {
        let Some(task) = task else { return };
        if std::mem::take(&mut self.marked) {
            arm_mark::leave(task);
        }
        self.base = task.held.key();
        task.parked.poll(self.outer);
        let parked = in_validator(|| {
            task.parked.leave(self.id, self.outer);
            task.parked.seen()
        });
        let parked = parked.unwrap_or_default();
        arm_mark::left(task, &parked);
    }
}

/// Puts the holds of a branch back on the stack, which is the `same` below them as before or not.
fn put_back(task: &'static Task, own: &[HeldLock], same: bool) {
    for &lock in own {
        let mut lock = lock;
        if !same {
            lock.meta = lock.meta.implying_nothing();
        }
        ops::push(task, lock.on(task.held.key()));
    }
}

fn current() -> Option<&'static Task> {
    match task::phase() {
        Phase::Active(task) => Some(task),
        Phase::Fresh | Phase::Busy | Phase::Sink | Phase::Off => None,
    }
}

/// A branch that is polled, until this is dropped.
struct Polled<'a>(&'a mut Branch);

impl Drop for Polled<'_> {
    fn drop(&mut self) {
        self.0.leave(current());
    }
}

/// Puts the boundary of before back when it is dropped.
struct Boundary(usize);

impl Drop for Boundary {
    fn drop(&mut self) {
        polling::change(|now| now.boundary = self.0);
    }
}

/// What tells a lock from others, whatever is marked of its hold, and in whatever class it is.
fn which(lock: &HeldLock) -> u64 {
    match lock.instance() {
        0 => lock.ids & !HeldLock::MARKS,
        instance => u64::from(instance) << 32,
    }
}

/// What a task held when a branch was entered, oldest first, as [`which`] tells it.
#[derive(Debug, Default)]
struct Below(SmallVec<[u64; FEW_HELD]>);

impl Below {
    fn of(task: &'static Task) -> Self {
        Self(
            task.held
                .newest_first()
                .rev()
                .map(|(_, lock)| which(&lock))
                .collect(),
        )
    }

    /// Where the holds are that were not there; some of those that were may be gone.
    fn above_in(&self, task: &Task) -> SmallVec<[usize; FEW_HELD]> {
        let mut below = self.0.iter().peekable();
        let mut own = SmallVec::new();
        for (depth, lock) in task.held.newest_first().rev() {
            let mut rest = below.clone();
            if rest.any(|&held| held == which(&lock)) {
                below = rest;
            } else if !lock.meta.is_hidden() {
                own.push(depth);
            }
        }
        own
    }
}
