//! The search for what a dependency closes: a shortest cycle through it that matters.
//!
//! A cycle matters if it is strong, if no gate is common to all its dependencies, and if it was not
//! told: some dependency of it has been in no cycle that was.
//! The last two do not depend on the node that a path has come to but on the path, so the search
//! walks pairs of a node and of what is left of them: which gates of the closing dependency are
//! still common, and whether a fresh dependency was met.
//!
//! # Several ways to one node
//! Fewer common gates are better, and so is a fresh dependency: what only comes later and is no
//! better is not followed.
//!
//! A walk may pass a class twice, and may do so only to lose a gate: round one cycle under one gate
//! and then round another one under another gate. No threads wait for each other like that, so such
//! a walk proves nothing, and `simple` looks for a path that passes each class once.

use std::collections::VecDeque;

use petgraph::Direction;
use petgraph::stable_graph::NodeIndex;
use rustc_hash::FxHashMap;

use crate::nodes::Edge;
use crate::order::DependencyGraph;
use crate::places::Visited;
use crate::planted::planted;
use crate::{Step, simple};

/// How many gates of the closing dependency are carried along; a cycle that only another gate keeps
/// apart is told.
const CARRIED_GATES: usize = 4;

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
    pub(crate) fn node(self) -> NodeIndex {
        match self {
            Self::Anywhere(node) | Self::LeavingClass(node) | Self::LeavingBy(node, _) => node,
        }
    }

    pub(crate) fn allows(self, tail: NodeIndex, edge: Edge) -> bool {
        match (self, edge) {
            (Self::LeavingBy(first, only), Edge::Dependency(step)) if tail == first => step == only,
            (Self::LeavingBy(first, _), _) => tail != first,
            _ => true,
        }
    }
}

/// Which cycles are looked for, among those with a fresh dependency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Looking {
    /// Those that can deadlock.
    ForUngated,
    /// Those that only a gate keeps apart.
    ForGated,
}

/// What a search came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// The dependency is part of no strong cycle.
    Nothing,
    /// It is, but of none that was looked for; whether a fresh one is gated.
    Others { gated: bool },
    /// The steps of one, the closing one last, and the gates that are common to all.
    Cycle(Vec<Step>, Vec<u32>),
}

/// What is left of a cycle's excuses at one point of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Excuses {
    /// The carried gates that are common to all dependencies so far, a bit each.
    pub(crate) common: u8,
    /// Some dependency so far was never told.
    pub(crate) fresh: bool,
}

impl Excuses {
    fn is_as_good_as(self, other: Self) -> bool {
        self.common & !other.common == 0 && self.fresh >= other.fresh
    }

    pub(crate) fn are_looked_for(self, looking: Looking) -> bool {
        self.fresh && (self.common == 0) == (looking == Looking::ForUngated)
    }
}

/// A point of a path: a node, whether the class of the start was left on the way, and the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Point {
    node: NodeIndex,
    left: bool,
    excuses: Excuses,
}

/// A search for a cycle that `closing` closes.
#[derive(Debug)]
pub(crate) struct Search<'g> {
    pub(crate) graph: &'g DependencyGraph,
    pub(crate) closing: Step,
    pub(crate) start: Start,
    /// The node that `closing` leaves from.
    pub(crate) goal: NodeIndex,
    pub(crate) looking: Looking,
}

impl Search<'_> {
    /// Finds a shortest cycle, counted in classes.
    ///
    /// Edges inside a class cost nothing: a breadth-first search over weights 0 and 1, with a
    /// double-ended queue.
    pub(crate) fn run(&self, visited: &mut Visited) -> Found {
        let first = self.first();
        let mut came_from: FxHashMap<Point, (Point, Edge)> = FxHashMap::default();
        let mut distance: FxHashMap<Point, u32> = FxHashMap::from_iter([(first, 0)]);
        let mut settled: FxHashMap<(NodeIndex, bool), Vec<Excuses>> = FxHashMap::default();
        let mut queue = VecDeque::from([(first, 0)]);
        let mut found = Found::Nothing;
        while let Some((point, steps)) = queue.pop_front() {
            if distance[&point] < steps || !self.settle(&mut settled, point) {
                continue;
            }
            if (point.node, point.left) == (self.goal, true) {
                if point.excuses.are_looked_for(self.looking) {
                    return self.proven(walk_back(&came_from, first, point), point.excuses);
                }
                found = found.or_others(point.excuses);
                if planted("judge-gates-of-shortest-cycle") {
                    return found;
                }
            }
            visited.nodes += 1;
            for (next, edge) in self.graph.edges(point.node, Direction::Outgoing) {
                visited.edges += 1;
                if next == first.node || !self.start.allows(point.node, edge) {
                    continue;
                }
                if planted("drop-what-was-reported") && self.was_told(edge) {
                    continue;
                }
                let weight = u32::from(edge.crosses());
                let next = Point {
                    node: next,
                    left: point.left || weight == 1,
                    excuses: self.after(point.excuses, edge),
                };
                if self.looking == Looking::ForGated && next.excuses.common == 0 {
                    // No gate comes back.
                    continue;
                }
                if distance
                    .get(&next)
                    .is_some_and(|&known| known <= steps + weight)
                {
                    continue;
                }
                distance.insert(next, steps + weight);
                came_from.insert(next, (point, edge));
                match weight {
                    0 => queue.push_front((next, steps)),
                    _ => queue.push_back((next, steps + 1)),
                }
            }
        }
        found
    }

    fn first(&self) -> Point {
        Point {
            node: self.start.node(),
            left: !matches!(self.start, Start::LeavingClass(_)),
            excuses: self.excuses(),
        }
    }

    /// The excuses of the closing dependency alone.
    pub(crate) fn excuses(&self) -> Excuses {
        Excuses {
            common: !(u8::MAX << self.carried().len()),
            fresh: !self.graph.known.is_told(self.closing.key()),
        }
    }

    fn was_told(&self, edge: Edge) -> bool {
        let step = edge.step();
        step.is_some_and(|step| self.graph.known.is_told(step.key()))
    }

    fn carried(&self) -> &[u32] {
        let gates = self.graph.known.gates(self.closing.key());
        &gates[..gates.len().min(CARRIED_GATES)]
    }

    /// The excuses that are left after `edge`.
    pub(crate) fn after(&self, excuses: Excuses, edge: Edge) -> Excuses {
        let Some(step) = edge.step() else {
            return excuses;
        };
        let mut common = excuses.common;
        if common != 0 {
            let gates = self.graph.known.gates(step.key());
            for (bit, gate) in self.carried().iter().enumerate() {
                if !gates.contains(gate) {
                    common &= !(1 << bit);
                }
            }
        }
        Excuses {
            common,
            fresh: excuses.fresh || !self.graph.known.is_told(step.key()),
        }
    }

    /// Whether nothing as good came to this node before.
    fn settle(
        &self,
        settled: &mut FxHashMap<(NodeIndex, bool), Vec<Excuses>>,
        point: Point,
    ) -> bool {
        let before = settled.entry((point.node, point.left)).or_default();
        let worse = |&other: &Excuses| match self.looking {
            Looking::ForUngated => other.is_as_good_as(point.excuses),
            Looking::ForGated => other == point.excuses,
        };
        let new = !before.iter().any(worse);
        if new {
            before.push(point.excuses);
        }
        new
    }

    /// The cycle that a walk proves, if it proves one.
    fn proven(&self, mut steps: Vec<Step>, excuses: Excuses) -> Found {
        steps.push(self.closing);
        let own = self.excuses();
        let bent = own.common != 0 || !own.fresh;
        if bent && !simple::is_simple(self.graph, &steps) {
            match simple::find(self) {
                simple::Path::Cycle(simple, excuses) => return self.cycle(simple, excuses),
                simple::Path::None { gated } => return Found::Others { gated },
                simple::Path::TooMany => {}
            }
        }
        self.cycle(steps, excuses)
    }

    fn cycle(&self, steps: Vec<Step>, excuses: Excuses) -> Found {
        let carried = self.carried().iter().enumerate();
        let common = carried.filter(|(bit, _)| excuses.common & 1 << bit != 0);
        Found::Cycle(steps, common.map(|(_, &gate)| gate).collect())
    }
}

impl Found {
    fn or_others(self, excuses: Excuses) -> Self {
        let gated = excuses.fresh && excuses.common != 0;
        Self::Others {
            gated: gated || self == Self::Others { gated: true },
        }
    }
}

fn walk_back(came_from: &FxHashMap<Point, (Point, Edge)>, first: Point, last: Point) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut point = last;
    while point != first {
        let (before, edge) = came_from[&point];
        steps.extend(edge.step());
        point = before;
    }
    steps.reverse();
    steps
}
