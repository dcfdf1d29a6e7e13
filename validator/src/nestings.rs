//! The nestings of locks of one class that were seen, by instance.
//!
//! As long as the locks have some order, whatever their modes, nothing can close: a nesting is then
//! a pair of numbers and where it was first seen.
//! The first one that fits no order turns the pairs into a full graph, where modes and queued
//! writers count as they do between classes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use heldby_graph::{
    Added, Cycle, DependencyGraph, Hold, InstanceOrder, Kind, Nested, Readers, Step, Want,
};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::class::ClassId;
use crate::learned::DependencyId;
use crate::mode::Mode;
use crate::site::Site;
use crate::violation::{CycleStep, Dependency};

/// All nestings of one class.
#[derive(Clone, Debug)]
pub(crate) struct Nestings {
    order: Order,
    pairs: FxHashMap<DependencyId, Pair>,
    witnesses: Witnesses,
    since: Instant,
}

#[derive(Clone, Debug)]
enum Order {
    /// Every nesting so far fits it.
    Any(InstanceOrder),
    /// Some do not; their modes decide.
    Strong(DependencyGraph),
}

/// How one pair was first seen.
#[derive(Clone, Debug)]
struct Pair {
    witness: Arc<Dependency>,
    /// Milliseconds since the first nesting of the class.
    seen_ms: u32,
}

impl Default for Nestings {
    fn default() -> Self {
        Self {
            order: Order::Any(InstanceOrder::default()),
            pairs: FxHashMap::default(),
            witnesses: Witnesses::default(),
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
    /// Whether the pair is known.
    pub(crate) fn contains(&self, id: DependencyId) -> bool {
        self.pairs.contains_key(&id)
    }

    /// Adds a pair that is not known, and returns the cycles that it closes.
    ///
    /// # Cost
    /// An entry of some forty bytes while the locks have an order; past that, as a dependency
    /// between two classes.
    pub(crate) fn add(
        &mut self,
        id: DependencyId,
        seen: &Dependency,
        writer_seen: bool,
    ) -> Vec<Cycle> {
        let fits = self.fits_any_order(id);
        let seen_ms = seen.seen.saturating_duration_since(self.since).as_millis();
        let pair = Pair {
            witness: self.witnesses.share(seen),
            seen_ms: u32::try_from(seen_ms).unwrap_or(u32::MAX),
        };
        if !fits {
            self.let_modes_decide(writer_seen);
        }
        self.pairs.insert(id, pair);
        match self.order {
            Order::Any(_) => Vec::new(),
            Order::Strong(_) => self.add_to_graph(id, writer_seen),
        }
    }

    /// Whether there is an order with the pair; true as well once modes decide.
    fn fits_any_order(&mut self, (from, to, _): DependencyId) -> bool {
        let known = Kind::ALL
            .iter()
            .any(|&kind| self.contains((from, to, kind)));
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
        for &(from, to, kind) in self.pairs.keys() {
            graph.add(from, to, kind, &[]);
        }
        self.order = Order::Strong(graph);
        if writer_seen {
            self.add_writer_of_every_lock();
        }
    }

    fn add_to_graph(&mut self, (from, to, kind): DependencyId, writer_seen: bool) -> Vec<Cycle> {
        let Order::Strong(graph) = &mut self.order else {
            return Vec::new();
        };
        let mut cycles = Vec::new();
        if let Added::Closes(cycle) = graph.add(from, to, kind, &[]) {
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
