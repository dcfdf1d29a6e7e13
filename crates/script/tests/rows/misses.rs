//! The seven misses of lockdep: each with what lockdep reports as well, beside what it misses.
//!
//! Misses 1 and 2 are of its searches, 3 and 4 of its walk down the held stack, 5 to 7 of asking what
//! knows only classes for what depends on instances.

use expect_test::expect;

use crate::{check_both, check_kernel};

/// A path that is weak hides a strong one to the same class, when the search meets the weak one
/// first.
#[test]
fn miss_1_a_weak_visit_hides_a_strong_path() {
    let ring = "T2: w(rwsem:C) w(mutex:D) u(mutex:D) u(rwsem:C)
                T3: r(rwsem:C) w(mutex:A) u(mutex:A) u(rwsem:C)  T4: w(mutex:A) w(mutex:B)";
    let strong = "T1: w(mutex:B) w(rwsem:C) u(rwsem:C) u(mutex:B)";
    let weak = "T0: w(mutex:B) R(rwsem:C) u(rwsem:C) u(mutex:B)";
    check_kernel(
        &format!("{strong} {ring}"),
        expect!["circular-dependency B C A"],
    );
    check_kernel(&format!("{weak} {ring}"), expect!["clean"]);
    check_kernel(
        &format!("{weak} {strong} {ring}"),
        expect!["circular-dependency B C A"],
    );
    // Two ways to the class, the weak one shorter.
    check_kernel(
        &format!(
            "{weak} T1: w(mutex:B) w(mutex:E) u(mutex:E) u(mutex:B)
             T1: w(mutex:E) w(rwsem:C) u(rwsem:C) u(mutex:E) {ring}"
        ),
        expect!["circular-dependency B E C A"],
    );
}

/// The walk stops at a recursive reader, and misses the order between what is below and above it.
#[test]
fn miss_3_the_walk_stops_at_a_recursive_reader() {
    check_both(
        "T1: w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A)  T2: w(mutex:B) w(mutex:A)",
        expect!["circular-dependency A B"],
    );
    check_both(
        "T1: w(mutex:A) R(rwsem:C) w(mutex:B)  T2: w(mutex:B) w(mutex:A)",
        expect!["circular-dependency A B"],
    );
}

/// The walk stops at a lock that a nest lock ordered, which has recorded no order itself.
#[test]
fn miss_4_the_walk_stops_at_a_nested_lock() {
    let reversed = "T2: w(mutex:B) w(mutex:C)";
    check_both(
        &format!("T1: w(mutex:N) w(mutex:A1) w(mutex:C) w(mutex:B) {reversed}"),
        expect!["circular-dependency C B"],
    );
    check_both(
        &format!(
            "T1: w(mutex:N) w(mutex:A1) w(mutex:C) w(mutex:A2,nest=mutex:N) w(mutex:B) {reversed}"
        ),
        expect!["circular-dependency C B"],
    );
}

/// A counted reference to a nested lock answers for every instance of the class.
#[test]
fn miss_5_nested_locks_are_counted_and_not_told_apart() {
    check_both("w(mutex:A1) held(mutex:A3)", expect!["assertion-failed A"]);
    let nested = "w(mutex:N) w(mutex:A1,nest=mutex:N) w(mutex:A2,nest=mutex:N)";
    check_both(
        &format!("{nested} held(mutex:A3)"),
        expect!["assertion-failed A"],
    );
    check_both(
        &format!("{nested} u(mutex:A3)"),
        expect!["unlock-imbalance A"],
    );
    check_both(
        &format!("{nested} u(mutex:A1) nheld(mutex:A1) held(mutex:A2) u(mutex:A1)"),
        expect!["unlock-imbalance A"],
    );
    check_both(
        &format!("{nested} held(mutex:A1) held(mutex:A2) u(mutex:A1) u(mutex:A2) u(mutex:N)"),
        expect!["clean"],
    );
}

/// The chain of a nesting in order answers for one against it.
#[test]
fn miss_6_a_good_order_hides_a_bad_one() {
    let bad = "w(mutex:A2) w(mutex:A1)";
    let good = "w(mutex:A1) w(mutex:A2) u(mutex:A2) u(mutex:A1)";
    let policy = "policy(mutex:A,by_order)";
    check_both(&format!("{policy} {bad}"), expect!["recursive-locking A"]);
    check_both(
        &format!("{policy} {good} {good} {bad}"),
        expect!["recursive-locking A"],
    );
    check_both(&format!("{policy} {good} {good}"), expect!["clean"]);
}

/// The chain of an annotated nesting answers for one without, and for one whose nest lock is not
/// held.
#[test]
fn miss_7_an_annotated_nesting_hides_one_without() {
    let bare = "w(mutex:N) w(mutex:A1) w(mutex:A2) u(mutex:A2) u(mutex:A1) u(mutex:N)";
    let nested =
        "w(mutex:N) w(mutex:A1) w(mutex:A2,nest=mutex:N) u(mutex:A2) u(mutex:A1) u(mutex:N)";
    check_kernel(bare, expect!["recursive-locking A"]);
    check_kernel(
        &format!("{nested} {nested} {bare}"),
        expect!["recursive-locking A"],
    );
    check_kernel(&format!("{nested} {nested}"), expect!["clean"]);
    // Nor does the chain of the first nested lock, which is like any other.
    let (held, missing) = (
        "w(mutex:N1) w(mutex:A,nest=mutex:N1)",
        "w(mutex:N1) w(mutex:A,nest=mutex:N2)",
    );
    check_both(missing, expect!["nest-lock-not-held A N"]);
    check_both(
        &format!("{held} u(mutex:A) u(mutex:N1) {missing}"),
        expect!["nest-lock-not-held A N"],
    );
}
