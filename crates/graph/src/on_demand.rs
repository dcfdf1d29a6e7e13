//! What is asked of the graph off the way of an acquire.

use petgraph::{Direction, Graph};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::known::Key;
use crate::order::DependencyGraph;
use crate::search::{Found, Looking};
use crate::{Cycle, KindSet, Step};

/// A cycle that only gates keep apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatedCycle {
    /// The cycle; its last dependency closed it.
    pub cycle: Cycle,
    /// The gates that are common to all its dependencies.
    pub gates: Vec<u32>,
}

impl DependencyGraph {
    /// The cycles that would close if a writer were seen of every class that has none.
    ///
    /// # Cost
    /// A copy of the graph and a search for each pair of a fair read and a shared hold of a class.
    #[must_use]
    pub fn pending(&self) -> Vec<Cycle> {
        self.clone().add_every_writer()
    }

    /// The cycles that only a gate keeps apart, whether or not a writer is missing as well; one for
    /// each dependency that closed one.
    ///
    /// # Cost
    /// A copy of the graph, and two searches for each dependency that closed a cycle.
    #[must_use]
    pub fn gated(&self) -> Vec<GatedCycle> {
        let mut cycles = self.gated_as_it_is();
        let mut copy = self.clone();
        copy.add_every_writer();
        cycles.extend(copy.gated_as_it_is());
        let mut listed = FxHashSet::default();
        cycles.retain(|gated| {
            let mut keys: Vec<Key> = gated.cycle.steps.iter().map(Step::key).collect();
            keys.sort_unstable();
            listed.insert(keys)
        });
        cycles
    }

    fn gated_as_it_is(&self) -> Vec<GatedCycle> {
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
        self.closing.iter().filter_map(gated).collect()
    }

    fn add_every_writer(&mut self) -> Vec<Cycle> {
        let mut without: Vec<u32> = self.classes.keys().copied().collect();
        without.retain(|class| !self.writers.contains(class));
        without.sort_unstable();
        without
            .into_iter()
            .flat_map(|class| self.add_writer(class))
            .collect()
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
        let mut classes: Vec<u32> = self.classes.keys().copied().collect();
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
