//! The masks that say where a search is needed: they change no answer, and spare what they should.

use std::collections::BTreeSet;

use heldby_graph::{Added, Cycle, DependencyGraph, Readers};
use proptest::prelude::*;

use crate::{Event, WRITE, config, events};

/// A graph with more edges beside the order than masks have bits, far from all other classes: it
/// searches for every dependency.
fn crowded() -> DependencyGraph {
    let mut graph = DependencyGraph::new(Readers::BlockBehindWriter);
    for class in (1_000..1_200).step_by(2) {
        graph.add(class, class + 1, WRITE, &[]);
        let added = graph.add(class + 1, class, WRITE, &[]);
        assert!(matches!(added, Added::Closes(_)));
    }
    graph
}

/// What a graph answers to an event.
fn answer(graph: &mut DependencyGraph, event: &Event) -> (Option<Added>, Vec<Cycle>) {
    let list = |gates: &BTreeSet<u32>| gates.iter().copied().collect::<Vec<_>>();
    match event {
        Event::Dependency((from, to, kind), gates) => {
            (Some(graph.add(*from, *to, *kind, &list(gates))), Vec::new())
        }
        Event::Nested(class, kind, gates) => (
            Some(graph.add_nested(*class, *kind, &list(gates))),
            Vec::new(),
        ),
        Event::Writer(class) => (None, graph.add_writer(*class)),
        Event::BreakGate(gate) => (None, graph.break_gate(*gate)),
        Event::Remove(class) => {
            graph.remove(*class);
            (None, Vec::new())
        }
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn masks_change_no_answer(events in events()) {
        let mut masked = DependencyGraph::new(Readers::BlockBehindWriter);
        let mut searching = crowded();
        for event in &events {
            let answers = [&mut masked, &mut searching].map(|graph| answer(graph, event));
            prop_assert_eq!(&answers[0], &answers[1], "{:?}", event);
        }
    }
}

/// Only what lies between the ends of a reported dependency is searched.
#[test]
fn what_lies_away_from_reported_dependencies_is_not_searched() {
    const CLASSES: u32 = 400;
    let mut graph = DependencyGraph::new(Readers::BlockBehindWriter);
    for class in 1..CLASSES {
        graph.add(class - 1, class, WRITE, &[]);
    }
    assert_eq!(graph.searches(), 0);
    let cycle = graph.add(200, 100, WRITE, &[]);
    assert!(matches!(cycle, Added::Closes(_)));
    assert_eq!(graph.searches(), 1);
    // Before it, after it, past it, and from it to others.
    for (from, to) in [
        (3, 90),
        (210, 390),
        (50, 350),
        (30, 150),
        (150, 300),
        (201, 500),
    ] {
        assert_eq!(graph.add(from, to, WRITE, &[]), Added::Accepted);
    }
    assert_eq!(graph.searches(), 1);
    // Between its ends every dependency closes another cycle.
    assert!(matches!(graph.add(110, 190, WRITE, &[]), Added::Closes(_)));
    assert_eq!(graph.searches(), 2);
    // A detour that leaves the part between and comes back.
    assert_eq!(graph.add(160, 600, WRITE, &[]), Added::Accepted);
    assert_eq!(graph.searches(), 2);
    assert!(matches!(graph.add(600, 170, WRITE, &[]), Added::Closes(_)));
    assert_eq!(graph.searches(), 3);
}

/// Bits of edges that are gone are given again, and past all bits nothing is missed.
#[test]
fn bits_run_out_and_come_back() {
    let mut graph = DependencyGraph::new(Readers::BlockBehindWriter);
    let mut others = 0;
    for round in 0..200 {
        assert_eq!(graph.add(0, 1, WRITE, &[]), Added::Accepted);
        assert!(matches!(graph.add(1, 0, WRITE, &[]), Added::Closes(_)));
        assert_eq!(graph.add(1, 2, WRITE, &[]), Added::Accepted);
        assert!(matches!(graph.add(2, 0, WRITE, &[]), Added::Closes(_)));
        graph.remove(1);
        graph.remove(2);
        let before = graph.searches();
        graph.add(10_000 + round, 10_001 + round, WRITE, &[]);
        others += graph.searches() - before;
        // A cycle that stays, so that bits are never all free.
        if round == 0 {
            graph.add(50, 51, WRITE, &[]);
            graph.add(51, 50, WRITE, &[]);
        }
    }
    assert_eq!(others, 0, "far from all cycles nothing is searched");
    for class in (1_000..1_200).step_by(2) {
        graph.add(class, class + 1, WRITE, &[]);
        assert!(matches!(
            graph.add(class + 1, class, WRITE, &[]),
            Added::Closes(_)
        ));
    }
    // Crowded: every dependency is searched; with most of the cycles gone none is.
    let before = graph.searches();
    graph.add(70, 71, WRITE, &[]);
    assert_eq!(graph.searches(), before + 1);
    for class in (1_000..1_160).step_by(2) {
        graph.remove(class);
    }
    let before = graph.searches();
    graph.add(80, 81, WRITE, &[]);
    assert_eq!(graph.searches(), before);
    assert!(matches!(graph.add(81, 80, WRITE, &[]), Added::Closes(_)));
    assert!(matches!(graph.add(1_171, 1_170, WRITE, &[]), Added::Known));
}
