//! The order between classes.

use expect_test::expect;

use crate::{check, check_both, check_kernel};

#[test]
fn two_locks_in_opposite_orders() {
    check_both(
        "T1: w(mutex:A) w(mutex:B)  T2: w(mutex:B) w(mutex:A)",
        expect!["circular-dependency A B"],
    );
    check_both(
        "T1: w(mutex:A) w(mutex:B)  T2: w(mutex:A) w(mutex:B)",
        expect!["clean"],
    );
    check_both(
        "T1: w(mutex:A) u(mutex:A) w(mutex:B)  T2: w(mutex:B) w(mutex:A)",
        expect!["clean"],
    );
    // The other order is seen first; through a subclass; from one thread.
    check_both(
        "T2: w(mutex:B) w(mutex:A)  T1: w(mutex:A) w(mutex:B)",
        expect!["circular-dependency B A"],
    );
    check_both(
        "T1: w(mutex:A) w(mutex:B,sub=1)  T2: w(mutex:B) w(mutex:A)",
        expect!["clean"],
    );
    check_both(
        "w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A) w(mutex:B) w(mutex:A)",
        expect!["circular-dependency A B"],
    );
    // A cycle is reported once, whoever closes it again.
    check_both(
        "T1: w(mutex:A) w(mutex:B)  T2: w(mutex:B) w(mutex:A)  T3: w(mutex:B) w(mutex:A)
         T4: w(mutex:A) w(mutex:B)",
        expect!["circular-dependency A B"],
    );
    // The lock between the two is no part of the cycle.
    check_both(
        "T1: w(mutex:A) w(mutex:C) w(mutex:B)  T2: w(mutex:B) w(mutex:A)",
        expect!["circular-dependency A C B"],
    );
}

#[test]
fn classes_are_told_apart_by_name_and_type() {
    check_both(
        "T1: w(mutex:A) w(spin:B)  T2: w(mutex:B) w(mutex:A)",
        expect!["clean"],
    );
    check_both(
        "T1: w(mutex:A) w(rwsem:A)  T2: w(rwsem:A) w(mutex:A)",
        expect!["circular-dependency mutex:A rwsem:A"],
    );
    check_both(
        "T1: w(mutex:A1) w(mutex:B1)  T2: w(mutex:B2) w(mutex:A2)",
        expect!["circular-dependency A B"],
    );
}

#[test]
fn longer_cycles() {
    check_both(
        "T1: w(mutex:A) w(mutex:B)  T2: w(mutex:B) w(mutex:C)  T3: w(mutex:C) w(mutex:A)",
        expect!["circular-dependency A B C"],
    );
    check_both(
        "T1: w(mutex:A) w(mutex:B)  T2: w(mutex:B) w(mutex:C)  T3: w(mutex:A) w(mutex:C)",
        expect!["clean"],
    );
    check_both(
        "T1: w(mutex:A) w(mutex:B)  T2: w(mutex:B) w(mutex:C)  T3: w(mutex:C) w(mutex:D)
         T4: w(mutex:D) w(mutex:A)",
        expect!["circular-dependency A B C D"],
    );
    // A longer cycle through a reported dependency is another cycle.
    check_both(
        "T1: w(mutex:A) w(mutex:B)  T2: w(mutex:B) w(mutex:A)
         T3: w(mutex:B) w(mutex:C)  T4: w(mutex:C) w(mutex:A)",
        expect![[r#"
            circular-dependency A B
            circular-dependency A B C"#]],
    );
    // Three locks held at once leave every pair.
    check_both(
        "T1: w(mutex:A) w(mutex:B) w(mutex:C)  T2: w(mutex:C) w(mutex:A)",
        expect!["circular-dependency A B C"],
    );
}

#[test]
fn tries_and_deadlines() {
    // What is tried waits for nothing; what follows it does.
    check_both(
        "T1: t(mutex:A) w(mutex:B)  T2: w(mutex:B) w(mutex:A)",
        expect!["circular-dependency A B"],
    );
    check_both(
        "T1: w(mutex:A) t(mutex:B)  T2: w(mutex:B) w(mutex:A)",
        expect!["clean"],
    );
    check_both(
        "T1: w(mutex:A) t(mutex:B) w(mutex:C)  T2: w(mutex:C) w(mutex:A)",
        expect!["circular-dependency A C"],
    );
    check_both(
        "T1: w(mutex:A) t(mutex:B) w(mutex:C)  T2: w(mutex:C) w(mutex:B)",
        expect!["circular-dependency B C"],
    );
    check_both("T1: w(mutex:A1) t(mutex:A2)", expect!["clean"]);
    check_both(
        "T1: w(mutex:A) t_fail(mutex:B)  T2: w(mutex:B) w(mutex:A)",
        expect!["clean"],
    );
    // A chain that was known by its try is checked when it blocks.
    check_both(
        "T1: w(mutex:A) t(mutex:B) u(mutex:B) w(mutex:B)  T2: w(mutex:B) w(mutex:A)",
        expect!["circular-dependency A B"],
    );
    // A deadline bounds the wait; the kernel's rules know no deadline.
    let bounded = "T1: w(mutex:A) timed(mutex:B)  T2: w(mutex:B) w(mutex:A)";
    check(bounded, expect!["clean"]);
    check_kernel(bounded, expect!["circular-dependency A B"]);
    check(
        "T1: timed(mutex:A) w(mutex:B)  T2: w(mutex:B) w(mutex:A)",
        expect!["circular-dependency A B"],
    );
    check(
        "T1: w(mutex:A) timed(mutex:B) w(mutex:C)  T2: w(mutex:C) w(mutex:A)",
        expect!["circular-dependency A C"],
    );
}

#[test]
fn checked_without_being_held() {
    check_both(
        "T1: w(mutex:A) might(mutex:B)  T2: w(mutex:B) w(mutex:A)",
        expect!["circular-dependency A B"],
    );
    check_both(
        "T1: w(mutex:A) sync(mutex:B)  T2: w(mutex:B) w(mutex:A)",
        expect!["circular-dependency A B"],
    );
    check_both(
        "T1: sync(mutex:B) w(mutex:A)  T2: w(mutex:A) w(mutex:B)",
        expect!["clean"],
    );
    check_both(
        "T1: might(mutex:B) w(mutex:A)  T2: w(mutex:A) w(mutex:B)",
        expect!["clean"],
    );
    check_both(
        "sync(mutex:A) sync(mutex:A) nheld(mutex:A)",
        expect!["clean"],
    );
    check_both("w(mutex:A) sync(mutex:A)", expect!["recursive-locking A"]);
}

#[test]
fn a_release_out_of_order_shows_what_was_not_told() {
    // B -> A closes two cycles, of which the shorter one is told; once B is gone, C -> A stands for
    // itself and closes the other.
    check(
        "T1: w(mutex:A) w(mutex:C) u(mutex:C) w(mutex:B) u(mutex:B) u(mutex:A)
         T2: w(mutex:C) w(mutex:B) w(mutex:A) u(mutex:B)",
        expect![[r#"
            circular-dependency A B
            circular-dependency A C"#]],
    );
    // It closes nothing but what was told through B.
    check(
        "T1: w(mutex:A) w(mutex:C) u(mutex:C) u(mutex:A)
         T2: w(mutex:C) w(mutex:B) w(mutex:A) u(mutex:B)",
        expect!["circular-dependency A C B"],
    );
}
