//! The graph and its order.

use std::collections::BTreeSet;

use petgraph::Direction;
use petgraph::stable_graph::NodeIndex;

use crate::beside::Beside;
use crate::by_id::ById;
use crate::known::{Key, Known, News};
use crate::nodes::{Class, Edge};
use crate::places::{Insertion, Visited};
use crate::planted::planted;
use crate::search::{Found, Looking, Search, Start};
use crate::topological::Topological;
use crate::{Cycle, Kind, Step, Want};

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
    pub(crate) fn normalise(self, kind: Kind) -> Kind {
        match (self, kind.want) {
            (Self::AlwaysBlock, Want::Read) => Kind {
                want: Want::Write,
                ..kind
            },
            _ => kind,
        }
    }
}

/// What adding an occurrence of a dependency came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Added {
    /// It, or one that implies it under no more gates, was there.
    Known,
    /// It is new, or was seen under fewer gates, and closes no cycle that was not told.
    Accepted,
    /// The same, but it is part of a cycle that only a gate keeps apart.
    Gated,
    /// It closes this cycle, which is told from now on.
    Closes(Cycle),
}

/// All dependencies that were seen, and an order that they fit as far as they fit one.
///
/// A class is any `u32`; the graph of a validator uses class ids, the graph inside one class uses
/// instance ids. A gate is any `u32` as well.
///
/// A cycle is told once: one whose dependencies all took part in cycles that were told is silent.
#[derive(Clone, Debug)]
pub struct DependencyGraph {
    pub(crate) readers: Readers,
    /// Every edge that fits the order.
    pub(crate) order: Topological,
    /// Every edge that does not.
    pub(crate) beside: Beside,
    pub(crate) classes: ById<Class>,
    pub(crate) known: Known,
    pub(crate) writers: ById<()>,
    /// The dependencies that closed a cycle when they came or when they lost a gate: every cycle
    /// goes through one of them.
    pub(crate) closing: BTreeSet<Key>,
    searches: u64,
    /// What these looked at.
    searched: Visited,
}

impl DependencyGraph {
    /// Makes an empty graph.
    #[must_use]
    pub fn new(readers: Readers) -> Self {
        Self {
            readers,
            order: Topological::default(),
            beside: Beside::default(),
            classes: ById::default(),
            known: Known::default(),
            writers: ById::default(),
            closing: BTreeSet::new(),
            searches: 0,
            searched: Visited::default(),
        }
    }

    /// Gives `class` a place, the last in the order, if it has none: classes that are placed in an
    /// order which their dependencies keep never move.
    pub fn place(&mut self, class: u32) {
        self.class(class);
    }

    /// Adds an occurrence of the dependency `from -> to` under `gates`: locks that the thread held
    /// exclusively beside the two. A cycle that it closes is in the answer.
    ///
    /// `from == to` is a lock taken while it is held; it closes a cycle unless both are reads, and
    /// no gate helps a thread that waits for itself. Two reads of one lock that a writer parts are
    /// for the caller to see.
    ///
    /// # Cost
    /// A known dependency: one look-up for each of its kinds.
    /// A new one: the part of the order between its two ends. Only where a dependency that closed a
    /// cycle may lead from `to` to `from`, a search of what `to` reaches, and the same when a gate is
    /// lost.
    pub fn add(&mut self, from: u32, to: u32, kind: Kind, gates: &[u32]) -> Added {
        let kind = self.readers.normalise(kind);
        let gates = if from == to { &[] } else { gates };
        let step = Step::new((from, to, kind));
        let tail = self.class(from).leaves(kind);
        let head = self.class(to).arrives(kind);
        match self.known.add(step.key(), gates) {
            News::Nothing => return Added::Known,
            News::FewerGates if planted("skip-search-of-lost-gate") => return Added::Accepted,
            News::FewerGates => {}
            News::Dependency => self.insert(tail, head, Edge::Dependency(step)),
        }
        self.close(step, Start::Anywhere(head))
    }

    /// Adds two locks of one class that were nested in an order that is fine between themselves.
    ///
    /// A cycle inside the class is judged by its instances; one that also passes another class is
    /// found here.
    pub fn add_nested(&mut self, class: u32, kind: Kind, gates: &[u32]) -> Added {
        let kind = self.readers.normalise(kind);
        let step = Step::new((class, class, kind));
        let news = self.known.add(step.key(), gates);
        let nodes = self.class(class);
        let (tail, head) = (nodes.leaves(kind), nodes.arrives(kind));
        let stands_anyway = tail == head || (tail, head) == (nodes.exclusive, nodes.recursive);
        match news {
            News::Nothing => return Added::Known,
            _ if stands_anyway => return Added::Accepted,
            News::FewerGates => {}
            News::Dependency => {
                let edge = Edge::Dependency(step);
                self.beside.put(self.order.graph(), tail, head, edge);
            }
        }
        self.close(step, Start::LeavingClass(head))
    }

    /// Looks for one more cycle through a known dependency: one that was not told, and so not the
    /// one that was just found.
    ///
    /// # Cost
    /// A search of what `to` reaches.
    pub fn look_again(&mut self, from: u32, to: u32, kind: Kind) -> Option<Cycle> {
        let key = (from, to, kind);
        match self.close(Step::new(key), self.start_of(key)) {
            Added::Closes(cycle) => Some(cycle),
            Added::Known | Added::Accepted | Added::Gated => None,
        }
    }

    /// Says that a blocking writer of `class` was seen, and returns the cycles that this closes.
    pub fn add_writer(&mut self, class: u32) -> Vec<Cycle> {
        if self.readers == Readers::AlwaysBlock || !self.writers.insert(class, ()) {
            return Vec::new();
        }
        let nodes = self.class(class);
        let joints = self.joints_of_writer(nodes);
        self.insert(nodes.fair, nodes.exclusive, Edge::Writer);
        if planted("skip-search-of-first-writer") {
            return Vec::new();
        }
        let mut cycles = Vec::new();
        for (arrival, departure) in joints {
            let start = Start::LeavingBy(nodes.exclusive, departure);
            if let Added::Closes(cycle) = self.close(arrival, start) {
                cycles.push(cycle);
            }
        }
        cycles
    }

    /// Whether a blocking writer of `class` was seen.
    #[must_use]
    pub fn has_writer(&self, class: u32) -> bool {
        self.writers.contains(&class)
    }

    /// Says that `gate` keeps nothing apart any more, and returns the cycles that this closes.
    ///
    /// # Cost
    /// Linear in the dependencies with gates, and a search for each of them that closed a cycle.
    pub fn break_gate(&mut self, gate: u32) -> Vec<Cycle> {
        let had_it = |key: &Key| self.known.gates(*key).contains(&gate);
        let suspects: Vec<Key> = self.closing.iter().copied().filter(had_it).collect();
        self.known.remove_gate(gate);
        let mut cycles = Vec::new();
        if planted("skip-search-of-broken-gate") {
            return cycles;
        }
        for key in suspects {
            if let Added::Closes(cycle) = self.close(Step::new(key), self.start_of(key)) {
                cycles.push(cycle);
            }
        }
        cycles
    }

    /// The gates under which every occurrence of the dependencies `from -> to` was seen.
    #[must_use]
    pub fn gates(&self, from: u32, to: u32) -> Vec<u32> {
        let mut kinds = self.known.kinds(from, to).iter();
        let of = |kind| self.known.gates((from, to, kind));
        let mut common = kinds.next().map(of).unwrap_or_default().to_vec();
        kinds.for_each(|kind| common.retain(|gate| of(kind).contains(gate)));
        common
    }

    /// The gates under which every occurrence of the dependency was seen.
    #[must_use]
    pub fn gates_of(&self, from: u32, to: u32, kind: Kind) -> Vec<u32> {
        let kind = self.readers.normalise(kind);
        self.known.gates((from, to, kind)).to_vec()
    }

    /// Whether the dependency, or one that implies it, was seen under whatever gates.
    #[must_use]
    pub fn knows(&self, from: u32, to: u32, kind: Kind) -> bool {
        let kind = self.readers.normalise(kind);
        self.known.kinds(from, to).implies(kind)
    }

    /// What the caller keeps with the dependencies `from -> to`; 0 if nothing.
    #[must_use]
    pub fn note(&self, from: u32, to: u32) -> u32 {
        self.known.note((from, to))
    }

    /// The number that the caller keeps with the dependencies `from -> to` until they are removed, to be
    /// changed; `None` if there are none.
    pub fn note_mut(&mut self, from: u32, to: u32) -> Option<&mut u32> {
        self.known.note_mut((from, to))
    }

    /// How many searches for cycles were made, since a dependency might have closed one.
    #[must_use]
    pub fn searches(&self) -> u64 {
        self.searches
    }

    /// What was looked at so far to add dependencies: to keep the order, to mark what the dependencies
    /// that closed a cycle reach, and to search for cycles.
    #[must_use]
    pub fn visited(&self) -> Visited {
        self.order.visited() + self.beside.visited() + self.searched
    }

    pub(crate) fn class_of(&self, node: NodeIndex) -> u32 {
        self.order.graph()[node]
    }

    pub(crate) fn class(&mut self, class: u32) -> Class {
        if let Some(&nodes) = self.classes.get(&class) {
            return nodes;
        }
        let [exclusive, fair, recursive] = [(); 3].map(|()| self.order.add_node(class));
        let nodes = Class {
            exclusive,
            fair,
            recursive,
        };
        for node in nodes.nodes() {
            self.beside.add_node(node);
        }
        for tail in [exclusive, fair] {
            if tail == exclusive && planted("leave-out-n-to-r")
                || tail == fair && planted("leave-out-fair-to-r")
            {
                continue;
            }
            self.order.insert(tail, recursive, Edge::Inside);
        }
        self.classes.insert(class, nodes);
        nodes
    }

    /// Puts an edge into the order, or beside it.
    fn insert(&mut self, tail: NodeIndex, head: NodeIndex, edge: Edge) {
        let insertion = self.order.insert(tail, head, edge);
        let order = self.order.graph();
        match insertion {
            Insertion::Fits => self.beside.follow(order, tail, head),
            Insertion::ClosesCycle => self.beside.put(order, tail, head, edge),
        }
    }

    /// Where a search starts for what a known dependency closes.
    pub(crate) fn start_of(&self, (from, to, kind): Key) -> Start {
        let head = self.classes[&to].arrives(kind);
        if from == to {
            Start::LeavingClass(head)
        } else {
            Start::Anywhere(head)
        }
    }

    pub(crate) fn search(&self, closing: Step, start: Start, looking: Looking) -> Found {
        self.search_counting(closing, start, looking, &mut Visited::default())
    }

    fn search_counting(
        &self,
        closing: Step,
        start: Start,
        looking: Looking,
        visited: &mut Visited,
    ) -> Found {
        let goal = self.classes[&closing.from].leaves(closing.kind);
        Search {
            graph: self,
            closing,
            start,
            goal,
            looking,
        }
        .run(visited)
    }

    /// Looks for a cycle that a dependency closes, and tells it.
    fn close(&mut self, closing: Step, start: Start) -> Added {
        let tail = self.classes[&closing.from].leaves(closing.kind);
        if !self.beside.may_lead(start.node(), tail) {
            return Added::Accepted;
        }
        self.searches += 1;
        let mut visited = self.searched;
        let found = self.search_counting(closing, start, Looking::ForUngated, &mut visited);
        self.searched = visited;
        if found != Found::Nothing {
            self.closing.insert(closing.key());
        }
        match found {
            Found::Nothing | Found::Others { gated: false } => Added::Accepted,
            Found::Others { gated: true } => Added::Gated,
            Found::Cycle(steps, _) => {
                self.known.tell(&steps);
                Added::Closes(self.cycle(steps))
            }
        }
    }

    pub(crate) fn cycle(&self, steps: Vec<Step>) -> Cycle {
        let mut cycle = Cycle { steps };
        if self.readers == Readers::BlockBehindWriter {
            cycle.mark_queued_writers();
        }
        cycle
    }

    /// The pairs of a fair read into the class and a shared hold out of it.
    fn joints_of_writer(&self, class: Class) -> Vec<(Step, Step)> {
        let arrivals = self.dependencies(class.fair, Direction::Incoming);
        let departures = self.dependencies(class.exclusive, Direction::Outgoing);
        let crosses = |(_, step): &(NodeIndex, Step)| step.from != step.to;
        let arriving = arrivals
            .into_iter()
            .filter(|(tail, _)| *tail != class.exclusive);
        let leaving: Vec<_> = departures.into_iter().filter(crosses).collect();
        arriving
            .flat_map(|(_, arrival)| {
                leaving
                    .iter()
                    .map(move |&(_, departure)| (arrival, departure))
            })
            .collect()
    }

    /// The dependencies at one node: the node at their other end, and the dependency.
    pub(crate) fn dependencies(
        &self,
        node: NodeIndex,
        direction: Direction,
    ) -> Vec<(NodeIndex, Step)> {
        self.edges(node, direction)
            .filter_map(|(other, edge)| edge.step().map(|step| (other, step)))
            .collect()
    }

    /// The edges at one node, in the order and beside it: the node at their other end, and the edge.
    pub(crate) fn edges(
        &self,
        node: NodeIndex,
        direction: Direction,
    ) -> impl Iterator<Item = (NodeIndex, Edge)> + '_ {
        let in_order = self.order.edges(node, direction);
        in_order.chain(self.beside.at(node, direction))
    }
}
