//! What is asked of the graph off the way of an acquire.

use petgraph::{Direction, Graph};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::known::Key;
use crate::order::DependencyGraph;
use crate::search::{Found, Looking};
use crate::{Cycle, Kind, KindSet, Step};

/// A cycle that only gates keep apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatedCycle {
    /// The cycle; its last dependency closed it.
    pub cycle: Cycle,
    /// The gates that are common to all its dependencies.
    pub gates: Vec<u32>,
}

/// The cycles that are not told, by what keeps them open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenCycles {
    /// Those that only lack a writer, see [`DependencyGraph::pending`].
    pub pending: Vec<Cycle>,
    /// Those that only a gate keeps apart, see [`DependencyGraph::gated`].
    pub gated: Vec<GatedCycle>,
}

impl DependencyGraph {
    /// The cycles that would close if a writer were seen of every class that has none.
    ///
    /// # Cost
    /// A look at every class. Where a missing writer may close a cycle, a copy of the graph, and a
    /// search for each pair of a fair read and a shared hold of such a class.
    #[must_use]
    pub fn pending(&self) -> Vec<Cycle> {
        let with_writers = self.with_missing_writers();
        with_writers.map_or_else(Vec::new, |(_, pending)| pending)
    }

    /// The cycles that only a gate keeps apart, whether or not a writer is missing as well; one for
    /// each dependency that closed one.
    ///
    /// # Cost
    /// That of [`pending`](Self::pending), and two searches for each dependency that closed a cycle
    /// and has a gate.
    #[must_use]
    pub fn gated(&self) -> Vec<GatedCycle> {
        self.open_cycles().gated
    }

    /// Both [`pending`](Self::pending) and [`gated`](Self::gated), for hardly more than one of them.
    #[must_use]
    pub fn open_cycles(&self) -> OpenCycles {
        let mut gated = self.gated_as_it_is();
        let mut pending = Vec::new();
        if let Some((copy, closed)) = self.with_missing_writers() {
            gated.extend(copy.gated_as_it_is());
            pending = closed;
        }
        let mut listed = FxHashSet::default();
        gated.retain(|gated| {
            let mut keys: Vec<Key> = gated.cycle.steps.iter().map(Step::key).collect();
            keys.sort_unstable();
            listed.insert(keys)
        });
        OpenCycles { pending, gated }
    }

    /// The dependencies that took part in a cycle that was told: class held, class wanted, kind; in
    /// no order.
    pub fn told(&self) -> impl Iterator<Item = (u32, u32, Kind)> + '_ {
        self.known.told()
    }

    fn gated_as_it_is(&self) -> Vec<GatedCycle> {
        let has_gate = |&&key: &&Key| !self.known.gates(key).is_empty();
        let gated = |&key: &Key| {
            let found = self.search(Step::new(key), self.start_of(key), Looking::ForGated);
            match found {
                Found::Cycle(steps, gates) => Some(GatedCycle {
                    cycle: self.cycle(steps),
                    gates,
                }),
                Found::Nothing | Found::Others { .. } => None,
            }
        };
        let closing = self.closing.iter().filter(has_gate);
        closing.filter_map(gated).collect()
    }

    /// The graph as if there were a writer of every class, with the cycles that this closes; `None`
    /// if it closes none.
    fn with_missing_writers(&self) -> Option<(Self, Vec<Cycle>)> {
        let missing = self.missing_writers();
        if missing.is_empty() {
            return None;
        }
        let mut copy = self.clone();
        let writers = missing.into_iter();
        let cycles = writers.flat_map(|class| copy.add_writer(class)).collect();
        Some((copy, cycles))
    }

    /// Forgets `class` with every dependency from and to it, and returns the pairs of classes that
    /// had one.
    ///
    /// # Cost
    /// Linear in the dependencies of the class, and in those that closed a cycle.
    pub fn remove(&mut self, class: u32) -> Vec<(u32, u32)> {
        self.writers.remove(&class);
        let Some(nodes) = self.classes.remove(&class) else {
            return Vec::new();
        };
        let nodes = nodes.nodes();
        let mut pairs = Vec::new();
        for node in nodes {
            for direction in [Direction::Incoming, Direction::Outgoing] {
                let steps = self.dependencies(node, direction).into_iter();
                pairs.extend(steps.map(|(_, step)| (step.from, step.to)));
            }
        }
        pairs.push((class, class));
        pairs.retain(|&pair| self.known.remove(pair));
        self.closing
            .retain(|&(from, to, _)| from != class && to != class);
        for node in nodes {
            self.order.remove_node(node);
        }
        self.beside.remove(self.order.graph(), &nodes);
        pairs
    }

    /// How many pairs of classes have a dependency.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether there is no dependency.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.len() == 0
    }

    /// The classes and pairs of classes as a plain petgraph graph, for algorithms and export.
    #[must_use]
    pub fn to_petgraph(&self) -> Graph<u32, KindSet> {
        let mut graph = Graph::new();
        let mut classes: Vec<u32> = self.classes.keys().collect();
        classes.sort_unstable();
        let nodes: FxHashMap<u32, _> = classes
            .into_iter()
            .map(|class| (class, graph.add_node(class)))
            .collect();
        for ((from, to), kinds) in self.known.iter() {
            graph.add_edge(nodes[&from], nodes[&to], kinds);
        }
        graph
    }
}
