//! What a validator has learned, under the graph lock.

use heldby_graph::{Cycle, DependencyGraph, GatedCycle, Readers, ShardedMap, Step};
use heldby_model::{Certainty, Code, Report};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::allow::{Allowances, Allowed};
use crate::class::ClassId;
use crate::config::Profile;
use crate::declared::{Declared, NamedOrder};
use crate::dependencies::{Dependencies, DependencyId, Seen};
use crate::life::Joins;
use crate::limits::KEPT_REPORTS;
use crate::lock_key::ClassPolicy;
use crate::nestings::Nestings;
use crate::record::Note;
use crate::rules::event::{self, Events};
use crate::rules::gate::Gates;
use crate::rules::unmarked::{self, Unmarked};
use crate::site::Site;
use crate::stack::{Stack, StackId, StackTable};
use crate::task::Task;
use crate::usages::Usages;
use crate::violation::{CycleStep, Dependency};

/// A violation that was said: it is said once, and once more when it is certain.
pub(crate) type Said = (Code, Certainty, Option<ClassId>, Option<Site>, Option<Site>);

/// Everything that was learned.
#[derive(Debug)]
pub(crate) struct Learned {
    pub(crate) graph: DependencyGraph,
    pub(crate) dependencies: Dependencies,
    pub(crate) events: Events,
    /// Orders that may be none.
    pub(crate) unmarked: Unmarked,
    pub(crate) joins: Joins,
    /// How classes are used in interrupt-like contexts and outside of them.
    pub(crate) usages: Usages,
    pub(crate) gates: Gates,
    pub(crate) nestings: FxHashMap<ClassId, Nestings>,
    pub(crate) policies: FxHashMap<ClassId, ClassPolicy>,
    pub(crate) allowed: Allowed,
    /// The order that the host declares, if it does.
    pub(crate) declared: Option<Box<Declared>>,
    /// Dependencies of cycles that were allowed, and of none that was reported.
    pub(crate) allowed_dependencies: FxHashSet<DependencyId>,
    pub(crate) said: FxHashSet<Said>,
    pub(crate) reports: Vec<Report>,
    pub(crate) stacks: StackTable,
    /// Where each chain was first made, with its stack.
    pub(crate) chain_stacks: ShardedMap<u64, (Site, StackId)>,
    /// Some order was forgotten while a held lock may have stood for it, so that no held lock can
    /// be trusted to imply what is below it.
    pub(crate) has_forgotten: bool,
    pub(crate) chains: u64,
    pub(crate) repeats: u64,
    /// What the record lacks; `None` where none is kept.
    notes: Option<Vec<Note>>,
}

impl Learned {
    pub(crate) fn new(profile: Profile, allowances: Allowances) -> Self {
        let readers = match profile {
            Profile::Kernel => Readers::AlwaysBlock,
            Profile::Userspace => Readers::BlockBehindWriter,
        };
        Self {
            graph: DependencyGraph::new(readers),
            dependencies: Dependencies::default(),
            events: Events::default(),
            unmarked: Unmarked::default(),
            joins: Joins::default(),
            usages: Usages::default(),
            gates: Gates::default(),
            nestings: FxHashMap::default(),
            policies: FxHashMap::default(),
            allowed: Allowed::new(allowances),
            declared: None,
            allowed_dependencies: FxHashSet::default(),
            said: FxHashSet::default(),
            reports: Vec::new(),
            stacks: StackTable::default(),
            chain_stacks: ShardedMap::default(),
            has_forgotten: false,
            chains: 0,
            repeats: 0,
            notes: None,
        }
    }

    /// The policy of `class`: set at run time for it or for the class that it is a subclass of, else
    /// by its name in the host's file, else given with its key, else the profile's.
    #[inline]
    pub(crate) fn policy(&self, class: ClassId, profile: Profile) -> ClassPolicy {
        let is_set = !self.policies.is_empty() || self.allowed.has_policies();
        let set = is_set.then(|| self.set_policy(class)).flatten();
        let given = || class.facts().policy;
        set.or_else(given).unwrap_or(match profile {
            Profile::Kernel if !class.role().is_event() => ClassPolicy::Forbid,
            Profile::Kernel | Profile::Userspace => ClassPolicy::ByInstance,
        })
    }

    /// The policy that was set for `class` at run time or by its name.
    #[cold]
    fn set_policy(&self, class: ClassId) -> Option<ClassPolicy> {
        let of_base = || self.policies.get(&class.base());
        let set = self.policies.get(&class).or_else(of_base).copied();
        set.or_else(|| self.allowed.policy(class))
    }

    /// Whether nothing is checked of the locks of `class`.
    pub(crate) fn is_unchecked(&self, class: ClassId, profile: Profile) -> bool {
        let policy = self.policy(class, profile);
        matches!(policy, ClassPolicy::NoValidate | ClassPolicy::NoTrack)
    }

    /// How much was learned that a wait for an event is judged by. It only grows, until all chains are
    /// forgotten.
    pub(crate) fn news(&self) -> u64 {
        self.events.changes() + self.dependencies.len() as u64 + self.chains
    }

    /// Keeps how a dependency was seen: the first time, and again when a gate was not held.
    pub(crate) fn keep(&mut self, id: DependencyId, seen: &Seen, task: &Task) {
        self.dependencies.keep(&mut self.graph, id, seen, task);
        self.note(Note::Dependency(id));
    }

    /// Has every dependency judged by an order from now on.
    pub(crate) fn declare(&mut self, order: &NamedOrder) {
        self.declared = Some(Box::new(Declared::new(order)));
    }

    /// Keeps notes for the record from now on.
    pub(crate) fn record(&mut self) {
        self.notes = Some(Vec::new());
    }

    /// Leaves a note for the record, if one is kept.
    pub(crate) fn note(&mut self, note: Note) {
        if let Some(notes) = &mut self.notes {
            notes.push(note);
        }
    }

    /// The notes since this was asked last.
    pub(crate) fn take_notes(&mut self) -> Vec<Note> {
        self.notes.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// How a dependency was seen, if it is known.
    pub(crate) fn dependency(&self, id: DependencyId) -> Option<Dependency> {
        let record = self.dependencies.get(&self.graph, id)?;
        let (dependency, [held, acquired]) = self.dependencies.describe(record);
        Some(Dependency {
            held_stack: self.stacks.get(held),
            acquired_stack: self.stacks.get(acquired),
            ..dependency
        })
    }

    /// Whether the host allows a cycle that was just told.
    pub(crate) fn is_allowed(&mut self, cycle: &Cycle) -> bool {
        if self.allowed.is_empty() {
            return false;
        }
        let steps = self.describe(cycle);
        let ids = cycle
            .steps
            .iter()
            .map(|step| (step.from, step.to, step.kind));
        let allowed = self.allowed.cycle(&steps);
        match allowed {
            true => self.allowed_dependencies.extend(ids),
            false => ids.for_each(|id| {
                self.allowed_dependencies.remove(&id);
            }),
        }
        allowed
    }

    /// The cycle with how each of its dependencies was seen.
    pub(crate) fn describe(&self, cycle: &Cycle) -> Vec<CycleStep> {
        cycle
            .steps
            .iter()
            .map(|step| self.describe_step(step))
            .collect()
    }

    /// The step of a cycle or of a path, with how its dependency was seen.
    pub(crate) fn describe_step(&self, step: &Step) -> CycleStep {
        let dependency = self.dependency((step.from, step.to, step.kind));
        CycleStep {
            from: ClassId(step.from),
            to: ClassId(step.to),
            kind: step.kind,
            queued_writer: step.queued_writer,
            dependency: dependency.expect("what the graph knows is kept"),
        }
    }

    /// The cycles that only lack a writer of some class.
    pub(crate) fn pending(&self) -> Vec<Vec<CycleStep>> {
        let cycles = self.graph.pending();
        let mut pending: Vec<_> = cycles.iter().map(|cycle| self.describe(cycle)).collect();
        let mut nested: Vec<_> = self.nestings.iter().collect();
        nested.retain(|(class, _)| !self.graph.has_writer(class.0));
        nested.sort_unstable_by_key(|&(class, _)| class);
        pending.extend(
            nested
                .into_iter()
                .flat_map(|(&class, nestings)| nestings.pending(class)),
        );
        pending.extend(event::pending(self));
        pending.extend(unmarked::pending(self));
        pending.retain(|steps| !self.allowed.covers(steps));
        pending
    }

    /// The cycles that only gates keep apart, with the classes of the gates.
    pub(crate) fn gated(&self) -> Vec<(Vec<CycleStep>, Vec<ClassId>)> {
        let of_classes = self.graph.gated().into_iter();
        let mut gated: Vec<_> = of_classes
            .map(|GatedCycle { cycle, gates }| (self.describe(&cycle), gates))
            .collect();
        let mut nested: Vec<_> = self.nestings.iter().collect();
        nested.sort_unstable_by_key(|&(class, _)| class);
        gated.extend(
            nested
                .into_iter()
                .flat_map(|(&class, nestings)| nestings.gated(class)),
        );
        gated.retain(|(steps, _)| !self.allowed.covers(steps));
        let class_of = |gate: &u32| self.gates.class_of(*gate);
        gated
            .into_iter()
            .map(|(steps, gates)| (steps, gates.iter().filter_map(class_of).collect()))
            .collect()
    }

    /// Keeps reports for the record, and for whoever asks up to a limit; false if some were left out.
    pub(crate) fn keep_report(&mut self, report: &Report) -> bool {
        if let Some(notes) = &mut self.notes {
            notes.push(Note::Report(Box::new(report.clone())));
        }
        let has_room = self.reports.len() < KEPT_REPORTS;
        if has_room {
            self.reports.push(report.clone());
        }
        has_room
    }

    /// The stack of the acquire that made the chain `key`, if it was made at `site`.
    pub(crate) fn stack_of(&self, key: u64, site: Site) -> Option<Stack> {
        self.stacks.get(self.stack_id_of(key, site))
    }

    /// The same as a number.
    pub(crate) fn stack_id_of(&self, key: u64, site: Site) -> StackId {
        match self.chain_stacks.get(&key) {
            Some(&(made_at, stack)) if made_at == site => stack,
            Some(_) | None => StackId::default(),
        }
    }

    /// Forgets every dependency of `class`.
    pub(crate) fn forget(&mut self, class: ClassId) {
        self.has_forgotten = true;
        self.graph.remove(class.0);
        self.events.forget(class);
        self.unmarked.forget(class);
        self.nestings.remove(&class);
        self.usages.forget(class.0);
        self.dependencies.forget(&mut self.graph, class.0);
        self.said.retain(|&(_, _, of, _, _)| of != Some(class));
    }

    /// Whether the violation is said for the first time.
    pub(crate) fn is_new(&mut self, said: Said) -> bool {
        let new = self.said.insert(said);
        self.repeats += u64::from(!new);
        new
    }
}
