//! Nest locks: a held lock that orders all locks of a class taken under it.

use expect_test::expect;

use crate::{check, check_both, check_kernel};

#[test]
fn a_held_nest_lock_permits_any_order_under_it() {
    check_kernel(
        "w(mutex:N) w(mutex:A1) w(mutex:A2)",
        expect!["recursive-locking A"],
    );
    check_both(
        "w(mutex:N) w(mutex:A1,nest=mutex:N) w(mutex:A2,nest=mutex:N) w(mutex:A3,nest=mutex:N)",
        expect!["clean"],
    );
    let both_orders = |last: &str| {
        format!(
            "T1: w(mutex:N) w(mutex:A1) w(mutex:A2,nest=mutex:N) u(mutex:A2) u(mutex:A1) u(mutex:N)
             T2: w(mutex:N) w(mutex:A2) w(mutex:A1{last})"
        )
    };
    check_both(&both_orders(",nest=mutex:N"), expect!["clean"]);
    check_kernel(&both_orders(""), expect!["recursive-locking A"]);
    // What is permitted is not remembered as an order: without the nest lock, it is the first.
    check(&both_orders(""), expect!["clean"]);
    // A lock of the class under a nest lock of it.
    check_both("w(spin:A1) w(spin:A2,nest=spin:A1)", expect!["clean"]);
}

#[test]
fn a_nest_lock_orders_only_what_was_taken_under_it() {
    // The first was taken before it: whoever holds that and waits for the nest lock meets this.
    check_kernel(
        "w(mutex:A1) w(mutex:N) w(mutex:A2,nest=mutex:N)",
        expect!["recursive-locking A"],
    );
    check(
        "T1: w(mutex:A1) w(mutex:N) w(mutex:A2,nest=mutex:N)  T2: w(mutex:A2) w(mutex:A1)",
        expect![[r#"
            circular-dependency A N
            circular-dependency A A"#]],
    );
    // It is ordered itself, whatever was tried before.
    check_both(
        "T1: w(mutex:N) t(mutex:A1) w(mutex:A2,nest=mutex:N)  T2: w(mutex:A1) w(mutex:N)",
        expect!["circular-dependency N A"],
    );
    // Only the class that is nested is free of order.
    check_both(
        "T1: w(mutex:N) w(mutex:A,nest=mutex:N) w(mutex:B)  T2: w(mutex:B) w(mutex:A)",
        expect!["circular-dependency A B"],
    );
    check_both(
        "T1: w(mutex:N) w(mutex:B) w(mutex:A,nest=mutex:N)  T2: w(mutex:A) w(mutex:B)",
        expect!["circular-dependency B A"],
    );
}

#[test]
fn a_shared_nest_lock_keeps_nobody_out() {
    let both_orders = |hold: &str| {
        format!(
            "T1: {hold}(rwsem:N) w(mutex:A1) w(mutex:A2,nest=rwsem:N) u(mutex:A2) u(mutex:A1)
             T2: {hold}(rwsem:N) w(mutex:A2) w(mutex:A1,nest=rwsem:N)"
        )
    };
    check(&both_orders("w"), expect!["clean"]);
    for shared in ["r", "R"] {
        check(&both_orders(shared), expect!["circular-dependency A A"]);
        // Lockdep does not ask how it is held.
        check_kernel(&both_orders(shared), expect!["clean"]);
    }
}

#[test]
fn no_nest_lock_helps_a_lock_that_waits_for_itself() {
    let twice = "w(mutex:N) w(mutex:A1,nest=mutex:N) w(mutex:A1,nest=mutex:N)";
    check(twice, expect!["recursive-locking A"]);
    // Lockdep counts it as one more hold, as wound-wait mutexes have it.
    check_kernel(twice, expect!["clean"]);
}

#[test]
fn a_nest_lock_must_be_held() {
    check_both(
        "w(mutex:A1) w(mutex:A2,nest=mutex:N)",
        expect!["nest-lock-not-held A N"],
    );
    check_both(
        "w(mutex:N) u(mutex:N) w(mutex:A1,nest=mutex:N)",
        expect!["nest-lock-not-held A N"],
    );
    check_both(
        "T1: w(mutex:N)  T2: w(mutex:A1,nest=mutex:N)",
        expect!["nest-lock-not-held A N"],
    );
    // By instance, and for a try as well.
    check_both(
        "w(mutex:N1) w(mutex:A1,nest=mutex:N2)",
        expect!["nest-lock-not-held A N"],
    );
    check_both(
        "t(mutex:A1,nest=mutex:N)",
        expect!["nest-lock-not-held A N"],
    );
    check_both("w(mutex:N) t(mutex:A1,nest=mutex:N)", expect!["clean"]);
}

#[test]
fn releases_in_any_order_do_not_ask_for_the_nest_lock_again() {
    check_both(
        "w(mutex:N) w(mutex:A1,nest=mutex:N) w(mutex:A2,nest=mutex:N)
         u(mutex:N) u(mutex:A1) held(mutex:A2) u(mutex:A2)",
        expect!["clean"],
    );
    // What is taken then is ordered after all that is still held.
    check_both(
        "T1: w(mutex:N) w(mutex:A1) w(mutex:C) w(mutex:A2,nest=mutex:N) u(mutex:N) w(mutex:B)
         T2: w(mutex:B) w(mutex:C)",
        expect!["circular-dependency C B"],
    );
}
