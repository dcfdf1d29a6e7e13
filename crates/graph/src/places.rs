//! Places of nodes in a topological order that is kept while edges are added.
//!
//! # Source
//! Pearce and Kelly, "A dynamic topological sort algorithm for directed acyclic graphs" (2006).
//! petgraph's `Acyclic` implements the same algorithm, but its searches recurse: ten thousand locks
//! of one class taken hand over hand overflow a thread's stack there.

use petgraph::Direction;

/// The edges of an ordered graph, whatever keeps them.
pub(crate) trait Adjacency {
    /// The nodes that `node` has an edge to, or from.
    fn neighbours(&self, node: usize, direction: Direction) -> impl Iterator<Item = usize>;
}

/// The place of each node, by its index.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    /// Unique, not dense.
    positions: Vec<u32>,
    next_position: u32,
    /// The search that saw a node last, by its index.
    seen_by: Vec<u32>,
    search: u32,
}

/// What an edge would do to the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Insertion {
    /// There is an order with it.
    Fits,
    /// It would close a cycle.
    ClosesCycle,
}

impl Places {
    /// Gives `node` the last place.
    pub(crate) fn add(&mut self, node: usize) {
        if self.positions.len() <= node {
            self.positions.resize(node + 1, 0);
            self.seen_by.resize(node + 1, 0);
        }
        self.positions[node] = self.next_position;
        self.next_position += 1;
    }

    /// The place of `node`: the smaller, the earlier.
    pub(crate) fn of(&self, node: usize) -> u32 {
        self.positions[node]
    }

    /// Makes room for an edge that is about to be added, unless it closes a cycle.
    ///
    /// # Cost
    /// Nothing if its ends are in order; else the part of the order between them that the ends
    /// reach or are reached from.
    pub(crate) fn fit(&mut self, edges: &impl Adjacency, tail: usize, head: usize) -> Insertion {
        let (first, last) = (self.positions[head], self.positions[tail]);
        if first <= last {
            let after = self.reach(edges, head, Direction::Outgoing, |place| place <= last);
            if tail == head || self.seen_by[tail] == self.search {
                return Insertion::ClosesCycle;
            }
            let before = self.reach(edges, tail, Direction::Incoming, |place| place >= first);
            self.reorder(before, after);
        }
        Insertion::Fits
    }

    /// The nodes that are reached from `start` inside a part of the order, in order.
    fn reach(
        &mut self,
        edges: &impl Adjacency,
        start: usize,
        direction: Direction,
        inside: impl Fn(u32) -> bool,
    ) -> Vec<usize> {
        self.search += 1;
        self.seen_by[start] = self.search;
        let mut reached = vec![start];
        let mut next = 0;
        while let Some(&node) = reached.get(next) {
            next += 1;
            for other in edges.neighbours(node, direction) {
                let new = self.seen_by[other] != self.search;
                if new && inside(self.positions[other]) {
                    self.seen_by[other] = self.search;
                    reached.push(other);
                }
            }
        }
        reached.sort_unstable_by_key(|&node| self.positions[node]);
        reached
    }

    /// Gives the nodes of both lists the places that they have together, `before` first.
    fn reorder(&mut self, before: Vec<usize>, after: Vec<usize>) {
        let nodes: Vec<_> = before.into_iter().chain(after).collect();
        let mut places: Vec<_> = nodes.iter().map(|&node| self.positions[node]).collect();
        places.sort_unstable();
        for (node, place) in nodes.into_iter().zip(places) {
            self.positions[node] = place;
        }
    }
}
