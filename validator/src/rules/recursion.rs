//! Two locks of one class nested.
//!
//! The profile `kernel`, and a class with the policy `forbid`, report any such nesting but a
//! recursive read under a read.
//! Otherwise the instances decide, see [`nestings`], or what the class says of itself.

use heldby_graph::{Kind, planted};
use heldby_model::{Certainty, Code};

use super::{by_order, event, nestings};
use crate::class::ClassId;
use crate::config::Profile;
use crate::context;
use crate::held::HeldLock;
use crate::learned::Learned;
use crate::lock_key::ClassPolicy;
use crate::mode::Mode;
use crate::task::Task;
use crate::validate::{Candidate, append};
use crate::violation::{CycleStep, Dependency, Subject, Violation, Wrong};

/// Checks the wanted lock against the held ones of its class.
pub(crate) fn check(learned: &mut Learned, candidate: &Candidate<'_>) -> Vec<Violation> {
    match learned.policy(candidate.class, candidate.profile) {
        ClassPolicy::NoValidate | ClassPolicy::NoTrack => Vec::new(),
        ClassPolicy::Forbid => {
            let kernel = candidate.profile == Profile::Kernel;
            let held = candidate.interrupted.iter().rev();
            let oldest = held.chain(candidate.unordered().rev()).find(|held| {
                conflicts(candidate, held) || (!kernel && waits_for_itself(candidate, held))
            });
            oldest
                .and_then(|held| forbidden(learned, candidate, held))
                .into_iter()
                .collect()
        }
        ClassPolicy::ByInstance => {
            let mut violations = nestings::first_writer(learned, candidate);
            append(
                &mut violations,
                each(learned, candidate, nestings::by_instance),
            );
            violations
        }
        ClassPolicy::ByOrder => by_order::check(learned, candidate),
        ClassPolicy::Nestable => each(learned, candidate, |learned, candidate, held| {
            let inside = nestings::inside_class(learned, candidate, held);
            inside.into_iter().collect()
        }),
    }
}

/// Judges each held lock of the class; the same one, again, is wrong whatever the policy.
fn each(
    learned: &mut Learned,
    candidate: &Candidate<'_>,
    judge: impl Fn(&mut Learned, &Candidate<'_>, &HeldLock) -> Vec<Violation>,
) -> Vec<Violation> {
    let mut violations = Vec::new();
    for held in candidate.unordered() {
        if waits_for_itself(candidate, held) {
            violations.extend(forbidden(learned, candidate, held));
        } else if is_same_class(candidate, held) {
            violations.extend(judge(learned, candidate, held));
        }
    }
    violations
}

/// Checks the wanted lock against what the task held when the context interrupted it: where the
/// context was said to be masked, only this tells that it waits for itself. Where the class must not
/// nest, [`check`] does.
pub(crate) fn of_interrupted(
    learned: &mut Learned,
    candidate: &Candidate<'_>,
) -> Option<Violation> {
    if learned.policy(candidate.class, candidate.profile) != ClassPolicy::ByInstance {
        return None;
    }
    let mut interrupted = candidate.interrupted.iter();
    let held = interrupted.find(|held| waits_for_itself(candidate, held))?;
    forbidden(learned, candidate, held)
}

/// Whether a task waits for itself: it asks for a lock that it held when its context interrupted it.
pub(crate) fn waits_for_interrupted(task: &Task, wanted: &HeldLock) -> bool {
    let here = context::entries(task).count();
    let interrupted = task.held.newest_first().skip(here);
    interrupted
        .map(|(_, held)| held)
        .any(|held| !held.is_mark() && same_lock(&held, wanted))
}

/// Whether the two are holds of one lock, and not both are reads.
fn same_lock(held: &HeldLock, wanted: &HeldLock) -> bool {
    let exclusive = [held.mode(), wanted.mode()].contains(&Mode::Write);
    exclusive && nestings::is_known(held) && held.instance() == wanted.instance()
}

/// Whether a hold is of the wanted class; a subclass is a class of its own.
fn is_same_class(candidate: &Candidate<'_>, held: &HeldLock) -> bool {
    held.class_word() == candidate.wanted.class_word()
}

/// Whether a hold is of the wanted class and may block the wanted lock.
pub(super) fn conflicts(candidate: &Candidate<'_>, held: &HeldLock) -> bool {
    is_same_class(candidate, held) && !passes(held.mode(), candidate.wanted.mode())
}

/// Whether the wanted lock is the held one, in whatever subclass, and not both are reads.
pub(super) fn waits_for_itself(candidate: &Candidate<'_>, held: &HeldLock) -> bool {
    same_lock(held, &candidate.wanted)
}

/// Whether the task reads the wanted lock already and reads it again, which no holder of the lock
/// can keep it from.
///
/// Only a writer that queues between the two reads can, and that one waits for this task: the lock is
/// then taken while it is held, which is judged by itself, and no other lock has a part in it.
pub(super) fn reads_again(learned: &Learned, candidate: &Candidate<'_>) -> bool {
    let judged = learned.policy(candidate.class, candidate.profile) == ClassPolicy::ByInstance;
    let read_before = |held: &HeldLock| {
        (held.has_ids(candidate.wanted.ids)
            || planted("read-again-by-class") && is_same_class(candidate, held))
            && nestings::is_known(held)
            && held.mode() != Mode::Write
            && !held.meta.is_waiting()
            && held.meta.is_checked()
    };
    candidate.profile == Profile::Userspace
        && judged
        && candidate.wanted.mode() != Mode::Write
        && candidate.below[candidate.exempt..].iter().any(read_before)
}

/// Lockdep's table: only a recursive read under a read never blocks.
fn passes(held: Mode, wanted: Mode) -> bool {
    held != Mode::Write && wanted == Mode::Recursive
}

pub(super) fn forbidden(
    learned: &mut Learned,
    candidate: &Candidate<'_>,
    held: &HeldLock,
) -> Option<Violation> {
    let dependency = candidate.dependency_from(held, learned);
    let violation = recursion(learned, candidate, candidate.class, dependency);
    (violation.new || violation.certainty == Certainty::Now).then_some(violation)
}

/// The wanted lock, or one of its class, is held.
///
/// A thread that waits for itself hangs for certain, unless both are reads; a task may give up.
pub(super) fn recursion(
    learned: &mut Learned,
    candidate: &Candidate<'_>,
    class: ClassId,
    dependency: Dependency,
) -> Violation {
    let exclusive = [dependency.from_mode, dependency.to_mode].contains(&Mode::Write);
    let same_lock =
        dependency.from_instance != 0 && dependency.from_instance == dependency.to_instance;
    let gives_up = candidate.class.facts().lock_type.awaited;
    let certainty = if same_lock && exclusive && !gives_up {
        Certainty::Now
    } else {
        Certainty::Possible
    };
    let sites = (Some(dependency.held_site), Some(dependency.acquired_site));
    let dependency_mode = dependency.to_mode;
    let (hold, want) = (dependency.from_mode.hold(), dependency.to_mode.want());
    let step = CycleStep {
        from: class,
        to: class,
        kind: Kind { hold, want },
        queued_writer: !exclusive,
        dependency,
    };
    let code = event::code_of(std::slice::from_ref(&step)).unwrap_or(Code::Hb0003);
    let said = (code, certainty, Some(candidate.class), sites.0, sites.1);
    Violation {
        code,
        certainty,
        wrong: Wrong::Recursion(step),
        subject: Some(Subject {
            class,
            mode: dependency_mode,
        }),
        site: Some(candidate.wanted.site),
        stack: candidate.stack(learned),
        at: candidate.now(),
        new: learned.is_new(said),
    }
}
