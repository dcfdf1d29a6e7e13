//! Nest locks: a held lock that orders all locks of a class which are taken under it.
//!
//! Whoever takes several locks of the class takes the nest lock first, so no two tasks are ever
//! among them at a time, and the order in which one task goes does not matter.
//! What that permits, and what is then not checked: `docs/design/annotations.md`.

use heldby_model::{Certainty, Code};

use super::by_order;
use super::recursion::{conflicts, waits_for_itself};
use crate::config::Profile;
use crate::context;
use crate::held::HeldLock;
use crate::learned::Learned;
use crate::map::LockMap;
use crate::mode::Mode;
use crate::ops;
use crate::task::Task;
use crate::validate::Candidate;
use crate::violation::{Subject, Violation, Wrong};

/// The nest lock of an acquire.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Nest<'a> {
    /// None is named.
    None,
    /// One is named, and the task does not hold it.
    Missing(&'a LockMap),
    /// The task shares it with whoever else holds it, or held it when its context interrupted it, so
    /// it orders nothing.
    Shared,
    /// The task holds it; that many newer locks were taken under it.
    Held { above: usize },
}

impl<'a> Nest<'a> {
    /// The nest lock `named`, as `task` holds it now.
    ///
    /// To lockdep any hold of it will do. In the profile `userspace` only an exclusive one orders
    /// anything, since two tasks can share it otherwise.
    pub(crate) fn of(task: &Task, named: Option<&'a LockMap>) -> Self {
        let Some(map) = named else { return Self::None };
        let is_ours = ops::is_hold_of(map);
        let profile = task.validator().config.profile;
        let holds = |lock: &HeldLock| is_ours(lock) && !lock.meta.is_waiting();
        let mut nest = match task.held.newest_first().any(|(_, lock)| holds(&lock)) {
            true => Self::Shared,
            false => Self::Missing(map),
        };
        let here = context::entries(task).filter(|(_, entry)| !entry.is_mark());
        for (above, (_, lock)) in here.enumerate() {
            if holds(&lock) && (lock.mode() == Mode::Write || profile == Profile::Kernel) {
                nest = Self::Held { above };
            }
        }
        nest
    }

    pub(crate) fn is_missing(self) -> bool {
        matches!(self, Self::Missing(_))
    }
}

/// How many of the newest locks below the wanted one the nest lock orders; none if there is none of
/// the class among them, since the wanted lock is then ordered like any other.
///
/// The nest lock is one of them only if it is of the class itself.
pub(crate) fn exempt(learned: &Learned, candidate: &Candidate<'_>) -> usize {
    let Nest::Held { above } = candidate.nest else {
        return 0;
    };
    let nest = &candidate.below[above];
    let count = above + usize::from(nest.class_word() == candidate.wanted.class_word());
    let unordered = |held: &HeldLock| {
        conflicts(candidate, held) && !by_order::settles(learned, candidate, held)
    };
    match candidate.below[..count].iter().any(unordered) {
        true => count,
        false => 0,
    }
}

impl Candidate<'_> {
    /// The held locks whose order to the wanted one nothing settles, newest first: no nest lock, and
    /// not that they are held unchecked.
    ///
    /// Nothing helps a lock that waits for itself; only lockdep counts that as one more hold under a
    /// nest lock. Lockdep does not ask either whether a hold of the class was checked.
    pub(super) fn unordered(&self) -> impl DoubleEndedIterator<Item = &HeldLock> {
        let kernel = self.profile == Profile::Kernel;
        let settled = move |index, held: &HeldLock| {
            index < self.exempt || !(kernel || held.meta.is_checked())
        };
        let below = self.below.iter().enumerate();
        below
            .filter(move |&(index, held)| {
                !settled(index, held) || (!kernel && waits_for_itself(self, held))
            })
            .map(|(_, held)| held)
    }
}

/// Reports if the nest lock that the acquire names is not held.
///
/// # Source
/// Linux `print_lock_nested_lock_not_held()`.
pub(crate) fn check(learned: &mut Learned, candidate: &Candidate<'_>) -> Option<Violation> {
    let Nest::Missing(named) = candidate.nest else {
        return None;
    };
    let (site, certainty) = (Some(candidate.wanted.site), Certainty::Now);
    let said = (Code::Hb0104, certainty, Some(candidate.class), site, None);
    Some(Violation {
        code: Code::Hb0104,
        certainty,
        wrong: Wrong::NestLockNotHeld(named.name()),
        subject: Some(Subject {
            class: candidate.class,
            mode: candidate.wanted.mode(),
        }),
        site,
        stack: candidate.stack(learned),
        at: candidate.now(),
        new: learned.is_new(said),
    })
}
