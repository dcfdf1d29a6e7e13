//! Two locks of one class, by instance: an order of two locks that always stays the same is fine,
//! and a cycle of instances is one of locks.

use heldby_graph::{Added, Cycle, planted};
use heldby_model::Certainty;

use super::order;
use super::recursion::recursion;
use crate::class::ClassId;
use crate::dependencies::DependencyId;
use crate::held::HeldLock;
use crate::learned::Learned;
use crate::mode::Mode;
use crate::nestings::Nestings;
use crate::validate::Candidate;
use crate::violation::{CycleStep, Violation};

pub(super) fn is_known(lock: &HeldLock) -> bool {
    lock.instance() != 0
}

/// Whether a writer can queue at the wanted lock: this acquire is one, or one was seen of its class
/// or of a subclass, which is the same lock.
pub(crate) fn writer_may_queue(learned: &Learned, candidate: &Candidate<'_>) -> bool {
    candidate.wanted.mode() == Mode::Write
        || candidate
            .class
            .siblings()
            .any(|class| learned.graph.has_writer(class.0))
}

/// The first blocking writer of a class can queue between any two of its readers.
pub(super) fn first_writer(learned: &mut Learned, candidate: &Candidate<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    if !writer_may_queue(learned, candidate) {
        return violations;
    }
    for class in candidate.class.siblings() {
        if learned.graph.has_writer(class.0) {
            continue;
        }
        if let Some(mut nestings) = learned.nestings.remove(&class) {
            let cycles = nestings.add_writer_of_every_lock();
            violations.extend(report(&nestings, learned, candidate, class, &cycles, None));
            learned.nestings.insert(class, nestings);
        }
    }
    violations
}

pub(super) fn by_instance(
    learned: &mut Learned,
    candidate: &Candidate<'_>,
    held: &HeldLock,
) -> Vec<Violation> {
    if !is_known(held) || !is_known(&candidate.wanted) {
        return Vec::new();
    }
    let (from, to) = (held.instance(), candidate.wanted.instance());
    let id = (from, to, candidate.kind_from(held));
    let gates = candidate.gates_from(held, learned);
    let known = learned.nestings.get(&candidate.class);
    if known.is_some_and(|nestings| nestings.implies(id, &gates)) {
        return add_to_class(learned, candidate, held).into_iter().collect();
    }
    let seen = candidate.dependency_from(held, learned);
    let writer_seen = writer_may_queue(learned, candidate);
    let mut nestings = learned
        .nestings
        .remove(&candidate.class)
        .unwrap_or_default();
    let cycles = nestings.add(id, &seen, &gates, writer_seen);
    let class = candidate.class;
    let mut violations = report(&nestings, learned, candidate, class, &cycles, Some(id));
    learned.nestings.insert(class, nestings);
    violations.extend(add_to_class(learned, candidate, held));
    violations
}

/// Keeps that two locks of the class are nested, though their own order needs none to be kept.
pub(super) fn inside_class(
    learned: &mut Learned,
    candidate: &Candidate<'_>,
    held: &HeldLock,
) -> Option<Violation> {
    add_to_class(learned, candidate, held)
}

/// Says that `gate` keeps no locks of one class apart any more, and reports what this closes.
pub(super) fn break_gate(
    learned: &mut Learned,
    candidate: &Candidate<'_>,
    gate: u32,
) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut classes: Vec<_> = learned.nestings.keys().copied().collect();
    classes.sort_unstable();
    for class in classes {
        if let Some(mut nestings) = learned.nestings.remove(&class) {
            let cycles = nestings.break_gate(gate);
            violations.extend(report(&nestings, learned, candidate, class, &cycles, None));
            learned.nestings.insert(class, nestings);
        }
    }
    violations
}

/// Nested locks of one class count inside it for cycles through other classes.
fn add_to_class(
    learned: &mut Learned,
    candidate: &Candidate<'_>,
    held: &HeldLock,
) -> Option<Violation> {
    let class = candidate.class.0;
    let kind = candidate.kind_from(held);
    let gates = candidate.gates_from(held, learned);
    if planted("keep-nesting-out-of-class") {
        return None;
    }
    let added = learned.graph.add_nested(class, kind, &gates);
    if added == Added::Known {
        return None;
    }
    candidate.keep(learned, (class, class, kind), held);
    match added {
        Added::Known | Added::Accepted | Added::Gated => None,
        Added::Closes(cycle) => order::violation(learned, candidate, cycle),
    }
}

/// One violation for each pair of places, however many instances go through them; `newest` is the
/// nesting that was just added.
fn report(
    nestings: &Nestings,
    learned: &mut Learned,
    candidate: &Candidate<'_>,
    class: ClassId,
    cycles: &[Cycle],
    newest: Option<DependencyId>,
) -> Vec<Violation> {
    let newest = newest.map(|id| (id, candidate.now()));
    let mut violations = Vec::new();
    for cycle in cycles {
        let code = order::code_of(cycle);
        let steps = nestings.describe(class, cycle, newest);
        if learned.allowed.cycle(&steps) {
            continue;
        }
        let said = steps.iter().map(|CycleStep { dependency, .. }| {
            let (held, acquired) = (dependency.held_site, dependency.acquired_site);
            let certainty = Certainty::Possible;
            (code, certainty, Some(class), Some(held), Some(acquired))
        });
        if said.filter(|&said| learned.is_new(said)).count() == 0 {
            continue;
        }
        violations.push(match <[CycleStep; 1]>::try_from(steps) {
            Ok([only]) => recursion(learned, candidate, class, only.dependency),
            Err(steps) => {
                let stack = candidate.stack(learned);
                order::cycle_violation(candidate, steps, code, stack)
            }
        });
    }
    violations
}
