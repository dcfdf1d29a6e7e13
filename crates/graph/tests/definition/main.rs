//! The graph against the definition of a strong cycle, on random dependencies.
//!
//! The definition is checked on dependencies alone: two dependencies join if the second leaves the
//! class that the first enters and the joint is strong. A strong cycle is a cycle of joints; it is
//! gated if a gate is common to all its dependencies, and fresh if one of them was never told.

mod masks;
mod plain;

use std::collections::BTreeSet;

use heldby_graph::{Added, Cycle, DependencyGraph, GatedCycle, Hold, Kind, Readers, Want};
use plain::{Definition, Key};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Event {
    Dependency(Key, BTreeSet<u32>),
    Nested(u32, Kind, BTreeSet<u32>),
    Writer(u32),
    BreakGate(u32),
    Remove(u32),
}

const GATES: [u32; 3] = [100, 101, 102];

fn kind() -> impl Strategy<Value = Kind> {
    prop::sample::select(&Kind::ALL[..])
}

/// Any gates, if any are to be.
fn gates(gated: bool) -> impl Strategy<Value = BTreeSet<u32>> {
    let most = if gated { GATES.len() } else { 0 };
    prop::sample::subsequence(&GATES[..], 0..=most).prop_map(BTreeSet::from_iter)
}

fn event(classes: u32, gated: bool) -> impl Strategy<Value = Event> {
    prop_oneof![
        20 => (0..classes, 1..classes, kind(), gates(gated)).prop_map(
            move |(from, further, kind, gates)| {
                let to = (from + further) % classes;
                Event::Dependency((from, to, kind), gates)
            },
        ),
        4 => (0..classes, kind(), gates(gated))
            .prop_map(|(class, kind, gates)| Event::Nested(class, kind, gates)),
        2 => (0..classes).prop_map(Event::Writer),
        1 => prop::sample::select(&GATES[..]).prop_map(Event::BreakGate),
        1 => (0..classes).prop_map(Event::Remove),
    ]
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    (2..6_u32, any::<bool>())
        .prop_flat_map(|(classes, gated)| prop::collection::vec(event(classes, gated), 1..24))
}

/// The graph, and beside it what it should say.
struct Both {
    graph: DependencyGraph,
    definition: Definition,
}

impl Both {
    fn new() -> Self {
        Self {
            graph: DependencyGraph::new(Readers::BlockBehindWriter),
            definition: Definition::default(),
        }
    }

    fn apply(&mut self, event: &Event) {
        match event {
            Event::Dependency(key, gates) => {
                let as_list: Vec<u32> = gates.iter().copied().collect();
                let added = self.graph.add(key.0, key.1, key.2, &as_list);
                self.check(*key, gates, added);
            }
            Event::Nested(class, kind, gates) => {
                let as_list: Vec<u32> = gates.iter().copied().collect();
                let added = self.graph.add_nested(*class, *kind, &as_list);
                self.check((*class, *class, *kind), gates, added);
            }
            Event::Writer(class) => self.add_writer(*class),
            Event::BreakGate(gate) => self.break_gate(*gate),
            Event::Remove(class) => {
                self.graph.remove(*class);
                self.definition.remove(*class);
            }
        }
    }

    /// Checks the answer to one more occurrence of a dependency.
    fn check(&mut self, key: Key, gates: &BTreeSet<u32>, added: Added) {
        let definition = &mut self.definition;
        let Some(at) = definition.add(key, gates) else {
            assert_eq!(added, Added::Known);
            return;
        };
        let dependency = &definition.dependencies[at];
        let plain = dependency.gates.is_empty() && !dependency.told;
        let rings = definition.rings_through(at);
        let ungated = rings.iter().any(|ring| is_reported(definition, ring));
        let gated = rings
            .iter()
            .any(|ring| definition.is_fresh(ring) && !definition.common(ring).is_empty());
        match added {
            Added::Known => panic!("{key:?} under {gates:?} was not known"),
            Added::Accepted => {
                assert!(!ungated && !gated, "missed a cycle through {key:?}");
                let nested = key.0 == key.1;
                assert!(nested || !plain || !definition.has_walk_through(at));
            }
            Added::Gated => assert!(!ungated && !plain, "missed a cycle through {key:?}"),
            Added::Closes(cycle) => {
                assert!(ungated || (plain && definition.has_walk_through(at)));
                let last = cycle
                    .steps
                    .last()
                    .map(|step| (step.from, step.to, step.kind));
                assert_eq!(last, Some(key));
                self.tell(&cycle);
            }
        }
    }

    fn add_writer(&mut self, class: u32) {
        let first = self.definition.writers.insert(class);
        let definition = &self.definition;
        let closes = definition.rings().into_iter().any(|ring| {
            first && definition.needs_writer(&ring, class) && is_reported(definition, &ring)
        });
        let cycles = self.graph.add_writer(class);
        assert!(
            !closes || !cycles.is_empty(),
            "missed the first writer of {class}"
        );
        for cycle in cycles {
            assert!(first);
            self.tell(&cycle);
        }
    }

    fn break_gate(&mut self, gate: u32) {
        let definition = &mut self.definition;
        let rings = definition.rings();
        let had_it: Vec<_> = rings
            .into_iter()
            .filter(|ring| definition.common(ring).contains(&gate))
            .collect();
        for dependency in &mut definition.dependencies {
            dependency.gates.remove(&gate);
        }
        let closes = had_it.iter().any(|ring| is_reported(definition, ring));
        let cycles = self.graph.break_gate(gate);
        assert!(
            !closes || !cycles.is_empty(),
            "missed what {gate} kept apart"
        );
        cycles.iter().for_each(|cycle| self.tell(cycle));
    }

    /// Checks that a cycle is a fresh one that no gate keeps apart, and tells it.
    fn tell(&mut self, cycle: &Cycle) {
        let ring = self.definition.assert_is_witness(cycle);
        assert!(
            is_reported(&self.definition, &ring),
            "{cycle:?} is gated or was told"
        );
        self.definition.tell(cycle);
    }

    /// Checks what would be told if more were seen.
    fn check_lists(&self) {
        let definition = &self.definition;
        let is_gated = |definition: &Definition, ring: &plain::Ring| {
            definition.is_fresh(ring) && !definition.common(ring).is_empty()
        };
        let gated = self.graph.gated();
        let exists = definition
            .rings()
            .iter()
            .any(|ring| is_gated(definition, ring));
        assert!(!exists || !gated.is_empty(), "a gated cycle is lost");

        let mut written = definition.clone();
        written.writers.extend(0..8);
        for listed in &gated {
            let ring = written.assert_is_witness(&listed.cycle);
            assert!(is_gated(&written, &ring));
            assert_eq!(
                written.common(&ring),
                BTreeSet::from_iter(listed.gates.clone())
            );
        }
        let missing = (0..8).filter(|class| !definition.writers.contains(class));
        let rings = written.rings();
        let exists = missing.into_iter().any(|class| {
            rings
                .iter()
                .any(|ring| written.needs_writer(ring, class) && is_reported(&written, ring))
        });
        let pending = self.graph.pending();
        assert!(!exists || !pending.is_empty(), "a pending cycle is lost");
        for cycle in &pending {
            let ring = written.assert_is_witness(cycle);
            assert!(is_reported(&written, &ring));
        }
        self.check_nothing_is_left_out(&pending, &gated);
    }

    /// Checks the lists against the graph with every writer, needed or not.
    fn check_nothing_is_left_out(&self, pending: &[Cycle], gated: &[GatedCycle]) {
        let mut graph = self.graph.clone();
        let closed: Vec<_> = (0..8).flat_map(|class| graph.add_writer(class)).collect();
        assert_eq!(pending, closed);
        let listed: BTreeSet<_> = gated.iter().map(keys).collect();
        assert!(
            graph
                .gated()
                .iter()
                .map(keys)
                .all(|cycle| listed.contains(&cycle))
        );
        let both = self.graph.open_cycles();
        assert_eq!((&both.pending[..], &both.gated[..]), (pending, gated));
    }
}

fn keys(gated: &GatedCycle) -> BTreeSet<Key> {
    let steps = gated.cycle.steps.iter();
    steps.map(|step| (step.from, step.to, step.kind)).collect()
}

fn is_reported(definition: &Definition, ring: &plain::Ring) -> bool {
    definition.is_fresh(ring) && definition.common(ring).is_empty()
}

/// 500 lists of events; the variable of proptest asks for more.
fn config() -> ProptestConfig {
    let mut config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 500;
    }
    config
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_plain_cycle_is_a_strong_cycle(events in events()) {
        let mut both = Both::new();
        events.iter().for_each(|event| both.apply(event));
        both.check_lists();
    }
}

const WRITE: Kind = Kind {
    hold: Hold::Exclusive,
    want: Want::Write,
};

/// An order over plain classes that keeps legal cycles beside it accepts this deadlock.
#[test]
fn a_legal_cycle_does_not_hide_a_later_one() {
    let kind = |hold, want| Kind { hold, want };
    let mut graph = DependencyGraph::new(Readers::BlockBehindWriter);
    let [a, b, c] = [0, 1, 2];
    let legal = [
        (a, b, kind(Hold::Shared, Want::Write)),
        (b, a, kind(Hold::Exclusive, Want::Recursive)),
        (a, c, WRITE),
    ];
    for (from, to, kind) in legal {
        assert_eq!(graph.add(from, to, kind, &[]), Added::Accepted);
    }
    let added = graph.add(c, b, WRITE, &[]);
    assert!(matches!(added, Added::Closes(cycle) if cycle.steps.len() == 3));
}

/// Two cycles, each under a gate of its own, that share a lock: nobody goes round both.
#[test]
fn a_walk_round_two_gated_cycles_is_no_cycle() {
    let mut graph = DependencyGraph::new(Readers::BlockBehindWriter);
    let [a, b, c, first_gate, second_gate] = [0, 1, 2, 3, 4];
    assert_eq!(graph.add(a, b, WRITE, &[first_gate]), Added::Accepted);
    assert_eq!(graph.add(b, c, WRITE, &[second_gate]), Added::Accepted);
    assert_eq!(graph.add(c, b, WRITE, &[second_gate]), Added::Gated);
    assert_eq!(graph.add(b, a, WRITE, &[first_gate]), Added::Gated);
    assert_eq!(graph.gated().len(), 2);
}

#[test]
fn what_was_removed_closes_nothing() {
    let mut graph = DependencyGraph::new(Readers::AlwaysBlock);
    assert_eq!(graph.add(0, 1, WRITE, &[]), Added::Accepted);
    assert!(matches!(graph.add(1, 0, WRITE, &[]), Added::Closes(_)));
    graph.remove(0);
    assert_eq!(graph.add(1, 0, WRITE, &[]), Added::Accepted);
    assert!(matches!(graph.add(0, 1, WRITE, &[]), Added::Closes(_)));
    assert_eq!(graph.len(), 2);
}
