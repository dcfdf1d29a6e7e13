//! Holds that change hands.

use expect_test::expect;

use crate::{check, check_both, check_kernel};

#[test]
fn a_hold_is_given_away() {
    check_both(
        "T1: w(mutex:A) give(mutex:A,T2) nheld(mutex:A) exit  T2: held_w(mutex:A) u(mutex:A) exit",
        expect!["clean"],
    );
    check_both(
        "T1: r(rwsem:A) give(rwsem:A,T2)  T2: held_r(rwsem:A) exit",
        expect!["exit-with-held-lock A"],
    );
    let back = "T1: w(mutex:A) give(mutex:A,T2) u(mutex:A)";
    check(back, expect!["clean"]);
    check_kernel(back, expect!["unlock-imbalance A"]);
    check_both("T1: give(mutex:A,T2)", expect!["unlock-imbalance A"]);
    // Its guard may have come from whoever holds it.
    let again = "T1: w(mutex:A) give(mutex:A,T2) give(mutex:A,T3)  T2: held(mutex:A)";
    check(again, expect!["clean"]);
    check_kernel(again, expect!["unlock-imbalance A"]);
}

#[test]
fn what_is_taken_after_a_hold_was_given_is_ordered_after_it() {
    check_both(
        "T1: w(mutex:A) give(mutex:A,T2)  T2: w(mutex:B)  T3: w(mutex:B) w(mutex:A)",
        expect!["circular-dependency A B"],
    );
    check_both(
        "T1: w(mutex:A) give(mutex:A,T2) w(mutex:B)  T3: w(mutex:B) w(mutex:A)",
        expect!["clean"],
    );
    // Nobody waited for it, so nothing leads into it.
    check_both(
        "T2: w(mutex:B)  T1: w(mutex:A) give(mutex:A,T2)  T3: w(mutex:A) w(mutex:B)",
        expect!["clean"],
    );
    // What is left of the giver's stack keeps its order.
    check_both(
        "T1: w(mutex:A) w(mutex:B) give(mutex:B,T2) w(mutex:C)  T3: w(mutex:C) w(mutex:A)",
        expect!["circular-dependency A C"],
    );
    check_both(
        "T1: w(mutex:A) w(mutex:B) w(mutex:C) give(mutex:B,T2)  T3: w(mutex:C) w(mutex:A)",
        expect!["circular-dependency A C"],
    );
}

#[test]
fn a_release_by_another_thread_is_its_holders() {
    let rows = [
        // The one who holds it, or would still count as its holder, does not any more.
        "T1: w(mutex:A)  T2: u(mutex:A)  T1: nheld(mutex:A) exit",
        "T1: r(rwsem:A)  T2: u(rwsem:A)  T1: nheld(rwsem:A) exit",
        "T1: w(mutex:A)  T2: u(mutex:A)  T1: exit",
        "T1: w(mutex:A)  T2: u(mutex:A)  T1: w(mutex:A) u(mutex:A) exit",
        "T1: w(mutex:A)  T2: u(mutex:A) w(mutex:A) held_w(mutex:A) u(mutex:A)  T1: nheld(mutex:A)",
        "T1: w(mutex:A) w(mutex:B)  T2: u(mutex:A)  T1: nheld(mutex:A) held(mutex:B) u(mutex:B)",
        "T1: w(mutex:A)  T2: u(mutex:A)  T1: w(mutex:B)  T3: w(mutex:B) w(mutex:A)",
        "T1: w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A) w(mutex:A)  T2: u(mutex:A)
         T1: w(mutex:C)  T3: w(mutex:C) w(mutex:A)",
        "T1: w(mutex:A)  T2: u(mutex:A)  T1: free(mutex:A)",
    ];
    for text in rows {
        check(text, expect!["clean"]);
    }
    // A second release has nobody to go to.
    check(
        "T1: w(mutex:A)  T2: u(mutex:A) u(mutex:A)",
        expect!["unlock-imbalance A"],
    );
    check(
        "T1: w(mutex:A1)  T2: u(mutex:A2)",
        expect!["unlock-imbalance A"],
    );
    // What was taken under it before stays ordered after it.
    check(
        "T1: w(mutex:A) w(mutex:B)  T2: u(mutex:A)  T3: w(mutex:B) w(mutex:A)",
        expect!["circular-dependency A B"],
    );
    // The kernel's locks are released by who took them.
    check_kernel(
        "T1: w(mutex:A)  T2: u(mutex:A)  T1: held(mutex:A) u(mutex:A)",
        expect!["unlock-imbalance A"],
    );
}

#[test]
fn of_several_readers_it_is_unknown_who_still_reads() {
    let rows = [
        // Nothing is asserted of what is unknown, and nothing is ordered after it.
        "T1: r(rwsem:A)  T2: r(rwsem:A)  T3: u(rwsem:A)
         T1: held(rwsem:A) nheld(rwsem:A) held_w(rwsem:A)  T2: held(rwsem:A) nheld(rwsem:A)",
        "T1: r(rwsem:A)  T2: r(rwsem:A)  T3: u(rwsem:A)  T1: w(mutex:B)  T2: w(mutex:B)
         T4: w(mutex:B) w(rwsem:A)",
        // Either of them releases, or ends.
        "T1: r(rwsem:A)  T2: r(rwsem:A)  T3: u(rwsem:A)  T1: u(rwsem:A) exit  T2: exit",
        "T1: r(rwsem:A)  T2: r(rwsem:A)  T3: u(rwsem:A)  T2: u(rwsem:A) exit  T1: exit",
    ];
    for text in rows {
        check(text, expect!["clean"]);
    }
    // What was released is known again.
    check(
        "T1: r(rwsem:A)  T2: r(rwsem:A)  T3: u(rwsem:A)  T1: u(rwsem:A) held(rwsem:A)",
        expect!["assertion-failed A"],
    );
    // Two holds of one reader are one reader's.
    check(
        "T1: R(rwsem:A) R(rwsem:A)  T2: u(rwsem:A)  T1: held_r(rwsem:A) u(rwsem:A) nheld(rwsem:A)",
        expect!["clean"],
    );
}
