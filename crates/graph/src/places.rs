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
    nodes: Vec<Node>,
    next_position: u32,
    search: u32,
    visited: Visited,
    /// Room for the next search.
    reached: [Vec<Reached>; 2],
    positions: Vec<u32>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Node {
    /// Unique, not dense.
    position: u32,
    /// The search that saw the node last.
    seen_by: u32,
}

/// A node that a search came to, and its place.
#[derive(Clone, Copy, Debug)]
struct Reached {
    position: u32,
    node: u32,
}

/// How many nodes and edges were looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Visited {
    /// Nodes whose edges were looked at.
    pub nodes: u64,
    /// Those edges.
    pub edges: u64,
}

impl std::ops::Add for Visited {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            nodes: self.nodes + other.nodes,
            edges: self.edges + other.edges,
        }
    }
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
        if self.nodes.len() <= node {
            self.nodes.resize(node + 1, Node::default());
        }
        self.nodes[node].position = self.next_position;
        self.next_position += 1;
    }

    /// The place of `node`: the smaller, the earlier.
    pub(crate) fn of(&self, node: usize) -> u32 {
        self.nodes[node].position
    }

    /// What all searches looked at so far.
    pub(crate) fn visited(&self) -> Visited {
        self.visited
    }

    /// Makes room for an edge that is about to be added, unless it closes a cycle.
    ///
    /// # Cost
    /// Nothing if its ends are in order; else the part of the order between them that the ends
    /// reach or are reached from.
    pub(crate) fn fit(&mut self, edges: &impl Adjacency, tail: usize, head: usize) -> Insertion {
        let (first, last) = (self.of(head), self.of(tail));
        if first > last {
            return Insertion::Fits;
        }
        let [mut before, mut after] = std::mem::take(&mut self.reached);
        self.reach(&mut after, edges, head, Direction::Outgoing, |place| {
            place <= last
        });
        let fits = tail != head && self.nodes[tail].seen_by != self.search;
        if fits {
            self.reach(&mut before, edges, tail, Direction::Incoming, |place| {
                place >= first
            });
            self.reorder(&before, &after);
        }
        self.reached = [before, after];
        match fits {
            true => Insertion::Fits,
            false => Insertion::ClosesCycle,
        }
    }

    /// Puts the nodes into `reached` that are reached from `start` inside a part of the order, in
    /// order.
    fn reach(
        &mut self,
        reached: &mut Vec<Reached>,
        edges: &impl Adjacency,
        start: usize,
        direction: Direction,
        inside: impl Fn(u32) -> bool,
    ) {
        self.search += 1;
        self.nodes[start].seen_by = self.search;
        reached.clear();
        reached.push(Reached {
            position: self.of(start),
            node: start as u32,
        });
        let (mut next, mut looked_at) = (0, 0);
        while let Some(&Reached { node, .. }) = reached.get(next) {
            next += 1;
            for other in edges.neighbours(node as usize, direction) {
                looked_at += 1;
                let node = &mut self.nodes[other];
                if node.seen_by != self.search && inside(node.position) {
                    node.seen_by = self.search;
                    reached.push(Reached {
                        position: node.position,
                        node: other as u32,
                    });
                }
            }
        }
        self.visited.nodes += next as u64;
        self.visited.edges += looked_at;
        reached.sort_unstable_by_key(|reached| reached.position);
    }

    /// Gives the nodes of both lists the places that they have together, `before` first.
    fn reorder(&mut self, before: &[Reached], after: &[Reached]) {
        let both = || before.iter().chain(after);
        self.positions.clear();
        self.positions
            .extend(both().map(|reached| reached.position));
        self.positions.sort_unstable();
        for (reached, &position) in both().zip(&self.positions) {
            self.nodes[reached.node as usize].position = position;
        }
    }
}
