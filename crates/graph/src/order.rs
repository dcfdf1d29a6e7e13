//! The graph and its order.

use petgraph::stable_graph::NodeIndex;
use petgraph::visit::EdgeRef;
use petgraph::{Direction, Graph};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::places::Insertion;
use crate::search::{Start, shortest_path};
use crate::topological::Topological;
use crate::{Cycle, Hold, Kind, KindSet, Step, Want};

/// When a fair reader waits for a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Always: a writer may queue between them. This is lockdep's rule.
    AlwaysBlock,
    /// Once a blocking writer of the class was seen.
    BlockBehindWriter,
}

impl Readers {
    /// Where readers always block, a fair read is as strong as a write.
    fn normalise(self, kind: Kind) -> Kind {
        match (self, kind.want) {
            (Self::AlwaysBlock, Want::Read) => Kind {
                want: Want::Write,
                ..kind
            },
            _ => kind,
        }
    }
}

/// What adding a dependency came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Added {
    /// It, or one that implies it, was there.
    Known,
    /// It is new and closes no cycle.
    Accepted,
    /// It is new and closes this cycle.
    Closes(Cycle),
}

/// An edge of the graph of nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edge {
    /// `N -> R` and `r -> R`: who waits for more waits for less.
    Inside,
    /// `r -> N`: a writer queues between two readers.
    Writer,
    /// A dependency, or an accepted nesting of two locks of one class.
    Dependency(Step),
}

/// The three nodes of a class.
#[derive(Clone, Copy, Debug)]
struct Class {
    exclusive: NodeIndex,
    fair: NodeIndex,
    recursive: NodeIndex,
}

impl Class {
    fn leaves(self, hold: Hold) -> NodeIndex {
        match hold {
            Hold::Exclusive => self.recursive,
            Hold::Shared => self.exclusive,
        }
    }

    fn arrives(self, want: Want) -> NodeIndex {
        match want {
            Want::Write => self.exclusive,
            Want::Read => self.fair,
            Want::Recursive => self.recursive,
        }
    }
}

/// All dependencies that were seen, and an order that they fit as far as they fit one.
///
/// A class is any `u32`; the graph of a validator uses class ids, the graph inside one class uses
/// instance ids.
#[derive(Clone, Debug)]
pub struct DependencyGraph {
    readers: Readers,
    /// Every edge that fits the order.
    pub(crate) order: Topological,
    /// Every edge that does not, by its tail.
    pub(crate) beside: FxHashMap<NodeIndex, Vec<(NodeIndex, Edge)>>,
    classes: FxHashMap<u32, Class>,
    known: FxHashMap<(u32, u32), KindSet>,
    writers: FxHashSet<u32>,
}

impl DependencyGraph {
    /// Makes an empty graph.
    #[must_use]
    pub fn new(readers: Readers) -> Self {
        Self {
            readers,
            order: Topological::default(),
            beside: FxHashMap::default(),
            classes: FxHashMap::default(),
            known: FxHashMap::default(),
            writers: FxHashSet::default(),
        }
    }

    /// Adds the dependency `from -> to`; a cycle that it closes is in the answer.
    ///
    /// `from == to` is a lock taken while it is held; it closes a cycle unless both are reads. Two
    /// reads of one lock that a writer parts are for the caller to see.
    ///
    /// # Cost
    /// A known dependency: one look-up.
    /// A new one: the part of the order between its two ends; once some dependency stands beside the
    /// order, a search of what `to` reaches.
    pub fn add(&mut self, from: u32, to: u32, kind: Kind) -> Added {
        let kind = self.readers.normalise(kind);
        if self.is_implied(from, to, kind) {
            return Added::Known;
        }
        let step = Step {
            from,
            to,
            kind,
            queued_writer: false,
        };
        let tail = self.class(from).leaves(kind.hold);
        let head = self.class(to).arrives(kind.want);
        match self.insert(tail, head, step) {
            Some(cycle) => Added::Closes(cycle),
            None => Added::Accepted,
        }
    }

    /// Adds two locks of one class that were nested in an order that is fine between themselves.
    ///
    /// A cycle inside the class is judged by its instances; one that also passes another class is
    /// found here.
    pub fn add_nested(&mut self, class: u32, kind: Kind) -> Added {
        let kind = self.readers.normalise(kind);
        if self.is_implied(class, class, kind) {
            return Added::Known;
        }
        let nodes = self.class(class);
        let tail = nodes.leaves(kind.hold);
        let head = nodes.arrives(kind.want);
        if tail == head || (tail, head) == (nodes.exclusive, nodes.recursive) {
            return Added::Accepted;
        }
        let step = Step {
            from: class,
            to: class,
            kind,
            queued_writer: false,
        };
        let path = shortest_path(self, Start::LeavingClass(head), tail);
        self.put_beside(tail, head, step);
        path.map_or(Added::Accepted, |steps| {
            Added::Closes(self.close(steps, step))
        })
    }

    /// Says that a blocking writer of `class` was seen, and returns the cycles that this closes.
    pub fn add_writer(&mut self, class: u32) -> Vec<Cycle> {
        if self.readers == Readers::AlwaysBlock || !self.writers.insert(class) {
            return Vec::new();
        }
        let nodes = self.class(class);
        let cycles = self.cycles_through_writer(nodes);
        let inserted = self.order.insert(nodes.fair, nodes.exclusive, Edge::Writer);
        if inserted == Insertion::ClosesCycle {
            self.beside
                .entry(nodes.fair)
                .or_default()
                .push((nodes.exclusive, Edge::Writer));
        }
        cycles
    }

    /// Whether a blocking writer of `class` was seen.
    #[must_use]
    pub fn has_writer(&self, class: u32) -> bool {
        self.writers.contains(&class)
    }

    /// The cycles that would close if a writer were seen of every class that has none.
    ///
    /// # Cost
    /// A copy of the graph and a search for each pair of a fair read and a shared hold of a class.
    #[must_use]
    pub fn pending(&self) -> Vec<Cycle> {
        let mut copy = self.clone();
        let mut without: Vec<u32> = self.classes.keys().copied().collect();
        without.retain(|class| !self.writers.contains(class));
        without.sort_unstable();
        without
            .into_iter()
            .flat_map(|class| copy.add_writer(class))
            .collect()
    }

    /// Forgets `class` with every dependency from and to it, and returns the pairs of classes that
    /// had one.
    ///
    /// # Cost
    /// Linear in the dependencies of the class, and in those that stand beside the order.
    pub fn remove(&mut self, class: u32) -> Vec<(u32, u32)> {
        self.writers.remove(&class);
        let Some(nodes) = self.classes.remove(&class) else {
            return Vec::new();
        };
        let nodes = [nodes.exclusive, nodes.fair, nodes.recursive];
        let mut pairs = Vec::new();
        for node in nodes {
            for direction in [Direction::Incoming, Direction::Outgoing] {
                let steps = self.dependencies(node, direction).into_iter();
                pairs.extend(steps.map(|(_, step)| (step.from, step.to)));
            }
        }
        pairs.push((class, class));
        pairs.retain(|pair| self.known.remove(pair).is_some());
        for node in nodes {
            self.order.remove_node(node);
            self.beside.remove(&node);
        }
        self.beside.retain(|_, edges| {
            edges.retain(|(head, _)| !nodes.contains(head));
            !edges.is_empty()
        });
        pairs
    }

    /// How many pairs of classes have a dependency.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether there is no dependency.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Whether `from -> to` is known or implied; if not, it is from now on.
    fn is_implied(&mut self, from: u32, to: u32, kind: Kind) -> bool {
        let kinds = self.known.entry((from, to)).or_default();
        let implied = kinds.implies(kind);
        kinds.insert(kind);
        implied
    }

    fn class(&mut self, class: u32) -> Class {
        if let Some(&nodes) = self.classes.get(&class) {
            return nodes;
        }
        let [exclusive, fair, recursive] = [(); 3].map(|()| self.order.add_node(class));
        for tail in [exclusive, fair] {
            self.order.insert(tail, recursive, Edge::Inside);
        }
        let nodes = Class {
            exclusive,
            fair,
            recursive,
        };
        self.classes.insert(class, nodes);
        nodes
    }

    /// Puts an edge into the order, or beside it; returns the cycle that it closes.
    fn insert(&mut self, tail: NodeIndex, head: NodeIndex, step: Step) -> Option<Cycle> {
        let fits = self.order.insert(tail, head, Edge::Dependency(step)) == Insertion::Fits;
        if fits && self.beside.is_empty() {
            return None;
        }
        let path = shortest_path(self, Start::Anywhere(head), tail);
        if !fits {
            self.put_beside(tail, head, step);
        }
        path.map(|steps| self.close(steps, step))
    }

    fn put_beside(&mut self, tail: NodeIndex, head: NodeIndex, step: Step) {
        self.beside
            .entry(tail)
            .or_default()
            .push((head, Edge::Dependency(step)));
    }

    fn close(&self, mut steps: Vec<Step>, last: Step) -> Cycle {
        steps.push(last);
        let mut cycle = Cycle { steps };
        if self.readers == Readers::BlockBehindWriter {
            cycle.mark_queued_writers();
        }
        cycle
    }

    /// For each fair read into the class and each shared hold out of it, a cycle through both.
    fn cycles_through_writer(&self, class: Class) -> Vec<Cycle> {
        let arrivals = self.dependencies(class.fair, Direction::Incoming);
        let departures = self.dependencies(class.exclusive, Direction::Outgoing);
        let mut cycles = Vec::new();
        for &(tail, arrival) in arrivals.iter().filter(|(tail, _)| *tail != class.exclusive) {
            for &(_, departure) in departures.iter().filter(|(_, step)| step.from != step.to) {
                let start = Start::LeavingBy(class.exclusive, departure);
                if let Some(path) = shortest_path(self, start, tail) {
                    cycles.push(self.close(path, arrival));
                }
            }
        }
        cycles
    }

    /// The dependencies at one node: the node at their other end, and the dependency.
    fn dependencies(&self, node: NodeIndex, direction: Direction) -> Vec<(NodeIndex, Step)> {
        let in_order = self
            .order
            .graph()
            .edges_directed(node, direction)
            .map(|edge| {
                let other = if direction == Direction::Outgoing {
                    edge.target()
                } else {
                    edge.source()
                };
                (other, *edge.weight())
            });
        let beside = self.beside.iter().flat_map(|(&tail, edges)| {
            edges
                .iter()
                .filter_map(move |&(head, edge)| match direction {
                    Direction::Outgoing => (tail == node).then_some((head, edge)),
                    Direction::Incoming => (head == node).then_some((tail, edge)),
                })
        });
        let dependency = |(other, edge)| match edge {
            Edge::Dependency(step) => Some((other, step)),
            Edge::Inside | Edge::Writer => None,
        };
        in_order.chain(beside).filter_map(dependency).collect()
    }

    /// The classes and pairs of classes as a plain petgraph graph, for algorithms and export.
    #[must_use]
    pub fn to_petgraph(&self) -> Graph<u32, KindSet> {
        let mut graph = Graph::new();
        let mut classes: Vec<u32> = self.classes.keys().copied().collect();
        classes.sort_unstable();
        let nodes: FxHashMap<u32, _> = classes
            .into_iter()
            .map(|class| (class, graph.add_node(class)))
            .collect();
        for (&(from, to), &kinds) in &self.known {
            graph.add_edge(nodes[&from], nodes[&to], kinds);
        }
        graph
    }
}
