//! A directed graph that is kept in topological order while edges are added.

use petgraph::Direction;
use petgraph::stable_graph::{NodeIndex, StableDiGraph};

use crate::nodes::Edge;
use crate::places::{Adjacency, Insertion, Places};

/// The graph and its order. The weight of a node is its class.
#[derive(Clone, Debug, Default)]
pub(crate) struct Topological {
    graph: StableDiGraph<u32, Edge>,
    places: Places,
}

impl Adjacency for StableDiGraph<u32, Edge> {
    fn neighbours(&self, node: usize, direction: Direction) -> impl Iterator<Item = usize> {
        self.neighbors_directed(NodeIndex::new(node), direction)
            .map(NodeIndex::index)
    }
}

impl Topological {
    pub(crate) fn graph(&self) -> &StableDiGraph<u32, Edge> {
        &self.graph
    }

    /// Adds a node, last in the order.
    pub(crate) fn add_node(&mut self, class: u32) -> NodeIndex {
        let node = self.graph.add_node(class);
        self.places.add(node.index());
        node
    }

    /// Removes a node with its edges; what is left stays in order.
    pub(crate) fn remove_node(&mut self, node: NodeIndex) {
        self.graph.remove_node(node);
    }

    /// Adds an edge unless it closes a cycle, in which case it is left out.
    ///
    /// # Cost
    /// See [`Places::fit`].
    pub(crate) fn insert(&mut self, tail: NodeIndex, head: NodeIndex, edge: Edge) -> Insertion {
        let insertion = self.places.fit(&self.graph, tail.index(), head.index());
        if insertion == Insertion::Fits {
            self.graph.add_edge(tail, head, edge);
        }
        insertion
    }
}

#[cfg(test)]
mod tests {
    use super::Topological;
    use crate::nodes::Edge;
    use crate::places::Insertion;

    #[test]
    fn an_order_turned_round_needs_no_deep_stack() {
        const NODES: usize = 100_000;
        let mut order = Topological::default();
        let nodes: Vec<_> = (0..NODES)
            .map(|class| order.add_node(class as u32))
            .collect();
        let mut insert =
            |tail: usize, head: usize| order.insert(nodes[tail], nodes[head], Edge::Inside);
        for node in 2..NODES {
            assert_eq!(insert(node - 1, node), Insertion::Fits);
        }
        // The newest node before all the others: the whole order moves.
        assert_eq!(insert(NODES - 1, 0), Insertion::Fits);
        assert_eq!(insert(0, 1), Insertion::ClosesCycle);
        assert_eq!(insert(0, 0), Insertion::ClosesCycle);
    }

    #[test]
    fn a_removed_node_leaves_its_index_to_another() {
        let mut order = Topological::default();
        let [a, b] = [0, 1].map(|class| order.add_node(class));
        assert_eq!(order.insert(a, b, Edge::Inside), Insertion::Fits);
        order.remove_node(a);
        let c = order.add_node(2);
        assert_eq!(order.insert(b, c, Edge::Inside), Insertion::Fits);
        assert_eq!(order.insert(c, b, Edge::Inside), Insertion::ClosesCycle);
    }
}
