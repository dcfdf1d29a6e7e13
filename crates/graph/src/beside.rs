//! The edges that fit no order, and how far they reach.
//!
//! A new edge closes a cycle only through one of these, or it fits no order itself.
//! So each of them has a bit, and each node two masks: which of these edges it reaches, and which
//! reach it. Only where the masks of a new edge's ends meet is there anything to search.
//!
//! # Invariants
//! - A node that reaches the tail of an edge has its bit, whatever edges lead there; a node that its
//!   head reaches as well, in the other mask.
//! - A mask may have bits of edges that are gone: that costs a search, and hides nothing.
//! - Past [`BITS`] edges the masks say nothing, and every new edge is searched.

use petgraph::Direction;
use petgraph::stable_graph::NodeIndex;
use rustc_hash::FxHashMap;

use crate::nodes::Edge;
use crate::places::Visited;
use crate::planted::planted;
use crate::topological::Nodes;

/// How many edges have a bit; past them each insertion is a search.
const BITS: u32 = u64::BITS;

type Edges = FxHashMap<NodeIndex, Vec<(NodeIndex, Edge)>>;

/// What one node reaches and what reaches it, a bit for each edge.
#[derive(Clone, Copy, Debug, Default)]
struct Masks {
    reaches: u64,
    reached_by: u64,
}

impl Masks {
    /// The mask that a change spreads to the neighbours in this direction.
    fn towards(&mut self, direction: Direction) -> &mut u64 {
        match direction {
            Direction::Incoming => &mut self.reaches,
            Direction::Outgoing => &mut self.reached_by,
        }
    }
}

/// The edges beside the order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Beside {
    by_tail: Edges,
    by_head: Edges,
    count: u32,
    /// How many bits were given; those of edges that are gone are not given again.
    given: u32,
    /// By the index of the node.
    masks: Vec<Masks>,
    visited: Visited,
}

impl Beside {
    /// Says that `node` is new.
    pub(crate) fn add_node(&mut self, node: NodeIndex) {
        if self.masks.len() <= node.index() {
            self.masks.resize(node.index() + 1, Masks::default());
        }
        self.masks[node.index()] = Masks::default();
    }

    /// The edges at `node`: the node at their other end, and the edge.
    pub(crate) fn at(
        &self,
        node: NodeIndex,
        direction: Direction,
    ) -> impl Iterator<Item = (NodeIndex, Edge)> + '_ {
        let edges = match direction {
            Direction::Outgoing => &self.by_tail,
            Direction::Incoming => &self.by_head,
        };
        edges.get(&node).into_iter().flatten().copied()
    }

    /// What was looked at to spread the masks.
    pub(crate) fn visited(&self) -> Visited {
        self.visited
    }

    /// Whether a path may lead from `head` to `tail` through one of the edges.
    pub(crate) fn may_lead(&self, head: NodeIndex, tail: NodeIndex) -> bool {
        if self.given == 0 || self.is_crowded() {
            return self.given > 0;
        }
        let (head, tail) = (self.masks[head.index()], self.masks[tail.index()]);
        head.reaches & tail.reached_by != 0
    }

    fn is_crowded(&self) -> bool {
        self.given > BITS
    }

    /// Adds an edge.
    pub(crate) fn put(&mut self, order: &Nodes, tail: NodeIndex, head: NodeIndex, edge: Edge) {
        self.by_tail.entry(tail).or_default().push((head, edge));
        self.by_head.entry(head).or_default().push((tail, edge));
        self.count += 1;
        if self.is_crowded() {
            return;
        }
        if self.given == BITS && self.count <= BITS / 2 {
            self.mark_anew(order);
            return;
        }
        self.mark(order, tail, head);
    }

    /// Says that the order has got an edge.
    pub(crate) fn follow(&mut self, order: &Nodes, tail: NodeIndex, head: NodeIndex) {
        if self.given > 0 && !self.is_crowded() && !planted("skip-search-of-what-fits") {
            let reaches = self.masks[head.index()].reaches;
            let reached_by = self.masks[tail.index()].reached_by;
            self.spread(order, tail, reaches, Direction::Incoming);
            self.spread(order, head, reached_by, Direction::Outgoing);
        }
    }

    /// Forgets the edges at `nodes`, which are gone from the order.
    pub(crate) fn remove(&mut self, order: &Nodes, nodes: &[NodeIndex]) {
        for edges in [&mut self.by_tail, &mut self.by_head] {
            edges.retain(|node, others| {
                others.retain(|(other, _)| !nodes.contains(other));
                !nodes.contains(node) && !others.is_empty()
            });
        }
        let before = self.count;
        self.count = self.by_tail.values().map(Vec::len).sum::<usize>() as u32;
        let has_room = self.count == 0 || (self.is_crowded() && self.count <= BITS / 2);
        if self.count != before && has_room {
            self.mark_anew(order);
        }
    }

    /// Gives every edge a bit, as if all had just come.
    fn mark_anew(&mut self, order: &Nodes) {
        self.masks.fill(Masks::default());
        self.given = 0;
        let ends = self.by_tail.iter();
        let ends: Vec<_> = ends
            .flat_map(|(&tail, edges)| edges.iter().map(move |&(head, _)| (tail, head)))
            .collect();
        for (tail, head) in ends {
            self.mark(order, tail, head);
        }
    }

    /// Gives an edge the next bit, if there is one.
    fn mark(&mut self, order: &Nodes, tail: NodeIndex, head: NodeIndex) {
        let Some(bit) = 1_u64.checked_shl(self.given) else {
            self.given += 1;
            return;
        };
        self.given += 1;
        let reaches = bit | self.masks[head.index()].reaches;
        let reached_by = bit | self.masks[tail.index()].reached_by;
        self.spread(order, tail, reaches, Direction::Incoming);
        self.spread(order, head, reached_by, Direction::Outgoing);
    }

    /// Adds `bits` to a node and to all that follow it in this direction.
    ///
    /// # Cost
    /// The nodes that did not have them all, and their edges: each node changes as often as there
    /// are bits, at most.
    fn spread(&mut self, order: &Nodes, start: NodeIndex, bits: u64, direction: Direction) {
        if *self.masks[start.index()].towards(direction) & bits == bits {
            return;
        }
        let mut left = vec![start];
        while let Some(node) = left.pop() {
            let mask = self.masks[node.index()].towards(direction);
            if *mask & bits == bits {
                continue;
            }
            *mask |= bits;
            let before = left.len();
            left.extend(order.neighbors_directed(node, direction));
            left.extend(self.at(node, direction).map(|(other, _)| other));
            self.visited.nodes += 1;
            self.visited.edges += (left.len() - before) as u64;
        }
    }
}
