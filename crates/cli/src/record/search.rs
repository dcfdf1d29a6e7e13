//! What no process saw alone: the engine's own search over the union of the records.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use heldby_graph::{Added, Cycle, DependencyGraph, GatedCycle, Hold, Kind, Readers, Step, Want};
use heldby_model::record::RecordProfile;
use heldby_model::{
    Certainty, ClassNode, Dependency, DependencyEdge, DependencyKind, Findings, GraphSnapshot,
    HeldLock, LockClass, Report, Site, State,
};

use super::allowed::{Id, code_of, id};
use super::merged::{Identity, Seen, Sighting, Sorted};

/// The kinds as they are written and as the graph has them; those of the profile `kernel` last.
const KINDS: [(DependencyKind, Kind); 8] = {
    const fn of(hold: Hold, want: Want) -> Kind {
        Kind { hold, want }
    }
    [
        (DependencyKind::EW, of(Hold::Exclusive, Want::Write)),
        (DependencyKind::Er, of(Hold::Exclusive, Want::Read)),
        (DependencyKind::ER, of(Hold::Exclusive, Want::Recursive)),
        (DependencyKind::SW, of(Hold::Shared, Want::Write)),
        (DependencyKind::Sr, of(Hold::Shared, Want::Read)),
        (DependencyKind::SR, of(Hold::Shared, Want::Recursive)),
        (DependencyKind::EN, of(Hold::Exclusive, Want::Write)),
        (DependencyKind::SN, of(Hold::Shared, Want::Write)),
    ]
};

/// What the dependencies of some records make of themselves.
struct Searched {
    graph: DependencyGraph,
    /// Those that no host allows.
    cycles: Vec<Cycle>,
    /// The dependencies of cycles that are allowed, and of none that is not.
    allowed: Vec<Id>,
}

impl Sorted {
    /// The graph of all dependencies, and the cycles that they close, writers that any process saw
    /// included.
    fn search(&self) -> Searched {
        let mut graph = DependencyGraph::new(match self.profile {
            RecordProfile::Kernel => Readers::AlwaysBlock,
            RecordProfile::Userspace => Readers::BlockBehindWriter,
        });
        let is_gate = |&&gate: &&usize| !self.classes[gate].has_second;
        let (mut cycles, mut allowed) = (Vec::new(), Vec::new());
        for (&(from, to, kind), seen) in &self.dependencies {
            let gates = seen.gates.iter().filter(is_gate);
            let gates: Vec<_> = gates.map(|&at| at as u32).collect();
            let (from, to) = (from as u32, to as u32);
            let added = match from == to {
                true => graph.add_nested(from, self.normal(kind), &gates),
                false => graph.add(from, to, self.normal(kind), &gates),
            };
            if let Added::Closes(cycle) = added {
                cycles.extend(self.not_allowed(&mut graph, cycle, &mut allowed));
            }
        }
        let classes = self.classes.values().enumerate();
        for (class, _) in classes.filter(|(_, facts)| facts.has_writer) {
            for cycle in graph.add_writer(class as u32) {
                cycles.extend(self.not_allowed(&mut graph, cycle, &mut allowed));
            }
        }
        let reported: BTreeSet<_> = cycles
            .iter()
            .flat_map(|cycle| &cycle.steps)
            .map(id)
            .collect();
        allowed.retain(|step| !reported.contains(step));
        Searched {
            graph,
            cycles,
            allowed,
        }
    }

    /// The reports of all processes, and what follows from them together.
    ///
    /// A cycle that a process reported is not told a second time.
    pub(crate) fn findings(&self) -> Findings {
        let Searched { graph, cycles, .. } = self.search();
        let told: BTreeSet<_> = self.reports.values().map(places).collect();
        let is_new = |report: &Report| !told.contains(&places(report));
        let closed = cycles.iter().map(|cycle| self.report(cycle, &[]));
        let mut reports: Vec<_> = self.reports.values().cloned().collect();
        reports.extend(closed.filter(is_new));
        reports.sort_by_cached_key(Identity::of);
        let open = graph.open_cycles();
        let pending = open.pending.iter();
        let pending = pending
            .filter(|cycle| !self.is_allowed(cycle))
            .map(|cycle| self.report(cycle, &[]));
        let gated = open.gated.iter();
        let gated = gated.filter(|gated| !self.is_allowed(&gated.cycle));
        let gated = gated.map(|GatedCycle { cycle, gates }| self.report(cycle, gates));
        Findings::new(reports, pending.collect(), gated.collect())
    }

    /// All dependencies with how each stands, as a picture shows them.
    pub(crate) fn graph(&self) -> GraphSnapshot {
        let Searched { graph, allowed, .. } = self.search();
        let open = graph.open_cycles();
        let gated = open.gated.iter().flat_map(|gated| &gated.cycle.steps);
        let pending = open.pending.iter().flat_map(|cycle| &cycle.steps);
        // Where there are several states, the last one counts.
        let mut states = BTreeMap::new();
        states.extend(gated.map(|step| (id(step), State::Gated)));
        states.extend(pending.map(|step| (id(step), State::Pending)));
        states.extend(graph.told().map(|id| (id, State::Reported)));
        states.extend(allowed.into_iter().map(|id| (id, State::Allowed)));
        let classes = (0..self.classes.len()).map(|class| {
            let LockClass {
                name,
                type_name,
                made_at,
                instances,
                ..
            } = self.lock_class(class);
            ClassNode {
                id: class as u32,
                name,
                type_name,
                made_at,
                instances,
            }
        });
        let dependencies = self.dependencies.iter().map(|(&(from, to, kind), seen)| {
            let (from, to) = (from as u32, to as u32);
            let state = states.get(&(from, to, self.normal(kind)));
            let [held_stack, acquired_stack] = seen.sighting.stacks();
            DependencyEdge {
                from,
                to,
                kind,
                state: state.copied().unwrap_or(State::Accepted),
                held_site: seen.sighting.held_site.site(),
                acquired_site: seen.sighting.acquired_site.site(),
                thread: Arc::clone(&seen.sighting.thread),
                span: seen.sighting.span.clone(),
                held_stack: held_stack.to_vec(),
                acquired_stack: acquired_stack.to_vec(),
            }
        });
        GraphSnapshot {
            lock_stats: self.lock_stats(),
            ..GraphSnapshot::new(classes.collect(), dependencies.collect())
        }
    }

    fn report(&self, cycle: &Cycle, gates: &[u32]) -> Report {
        let newest = cycle
            .steps
            .iter()
            .map(|step| self.seen(step).sighting.at_ms);
        let newest = newest.max().unwrap_or_default();
        let mut steps = cycle.steps.clone();
        // Oldest first, the one that closed it last, as in the report of a process.
        let closing = (0..steps.len()).max_by_key(|&at| self.seen(&steps[at]).sighting.at_ms);
        steps.rotate_left(closing.map_or(0, |at| (at + 1) % cycle.steps.len()));
        let last = steps.len() - 1;
        let seen: Vec<_> = steps.iter().map(|step| self.seen(step)).collect();
        let closing = &seen[last].sighting;
        let age = |at: usize| (at != last).then(|| newest - seen[at].sighting.at_ms);
        let dependencies = (0..steps.len()).map(|at| self.dependency(&steps[at], age(at)));
        let code = code_of(cycle);
        let mut classes: Vec<_> = steps.iter().map(|step| step.from as usize).collect();
        classes.sort_unstable();
        classes.dedup();
        let mut report = Report {
            code,
            kind: code.kind(),
            certainty: Certainty::Possible,
            title: String::new(),
            locks: steps
                .iter()
                .map(|step| self.name(step.from as usize))
                .collect(),
            thread: closing.thread.to_string(),
            site: closing.acquired_site.site(),
            function: None,
            wanted: None,
            context: None,
            interruption: None,
            suspension: None,
            cycle: dependencies.collect(),
            gates: gates.iter().map(|&gate| self.name(gate as usize)).collect(),
            threads: Vec::new(),
            held: vec![HeldLock {
                lock: self.name(steps[last].from as usize),
                mode: closing.from_mode,
                site: closing.held_site.site(),
                derived: Vec::new(),
                stack: closing.stacks()[0].to_vec(),
            }],
            classes: classes
                .into_iter()
                .map(|class| self.lock_class(class))
                .collect(),
            ways: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
            stack: closing.stacks()[1].to_vec(),
            record: None,
        };
        report.advise();
        report.notes.extend(apart(&seen));
        report
    }

    pub(super) fn seen(&self, step: &Step) -> &Seen {
        let key = |kind| (step.from as usize, step.to as usize, kind);
        let kinds = KINDS.iter().map(|&(kind, _)| kind);
        kinds
            .filter(|&kind| self.normal(kind) == step.kind)
            .filter_map(|kind| self.dependencies.get(&key(kind)))
            .min_by_key(|seen| &seen.sighting)
            .expect("the graph tells only dependencies that it was given")
    }

    fn dependency(&self, step: &Step, age_ms: Option<u64>) -> Dependency {
        let seen = &self.seen(step).sighting;
        let (held_site, acquired_site) = (seen.held_site.site(), seen.acquired_site.site());
        let [held_stack, acquired_stack] = seen.stacks();
        Dependency {
            from: self.name(step.from as usize),
            to: self.name(step.to as usize),
            kind: self.shown(step.kind),
            from_mode: seen.from_mode,
            to_mode: seen.to_mode,
            from_instance: None,
            to_instance: None,
            held_function: held_site
                .function_in(held_stack)
                .or_else(|| held_site.function_in(acquired_stack)),
            acquired_function: acquired_site.function_in(acquired_stack),
            held_site,
            acquired_site,
            thread: seen.thread.to_string(),
            span: seen.span.as_deref().map(str::to_owned),
            age_ms,
            queued_writer: step.queued_writer,
            after_wait: seen.after_wait,
            doubt: None,
            ended_before: false,
            held_stack: held_stack.to_vec(),
            acquired_stack: acquired_stack.to_vec(),
        }
    }

    /// The kind as the graph has it: the profile `kernel` does not tell a fair read from a write.
    fn normal(&self, kind: DependencyKind) -> Kind {
        let known = KINDS.iter().find(|&&(known, _)| known == kind);
        let mut kind = known.expect("every kind is in the table").1;
        if self.profile == RecordProfile::Kernel && kind.want == Want::Read {
            kind.want = Want::Write;
        }
        kind
    }

    /// The kind as a report has it.
    fn shown(&self, kind: Kind) -> DependencyKind {
        let mut kinds = KINDS.iter().filter(|&&(_, known)| known == kind);
        let first = kinds.next();
        let shown = match self.profile {
            RecordProfile::Userspace => first,
            RecordProfile::Kernel => kinds.next_back().or(first),
        };
        shown.expect("every kind is in the table").0
    }

    /// What reports call the class at a place.
    pub(crate) fn name(&self, place: usize) -> String {
        self.called(place as u32).to_owned()
    }

    pub(super) fn called(&self, class: u32) -> &str {
        let class = self.classes.get_index(class as usize);
        class.map_or("", |(key, _)| &*key.name)
    }

    pub(super) fn lock_class(&self, class: usize) -> LockClass {
        let (key, facts) = self
            .classes
            .get_index(class)
            .expect("a class of the graph is one of these");
        LockClass {
            name: key.name.clone(),
            type_name: key.type_name.clone(),
            role: key.role,
            made_at: facts.made_at.clone(),
            instances: if facts.has_second { 2 } else { 1 },
        }
    }
}

/// Where the dependencies of a report were seen, in no order: by that a cycle is the same, whoever
/// tells it.
fn places(report: &Report) -> BTreeSet<(String, String, Site, Site)> {
    let place = |step: &Dependency| {
        (
            step.from.clone(),
            step.to.clone(),
            step.held_site.clone(),
            step.acquired_site.clone(),
        )
    };
    report.cycle.iter().map(place).collect()
}

/// Says which process saw what, where no single one saw all.
fn apart(seen: &[&Seen]) -> Option<String> {
    let processes: BTreeSet<_> = seen.iter().map(|seen| &seen.sighting.process).collect();
    if processes.len() < 2 {
        return None;
    }
    let saw = seen.iter().enumerate().map(|(at, seen)| {
        let Sighting {
            process, thread, ..
        } = &seen.sighting;
        let program = Path::new(&process.executable).file_name();
        let program = program.map_or_else(|| "a process".into(), |name| name.to_string_lossy());
        format!(
            "{} by `{thread}` of `{program}` (process {})",
            at + 1,
            process.pid
        )
    });
    let saw: Vec<_> = saw.collect();
    Some(format!(
        "no single process saw all of it: dependency {}.",
        saw.join(", ")
    ))
}
