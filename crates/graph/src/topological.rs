//! A directed graph that is kept in topological order while edges are added.

use petgraph::Direction;
use petgraph::stable_graph::{NodeIndex, StableDiGraph};
use petgraph::visit::EdgeRef;

use crate::nodes::Edge;
use crate::places::{Adjacency, Insertion, Places, Visited};
use crate::{Kind, Step};

/// The graph of nodes; the weight of one is its class.
pub(crate) type Nodes = StableDiGraph<u32, Label>;

/// The graph and its order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Topological {
    graph: Nodes,
    places: Places,
}

/// What the ends of an edge do not tell of it, so that an edge takes 20 bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Label {
    Inside,
    Writer,
    Dependency(Kind),
}

impl Adjacency for Nodes {
    fn neighbours(&self, node: usize, direction: Direction) -> impl Iterator<Item = usize> {
        self.neighbors_directed(NodeIndex::new(node), direction)
            .map(NodeIndex::index)
    }
}

impl Topological {
    pub(crate) fn graph(&self) -> &Nodes {
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
            self.reserve();
            let label = match edge {
                Edge::Inside => Label::Inside,
                Edge::Writer => Label::Writer,
                Edge::Dependency(step) => Label::Dependency(step.kind),
            };
            self.graph.add_edge(tail, head, label);
        }
        insertion
    }

    /// Makes room for some more edges, where petgraph would make room for as many again.
    fn reserve(&mut self) {
        let edges = self.graph.edge_count();
        if edges == self.graph.capacity().1 {
            self.graph.reserve_exact_edges(16 + edges / 8);
        }
    }

    /// The edges at one node: the node at their other end, and the edge.
    pub(crate) fn edges(
        &self,
        node: NodeIndex,
        direction: Direction,
    ) -> impl Iterator<Item = (NodeIndex, Edge)> + '_ {
        let edges = self.graph.edges_directed(node, direction);
        edges.map(move |edge| {
            let other = match direction {
                Direction::Outgoing => edge.target(),
                Direction::Incoming => edge.source(),
            };
            let class = |node: NodeIndex| self.graph[node];
            let edge = match *edge.weight() {
                Label::Inside => Edge::Inside,
                Label::Writer => Edge::Writer,
                Label::Dependency(kind) => {
                    let key = (class(edge.source()), class(edge.target()), kind);
                    Edge::Dependency(Step::new(key))
                }
            };
            (other, edge)
        })
    }

    /// What was looked at to find a place for every edge.
    pub(crate) fn visited(&self) -> Visited {
        self.places.visited()
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
