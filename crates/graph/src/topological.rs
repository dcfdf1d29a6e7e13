//! A directed graph that is kept in topological order while edges are added.
//!
//! # Source
//! Pearce and Kelly, "A dynamic topological sort algorithm for directed acyclic graphs" (2006).
//! petgraph's `Acyclic` implements the same algorithm, but its searches recurse: ten thousand locks
//! of one class taken hand over hand overflow a thread's stack there.

use petgraph::Direction;
use petgraph::stable_graph::{NodeIndex, StableDiGraph};
use petgraph::visit::EdgeRef;

use crate::order::Edge;

/// The graph and its order. The weight of a node is its class.
#[derive(Clone, Debug, Default)]
pub(crate) struct Topological {
    graph: StableDiGraph<u32, Edge>,
    /// Place of each node in the order, by its index; unique, not dense.
    positions: Vec<u32>,
    next_position: u32,
    /// The search that saw a node last, by its index.
    seen_by: Vec<u32>,
    search: u32,
}

/// What an edge would do to the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Insertion {
    /// It is in.
    Fits,
    /// It would close a cycle and was left out.
    ClosesCycle,
}

impl Topological {
    pub(crate) fn graph(&self) -> &StableDiGraph<u32, Edge> {
        &self.graph
    }

    /// Adds a node, last in the order.
    pub(crate) fn add_node(&mut self, class: u32) -> NodeIndex {
        let node = self.graph.add_node(class);
        if self.positions.len() <= node.index() {
            self.positions.resize(node.index() + 1, 0);
            self.seen_by.resize(node.index() + 1, 0);
        }
        self.positions[node.index()] = self.next_position;
        self.next_position += 1;
        node
    }

    /// Removes a node with its edges; what is left stays in order.
    pub(crate) fn remove_node(&mut self, node: NodeIndex) {
        self.graph.remove_node(node);
    }

    /// Adds an edge unless it closes a cycle.
    ///
    /// # Cost
    /// Nothing but the edge if its ends are in order; else the part of the order between them that
    /// the ends reach or are reached from.
    pub(crate) fn insert(&mut self, tail: NodeIndex, head: NodeIndex, edge: Edge) -> Insertion {
        let (first, last) = (self.position(head), self.position(tail));
        if first <= last {
            let after = self.reach(head, Direction::Outgoing, |position| position <= last);
            if tail == head || after.contains(&tail) {
                return Insertion::ClosesCycle;
            }
            let before = self.reach(tail, Direction::Incoming, |position| position >= first);
            self.reorder(before, after);
        }
        self.graph.add_edge(tail, head, edge);
        Insertion::Fits
    }

    fn position(&self, node: NodeIndex) -> u32 {
        self.positions[node.index()]
    }

    /// The nodes that are reached from `start` inside a part of the order, in order.
    fn reach(
        &mut self,
        start: NodeIndex,
        direction: Direction,
        inside: impl Fn(u32) -> bool,
    ) -> Vec<NodeIndex> {
        self.search += 1;
        self.seen_by[start.index()] = self.search;
        let mut reached = vec![start];
        let mut next = 0;
        while let Some(&node) = reached.get(next) {
            next += 1;
            for edge in self.graph.edges_directed(node, direction) {
                let other = match direction {
                    Direction::Outgoing => edge.target(),
                    Direction::Incoming => edge.source(),
                };
                let new = self.seen_by[other.index()] != self.search;
                if new && inside(self.positions[other.index()]) {
                    self.seen_by[other.index()] = self.search;
                    reached.push(other);
                }
            }
        }
        reached.sort_unstable_by_key(|&node| self.position(node));
        reached
    }

    /// Gives the nodes of both lists the places that they have together, `before` first.
    fn reorder(&mut self, before: Vec<NodeIndex>, after: Vec<NodeIndex>) {
        let nodes: Vec<_> = before.into_iter().chain(after).collect();
        let mut places: Vec<_> = nodes.iter().map(|&node| self.position(node)).collect();
        places.sort_unstable();
        for (node, place) in nodes.into_iter().zip(places) {
            self.positions[node.index()] = place;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Insertion, Topological};
    use crate::order::Edge;

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
