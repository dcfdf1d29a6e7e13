//! The engine never switches off: no report hides a later one, and none is made twice.

use heldby_model::State;

use crate::rig::{Rig, class};

#[test]
fn a_second_cycle_is_reported_after_the_first() {
    let mut rig = Rig::new();
    rig.run("T1: w(A) w(B) u(B) u(A)  T2: w(B) w(A) u(A) u(B)");
    rig.run("T1: w(C) w(D) u(D) u(C)  T2: w(D) w(C) u(C) u(D)");
    assert_eq!(rig.verdict(), ["HB0001 A B", "HB0001 C D"]);
}

#[test]
fn a_cycle_through_a_reported_dependency_is_reported() {
    let mut rig = Rig::new();
    rig.run("T1: w(A) w(B) u(B) u(A)  T2: w(B) w(A) u(A) u(B)");
    // B -> A was reported with A -> B; with A -> C -> B it makes another cycle.
    rig.run("T3: w(A) w(C) u(C) u(A)  T4: w(C) w(B) u(B) u(C)");
    assert_eq!(rig.verdict(), ["HB0001 A B", "HB0002 B A C"]);
}

#[test]
fn repeats_are_silent_for_every_task() {
    let mut rig = Rig::new();
    for task in ["T1", "T2", "T3"] {
        for _ in 0..10 {
            rig.run(&format!("{task}: w(A) w(B) u(B) u(A) w(B) w(A) u(A) u(B)"));
        }
    }
    assert_eq!(rig.verdict(), ["HB0001 A B"]);
    assert_eq!(rig.validator.stats().reports, 1);
}

#[test]
fn one_acquire_can_break_several_rules() {
    let mut rig = Rig::new();
    rig.run("T1: w(C) w(A) u(A) w(B) u(B) u(C)");
    // C closes a cycle with A and one with B; A is not hidden by the tried B.
    rig.run("T2: w(A) t(B) w(C)");
    let mut verdict = rig.verdict();
    verdict.sort_unstable();
    assert_eq!(verdict, ["HB0001 C A", "HB0001 C B"]);
}

#[test]
fn a_reported_dependency_is_told_in_the_graph() {
    let mut rig = Rig::new();
    rig.run("T1: w(A) w(B) u(B) u(A) w(A) w(C) u(C) u(A)  T2: w(B) w(A) u(A) u(B)");
    let graph = rig.validator.graph();
    let name = |id| {
        let node = graph.classes.iter().find(|node| node.id == id);
        &*node.expect("every end of a dependency is a class").name
    };
    let states: Vec<_> = graph
        .dependencies
        .iter()
        .map(|edge| (name(edge.from), name(edge.to), edge.state))
        .collect();
    assert_eq!(
        states,
        [
            ("A", "B", State::Reported),
            ("A", "C", State::Accepted),
            ("B", "A", State::Reported),
        ]
    );
}

#[test]
fn a_forgotten_order_is_learned_anew() {
    let mut rig = Rig::new();
    rig.run("T1: w(A) w(B) u(B) u(A)  T2: w(A) w(B) u(B) u(A)");
    rig.validator.forget_order(class("A"));
    rig.run("T1: w(B) w(A) u(A) u(B)");
    assert_eq!(rig.verdict(), [""; 0], "A -> B is forgotten");
    // Both tasks knew the chain, in their own caches; it is checked again.
    rig.run("T2: w(A) w(B) u(B) u(A)");
    assert_eq!(rig.verdict(), ["HB0001 B A"]);
    rig.validator.forget_order(class("B"));
    rig.run("T1: w(A) w(B) u(B) u(A)  T2: w(B) w(A)");
    assert_eq!(rig.verdict(), ["HB0001 B A", "HB0001 A B"]);
}

#[test]
fn validators_do_not_learn_from_each_other() {
    let (mut one, mut other) = (Rig::new(), Rig::new());
    one.run("T1: w(A) w(B) u(B) u(A)");
    other.run("T1: w(B) w(A) u(A) u(B)");
    assert_eq!((one.verdict(), other.verdict()), (vec![], vec![]));
    assert_eq!(one.validator.stats().dependencies, 1);
    assert_eq!(other.validator.stats().dependencies, 1);
}
