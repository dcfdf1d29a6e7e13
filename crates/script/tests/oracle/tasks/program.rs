//! Programs of tasks, each with a straight line of its own and perhaps two arms.

use std::fmt;

use heldby_model::Mode;
use heldby_script::{LockType, Operand};

/// A set of locks, a bit each.
pub(crate) type Locks = u8;

/// What one line of a task does, one after the other.
pub(crate) type Strand = Vec<Action>;

/// One thing that a line does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    /// Takes a lock that it does not hold; `awaits` tells whether a wait for it is a future's.
    Acquire {
        lock: usize,
        mode: Mode,
        awaits: bool,
    },
    Release(usize),
    /// Suspends.
    Yield,
    /// Of the task's own line: polls each arm until it has suspended `yields` times since it began.
    Select {
        yields: usize,
    },
    /// Of the task's own line: polls its arms until they have ended.
    Join,
    /// Of the task's own line: drops its arms, with what they hold.
    Cancel,
}

/// A task: its own line, and its arms behind that.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Task {
    pub(crate) strands: Vec<Strand>,
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Program {
    pub(crate) locks: Vec<Operand>,
    pub(crate) tasks: Vec<Task>,
}

impl Program {
    /// The program without all that is done to `locks`.
    pub(crate) fn without(&self, locks: Locks) -> Self {
        let is_left = |action: &Action| match *action {
            Action::Acquire { lock, .. } | Action::Release(lock) => locks & 1 << lock == 0,
            _ => true,
        };
        let mut left = self.clone();
        let strands = left.tasks.iter_mut().flat_map(|task| &mut task.strands);
        strands.for_each(|strand| strand.retain(is_left));
        left
    }
}

/// Whether a wait for such a lock is a future's.
pub(crate) fn is_awaited(lock: &Operand) -> bool {
    matches!(lock.lock_type, LockType::Amutex | LockType::Arw)
}

/// What a line holds before its action `next`.
pub(crate) fn held(strand: &Strand, next: usize) -> Locks {
    let done = strand.iter().take(next);
    done.fold(0, |held, action| match *action {
        Action::Acquire { lock, .. } => held | 1 << lock,
        Action::Release(lock) => held & !(1 << lock),
        _ => held,
    })
}

/// The same, of what is held in `mode`.
pub(crate) fn held_in(strand: &Strand, next: usize, mode: Mode) -> Locks {
    let mode_of = |lock: usize| {
        let taken = |action: &Action| match *action {
            Action::Acquire { lock: of, mode, .. } if of == lock => Some(mode),
            _ => None,
        };
        strand.iter().take(next).rev().find_map(taken)
    };
    let all = held(strand, next);
    let bits = (0..8).filter(|&lock| all & 1 << lock != 0 && mode_of(lock) == Some(mode));
    bits.fold(0, |held, lock| held | 1 << lock)
}

/// How often a line has suspended before its action `next`.
pub(crate) fn yields(strand: &Strand, next: usize) -> usize {
    let done = strand.iter().take(next);
    done.filter(|action| **action == Action::Yield).count()
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, task) in self.tasks.iter().enumerate() {
            for (arm, strand) in task.strands.iter().enumerate() {
                write!(f, "# T{number} line {arm}:")?;
                for action in strand {
                    match *action {
                        Action::Acquire { lock, mode, .. } => {
                            write!(f, " {mode:?}({})", self.locks[lock])?;
                        }
                        Action::Release(lock) => write!(f, " u({})", self.locks[lock])?,
                        other => write!(f, " {other:?}")?,
                    }
                }
                writeln!(f)?;
            }
        }
        Ok(())
    }
}
