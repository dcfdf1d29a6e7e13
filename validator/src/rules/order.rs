//! Lock order: dependencies from what is held to what is wanted.

use heldby_graph::{Added, Cycle, Step, planted};
use heldby_model::{Certainty, Code};
use smallvec::SmallVec;

use crate::class::ClassId;
use crate::config::Profile;
use crate::held::HeldLock;
use crate::learned::Learned;
use crate::limits::FEW_HELD;
use crate::lock_key::ClassPolicy;
use crate::mode::{Attempt, Mode};
use crate::record::Note;
use crate::rules::{event, gate, nestings, recursion, usage};
use crate::stack::Stack;
use crate::validate::{Candidate, append, push};
use crate::violation::{CycleStep, Subject, Violation, Wrong};

/// Adds a dependency from every held lock that no other one implies, and reports the cycles that
/// close.
pub(crate) fn check(learned: &mut Learned, candidate: &Candidate<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    for held in ordered_before(learned, candidate) {
        let known = learned.dependencies.len();
        push(&mut violations, add(learned, candidate, held));
        append(&mut violations, usage::joined(learned, candidate, known));
    }
    if nestings::writer_may_queue(learned, candidate) {
        let mut classes = candidate.class.siblings();
        if classes.any(|class| !learned.graph.has_writer(class.0)) {
            violations.extend(first_writer(learned, candidate));
        }
    }
    violations
}

/// Says that a writer can queue at the wanted lock, and reports what that closes.
#[cold]
fn first_writer(learned: &mut Learned, candidate: &Candidate<'_>) -> Vec<Violation> {
    let first = |class: &ClassId| !learned.graph.has_writer(class.0);
    let classes: Vec<_> = candidate.class.siblings().filter(first).collect();
    let cycles: Vec<_> = classes
        .iter()
        .flat_map(|class| learned.graph.add_writer(class.0))
        .collect();
    let mut violations: Vec<_> = cycles
        .into_iter()
        .filter_map(|cycle| violation(learned, candidate, cycle))
        .collect();
    for class in classes {
        learned.note(Note::Writer(class));
        violations.extend(usage::joined_by_writer(learned, candidate, class));
    }
    violations
}

/// Adds the dependencies that `gone` stood for between the locks below it and the wanted one, when
/// they are not known themselves, and reports the cycles that were not reported through `gone`.
///
/// The wanted lock was asked for earlier, under more than is held now. What the dependency from
/// `gone` was always seen under was held then, too, and no cycle is less gated than it was.
pub(crate) fn uncover(
    learned: &mut Learned,
    candidate: &Candidate<'_>,
    gone: &HeldLock,
) -> Vec<Violation> {
    let mut violations = Vec::new();
    let (via, to) = (gone.class_word(), candidate.class.0);
    let via = ClassId::from_word(via).0;
    let gates = learned.graph.gates(via, to);
    for held in ordered_before(learned, candidate) {
        let from = ClassId::from_word(held.class_word()).0;
        let kind = candidate.kind_from(held);
        if learned.graph.knows(from, to, kind) {
            continue;
        }
        let gates = gate::without(&gates, held);
        let added = learned.graph.uncover([from, via, to], kind, &gates);
        candidate.keep(learned, (from, to, kind), held);
        match added {
            Added::Closes(cycle) if !planted("report-nothing-at-a-release") => {
                violations.extend(violation(learned, candidate, cycle));
            }
            _ => {}
        }
    }
    violations
}

/// The held locks of other classes that no newer one implies, newest first.
pub(crate) fn ordered_before<'a>(
    learned: &Learned,
    candidate: &Candidate<'a>,
) -> SmallVec<[&'a HeldLock; FEW_HELD]> {
    let mut ordered = SmallVec::new();
    if recursion::reads_again(learned, candidate) {
        return ordered;
    }
    let is_checked = |held: &&HeldLock| {
        let class = ClassId::from_word(held.class_word());
        let unchecked = learned.policy(class, candidate.profile) == ClassPolicy::NoValidate;
        !unchecked && held.meta.is_checked()
    };
    let is_other = |held: &HeldLock| ClassId::from_word(held.class_word()) != candidate.class;
    let (stack, arms) = candidate.stack_and_arms();
    for held in stack[candidate.exempt..].iter().filter(is_checked) {
        if is_other(held) {
            ordered.push(held);
        }
        if !learned.has_forgotten && implies_the_rest(held, candidate.profile) {
            break;
        }
    }
    let of_arms = arms.iter().filter(is_checked);
    ordered.extend(of_arms.filter(|held| is_other(held)));
    ordered
}

/// Whether every order from a lock below `held` is implied by the one from `held` itself.
///
/// Only an exclusive acquire that could block has recorded that order in full strength.
/// In the profile `kernel` a fair read has as well, since there it blocks like a writer, and a
/// bounded wait is a wait.
/// A lock that a nest lock ordered has recorded no order from what was taken under that.
pub(crate) fn implies_the_rest(held: &HeldLock, profile: Profile) -> bool {
    if held.meta.is_nested() {
        return false;
    }
    match (held.mode(), held.meta.attempt(), profile) {
        (Mode::Recursive, _, _) => planted("stop-at-recursive-reader"),
        (_, Attempt::Try, _) => planted("stop-at-taken-try"),
        (Mode::Write, Attempt::Block | Attempt::Again | Attempt::Sync, _) => true,
        (Mode::Write | Mode::Read, _, Profile::Kernel) => true,
        (Mode::Read, _, Profile::Userspace) => planted("stop-at-fair-reader"),
        (_, Attempt::Timed, Profile::Userspace) => false,
    }
}

fn add(learned: &mut Learned, candidate: &Candidate<'_>, held: &HeldLock) -> Option<Violation> {
    let from = ClassId::from_word(held.class_word());
    let kind = candidate.kind_from(held);
    let gates = candidate.gates_from(held, learned);
    let added = learned.graph.add(from.0, candidate.class.0, kind, &gates);
    if added == Added::Known {
        return None;
    }
    candidate.keep(learned, (from.0, candidate.class.0, kind), held);
    match added {
        Added::Known | Added::Accepted | Added::Gated => None,
        Added::Closes(cycle) => violation(learned, candidate, cycle),
    }
}

/// The violation that `cycle` is; if that is allowed, the next one through its closing dependency.
pub(crate) fn violation(
    learned: &mut Learned,
    candidate: &Candidate<'_>,
    mut cycle: Cycle,
) -> Option<Violation> {
    while learned.is_allowed(&cycle) {
        let Step { from, to, kind, .. } = *cycle.steps.last()?;
        cycle = learned.graph.look_again(from, to, kind)?;
    }
    let steps = learned.describe(&cycle);
    let stack = candidate.stack(learned);
    Some(cycle_violation(candidate, steps, code_of(&cycle), stack))
}

pub(crate) fn code_of(cycle: &Cycle) -> Code {
    Code::of_cycle(cycle.steps.len(), cycle.needs_queued_writer())
}

pub(crate) fn cycle_violation(
    candidate: &Candidate<'_>,
    steps: Vec<CycleStep>,
    code: Code,
    stack: Option<Stack>,
) -> Violation {
    Violation {
        code: event::code_of(&steps).unwrap_or(code),
        certainty: Certainty::Possible,
        wrong: Wrong::Cycle(steps),
        subject: Some(Subject {
            class: candidate.class,
            mode: candidate.wanted.mode(),
        }),
        site: Some(candidate.wanted.site),
        stack,
        at: candidate.now(),
        new: true,
    }
}
