//! Cycles that some host allows, as its processes wrote into their records.

use heldby_graph::{Cycle, DependencyGraph, Kind, Step};
use heldby_model::Code;

use super::merged::Sorted;

/// A dependency as the graph knows it.
pub(super) type Id = (u32, u32, Kind);

pub(super) fn id(step: &Step) -> Id {
    (step.from, step.to, step.kind)
}

impl Sorted {
    /// The cycle; if that is allowed, the next one through its closing dependency, as in the engine.
    pub(super) fn not_allowed(
        &self,
        graph: &mut DependencyGraph,
        mut cycle: Cycle,
        allowed: &mut Vec<Id>,
    ) -> Option<Cycle> {
        while self.is_allowed(&cycle) {
            allowed.extend(cycle.steps.iter().map(id));
            let (from, to, kind) = id(cycle.steps.last()?);
            cycle = graph.look_again(from, to, kind)?;
        }
        Some(cycle)
    }

    /// Whether some host allows it: as a cycle, or as a report of the lock that its newest dependency asks
    /// for.
    pub(super) fn is_allowed(&self, cycle: &Cycle) -> bool {
        if self.allowed.is_empty() {
            return false;
        }
        let locks: Vec<_> = cycle
            .steps
            .iter()
            .map(|step| self.called(step.from))
            .collect();
        let newest = cycle.steps.iter();
        let newest = newest.max_by_key(|step| self.seen(step).sighting.at_ms);
        let subject = newest.map_or("", |step| self.called(step.to));
        let code = code_of(cycle);
        let mut allowed = self.allowed.iter();
        allowed.any(|it| it.silences_cycle(&locks) || it.silences_report(code, subject))
    }
}

pub(super) fn code_of(cycle: &Cycle) -> Code {
    Code::of_cycle(cycle.steps.len(), cycle.needs_queued_writer())
}
