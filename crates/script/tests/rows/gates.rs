//! Gates: a lock that is held at all dependencies of a cycle keeps it apart.

use expect_test::expect;

use crate::{check, check_kernel, check_lists};

/// Both orders of A and B under the mutex G.
const GATED: &str = "T1: w(mutex:G) w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A) u(mutex:G)
                     T2: w(mutex:G) w(mutex:B) w(mutex:A) u(mutex:A) u(mutex:B) u(mutex:G)";

#[test]
fn one_gate_is_common_to_all() {
    check_kernel(GATED, expect!["circular-dependency A B"]);
    check_lists(GATED, expect!["gated: HB0001 A B by G"]);
    check(
        "T1: w(mutex:G) w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A) u(mutex:G)
         T2: w(mutex:B) w(mutex:A)",
        expect!["circular-dependency A B"],
    );
    // Each has a gate, but not the same.
    check(
        "T1: w(mutex:G) w(mutex:A) w(mutex:B)  T2: w(mutex:H) w(mutex:B) w(mutex:A)",
        expect!["circular-dependency A B"],
    );
    // Of two gates one is enough; it may be a lock of the cycle's neighbourhood.
    check_lists(
        "T1: w(mutex:G) w(mutex:H) w(mutex:A) w(mutex:B)
         T2: w(mutex:H) w(mutex:B) w(mutex:A)",
        expect!["gated: HB0001 A B by H"],
    );
}

#[test]
fn three_locks_under_one_gate() {
    let two = "T1: w(mutex:G) w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A) u(mutex:G)
               T2: w(mutex:G) w(mutex:B) w(mutex:C) u(mutex:C) u(mutex:B) u(mutex:G)";
    check_lists(
        &format!("{two} T3: w(mutex:G) w(mutex:C) w(mutex:A)"),
        expect!["gated: HB0002 A B C by G"],
    );
    check(
        &format!("{two} T3: w(mutex:C) w(mutex:A)"),
        expect!["circular-dependency A B C"],
    );
    // Any two of them have a gate in common, and no gate is common to all.
    check(
        "T1: w(mutex:G) w(mutex:H) w(mutex:A) w(mutex:B)
         T2: w(mutex:G) w(mutex:I) w(mutex:B) w(mutex:C)
         T3: w(mutex:H) w(mutex:I) w(mutex:C) w(mutex:A)",
        expect!["circular-dependency A B C"],
    );
}

#[test]
fn where_the_gate_stands() {
    // Taken between the two locks, it takes part in the cycle itself.
    check(
        "T1: w(mutex:A) w(mutex:G) w(mutex:B)  T2: w(mutex:B) w(mutex:G) w(mutex:A)",
        expect![[r#"
            circular-dependency G B
            circular-dependency A G"#]],
    );
    check(
        "T1: w(mutex:G) w(mutex:A) w(mutex:B)  T2: w(mutex:B) w(mutex:G)",
        expect!["circular-dependency G A B"],
    );
    // Only tried there, it keeps the cycle apart and waits for nothing.
    check_lists(
        "T1: w(mutex:A) t(mutex:G) w(mutex:B)  T2: w(mutex:B) t(mutex:G) w(mutex:A)",
        expect!["gated: HB0001 A B by G"],
    );
    // Far below both.
    check_lists(
        "T1: w(mutex:G) w(mutex:C) w(mutex:A) w(mutex:B)  T2: w(mutex:G) w(mutex:B) w(mutex:A)",
        expect!["gated: HB0001 A B by G"],
    );
}

#[test]
fn how_the_gate_is_held() {
    let with =
        |take: &str| format!("T1: {take} w(mutex:A) w(mutex:B)  T2: {take} w(mutex:B) w(mutex:A)");
    check(&with("r(rwsem:G)"), expect!["circular-dependency A B"]);
    check(&with("R(rwsem:G)"), expect!["circular-dependency A B"]);
    check(
        &with("w(rwsem:G) dg(rwsem:G)"),
        expect!["circular-dependency A B"],
    );
    check_lists(&with("w(rwsem:G)"), expect!["gated: HB0001 A B by G"]);
    check_lists(&with("t(mutex:G)"), expect!["gated: HB0001 A B by G"]);
    check_lists(&with("timed(mutex:G)"), expect!["gated: HB0001 A B by G"]);
    check_lists(&with("w(mutex:G,sub=1)"), expect!["gated: HB0001 A B by G"]);
    // One writes and one reads: the reader keeps no other reader of the gate out.
    check(
        "T1: w(rwsem:G) w(mutex:A) w(mutex:B)  T2: r(rwsem:G) w(mutex:B) w(mutex:A)",
        expect!["circular-dependency A B"],
    );
    // Under a subclass it is the same lock.
    check_lists(
        "T1: w(mutex:G) w(mutex:A) w(mutex:B)  T2: w(mutex:G,sub=1) w(mutex:B) w(mutex:A)",
        expect!["gated: HB0001 A B by G"],
    );
    // What is not validated vouches for nothing.
    check(
        &format!("policy(mutex:G,novalidate) {}", with("w(mutex:G)")),
        expect!["circular-dependency A B"],
    );
}

#[test]
fn what_is_released_out_of_order() {
    // The gate goes before the inner lock: that was asked for under it all the same.
    check_lists(
        "T1: w(mutex:G) w(mutex:A) w(mutex:B) u(mutex:G) u(mutex:A) u(mutex:B)
         T2: w(mutex:G) w(mutex:B) w(mutex:A)",
        expect!["gated: HB0001 A B by G"],
    );
    check_lists(
        "T1: w(mutex:G) w(mutex:A) w(mutex:C) w(mutex:B) u(mutex:G) u(mutex:C) u(mutex:A)
         T2: w(mutex:G) w(mutex:B) w(mutex:A)",
        expect!["gated: HB0001 A B by G"],
    );
    check_lists(
        "T1: w(mutex:G) w(mutex:A) r(rwsem:C) w(mutex:B) u(mutex:G) u(rwsem:C) u(mutex:A)
         T2: w(mutex:G) w(mutex:B) w(mutex:A)",
        expect![[r#"
            gated: HB0001 A B by G
            gated: HB0004 C B A by G"#]],
    );
    // It goes before the inner lock is asked for.
    check(
        "T1: w(mutex:G) w(mutex:A) u(mutex:G) w(mutex:B)  T2: w(mutex:G) w(mutex:B) w(mutex:A)",
        expect!["circular-dependency A B"],
    );
    // What stands so after a release was not taken so: T3 takes it without the gate.
    check(
        "T1: w(mutex:G) r(rwsem:A) w(mutex:B) u(mutex:G) u(mutex:B) u(rwsem:A)
         T2: w(mutex:G) w(mutex:B) w(rwsem:A) u(rwsem:A) u(mutex:B) u(mutex:G)
         T3: r(rwsem:A) w(mutex:B)",
        expect!["circular-dependency B A"],
    );
}

#[test]
fn a_gate_that_breaks_is_a_report() {
    // An occurrence without it; once, whoever comes after.
    check_lists(
        &format!("{GATED} T3: w(mutex:A) w(mutex:B)"),
        expect!["reported: HB0001 B A"],
    );
    check_lists(
        &format!("{GATED} T3: w(mutex:B) w(mutex:A)"),
        expect!["reported: HB0001 A B"],
    );
    check_lists(
        &format!(
            "{GATED} T3: w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A) w(mutex:B) w(mutex:A)
             T4: w(mutex:B) w(mutex:A)"
        ),
        expect!["reported: HB0001 B A"],
    );
    // Two gates, one after the other.
    check_lists(
        "T1: w(mutex:G) w(mutex:H) w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A) u(mutex:H)
         T2: w(mutex:G) w(mutex:H) w(mutex:B) w(mutex:A)
         T3: w(mutex:G) w(mutex:A) w(mutex:B)",
        expect!["gated: HB0001 B A by G"],
    );
    check_lists(
        "T1: w(mutex:G) w(mutex:H) w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A) u(mutex:H)
         T2: w(mutex:G) w(mutex:H) w(mutex:B) w(mutex:A)
         T3: w(mutex:G) w(mutex:A) w(mutex:B)  T4: w(mutex:H) w(mutex:B) w(mutex:A)",
        expect!["reported: HB0001 A B"],
    );
}

#[test]
fn a_second_lock_of_the_class_is_no_gate() {
    let gated = GATED.replace("mutex:G", "mutex:G1");
    check_lists(&gated, expect!["gated: HB0001 A B by G"]);
    // Wherever the second one is met: alone, tried, under others; once.
    check_lists(
        &format!("{gated} T3: w(mutex:G2)"),
        expect!["reported: HB0001 A B"],
    );
    check_lists(
        &format!("{gated} T3: t(mutex:G2)"),
        expect!["reported: HB0001 A B"],
    );
    check_lists(
        &format!("T3: w(mutex:G2) {gated}"),
        expect!["reported: HB0001 A B"],
    );
    check_lists(
        &format!("{gated} T3: w(mutex:G2,sub=1) w(mutex:G3)"),
        expect!["reported: HB0001 A B"],
    );
    check_lists(
        &format!("{gated} T3: w(mutex:G2) w(mutex:A) w(mutex:B)"),
        expect!["reported: HB0001 A B"],
    );
    // Made anew it is another lock.
    check_lists(
        &format!("{gated} T3: init(mutex:G1)"),
        expect!["reported: HB0001 A B"],
    );
    check(
        "T1: w(mutex:G1) w(mutex:A) w(mutex:B)  T2: w(mutex:G2) w(mutex:B) w(mutex:A)",
        expect!["circular-dependency A B"],
    );
    // Only what the gate alone kept apart is reported.
    check_lists(
        "T1: w(mutex:G1) w(mutex:H) w(mutex:A) w(mutex:B)
         T2: w(mutex:G1) w(mutex:H) w(mutex:B) w(mutex:A)  T3: w(mutex:G2)",
        expect!["gated: HB0001 A B by H"],
    );
}

#[test]
fn a_short_gated_cycle_hides_no_longer_one() {
    // The closing dependency has a gate; only the longer way round leaves it.
    check_lists(
        "T1: w(mutex:G) w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A) u(mutex:G)
         T2: w(mutex:A) w(mutex:C) u(mutex:C) u(mutex:A)
         T3: w(mutex:C) w(mutex:B) u(mutex:B) u(mutex:C)
         T4: w(mutex:G) w(mutex:B) w(mutex:A)",
        expect![[r#"
            reported: HB0002 A C B
            gated: HB0001 A B by G"#]],
    );
    // Two gated cycles that share a lock are no cycle together.
    check_lists(
        "T1: w(mutex:G) w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A) u(mutex:G)
         T2: w(mutex:G) w(mutex:B) w(mutex:A) u(mutex:A) u(mutex:B) u(mutex:G)
         T3: w(mutex:H) w(mutex:C) w(mutex:B) u(mutex:B) u(mutex:C) u(mutex:H)
         T4: w(mutex:H) w(mutex:B) w(mutex:C)",
        expect![[r#"
            gated: HB0001 A B by G
            gated: HB0001 C B by H"#]],
    );
}

#[test]
fn queued_writers_under_a_gate() {
    let queued = "T1: w(mutex:G) r(rwsem:A) w(mutex:B) u(mutex:B) u(rwsem:A) u(mutex:G)
                  T2: w(mutex:G) w(mutex:B) r(rwsem:A) u(rwsem:A) u(mutex:B) u(mutex:G)";
    check_lists(queued, expect!["gated: HB0004 A B by G"]);
    check_lists(
        &format!("{queued} T3: w(rwsem:A)"),
        expect!["gated: HB0004 A B by G"],
    );
    check_lists(
        &format!("{queued} T3: w(rwsem:A) u(rwsem:A)  T4: w(mutex:B) r(rwsem:A)"),
        expect!["reported: HB0004 A B"],
    );
    check_lists(
        &format!("{queued} T4: w(mutex:B) r(rwsem:A)"),
        expect!["pending: HB0004 A B"],
    );
    check_lists(
        &format!("{queued} T4: w(mutex:B) r(rwsem:A) u(rwsem:A) u(mutex:B)  T3: w(rwsem:A)"),
        expect!["reported: HB0004 A B"],
    );
}

/// An order over plain classes that keeps legal cycles beside it accepts the fourth thread.
#[test]
fn a_legal_cycle_beside_the_order_serves_later_ones() {
    let legal = "T1: R(rwsem:A) w(mutex:B) u(mutex:B) u(rwsem:A)
                 T2: w(mutex:B) R(rwsem:A) u(rwsem:A) u(mutex:B)
                 T3: w(rwsem:A) w(mutex:C) u(mutex:C) u(rwsem:A)";
    check_lists(legal, expect!["clean"]);
    check_lists(
        &format!("{legal} T4: w(mutex:C) w(mutex:B)"),
        expect!["reported: HB0002 B A C"],
    );
}

#[test]
fn two_locks_of_one_class_under_a_gate() {
    let gated = "T1: w(mutex:G) w(mutex:A1) w(mutex:A2) u(mutex:A2) u(mutex:A1) u(mutex:G)
                 T2: w(mutex:G) w(mutex:A2) w(mutex:A1) u(mutex:A1) u(mutex:A2) u(mutex:G)";
    check_lists(gated, expect!["gated: HB0001 A A by G"]);
    // One order without the gate is enough, whichever it is and whenever it comes.
    check(
        &format!("{gated} T3: w(mutex:A1) w(mutex:A2)"),
        expect!["circular-dependency A A"],
    );
    check(
        &format!("{gated} T3: w(mutex:A2) w(mutex:A1)"),
        expect!["circular-dependency A A"],
    );
    check(
        "T1: w(mutex:A1) w(mutex:A2) u(mutex:A2) u(mutex:A1)
         T2: w(mutex:G) w(mutex:A2) w(mutex:A1)",
        expect!["circular-dependency A A"],
    );
    // Other locks of the class, nested without the gate, change nothing.
    check_lists(
        &format!("{gated} T3: w(mutex:A3) w(mutex:A4)"),
        expect!["gated: HB0001 A A by G"],
    );
    // A second gate of its class, whether or not it is taken under the first.
    check(
        &format!("{gated} T3: w(mutex:G2)"),
        expect!["circular-dependency A A"],
    );
}
