//! The order of the locks of one class, by instance.
//!
//! An order of two locks that always stays the same is fine, and a cycle of instances is one of
//! locks. The graph of instances is the same kind of graph as that of classes, so modes and queued
//! writers count as they do there.

use heldby_graph::{Added, Cycle, DependencyGraph, Hold, Kind, Readers, Step, Want};
use heldby_model::Certainty;
use rustc_hash::{FxHashMap, FxHashSet};

use super::order;
use super::recursion::recursion;
use crate::class::ClassId;
use crate::held::HeldLock;
use crate::learned::{DependencyId, Learned};
use crate::mode::Mode;
use crate::validate::Candidate;
use crate::violation::{CycleStep, Dependency, Violation};

/// The nestings of locks of one class, by instance.
#[derive(Clone, Debug)]
pub(crate) struct Nestings {
    graph: DependencyGraph,
    dependencies: FxHashMap<DependencyId, Dependency>,
}

impl Default for Nestings {
    fn default() -> Self {
        Self {
            graph: DependencyGraph::new(Readers::BlockBehindWriter),
            dependencies: FxHashMap::default(),
        }
    }
}

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
            .iter()
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
            violations.extend(nestings.report(learned, candidate, class, cycles));
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
    let known = learned.nestings.get(&candidate.class);
    if known.is_some_and(|nestings| nestings.dependencies.contains_key(&id)) {
        return Vec::new();
    }
    let seen = candidate.dependency_from(held, learned);
    let writer_seen = writer_may_queue(learned, candidate);
    let mut nestings = learned
        .nestings
        .remove(&candidate.class)
        .unwrap_or_default();
    let cycles = nestings.add(id, &seen, writer_seen);
    let mut violations = nestings.report(learned, candidate, candidate.class, cycles);
    learned.nestings.insert(candidate.class, nestings);
    violations.extend(add_to_class(learned, candidate, id.2, &seen));
    violations
}

/// Nested locks of one class count inside it for cycles through other classes.
fn add_to_class(
    learned: &mut Learned,
    candidate: &Candidate<'_>,
    kind: Kind,
    dependency: &Dependency,
) -> Option<Violation> {
    let class = candidate.class.0;
    let added = learned.graph.add_nested(class, kind, &[]);
    if added == Added::Known {
        return None;
    }
    learned.keep((class, class, kind), dependency);
    match added {
        Added::Known | Added::Accepted | Added::Gated => None,
        Added::Closes(cycle) => Some(order::violation(learned, candidate, &cycle)),
    }
}

/// The kind of a dependency from a shared hold to a fair read.
const READ_AGAIN: Kind = Kind {
    hold: Hold::Shared,
    want: Want::Read,
};

impl Nestings {
    fn add(&mut self, id: DependencyId, seen: &Dependency, writer_seen: bool) -> Vec<Cycle> {
        let (from, to, kind) = id;
        let added = self.graph.add(from, to, kind, &[]);
        self.dependencies.entry(id).or_insert_with(|| seen.clone());
        let mut cycles = Vec::new();
        if let Added::Closes(cycle) = added {
            cycles.push(cycle);
        }
        if writer_seen {
            cycles.extend(self.add_writer(from));
            cycles.extend(self.add_writer(to));
        }
        cycles
    }

    /// Says that a writer can queue between two readers of a lock.
    ///
    /// The graph looks for cycles that pass another lock; one that is read again under itself is a
    /// cycle alone.
    fn add_writer(&mut self, lock: u32) -> Vec<Cycle> {
        let first = !self.graph.has_writer(lock);
        let mut cycles = self.graph.add_writer(lock);
        if first && self.dependencies.contains_key(&(lock, lock, READ_AGAIN)) {
            let step = Step {
                from: lock,
                to: lock,
                kind: READ_AGAIN,
                queued_writer: true,
            };
            cycles.push(Cycle { steps: vec![step] });
        }
        cycles
    }

    fn add_writer_of_every_lock(&mut self) -> Vec<Cycle> {
        let mut locks: Vec<u32> = self
            .dependencies
            .keys()
            .flat_map(|&(from, to, _)| [from, to])
            .collect();
        locks.sort_unstable();
        locks.dedup();
        locks
            .into_iter()
            .flat_map(|lock| self.add_writer(lock))
            .collect()
    }

    /// The cycles that a first writer of the class would close, one for each set of places.
    pub(crate) fn pending(&self, class: ClassId) -> Vec<Vec<CycleStep>> {
        let cycles = self.clone().add_writer_of_every_lock();
        let mut said = FxHashSet::default();
        let described = cycles.iter().map(|cycle| self.describe(class, cycle));
        described
            .filter(|steps| {
                let places = steps.iter().map(|CycleStep { dependency, .. }| {
                    (dependency.held_site, dependency.acquired_site)
                });
                places.filter(|&place| said.insert(place)).count() > 0
            })
            .collect()
    }

    /// One violation for each pair of places, however many instances go through them.
    fn report(
        &self,
        learned: &mut Learned,
        candidate: &Candidate<'_>,
        class: ClassId,
        cycles: Vec<Cycle>,
    ) -> Vec<Violation> {
        let mut violations = Vec::new();
        for cycle in cycles {
            let steps = self.describe(class, &cycle);
            let said = steps.iter().map(|CycleStep { dependency, .. }| {
                let (held, acquired) = (dependency.held_site, dependency.acquired_site);
                (
                    order::code_of(&cycle),
                    Certainty::Possible,
                    Some(class),
                    Some(held),
                    Some(acquired),
                )
            });
            if said.filter(|&said| learned.is_new(said)).count() == 0 {
                continue;
            }
            violations.push(match <[CycleStep; 1]>::try_from(steps) {
                Ok([only]) => recursion(learned, candidate, class, only.dependency),
                Err(steps) => {
                    let stack = candidate.stack(learned);
                    order::cycle_violation(candidate, steps, order::code_of(&cycle), stack)
                }
            });
        }
        violations
    }

    fn describe(&self, class: ClassId, cycle: &Cycle) -> Vec<CycleStep> {
        let describe = |step: &Step| CycleStep {
            from: class,
            to: class,
            kind: step.kind,
            queued_writer: step.queued_writer,
            dependency: self.dependencies[&(step.from, step.to, step.kind)].clone(),
        };
        cycle.steps.iter().map(describe).collect()
    }

    /// Forgets a lock that is gone.
    pub(crate) fn remove(&mut self, instance: u32) {
        for (from, to) in self.graph.remove(instance) {
            for kind in Kind::ALL {
                self.dependencies.remove(&(from, to, kind));
            }
        }
    }
}
