//! Holds: releases, the ends of locks and threads, and who holds what.

use expect_test::expect;

use crate::check_both;

#[test]
fn releases_in_any_order() {
    check_both(
        "w(mutex:A) w(mutex:B) u(mutex:A) u(mutex:B) nheld(mutex:A) nheld(mutex:B)",
        expect!["clean"],
    );
    // What is still held after it counts, and what is gone does not.
    check_both(
        "T1: w(mutex:A) w(mutex:B) u(mutex:A) w(mutex:C)  T2: w(mutex:C) w(mutex:B)",
        expect!["circular-dependency B C"],
    );
    check_both(
        "T1: w(mutex:A) w(mutex:B) u(mutex:A) w(mutex:C)  T2: w(mutex:C) w(mutex:A)",
        expect!["circular-dependency A B C"],
    );
    check_both(
        "w(mutex:A) w(mutex:B) w(mutex:C) u(mutex:B) u(mutex:A) held(mutex:C) u(mutex:C)",
        expect!["clean"],
    );
}

#[test]
fn releases_of_what_is_not_held() {
    check_both("u(mutex:A)", expect!["unlock-imbalance A"]);
    check_both(
        "w(mutex:A) u(mutex:A) u(mutex:A)",
        expect!["unlock-imbalance A"],
    );
    check_both("w(mutex:A1) u(mutex:A2)", expect!["unlock-imbalance A"]);
    check_both(
        "T1: w(mutex:A) T1: u(mutex:A) T2: u(mutex:A)",
        expect!["unlock-imbalance A"],
    );
    check_both(
        "R(rw:A) R(rw:A) u(rw:A) u(rw:A) u(rw:A)",
        expect!["unlock-imbalance A"],
    );
}

#[test]
fn locks_end_while_held() {
    check_both("w(mutex:A) free(mutex:A)", expect!["held-lock-freed A"]);
    check_both("w(mutex:A) init(mutex:A)", expect!["held-lock-freed A"]);
    check_both("r(rwsem:A) free(rwsem:A)", expect!["held-lock-freed A"]);
    check_both("w(mutex:A) u(mutex:A) free(mutex:A)", expect!["clean"]);
    check_both(
        "init(mutex:A) w(mutex:A) u(mutex:A) init(mutex:A)",
        expect!["clean"],
    );
    check_both("w(mutex:A1) free(mutex:A2)", expect!["clean"]);
}

#[test]
fn threads_end_while_holding() {
    check_both("w(mutex:A) exit", expect!["exit-with-held-lock A"]);
    check_both(
        "w(mutex:A) w(mutex:B) exit",
        expect!["exit-with-held-lock A B"],
    );
    check_both("w(mutex:A) u(mutex:A) exit", expect!["clean"]);
    check_both("w(mutex:A)", expect!["clean"]);
    check_both(
        "T1: spawn(T2)  T2: w(mutex:A) u(mutex:A) exit  T1: w(mutex:A)",
        expect!["clean"],
    );
    check_both("T1: w(mutex:A) spawn(T2)  T2: exit", expect!["clean"]);
}

#[test]
fn who_holds_what() {
    check_both("w(mutex:A) held(mutex:A) held_w(mutex:A)", expect!["clean"]);
    check_both("w(mutex:A) held_r(mutex:A)", expect!["assertion-failed A"]);
    check_both("r(rwsem:A) held(rwsem:A) held_r(rwsem:A)", expect!["clean"]);
    check_both("R(rw:A) held_w(rw:A)", expect!["assertion-failed A"]);
    check_both(
        "t(mutex:A) held_w(mutex:A) u(mutex:A) nheld(mutex:A)",
        expect!["clean"],
    );
    check_both("held(mutex:A)", expect!["assertion-failed A"]);
    check_both("nheld(mutex:A)", expect!["clean"]);
    check_both("w(mutex:A) nheld(mutex:A)", expect!["assertion-failed A"]);
    check_both("w(mutex:A1) held(mutex:A2)", expect!["assertion-failed A"]);
    // What another thread holds is not ours.
    check_both(
        "T1: r(rwsem:A)  T2: held(rwsem:A)",
        expect!["assertion-failed A"],
    );
    check_both("T1: r(rwsem:A)  T2: nheld(rwsem:A)", expect!["clean"]);
}
