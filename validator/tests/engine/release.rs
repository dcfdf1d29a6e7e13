//! Releases in every order, downgrades, and locks that go or stay where they must not.

use heldby_validator::Held;

use crate::rig::{Rig, check_rows};

#[test]
fn locks_may_be_released_in_any_order() {
    let rows: &[(&str, &[&str])] = &[
        ("T1: w(A) w(B) u(A) u(B)  T2: w(A) w(B) u(A) u(B)", &[]),
        ("T1: w(A) w(B) u(A) u(B)  T2: w(B) w(A)", &["HB0001 A B"]),
        // Hand over hand down a list, and one that climbs.
        (
            "T1: w(A) w(B) u(A) w(C) u(B) w(D) u(C) u(D)  T2: w(A) w(B) u(A) w(C)",
            &[],
        ),
        (
            "T1: w(A) w(B) u(A) w(C) u(B) u(C)  T2: w(C) w(B)",
            &["HB0001 B C"],
        ),
        // The order A -> C was only implied by B until B went.
        (
            "T1: w(A) w(B) w(C) u(B) u(C) u(A)  T2: w(C) w(A)",
            &["HB0001 A C"],
        ),
        // What is taken after an early release is ordered behind what is left, and no more: C is
        // ordered behind A only through B.
        (
            "T1: w(A) w(B) u(A) w(C) u(C) u(B)  T2: w(C) w(A)",
            &["HB0002 A B C"],
        ),
        ("T1: w(A) t(B) u(A) w(C) u(C) u(B)  T2: w(C) w(A)", &[]),
        (
            "T1: w(A) w(B) u(A) w(C) u(C) u(B)  T2: w(C) w(B)",
            &["HB0001 B C"],
        ),
        // The chain after an early release is another one than the chain before.
        (
            "T1: w(B) w(C) u(C) u(B)  T2: w(A) w(C) u(A) w(B)",
            &["HB0001 B C"],
        ),
    ];
    check_rows(Rig::new, rows);
}

#[test]
fn a_downgrade_changes_the_hold_and_not_the_past() {
    let mut rig = Rig::new();
    rig.run("T1: w(A) w(B)");
    assert_eq!(rig.held("T1", "A"), Held::Write);
    rig.run("T1: dg(A)");
    assert_eq!(rig.held("T1", "A"), Held::Read);
    assert_eq!(rig.held("T1", "B"), Held::Write);
    rig.run("T1: held_r(A) held_w(B) u(A) u(B) nheld(A) nheld(B)");
    assert_eq!(rig.verdict(), [""; 0]);

    let rows: &[(&str, &[&str])] = &[
        // Shared holds of A let readers of A pass.
        (
            "T1: w(A) dg(A) w(B) u(B) u(A)  T2: w(B) R(A) u(A) u(B)",
            &[],
        ),
        (
            "T1: w(A) w(B) u(B) u(A)  T2: w(B) R(A) u(A) u(B)",
            &["HB0001 A B"],
        ),
        // The chain w(A) w(B) does not answer for what follows a downgrade, nor the reverse.
        (
            "T1: w(A) dg(A) w(B) u(B) u(A) w(A) w(B) u(B) u(A)  T2: w(B) R(A)",
            &["HB0001 A B"],
        ),
        ("T1: dg(A)", &["HB0101 A"]),
    ];
    check_rows(Rig::new, rows);
}

#[test]
fn a_lock_is_released_by_who_holds_it() {
    let rows: &[(&str, &[&str])] = &[
        ("T1: w(A) u(A) u(A)", &["HB0101 A"]),
        ("T1: w(A1)  T2: u(A2)", &["HB0101 A"]),
        ("T1: w(A1) u(A2)", &["HB0101 A"]),
        // Each hold is released once.
        ("T1: R(A) R(A) u(A) u(A)", &[]),
        ("T1: R(A) R(A) u(A) u(A) u(A)", &["HB0101 A"]),
        // It says so once for each place, and the stack stays right.
        ("T1: w(A) w(B) u(C) u(B) u(A) w(B) u(B)", &["HB0101 C"]),
    ];
    check_rows(Rig::new, rows);
}

#[test]
fn a_lock_that_goes_must_not_be_held() {
    let rows: &[(&str, &[&str])] = &[
        ("T1: w(A) free(A)", &["HB0102 A"]),
        ("T1: w(A) init(A)", &["HB0102 A"]),
        ("T1: r(A) w(B) free(A) u(B)", &["HB0102 A"]),
        ("T1: w(A) u(A) free(A)", &[]),
        ("T1: w(A1) free(A2) u(A1)", &[]),
        ("T1: free(A) init(A) w(A) u(A)", &[]),
        // It is off the stack then: nothing is ordered behind it, and nothing exits with it.
        (
            "T1: w(A) free(A) w(B) u(B) exit  T2: w(B) w(A)",
            &["HB0102 A"],
        ),
    ];
    check_rows(Rig::new, rows);
}

#[test]
fn a_lock_made_anew_is_another_instance() {
    let mut rig = Rig::new();
    rig.run("T1: w(A1) w(A2) u(A2) u(A1)");
    // What was known of the old A1 is not said of the new one.
    rig.run("T1: init(A1) w(A2) w(A1) u(A1) u(A2)");
    assert_eq!(rig.verdict(), [""; 0]);
    rig.run("T1: w(A1) w(A2)");
    assert_eq!(rig.verdict(), ["HB0001 A A"]);
}

#[test]
fn a_task_does_not_end_with_a_lock() {
    let rows: &[(&str, &[&str])] = &[
        ("T1: w(A) exit", &["HB0103 A"]),
        ("T1: w(A) r(B) exit", &["HB0103 A B"]),
        ("T1: w(A) u(A) exit", &[]),
        ("T1: w(A)  T2: exit", &[]),
    ];
    check_rows(Rig::new, rows);
}
