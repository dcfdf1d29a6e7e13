//! Orders that may be none: what was asked for in one arm while another one of the task may hold the
//! rest, see [`crate::arms`].
//!
//! They are kept apart from the graph, so that none of them makes or hides a cycle, and whatever cycles
//! they would close are pending.

use heldby_graph::{Added, Cycle};
use rustc_hash::FxHashMap;

use super::{order, recursion};
use crate::arms::Doubt;
use crate::class::ClassId;
use crate::dependencies::DependencyId;
use crate::learned::Learned;
use crate::validate::Candidate;
use crate::violation::{CycleStep, Dependency};

/// Orders that may be none.
#[derive(Debug, Default)]
pub(crate) struct Unmarked {
    /// How each was first seen, in the order in which they were.
    orders: Vec<(DependencyId, Dependency)>,
    known: FxHashMap<DependencyId, usize>,
    /// Locks that were asked for where the same one may have been held by the same arm.
    again: FxHashMap<ClassId, CycleStep>,
}

/// Keeps the orders of the candidate, which are in doubt.
pub(crate) fn keep(learned: &mut Learned, candidate: &Candidate<'_>, doubt: Doubt) {
    for held in candidate.below {
        if !held.meta.is_hidden() && recursion::waits_for_itself(candidate, held) {
            let dependency = Dependency {
                doubt: Some(doubt),
                ..candidate.dependency_from(held, learned)
            };
            let step = CycleStep {
                from: candidate.class,
                to: candidate.class,
                kind: candidate.kind_from(held),
                queued_writer: false,
                dependency,
            };
            learned
                .unmarked
                .again
                .entry(candidate.class)
                .or_insert(step);
        }
    }
    for held in order::ordered_before(learned, candidate) {
        let class = ClassId::from_word(held.class_word());
        let id = (class.0, candidate.class.0, candidate.kind_from(held));
        if held.meta.is_hidden() || learned.unmarked.known.contains_key(&id) {
            continue;
        }
        let dependency = Dependency {
            doubt: Some(doubt),
            ..candidate.dependency_from(held, learned)
        };
        let unmarked = &mut learned.unmarked;
        unmarked.known.insert(id, unmarked.orders.len());
        unmarked.orders.push((id, dependency));
    }
}

/// The cycles that they would close.
///
/// # Cost
/// Nothing while there is no such order; else a copy of the graph, and a search for each.
pub(crate) fn pending(learned: &Learned) -> Vec<Vec<CycleStep>> {
    let unmarked = &learned.unmarked;
    let mut again: Vec<_> = unmarked.again.iter().collect();
    again.sort_unstable_by_key(|&(class, _)| *class);
    let mut pending: Vec<_> = again
        .into_iter()
        .map(|(_, step)| vec![step.clone()])
        .collect();
    if unmarked.orders.is_empty() {
        return pending;
    }
    let mut graph = learned.graph.clone();
    for &((from, to, kind), _) in &unmarked.orders {
        if let Added::Closes(cycle) = graph.add(from, to, kind, &[]) {
            pending.push(describe(learned, &cycle));
        }
    }
    pending
}

fn describe(learned: &Learned, cycle: &Cycle) -> Vec<CycleStep> {
    let unmarked = &learned.unmarked;
    let steps = cycle.steps.iter().map(|step| {
        let id = (step.from, step.to, step.kind);
        // The same order may have been seen for certain as well, and then is in no doubt.
        let in_doubt = unmarked.known.get(&id);
        match in_doubt.filter(|_| learned.dependencies.get(&learned.graph, id).is_none()) {
            Some(&at) => CycleStep {
                from: ClassId(step.from),
                to: ClassId(step.to),
                kind: step.kind,
                queued_writer: step.queued_writer,
                dependency: unmarked.orders[at].1.clone(),
            },
            None => learned.describe_step(step),
        }
    });
    steps.collect()
}

impl Unmarked {
    /// Forgets `class`.
    pub(crate) fn forget(&mut self, class: ClassId) {
        self.again.remove(&class);
        self.orders
            .retain(|&((from, to, _), _)| from != class.0 && to != class.0);
        let numbered = self.orders.iter().enumerate();
        self.known = numbered.map(|(at, &(id, _))| (id, at)).collect();
    }
}
