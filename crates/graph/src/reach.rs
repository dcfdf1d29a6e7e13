//! What a place in the graph leads to, and what leads to it.
//!
//! A rule that knows where a path may begin and where it may end asks here whether there is one; the
//! nodes see to it that only strong paths count.

use std::collections::VecDeque;

use petgraph::Direction;
use petgraph::stable_graph::NodeIndex;
use rustc_hash::FxHashSet;

use crate::nodes::Edge;
use crate::order::DependencyGraph;
use crate::{Hold, Step, Want};

/// A node, told by what happens there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A lock of the class is asked for so.
    Arrival(u32, Want),
    /// A lock of the class is held so while another is asked for.
    Departure(u32, Hold),
}

/// Which way a search goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Along the dependencies.
    After,
    /// Against them.
    Before,
}

impl Way {
    fn direction(self) -> Direction {
        match self {
            Self::After => Direction::Outgoing,
            Self::Before => Direction::Incoming,
        }
    }
}

/// The nodes that a search came to, nearest first.
#[derive(Clone, Debug)]
pub struct Reach {
    way: Way,
    nodes: Vec<Reached>,
}

/// A node that a search came to.
#[derive(Clone, Copy, Debug)]
struct Reached {
    arrival: (u32, Want),
    departure: Option<(u32, Hold)>,
    /// The node that the search came from, and by which dependency if it left the class.
    came_from: Option<(usize, Option<Step>)>,
}

impl Reach {
    /// The nodes as arrivals, each with its number.
    pub fn arrivals(&self) -> impl Iterator<Item = (usize, (u32, Want))> + '_ {
        let nodes = self.nodes.iter().enumerate();
        nodes.map(|(number, reached)| (number, reached.arrival))
    }

    /// The nodes as departures, each with its number; nobody departs as a fair reader.
    pub fn departures(&self) -> impl Iterator<Item = (usize, (u32, Hold))> + '_ {
        let nodes = self.nodes.iter().enumerate();
        nodes.filter_map(|(number, reached)| Some((number, reached.departure?)))
    }

    /// The dependencies between the start and a node, in their own order.
    #[must_use]
    pub fn path(&self, number: usize) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut at = number;
        while let Some((before, step)) = self.nodes[at].came_from {
            steps.extend(step);
            at = before;
        }
        if self.way == Way::After {
            steps.reverse();
        }
        steps
    }
}

impl DependencyGraph {
    /// Finds what `place` leads to, or what leads to it.
    ///
    /// No path leads through a class that `skips` names, begins there or ends there; the nodes of
    /// one class still lead to each other.
    ///
    /// # Cost
    /// Linear in the dependencies that are met.
    pub fn reach(&mut self, place: Place, way: Way, skips: impl Fn(u32) -> bool) -> Reach {
        let start = self.node(place);
        let mut nodes = Vec::new();
        let mut seen = FxHashSet::default();
        let mut queue = VecDeque::from([(start, None)]);
        while let Some((node, came_from)) = queue.pop_front() {
            if !seen.insert(node) {
                continue;
            }
            let number = nodes.len();
            nodes.push(self.reached(node, came_from));
            for (next, edge) in self.edges(node, way.direction()) {
                match edge {
                    // Nearer than any node that waits: it costs no dependency.
                    Edge::Inside | Edge::Writer => queue.push_front((next, Some((number, None)))),
                    Edge::Dependency(step) if skips(step.from) || skips(step.to) => {}
                    Edge::Dependency(step) => queue.push_back((next, Some((number, Some(step))))),
                }
            }
        }
        Reach { way, nodes }
    }

    /// The node of a place, made if its class is new.
    fn node(&mut self, place: Place) -> NodeIndex {
        match place {
            Place::Arrival(class, want) => self.class(class).arrival(want),
            Place::Departure(class, hold) => self.class(class).departure(hold),
        }
    }

    /// The node of a place, if its class is known.
    fn known_node(&self, place: Place) -> Option<NodeIndex> {
        match place {
            Place::Arrival(class, want) => Some(self.classes.get(&class)?.arrival(want)),
            Place::Departure(class, hold) => Some(self.classes.get(&class)?.departure(hold)),
        }
    }

    fn reached(&self, node: NodeIndex, came_from: Option<(usize, Option<Step>)>) -> Reached {
        let class = self.order.graph()[node];
        let is = |place| self.known_node(place) == Some(node);
        let want = [Want::Write, Want::Read, Want::Recursive]
            .into_iter()
            .find(|&want| is(Place::Arrival(class, want)));
        let hold = [Hold::Exclusive, Hold::Shared]
            .into_iter()
            .find(|&hold| is(Place::Departure(class, hold)));
        Reached {
            arrival: (
                class,
                want.expect("a node is one way to arrive at its class"),
            ),
            departure: hold.map(|hold| (class, hold)),
            came_from,
        }
    }
}
