//! Gates, where a chain that is known answers for locks that it does not tell apart.

use heldby_model::State;
use heldby_validator::hooks::{lockdep_set_class, mutex_acquire, mutex_release};
use heldby_validator::{LockKey, LockMap, Validator, enter};

use crate::rig::{Rig, class, quiet, short};

/// Takes and releases the locks, oldest first.
fn nest(locks: &[&LockMap]) {
    locks.iter().for_each(|lock| mutex_acquire(lock, 0, false));
    locks.iter().rev().for_each(|lock| mutex_release(lock));
}

/// A thread takes two locks in both orders under a gate, often enough that all of it is known.
fn both_orders(gate: &LockMap, name: &str) -> [LockMap; 2] {
    let [one, other] = ["one", "other"].map(|lock| LockMap::named(&format!("{name} {lock}")));
    for _ in 0..3 {
        nest(&[gate, &one, &other]);
        nest(&[gate, &other, &one]);
        nest(&[gate]);
    }
    [one, other]
}

fn verdict(validator: &Validator) -> Vec<String> {
    validator.reports().iter().map(short).collect()
}

#[test]
fn a_second_gate_is_met_on_a_known_chain() {
    let validator = Validator::new(quiet());
    enter(&validator, || {
        let [first, second] = [(); 2].map(|()| LockMap::named("met gate"));
        both_orders(&first, "met");
        assert_eq!((validator.reports().len(), validator.gated().len()), (0, 1));
        nest(&[&second]);
        nest(&[&second]);
    });
    assert_eq!(verdict(&validator), ["HB0001 met one met other"]);
    assert_eq!(validator.gated(), []);
}

#[test]
fn a_second_gate_may_come_from_another_class() {
    static MOVED: LockKey = LockKey::new("moved gate");
    let validator = Validator::new(quiet());
    enter(&validator, || {
        let first = LockMap::with_key(&MOVED);
        let second = LockMap::named("not yet moved");
        nest(&[&second]);
        both_orders(&first, "moved");
        assert_eq!(validator.reports(), []);
        lockdep_set_class(&second, &MOVED);
    });
    assert_eq!(verdict(&validator), ["HB0001 moved one moved other"]);
}

#[test]
fn a_gate_of_many_threads_is_one_lock() {
    let validator = Validator::new(quiet());
    let gate = LockMap::named("shared gate");
    std::thread::scope(|scope| {
        let run = || enter(&validator, || drop(both_orders(&gate, "shared")));
        for _ in 0..3 {
            scope.spawn(run);
        }
    });
    assert_eq!(verdict(&validator), [""; 0]);
    let gated = validator.gated();
    assert_eq!(gated.iter().map(short).collect::<Vec<_>>().len(), 1);
    assert_eq!(gated[0].gates, ["shared gate"]);
}

#[test]
fn every_state_of_a_dependency_is_told_in_the_graph() {
    let mut rig = Rig::new();
    rig.run("T1: w(G) w(A) w(B) u(B) u(A) u(G)  T2: w(G) w(B) w(A) u(A) u(B) u(G)");
    rig.run("T1: r(P) w(Q) u(Q) u(P)  T2: w(Q) r(P) u(P) u(Q)");
    rig.run("T1: w(X) w(Y) u(Y) u(X)  T2: w(Y) w(X) u(X) u(Y)");
    let graph = rig.validator.graph();
    let state = |from: &str, to: &str| {
        let is_it =
            |name: &str, id: u32| graph.classes.iter().any(|c| c.id == id && c.name == name);
        let edge = graph
            .dependencies
            .iter()
            .find(|edge| is_it(from, edge.from) && is_it(to, edge.to));
        edge.expect("it was seen").state
    };
    let rows = [
        ("G", "A", State::Accepted),
        ("A", "B", State::Gated),
        ("B", "A", State::Gated),
        ("P", "Q", State::Pending),
        ("Q", "P", State::Pending),
        ("X", "Y", State::Reported),
        ("Y", "X", State::Reported),
    ];
    for (from, to, expected) in rows {
        assert_eq!(state(from, to), expected, "{from} -> {to}");
    }
}

#[test]
fn what_was_forgotten_is_learned_with_its_gates() {
    let mut rig = Rig::new();
    let gated = "T1: w(G) w(A) w(B) u(B) u(A) u(G)  T2: w(G) w(B) w(A) u(A) u(B) u(G)";
    rig.run(gated).run("T3: w(A) w(B) u(B) u(A)");
    assert_eq!(rig.verdict(), ["HB0001 B A"]);
    rig.validator.forget_order(class("A"));
    rig.run(gated);
    assert_eq!(rig.verdict(), ["HB0001 B A"]);
    rig.run("T3: w(A) w(B) u(B) u(A)");
    assert_eq!(rig.verdict(), ["HB0001 B A", "HB0001 B A"]);
}

/// A lock that went out of order may have stood for an order; forgetting it leaves that, with the
/// gates under which it was seen.
#[test]
fn an_order_that_a_forgotten_lock_implied_keeps_its_gates() {
    let uncovered = "T1: w(G) w(A) w(C) w(B) u(G) u(C) u(B) u(A)";
    for (other, reports) in [("w(G) w(B) w(A)", 0), ("w(B) w(A)", 1)] {
        let mut rig = Rig::new();
        rig.run(uncovered);
        rig.validator.forget_order(class("C"));
        rig.run(&format!("T2: {other}"));
        assert_eq!(rig.verdict().len(), reports, "{other}");
    }
}
