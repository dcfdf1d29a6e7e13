//! What stands on a held stack for a task's arms: a *mark*, an entry that is no lock.
//!
//! Two things of a task with arms decide what its holds come to, and no lock on its stack tells them.
//! - What the task held before its arms, it holds in each of them. It keeps none of them apart from
//!   another one, so it is no gate of what they do.
//! - What arms hold that are not polled. Whoever blocks the thread keeps them all from going on; whoever
//!   waits as a future keeps those from it that it would poll itself, and does not.
//!
//! So a mark stands below what an arm takes, and one on top of what the task had when it left an arm
//! with holds. Each tells in a few bits what is parked. Marks are mixed into chain keys like locks, so a
//! known chain was validated where the very same was parked, and the hot path knows nothing of arms.
//!
//! # Invariants
//! - No lock has the word of a mark, and no context, see [`crate::context`].
//! - The newest mark tells what is parked, whenever anything is. One that does not, since another thread
//!   has released some of that, makes no chain known.

use heldby_graph::planted;

use crate::chain::{SEED, extend};
use crate::class::ClassId;
use crate::context::Below;
use crate::held::HeldLock;
use crate::mode::Meta;
use crate::ops;
use crate::parked::Seen;
use crate::site::Site;
use crate::task::Task;

/// The word of a mark, in the lower half of an entry's ids; the upper half is 0.
///
/// | bits | meaning |
/// | --- | --- |
/// | 0-2 | `0b010`: of no [`LockMap`](crate::LockMap), and of no context |
/// | 3 | 1: an arm was entered; 0: one was left |
/// | 4-29 | what is parked: 0 if nothing is |
#[derive(Clone, Copy, PartialEq, Eq)]
struct Mark(u32);

impl Mark {
    const TAG: u32 = 0b010;
    const ENTERED: u32 = 1 << 3;
    const PARKED: u32 = (1 << 30) - (1 << 4);

    fn of(entry: &HeldLock) -> Option<Self> {
        let word = entry.class_word();
        (word & 0b111 == Self::TAG).then_some(Self(word))
    }

    fn is_entered(self) -> bool {
        self.0 & Self::ENTERED != 0
    }

    fn parked(self) -> u32 {
        self.0 & Self::PARKED
    }
}

/// What is parked in a few bits, whatever its order; 0 if nothing is.
fn summary(parked: &[Seen]) -> u32 {
    let of_one = |seen: &Seen| {
        let key = extend(SEED, seen.lock.class_word(), seen.lock.mode());
        extend(key, u32::from(seen.inside), seen.lock.mode())
    };
    let sum = parked.iter().map(of_one).fold(0, u64::wrapping_add);
    match parked {
        [] => 0,
        _ => (sum >> 32) as u32 & Mark::PARKED | 1 << 4,
    }
}

/// The newest mark, and its depth.
fn newest(task: &Task) -> Option<(usize, Mark)> {
    let mut newest = task.held.newest_first();
    newest.find_map(|(depth, entry)| Some((depth, Mark::of(&entry)?)))
}

fn push(task: &'static Task, mark: Mark) {
    let entry = HeldLock {
        ids: u64::from(mark.0),
        key: 0,
        site: Site::caller(),
        meta: Meta::mark(),
    };
    ops::push(task, entry.on(task.held.key()));
}

/// Puts a mark below what the arm takes that is entered; `parked` is what others have parked. False if
/// there is no need for one.
pub(crate) fn enter(task: &'static Task, parked: &[Seen]) -> bool {
    let needed = !parked.is_empty() || task.held.shown().next().is_some();
    if needed {
        push(task, Mark(Mark::TAG | Mark::ENTERED | summary(parked)));
    }
    needed
}

/// Takes the mark of the innermost arm away.
pub(crate) fn leave(task: &Task) {
    let mut newest = task.held.newest_first();
    let entered = newest.find(|(_, entry)| Mark::of(entry).is_some_and(Mark::is_entered));
    entered
        .into_iter()
        .for_each(|(depth, _)| task.held.remove(depth));
}

/// Puts a mark on top of what the task has where it has left arms with holds.
pub(crate) fn left(task: &'static Task, parked: &[Seen]) {
    if !parked.is_empty() {
        push(task, Mark(Mark::TAG | summary(parked)));
    }
}

/// Takes the mark of arms that were left away, where one is about to be entered again.
pub(crate) fn back(task: &Task) {
    let left = newest(task).filter(|(_, mark)| !mark.is_entered());
    left.into_iter()
        .for_each(|(depth, _)| task.held.remove(depth));
}

/// Takes the newest hold of a lock away that an arm has parked, if there is one. By the owner, inside the
/// validator.
pub(crate) fn take_parked(task: &Task, instance: u32) -> Option<HeldLock> {
    let taken = task.parked.take_newest(instance);
    if taken.is_some() {
        tell_again(task);
    }
    taken
}

/// Less is parked than the newest mark tells.
fn tell_again(task: &Task) {
    let Some((depth, mark)) = newest(task) else {
        return;
    };
    match (mark.is_entered(), summary(&task.parked.seen())) {
        (false, 0) => task.held.remove(depth),
        (_, parked) => task.held.set_class(depth, mark.0 & !Mark::PARKED | parked),
    }
}

/// Whether an entry is the mark below what an arm took.
pub(crate) fn is_entered(entry: &HeldLock) -> bool {
    Mark::of(entry).is_some_and(Mark::is_entered)
}

/// What a wait of `task` for `wanted` comes on top of: its stack, and what arms hold that do not go on
/// meanwhile. Inside the validator.
#[inline(always)]
pub(crate) fn below_wait(task: &Task, wanted: &HeldLock) -> Below {
    let mut below = Below::at(task, task.held.depth());
    if task.parked.has_branches() {
        add_arms(&mut below, task, wanted);
    }
    below
}

#[cold]
fn add_arms(below: &mut Below, task: &Task, wanted: &HeldLock) {
    let parked = task.parked.seen();
    let told = newest(task).map_or(0, |(_, mark)| mark.parked());
    below.is_told = told == summary(&parked);
    let by_await = ClassId::from_word(wanted.class_word())
        .facts()
        .lock_type
        .awaited;
    let stopped = parked.iter().filter(|seen| {
        (seen.inside && !planted("poll-every-arm")) || (!by_await && !planted("block-no-arm"))
    });
    below.locks.extend(stopped.map(|seen| seen.lock));
}
