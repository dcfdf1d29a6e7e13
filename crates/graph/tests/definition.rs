//! The graph against the definition of a strong cycle, on random dependencies.
//!
//! The definition is checked on dependencies alone: two dependencies join if the second leaves the
//! class that the first enters and the joint is strong. A strong cycle is a cycle of joints.

use heldby_graph::{Added, Cycle, DependencyGraph, Hold, Kind, Readers, Step, Want};
use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
enum Event {
    Dependency(u32, u32, Kind),
    Nested(u32, Kind),
    Writer(u32),
}

#[derive(Debug, Default)]
struct Definition {
    dependencies: Vec<(u32, u32, Kind)>,
    writers: Vec<u32>,
}

impl Definition {
    fn joins(&self, first: (u32, u32, Kind), second: (u32, u32, Kind)) -> bool {
        let strong = match (first.2.want, second.2.hold) {
            (Want::Write, _) | (_, Hold::Exclusive) => true,
            (Want::Read, Hold::Shared) => self.writers.contains(&first.1),
            (Want::Recursive, Hold::Shared) => false,
        };
        first.1 == second.0 && strong
    }

    /// Whether a strong cycle through dependency `start` passes more than one class.
    fn has_cycle_through(&self, start: usize) -> bool {
        let crosses = |i: usize| self.dependencies[i].0 != self.dependencies[i].1;
        let mut seen = vec![[false; 2]; self.dependencies.len()];
        let mut stack = vec![(start, crosses(start))];
        while let Some((at, crossed)) = stack.pop() {
            for (next, &dependency) in self.dependencies.iter().enumerate() {
                if !self.joins(self.dependencies[at], dependency) {
                    continue;
                }
                if next == start && crossed {
                    return true;
                }
                let crossed = crossed || crosses(next);
                if !std::mem::replace(&mut seen[next][usize::from(crossed)], true) {
                    stack.push((next, crossed));
                }
            }
        }
        false
    }

    fn has_cycle(&self) -> bool {
        (0..self.dependencies.len()).any(|start| self.has_cycle_through(start))
    }

    fn assert_is_witness(&self, cycle: &Cycle) {
        let as_dependency = |step: &Step| (step.from, step.to, step.kind);
        let shifted = cycle.steps.iter().cycle().skip(1);
        for (step, next) in cycle.steps.iter().zip(shifted) {
            assert!(
                self.dependencies.contains(&as_dependency(step)),
                "{step:?} never happened"
            );
            assert!(
                self.joins(as_dependency(step), as_dependency(next)),
                "weak joint in {cycle:?}"
            );
            let fair_behind_reader = step.kind.want == Want::Read && next.kind.hold == Hold::Shared;
            assert_eq!(step.queued_writer, fair_behind_reader);
        }
    }
}

fn kind() -> impl Strategy<Value = Kind> {
    prop::sample::select(&Kind::ALL[..])
}

fn event(classes: u32) -> impl Strategy<Value = Event> {
    prop_oneof![
        10 => (0..classes, 0..classes, kind())
            .prop_filter("two classes", |(from, to, _)| from != to)
            .prop_map(|(from, to, kind)| Event::Dependency(from, to, kind)),
        2 => (0..classes, kind()).prop_map(|(class, kind)| Event::Nested(class, kind)),
        1 => (0..classes).prop_map(Event::Writer),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn a_plain_cycle_is_a_strong_cycle(
        (pending_classes, events) in (2..6_u32).prop_flat_map(|classes| {
            (Just(classes), prop::collection::vec(event(classes), 1..24))
        })
    ) {
        let mut graph = DependencyGraph::new(Readers::BlockBehindWriter);
        let mut definition = Definition::default();
        let mut found = false;
        for event in events {
            match event {
                Event::Dependency(from, to, kind) => {
                    let added = graph.add(from, to, kind);
                    check(&mut definition, (from, to, kind), added, &mut found);
                }
                Event::Nested(class, kind) => {
                    let added = graph.add_nested(class, kind);
                    check(&mut definition, (class, class, kind), added, &mut found);
                }
                Event::Writer(class) => {
                    definition.writers.push(class);
                    let cycles = graph.add_writer(class);
                    cycles.iter().for_each(|cycle| definition.assert_is_witness(cycle));
                    found |= !cycles.is_empty();
                }
            }
            prop_assert_eq!(found, definition.has_cycle());
        }
        let pending = !graph.pending().is_empty();
        definition.writers.extend(0..pending_classes);
        prop_assert!(found || pending == definition.has_cycle());
    }
}

fn check(
    definition: &mut Definition,
    dependency: (u32, u32, Kind),
    added: Added,
    found: &mut bool,
) {
    definition.dependencies.push(dependency);
    let closes = definition.has_cycle_through(definition.dependencies.len() - 1);
    match added {
        // What is implied by a known dependency closes no cycle that was not closed before, and a
        // nesting that only lengthens a closed one closes nothing new.
        Added::Known => assert!(!closes || *found),
        Added::Accepted if dependency.0 == dependency.1 => assert!(!closes || *found),
        Added::Accepted => assert!(!closes, "missed a cycle through {dependency:?}"),
        Added::Closes(cycle) => {
            assert!(closes, "{cycle:?} is not a strong cycle");
            definition.assert_is_witness(&cycle);
            assert_eq!(
                cycle.steps.last().map(|s| (s.from, s.to, s.kind)),
                Some(dependency)
            );
            *found = true;
        }
    }
}

/// An order over plain classes that keeps legal cycles beside it accepts this deadlock.
#[test]
fn a_legal_cycle_does_not_hide_a_later_one() {
    let kind = |hold, want| Kind { hold, want };
    let mut graph = DependencyGraph::new(Readers::BlockBehindWriter);
    let [a, b, c] = [0, 1, 2];
    assert_eq!(
        graph.add(a, b, kind(Hold::Shared, Want::Write)),
        Added::Accepted
    );
    assert_eq!(
        graph.add(b, a, kind(Hold::Exclusive, Want::Recursive)),
        Added::Accepted
    );
    assert_eq!(
        graph.add(a, c, kind(Hold::Exclusive, Want::Write)),
        Added::Accepted
    );
    let added = graph.add(c, b, kind(Hold::Exclusive, Want::Write));
    assert!(matches!(added, Added::Closes(cycle) if cycle.steps.len() == 3));
}

#[test]
fn what_was_removed_closes_nothing() {
    let kind = Kind {
        hold: Hold::Exclusive,
        want: Want::Write,
    };
    let mut graph = DependencyGraph::new(Readers::AlwaysBlock);
    assert_eq!(graph.add(0, 1, kind), Added::Accepted);
    assert!(matches!(graph.add(1, 0, kind), Added::Closes(_)));
    graph.remove(0);
    assert_eq!(graph.add(1, 0, kind), Added::Accepted);
    assert!(matches!(graph.add(0, 1, kind), Added::Closes(_)));
    assert_eq!(graph.len(), 2);
}
