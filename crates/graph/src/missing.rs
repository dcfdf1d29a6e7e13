//! Which missing writers keep a cycle open.
//!
//! The first writer of a class adds the edge `r -> N`. It closes a cycle only if `N` leads back to
//! `r`: if both are in one strongly connected component of the graph that has this edge for every
//! class. All other classes are left out, so that a graph without such a cycle is not even copied.

use petgraph::Direction;
use petgraph::algo::kosaraju_scc;
use petgraph::graph::DiGraph;
use petgraph::stable_graph::NodeIndex;

use crate::nodes::Class;
use crate::order::{DependencyGraph, Readers};

impl DependencyGraph {
    /// The classes without a writer whose first writer may close a cycle, in ascending order.
    ///
    /// # Cost
    /// A look at every class; where one is entered by a fair read and left by a shared hold, linear
    /// in the graph.
    pub(crate) fn missing_writers(&self) -> Vec<u32> {
        let classes = self.classes.iter();
        let mut missing: Vec<_> = classes
            .filter(|&(class, &nodes)| !self.writers.contains(&class) && self.may_join(nodes))
            .map(|(class, &nodes)| (class, nodes))
            .collect();
        if missing.is_empty() || self.readers == Readers::AlwaysBlock {
            return Vec::new();
        }
        let components = self.components_with_writers(&missing);
        missing.retain(|(_, nodes)| {
            components[nodes.fair.index()] == components[nodes.exclusive.index()]
        });
        let mut missing: Vec<_> = missing.into_iter().map(|(class, _)| class).collect();
        missing.sort_unstable();
        missing
    }

    /// Whether a writer would join anything: a fair read into the class to a shared hold out of it.
    fn may_join(&self, class: Class) -> bool {
        let has = |node, direction| {
            let mut edges = self.edges(node, direction);
            edges.any(|(_, edge)| edge.step().is_some())
        };
        has(class.fair, Direction::Incoming) && has(class.exclusive, Direction::Outgoing)
    }

    /// The strongly connected component of each node, by its index, as if there were a writer of
    /// each of these classes.
    fn components_with_writers(&self, missing: &[(u32, Class)]) -> Vec<usize> {
        let nodes = || self.classes.values().flat_map(|class| class.nodes());
        let bound = nodes().map(|node| node.index() + 1).max().unwrap_or(0);
        let mut graph = DiGraph::<(), ()>::new();
        for _ in 0..bound {
            graph.add_node(());
        }
        for node in nodes() {
            for (head, _) in self.edges(node, Direction::Outgoing) {
                graph.add_edge(node, head, ());
            }
        }
        for (_, class) in missing {
            graph.add_edge(class.fair, class.exclusive, ());
        }
        let mut component_of = vec![0; bound];
        for (number, nodes) in kosaraju_scc(&graph).into_iter().enumerate() {
            nodes
                .into_iter()
                .map(NodeIndex::index)
                .for_each(|node| component_of[node] = number);
        }
        component_of
    }
}
