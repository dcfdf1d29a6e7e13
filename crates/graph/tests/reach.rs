//! What a search reaches is what the rule of strong paths says, in both directions.

use std::collections::BTreeSet;

use heldby_graph::{DependencyGraph, Hold, Kind, Place, Readers, Want, Way};
use proptest::prelude::*;

const CLASSES: u32 = 5;
const WANTS: [Want; 3] = [Want::Write, Want::Read, Want::Recursive];
const HOLDS: [Hold; 2] = [Hold::Exclusive, Hold::Shared];

type Dependency = (u32, u32, Kind);

/// Whether who asked for a lock so waits for who holds it so, the table of `strong-paths.md`.
fn waits(want: Want, hold: Hold, writer: bool) -> bool {
    match (want, hold) {
        (_, Hold::Exclusive) | (Want::Write, _) => true,
        (Want::Read, Hold::Shared) => writer,
        (Want::Recursive, Hold::Shared) => false,
    }
}

/// Whether a strong path leads from an arrival to a departure, by the rule alone; only the ends may
/// be of the class that is skipped, and then only without a dependency between them.
fn leads(
    dependencies: &[Dependency],
    writers: &BTreeSet<u32>,
    skipped: u32,
    from: (u32, Want),
    to: (u32, Hold),
) -> bool {
    let mut arrivals = vec![from];
    let mut next = 0;
    while let Some(&(class, want)) = arrivals.get(next) {
        next += 1;
        let goes_on = |hold| waits(want, hold, writers.contains(&class));
        if class == to.0 && goes_on(to.1) {
            return true;
        }
        for &(tail, head, kind) in dependencies {
            let seen = arrivals.contains(&(head, kind.want));
            if tail == class && goes_on(kind.hold) && ![tail, head].contains(&skipped) && !seen {
                arrivals.push((head, kind.want));
            }
        }
    }
    false
}

fn dependency() -> impl Strategy<Value = Dependency> {
    let kind = (0..6_usize).prop_map(|index| Kind::ALL[index]);
    (0..CLASSES, 0..CLASSES, kind).prop_filter("two classes", |(from, to, _)| from != to)
}

/// Every arrival with every departure.
fn ends() -> impl Iterator<Item = ((u32, Want), (u32, Hold))> {
    let arrivals = (0..CLASSES).flat_map(|class| WANTS.map(|want| (class, want)));
    arrivals.flat_map(|from| {
        let departures = (0..CLASSES).flat_map(|class| HOLDS.map(|hold| (class, hold)));
        departures.map(move |to| (from, to))
    })
}

proptest! {
    #[test]
    fn a_search_reaches_what_a_strong_path_leads_to(
        dependencies in prop::collection::vec(dependency(), 0..12),
        writers in prop::collection::btree_set(0..CLASSES, 0..3),
        skipped in 0..CLASSES + 1,
    ) {
        let mut graph = DependencyGraph::new(Readers::BlockBehindWriter);
        for &(from, to, kind) in &dependencies {
            graph.add(from, to, kind, &[]);
        }
        for &class in &writers {
            graph.add_writer(class);
        }
        for (from, to) in ends() {
            let expected = leads(&dependencies, &writers, skipped, from, to);
            let after = graph.reach(Place::Arrival(from.0, from.1), Way::After, |it| it == skipped);
            let before = graph.reach(Place::Departure(to.0, to.1), Way::Before, |it| it == skipped);
            let found = after.departures().find(|&(_, it)| it == to);
            prop_assert_eq!(found.is_some(), expected, "{:?} to {:?}", from, to);
            let back = before.arrivals().find(|&(_, it)| it == from);
            prop_assert_eq!(back.is_some(), expected, "{:?} back to {:?}", to, from);
            let paths = [
                found.map(|(number, _)| after.path(number)),
                back.map(|(number, _)| before.path(number)),
            ];
            for path in paths.into_iter().flatten() {
                let classes: Vec<_> = path.iter().map(|step| (step.from, step.to)).collect();
                let joined = classes.windows(2).all(|pair| pair[0].1 == pair[1].0);
                let first = classes.first().map_or(to.0, |&(first, _)| first);
                let last = classes.last().map_or(from.0, |&(_, last)| last);
                prop_assert!(joined && first == from.0 && last == to.0, "{:?}", classes);
            }
        }
    }
}
