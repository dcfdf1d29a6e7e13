//! Interrupt-like contexts: what can interrupt a thread, and run on its stack.
//!
//! A context stands on the held stack as a *mark*: an entry that is no lock.
//! Entering one pushes a mark, masking one pushes a mark, and what ends takes its mark away from
//! wherever it stands. Marks are mixed into chain keys like locks, so a known chain was validated
//! in the very context that it is in, and the hot path knows nothing of contexts.
//!
//! # Invariants
//! - No lock has the word of a mark, see [`Mark`], so no lock is ever found in its place.
//! - The mark of an entered context tells all that is active and masked there, and starts a chain of
//!   its own: what is below it never decides about what is above it.
//! - A mask is undone only in the context that it was made in, since a context begins and ends
//!   inside of what it interrupts.
//!
//! # Source
//! Linux `include/linux/irqflags.h`, whose per-task state is one word where ours is the stack.

use smallvec::SmallVec;

use crate::arm_mark;
use crate::chain::ENTERED;
use crate::cold::in_validator;
use crate::context_kind::{ContextKind, Contexts};
use crate::held::HeldLock;
use crate::limits::FEW_HELD;
use crate::lock_key;
use crate::lock_type::WaitType;
use crate::map::LockMap;
use crate::mode::Meta;
use crate::ops::{self, MayPanic};
use crate::site::Site;
use crate::task::Task;
use crate::validate;

/// The word of a mark, in the lower half of an entry's ids; the upper half is 0.
///
/// | bits | meaning |
/// | --- | --- |
/// | 0-2 | `0b110`: of no [`LockMap`](crate::LockMap), and even, so no class either |
/// | 3 | 1: a context was entered; 0: one was masked |
/// | 4-6 | its kind |
/// | 7 | entered: it is never run as a thread |
/// | 8-15 | entered: all contexts that are active in it |
/// | 16-23 | entered: all contexts that cannot interrupt it |
#[derive(Clone, Copy)]
struct Mark(u32);

impl Mark {
    const TAG: u32 = 0b0110;
    const UNTHREADED: u32 = 1 << 7;

    fn enters(kind: ContextKind, threaded: bool, outside: Context) -> Self {
        let (_, entered) = ENTERED;
        let thread = if threaded { 0 } else { Self::UNTHREADED };
        let active = outside.active.with(kind.alone());
        let masked = outside.masked.with(kind.keeps_off());
        let sets = u32::from(active.bits()) << 8 | u32::from(masked.bits()) << 16;
        Self(entered | Self::kind_bits(kind) | thread | sets)
    }

    fn masks(kind: ContextKind) -> Self {
        Self(Self::TAG | Self::kind_bits(kind))
    }

    fn kind_bits(kind: ContextKind) -> u32 {
        u32::from(kind.number()) << 4
    }

    /// The mark that an entry is, if it is one.
    fn of(entry: &HeldLock) -> Option<Self> {
        let word = entry.class_word();
        (word & 0b111 == Self::TAG).then_some(Self(word))
    }

    fn is_entered(self) -> bool {
        let (mask, entered) = ENTERED;
        self.0 & mask == entered
    }

    fn kind(self) -> ContextKind {
        ContextKind::of_number((self.0 >> 4) as u8 & 7)
    }

    fn is_threaded(self) -> bool {
        self.0 & Self::UNTHREADED == 0
    }

    fn push(self, task: &'static Task, site: Site) {
        lock_key::note_context();
        let mark = HeldLock {
            ids: u64::from(self.0),
            key: 0,
            site,
            meta: Meta::mark(),
        };
        ops::push(task, mark.on(task.held.key()));
    }
}

/// Where a task is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Context {
    /// What it is in, one inside the other.
    pub(crate) active: Contexts,
    /// What cannot interrupt it here.
    pub(crate) masked: Contexts,
    /// The context that was entered last, and whether it may run as a thread.
    pub(crate) innermost: Option<(ContextKind, bool)>,
}

impl Context {
    /// The context above `entries`, which are newest first.
    fn above(entries: impl IntoIterator<Item = HeldLock>) -> Self {
        let mut context = Self::default();
        for mark in entries.into_iter().filter_map(|entry| Mark::of(&entry)) {
            if mark.is_entered() {
                context.innermost = Some((mark.kind(), mark.is_threaded()));
                context.active = Contexts::of_bits((mark.0 >> 8) as u8);
                let outside = Contexts::of_bits((mark.0 >> 16) as u8);
                context.masked = context.masked.with(outside);
                break;
            }
            context.masked = context.masked.with(mark.kind().keeps_off());
        }
        context
    }

    /// What can interrupt it.
    pub(crate) fn enabled(self) -> Contexts {
        Contexts::ALL.without(self.masked)
    }

    /// What it lets a lock do while nothing is held in it.
    ///
    /// # Source
    /// Linux `task_wait_context()`.
    pub(crate) fn wait_type(self) -> WaitType {
        match self.innermost {
            Some((kind, threaded)) => kind.wait_type(threaded),
            None => WaitType::Task,
        }
    }
}

/// The part of a held stack below some place, newest first, without marks.
#[derive(Default)]
pub(crate) struct Below {
    pub(crate) context: Context,
    /// What was taken in the context; behind it, what arms hold that do not go on meanwhile.
    pub(crate) locks: SmallVec<[HeldLock; FEW_HELD]>,
    /// How many of the locks are on the stack.
    pub(crate) on_stack: usize,
    /// How many of these were taken in the arm that is polled.
    pub(crate) in_arm: usize,
    /// The chain key tells all that is behind those on the stack.
    pub(crate) is_told: bool,
    /// What was held when it was entered.
    pub(crate) interrupted: Vec<HeldLock>,
}

impl Below {
    /// What stands at `depth` and below.
    #[inline(always)]
    pub(crate) fn at(task: &Task, depth: usize) -> Self {
        Self::of((1..=depth).rev().map(|at| task.held.get(at)))
    }

    /// The entries of a stack, newest first.
    #[inline(always)]
    pub(crate) fn of(entries: impl Iterator<Item = HeldLock> + Clone) -> Self {
        let mut below = Self {
            context: Context::above(entries.clone()),
            is_told: true,
            ..Self::default()
        };
        let (mut inside, mut in_arm) = (true, None);
        for entry in entries {
            if entry.is_mark() {
                inside = inside && !is_boundary(&entry);
                if arm_mark::is_entered(&entry) {
                    in_arm = in_arm.or(Some(below.locks.len()));
                }
            } else if inside {
                below.locks.push(entry);
            } else {
                below.interrupted.push(entry);
            }
        }
        below.on_stack = below.locks.len();
        below.in_arm = in_arm.unwrap_or(below.on_stack);
        below
    }
}

/// Whether an entry is the mark of an entered context, which nothing that is released, ordered or
/// unmasked goes across.
fn is_boundary(entry: &HeldLock) -> bool {
    Mark::of(entry).is_some_and(Mark::is_entered)
}

fn is_entered(entry: &HeldLock, kind: ContextKind) -> bool {
    Mark::of(entry).is_some_and(|mark| mark.is_entered() && mark.kind() == kind)
}

/// The entries of the context that a task is in, newest first, with their depth.
pub(crate) fn entries(task: &Task) -> impl Iterator<Item = (usize, HeldLock)> + '_ {
    let entries = task.held.newest_first();
    entries.take_while(|(_, entry)| !is_boundary(entry))
}

/// The newest hold of a lock that the task took in the context that it is in.
pub(crate) fn find(task: &Task, map: &LockMap) -> Option<(usize, HeldLock)> {
    let is_ours = ops::is_hold_of(map);
    entries(task).find(|(_, entry)| is_ours(entry) && !entry.meta.is_hidden())
}

/// As [`entries`], with the mark of the context behind them.
pub(crate) fn context_with_mark(task: &Task) -> impl Iterator<Item = (usize, HeldLock)> + '_ {
    let mut inside = true;
    task.held.newest_first().take_while(move |(_, entry)| {
        let taken = inside;
        inside = inside && !is_boundary(entry);
        taken
    })
}

/// Where the task is.
pub(crate) fn now(task: &Task) -> Context {
    Context::above(task.held.newest_first().map(|(_, entry)| entry))
}

/// Enters a context.
pub(crate) fn enter(task: &'static Task, kind: ContextKind, threaded: bool, site: Site) {
    Mark::enters(kind, threaded, now(task)).push(task, site);
}

/// Says that the context which was just entered may run as a thread; of one that has been at work,
/// nothing changes.
pub(crate) fn set_threaded(task: &'static Task, kind: ContextKind, site: Site) {
    let newest = task.held.newest_first().next();
    if let Some((depth, _)) = newest.filter(|(_, entry)| is_entered(entry, kind)) {
        task.held.remove(depth);
        enter(task, kind, true, site);
    }
}

/// Leaves the innermost context of a kind, with the masks that were made in it; one that was not
/// entered is not left.
pub(crate) fn leave(task: &'static Task, kind: ContextKind, site: Site) {
    let mut newest = task.held.newest_first();
    let Some((depth, _)) = newest.find(|(_, entry)| is_entered(entry, kind)) else {
        return;
    };
    for at in (depth + 1..=task.held.depth()).rev() {
        if Mark::of(&task.held.get(at)).is_some() {
            task.held.remove(at);
        }
    }
    task.held.remove(depth);
    let_in(task, site);
}

/// Masks a kind of contexts once more, until [`pop_mask`].
pub(crate) fn push_mask(task: &'static Task, kind: ContextKind, site: Site) {
    Mark::masks(kind).push(task, site);
}

/// Undoes the newest mask of a kind that was made in this context.
pub(crate) fn pop_mask(task: &'static Task, kind: ContextKind, site: Site) {
    if let Some(depth) = newest_mask(task, kind) {
        task.held.remove(depth);
        let_in(task, site);
    }
}

/// Masks a kind of contexts, unless this context did.
pub(crate) fn mask(task: &'static Task, kind: ContextKind, site: Site) {
    if newest_mask(task, kind).is_none() {
        push_mask(task, kind, site);
    }
}

/// Undoes every mask of a kind that was made in this context.
pub(crate) fn unmask(task: &'static Task, kind: ContextKind, site: Site) {
    while let Some(depth) = newest_mask(task, kind) {
        task.held.remove(depth);
    }
    let_in(task, site);
}

/// What the task holds of this context can be interrupted by more from now on.
fn let_in(task: &'static Task, site: Site) {
    if !task.is_in_handler() && entries(task).any(|(_, entry)| !entry.meta.is_hidden()) {
        let violations = in_validator(|| validate::unmasked(task.validator(), task, site));
        ops::conclude(task, violations.unwrap_or_default(), MayPanic::No);
    }
}

fn newest_mask(task: &Task, kind: ContextKind) -> Option<usize> {
    let is_mask = |entry: &HeldLock| Mark::of(entry).is_some_and(|mark| mark.kind() == kind);
    entries(task)
        .find(|(_, entry)| is_mask(entry))
        .map(|(depth, _)| depth)
}
