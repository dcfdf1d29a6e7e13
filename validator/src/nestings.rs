//! The nestings of locks of one class that were seen, by instance.
//!
//! As long as the locks have some order, whatever their modes, nothing can close: a nesting is then
//! a pair of numbers and where it was first seen.
//! The first one that fits no order turns the pairs into a full graph, where modes, queued writers
//! and gates count as they do between classes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use heldby_graph::{
    Added, Cycle, DependencyGraph, Hold, InstanceOrder, Kind, Nested, Readers, Step, Want,
};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::class::ClassId;
use crate::dependencies::DependencyId;
use crate::mode::Mode;
use crate::site::Site;
use crate::violation::{CycleStep, Dependency};

/// All nestings of one class.
#[derive(Clone, Debug)]
pub(crate) struct Nestings {
    order: Order,
    pairs: FxHashMap<DependencyId, Pair>,
    witnesses: Witnesses,
    gates: GateSets,
    since: Instant,
}

#[derive(Clone, Debug)]
enum Order {
    /// Every nesting so far fits it.
    Any(Box<InstanceOrder>),
    /// Some do not; their modes decide.
    Strong(Box<DependencyGraph>),
}

/// How one pair was first seen.
#[derive(Clone, Debug)]
struct Pair {
    witness: Arc<Dependency>,
    /// Milliseconds since the first nesting of the class.
    seen_ms: u32,
    /// The gates under which every occurrence was seen, see [`GateSets`].
    gates: u32,
}

impl Default for Nestings {
    fn default() -> Self {
        Self {
            order: Order::Any(Box::default()),
            pairs: FxHashMap::default(),
            witnesses: Witnesses::default(),
            gates: GateSets::default(),
            since: Instant::now(),
        }
    }
}

/// The kind of a dependency from a shared hold to a fair read.
const READ_AGAIN: Kind = Kind {
    hold: Hold::Shared,
    want: Want::Read,
};

impl Nestings {
    /// Whether the pair is known, and under no more gates than these.
    pub(crate) fn implies(&self, id: DependencyId, gates: &[u32]) -> bool {
        let known = self.pairs.get(&id);
        known.is_some_and(|pair| self.gates.of(pair).iter().all(|gate| gates.contains(gate)))
    }

    /// Adds an occurrence of a pair that says something new, and returns the cycles that it closes.
    ///
    /// # Cost
    /// An entry of some forty bytes while the locks have an order; past that, as a dependency
    /// between two classes.
    pub(crate) fn add(
        &mut self,
        id: DependencyId,
        seen: &Dependency,
        gates: &[u32],
        writer_seen: bool,
    ) -> Vec<Cycle> {
        if !self.fits_any_order(id) {
            self.let_modes_decide(writer_seen);
        }
        self.keep(id, seen, gates);
        match self.order {
            Order::Any(_) => Vec::new(),
            Order::Strong(_) => self.add_to_graph(id, writer_seen),
        }
    }

    /// Keeps how the pair was first seen, and the gates under which it always was.
    fn keep(&mut self, id: DependencyId, seen: &Dependency, gates: &[u32]) {
        if let Some(pair) = self.pairs.get_mut(&id) {
            let mut common = self.gates.of(pair).to_vec();
            common.retain(|gate| gates.contains(gate));
            pair.gates = self.gates.share(&common);
            return;
        }
        let seen_ms = seen.seen.saturating_duration_since(self.since).as_millis();
        let pair = Pair {
            witness: self.witnesses.share(seen),
            seen_ms: u32::try_from(seen_ms).unwrap_or(u32::MAX),
            gates: self.gates.share(gates),
        };
        self.pairs.insert(id, pair);
    }

    /// Whether there is an order with the pair; true as well once modes decide.
    fn fits_any_order(&mut self, (from, to, _): DependencyId) -> bool {
        let known = Kind::ALL
            .iter()
            .any(|&kind| self.pairs.contains_key(&(from, to, kind)));
        match &mut self.order {
            Order::Any(order) => known || order.add(from, to) == Nested::InOrder,
            Order::Strong(_) => true,
        }
    }

    /// Makes the graph of the pairs so far, which has no cycle.
    fn let_modes_decide(&mut self, writer_seen: bool) {
        let mut graph = DependencyGraph::new(Readers::BlockBehindWriter);
        if let Order::Any(order) = &self.order {
            order
                .in_order()
                .into_iter()
                .for_each(|lock| graph.place(lock));
        }
        for (&(from, to, kind), pair) in &self.pairs {
            graph.add(from, to, kind, self.gates.of(pair));
        }
        self.order = Order::Strong(Box::new(graph));
        if writer_seen {
            self.add_writer_of_every_lock();
        }
    }

    fn add_to_graph(&mut self, (from, to, kind): DependencyId, writer_seen: bool) -> Vec<Cycle> {
        let Order::Strong(graph) = &mut self.order else {
            return Vec::new();
        };
        let gates = self.gates.of(&self.pairs[&(from, to, kind)]);
        let mut cycles = Vec::new();
        if let Added::Closes(cycle) = graph.add(from, to, kind, gates) {
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
        let Order::Strong(graph) = &mut self.order else {
            return Vec::new();
        };
        let first = !graph.has_writer(lock);
        let mut cycles = graph.add_writer(lock);
        if first && self.pairs.contains_key(&(lock, lock, READ_AGAIN)) {
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

    /// Says that a writer can queue at every lock, and returns the cycles that this closes.
    pub(crate) fn add_writer_of_every_lock(&mut self) -> Vec<Cycle> {
        if matches!(self.order, Order::Any(_)) {
            return Vec::new();
        }
        let ends = self.pairs.keys().flat_map(|&(from, to, _)| [from, to]);
        let mut locks: Vec<u32> = ends.collect();
        locks.sort_unstable();
        locks.dedup();
        locks
            .into_iter()
            .flat_map(|lock| self.add_writer(lock))
            .collect()
    }

    /// Says that `gate` keeps nothing apart any more, and returns the cycles that this closes.
    pub(crate) fn break_gate(&mut self, gate: u32) -> Vec<Cycle> {
        self.gates.remove(gate);
        match &mut self.order {
            Order::Any(_) => Vec::new(),
            Order::Strong(graph) => graph.break_gate(gate),
        }
    }

    /// The cycles that a first writer of the class would close, one for each set of places.
    pub(crate) fn pending(&self, class: ClassId) -> Vec<Vec<CycleStep>> {
        if matches!(self.order, Order::Any(_)) {
            return Vec::new();
        }
        let cycles = self.clone().add_writer_of_every_lock();
        let mut said = FxHashSet::default();
        let described = cycles.iter().map(|cycle| self.describe(class, cycle, None));
        described
            .filter(|steps| {
                let places = steps.iter().map(|CycleStep { dependency, .. }| {
                    (dependency.held_site, dependency.acquired_site)
                });
                places.filter(|&place| said.insert(place)).count() > 0
            })
            .collect()
    }

    /// The cycles that only gates keep apart, with those.
    pub(crate) fn gated(&self, class: ClassId) -> Vec<(Vec<CycleStep>, Vec<u32>)> {
        let Order::Strong(graph) = &self.order else {
            return Vec::new();
        };
        let gated = graph.gated().into_iter();
        gated
            .map(|gated| (self.describe(class, &gated.cycle, None), gated.gates))
            .collect()
    }

    /// The cycle with how each nesting was first seen; `newest` was seen at that very moment.
    pub(crate) fn describe(
        &self,
        class: ClassId,
        cycle: &Cycle,
        newest: Option<(DependencyId, Instant)>,
    ) -> Vec<CycleStep> {
        let describe = |step: &Step| {
            let id = (step.from, step.to, step.kind);
            let pair = &self.pairs[&id];
            let first_seen = self.since + Duration::from_millis(pair.seen_ms.into());
            let dependency = Dependency {
                from_instance: step.from,
                to_instance: step.to,
                seen: match newest {
                    Some((newest, now)) if newest == id => now,
                    _ => first_seen,
                },
                ..(*pair.witness).clone()
            };
            CycleStep {
                from: class,
                to: class,
                kind: step.kind,
                queued_writer: step.queued_writer,
                dependency,
            }
        };
        cycle.steps.iter().map(describe).collect()
    }

    /// Forgets a lock that is gone.
    pub(crate) fn remove(&mut self, instance: u32) {
        let pairs = match &mut self.order {
            Order::Any(order) => order.remove(instance),
            Order::Strong(graph) => graph.remove(instance),
        };
        for (from, to) in pairs {
            for kind in Kind::ALL {
                self.pairs.remove(&(from, to, kind));
            }
        }
        if self.pairs.is_empty() {
            *self = Self::default();
        }
    }
}

/// What pairs share that were first seen at the same places by the same thread.
#[derive(Clone, Debug, Default)]
struct Witnesses {
    known: FxHashMap<WitnessKey, Arc<Dependency>>,
    /// How many there may be before those are dropped that no pair needs.
    clean_at: usize,
}

type WitnessKey = (Site, Site, Mode, Mode, Arc<str>);

impl Witnesses {
    fn share(&mut self, seen: &Dependency) -> Arc<Dependency> {
        let sites = (seen.held_site, seen.acquired_site);
        let modes = (seen.from_mode, seen.to_mode);
        let key = (sites.0, sites.1, modes.0, modes.1, Arc::clone(&seen.thread));
        if !self.known.contains_key(&key) && self.known.len() >= self.clean_at {
            self.known
                .retain(|_, witness| Arc::strong_count(witness) > 1);
            self.clean_at = 16 + self.known.len() * 2;
        }
        let witness = self.known.entry(key);
        Arc::clone(witness.or_insert_with(|| Arc::new(seen.clone())))
    }
}

/// The sets of gates under which pairs were seen, each kept once; the first is the empty one.
///
/// A host has few of them, and most pairs have none.
#[derive(Clone, Debug)]
struct GateSets(Vec<Vec<u32>>);

impl Default for GateSets {
    fn default() -> Self {
        Self(vec![Vec::new()])
    }
}

impl GateSets {
    fn of(&self, pair: &Pair) -> &[u32] {
        &self.0[pair.gates as usize]
    }

    fn share(&mut self, gates: &[u32]) -> u32 {
        let known = self.0.iter().position(|known| known == gates);
        let at = known.unwrap_or_else(|| {
            self.0.push(gates.to_vec());
            self.0.len() - 1
        });
        at as u32
    }

    fn remove(&mut self, gate: u32) {
        self.0
            .iter_mut()
            .for_each(|gates| gates.retain(|&known| known != gate));
    }
}
