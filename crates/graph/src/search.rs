//! The shortest witness: which dependencies lead from one node to another.

use std::collections::VecDeque;

use petgraph::stable_graph::NodeIndex;
use petgraph::visit::EdgeRef;
use rustc_hash::FxHashMap;

use crate::Step;
use crate::order::{DependencyGraph, Edge};

/// Where a search starts, and by which edges it may leave.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Start {
    /// At this node.
    Anywhere(NodeIndex),
    /// At this node, and the goal counts only after another class was passed.
    LeavingClass(NodeIndex),
    /// At this node, by this dependency.
    LeavingBy(NodeIndex, Step),
}

impl Start {
    fn node(self) -> NodeIndex {
        match self {
            Self::Anywhere(node) | Self::LeavingClass(node) | Self::LeavingBy(node, _) => node,
        }
    }

    fn allows(self, tail: NodeIndex, edge: Edge) -> bool {
        match (self, edge) {
            (Self::LeavingBy(first, only), Edge::Dependency(step)) if tail == first => step == only,
            (Self::LeavingBy(first, _), _) => tail != first,
            _ => true,
        }
    }
}

/// A node, and whether the class of the start was left on the way to it.
type Place = (NodeIndex, bool);

/// Returns the dependencies of a shortest path from `start` to `goal`, in order; `None` if there is
/// no path.
///
/// Edges inside a class cost nothing, so the path is shortest in changes of class: a breadth-first
/// search over weights 0 and 1, with a double-ended queue.
pub(crate) fn shortest_path(
    graph: &DependencyGraph,
    start: Start,
    goal: NodeIndex,
) -> Option<Vec<Step>> {
    let first = (start.node(), !matches!(start, Start::LeavingClass(_)));
    let mut came_from: FxHashMap<Place, (Place, Edge)> = FxHashMap::default();
    let mut distance: FxHashMap<Place, u32> = FxHashMap::from_iter([(first, 0)]);
    let mut queue = VecDeque::from([(first, 0)]);
    while let Some((place, steps)) = queue.pop_front() {
        let (node, left) = place;
        if place == (goal, true) {
            return Some(walk_back(&came_from, first, place));
        }
        if distance[&place] < steps {
            continue;
        }
        for (next, edge) in edges(graph, node) {
            let weight = u32::from(leaves_class(edge));
            let next = (next, left || weight == 1);
            let nearer = distance
                .get(&next)
                .is_none_or(|&known| steps + weight < known);
            if !nearer || next.0 == first.0 || !start.allows(node, edge) {
                continue;
            }
            distance.insert(next, steps + weight);
            came_from.insert(next, (place, edge));
            match weight {
                0 => queue.push_front((next, steps)),
                _ => queue.push_back((next, steps + 1)),
            }
        }
    }
    None
}

fn leaves_class(edge: Edge) -> bool {
    matches!(edge, Edge::Dependency(step) if step.from != step.to)
}

fn edges(graph: &DependencyGraph, node: NodeIndex) -> impl Iterator<Item = (NodeIndex, Edge)> + '_ {
    let in_order = graph
        .order
        .graph()
        .edges(node)
        .map(|edge| (edge.target(), *edge.weight()));
    let beside = graph.beside.get(&node).into_iter().flatten().copied();
    in_order.chain(beside)
}

fn walk_back(came_from: &FxHashMap<Place, (Place, Edge)>, first: Place, goal: Place) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut place = goal;
    while place != first {
        let (before, edge) = came_from[&place];
        if let Edge::Dependency(step) = edge {
            steps.push(step);
        }
        place = before;
    }
    steps.reverse();
    steps
}
