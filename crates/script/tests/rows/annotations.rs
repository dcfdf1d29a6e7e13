//! What is told of a class or a lock beside its acquires: order, another class, a pin, a sync.

use expect_test::expect;

use crate::{check, check_both, check_kernel};

#[test]
fn a_class_with_an_order() {
    let policy = "policy(mutex:A,by_order)";
    check_both(
        &format!("{policy} w(mutex:A1) w(mutex:A2) w(mutex:A7)"),
        expect!["clean"],
    );
    check_both(
        &format!("{policy} w(mutex:A2) w(mutex:A1)"),
        expect!["recursive-locking A"],
    );
    // Whatever is between.
    check_both(
        &format!("{policy} w(mutex:A2) w(mutex:A3) t(mutex:A1) w(mutex:A4)"),
        expect!["clean"],
    );
    check_both(
        &format!("{policy} w(mutex:A2) t(mutex:A9) w(mutex:A4)"),
        expect!["recursive-locking A"],
    );
    check_both(
        &format!("{policy} w(mutex:A1) w(mutex:A1)"),
        expect!["recursive-locking A"],
    );
    check_both(
        "policy(rwsem:A,by_order) R(rwsem:A2) R(rwsem:A1)",
        expect!["clean"],
    );
    check(
        &format!("{policy} w(mutex:A1) w(mutex:A1,sub=1)"),
        expect!["recursive-locking A/1"],
    );
    // It says nothing of other classes, and what it permits counts for cycles through them.
    check(
        &format!("{policy} w(mutex:B2) w(mutex:B1)"),
        expect!["clean"],
    );
    check_both(
        "policy(rwsem:A,by_order) T1: w(rwsem:A1) w(rwsem:A2)
         T2: R(rwsem:A2) w(mutex:B)  T3: w(mutex:B) R(rwsem:A1)",
        expect!["circular-dependency A A B"],
    );
}

#[test]
fn a_class_that_may_be_nested_in_any_order() {
    let orders = "T1: w(mutex:A1) w(mutex:A2) u(mutex:A2) u(mutex:A1)  T2: w(mutex:A2) w(mutex:A1)";
    check(orders, expect!["circular-dependency A A"]);
    check_both(
        &format!("policy(mutex:A,nestable) {orders}"),
        expect!["clean"],
    );
    check(
        "policy(mutex:A,forbid) w(mutex:A1) w(mutex:A1,sub=1)",
        expect!["recursive-locking A/1"],
    );
    check(
        "policy(mutex:A,nestable) w(mutex:A1) w(mutex:A1)",
        expect!["recursive-locking A"],
    );
    check_both(
        "policy(rwsem:A,nestable) T1: w(rwsem:A1) w(rwsem:A2)
         T2: R(rwsem:A2) w(mutex:B)  T3: w(mutex:B) R(rwsem:A1)",
        expect!["circular-dependency A A B"],
    );
}

#[test]
fn a_policy_is_that_of_the_subclasses_too() {
    check_both(
        "policy(mutex:A,novalidate) T1: w(mutex:A,sub=1) w(mutex:B)  T2: w(mutex:B) w(mutex:A,sub=1)",
        expect!["clean"],
    );
    check_both(
        "policy(mutex:A,notrack) w(mutex:A,sub=1) nheld(mutex:A) w(mutex:A,sub=1)",
        expect!["clean"],
    );
    check(
        "policy(mutex:A,forbid) w(mutex:A1,sub=1) w(mutex:A2,sub=1)",
        expect!["recursive-locking A/1"],
    );
    check_both(
        "policy(mutex:A,by_order) w(mutex:A2,sub=1) w(mutex:A1,sub=1)",
        expect!["recursive-locking A/1"],
    );
}

#[test]
fn a_held_lock_is_moved_to_another_class() {
    // What is taken under it, and what it was taken under, is ordered with the new class.
    check_both(
        "T1: w(mutex:A) class(mutex:A,C) w(mutex:B) u(mutex:B) u(mutex:A)  T2: w(mutex:B) w(mutex:C)",
        expect!["circular-dependency C B"],
    );
    check_both(
        "T1: w(mutex:A) class(mutex:A,C) w(mutex:B) u(mutex:B) u(mutex:A)  T2: w(mutex:B) w(mutex:A2)",
        expect!["clean"],
    );
    check_both(
        "T1: w(mutex:A) w(mutex:B) class(mutex:B,C)  T2: w(mutex:C) w(mutex:A)",
        expect!["circular-dependency A C"],
    );
    // What was taken above it, too.
    check_both(
        "T1: w(mutex:A) w(mutex:B) class(mutex:A,C)  T2: w(mutex:B) w(mutex:C)",
        expect!["circular-dependency C B"],
    );
    check_both(
        "T1: w(mutex:B) w(mutex:C) u(mutex:C) u(mutex:B)  T2: w(mutex:A) w(mutex:B) class(mutex:A,C)",
        expect!["circular-dependency B C"],
    );
    check_kernel(
        "w(mutex:A) w(mutex:B) class(mutex:A,B)",
        expect!["recursive-locking B"],
    );
    // It stays of the class, and is the lock that it was.
    check_both(
        "w(mutex:A) class(mutex:A,C) held_w(mutex:A) u(mutex:A) nheld(mutex:A) w(mutex:A) w(mutex:B)
         u(mutex:B) u(mutex:A)  T2: w(mutex:B) w(mutex:C)",
        expect!["circular-dependency C B"],
    );
    check_both(
        "T1: w(mutex:A) class(mutex:A,C) T1: u(mutex:A) w(mutex:A1) w(mutex:B) u(mutex:B) u(mutex:A1)
         T2: w(mutex:B) w(mutex:A)",
        expect!["clean"],
    );
    // Known chains do not answer for the new class.
    check_both(
        "T1: w(mutex:A1) w(mutex:B) u(mutex:B) u(mutex:A1)
             w(mutex:A) w(mutex:B) class(mutex:A,C)  T2: w(mutex:B) w(mutex:C)",
        expect!["circular-dependency C B"],
    );
    check_both("class(mutex:A,C)", expect!["unlock-imbalance A"]);
    check_both(
        "w(mutex:A) u(mutex:A) class(mutex:A,C) w(mutex:A)",
        expect!["unlock-imbalance A"],
    );
}

#[test]
fn a_downgraded_lock_is_held_shared() {
    check_both(
        "w(rwsem:A) dg(rwsem:A) held_r(rwsem:A) u(rwsem:A) nheld(rwsem:A)",
        expect!["clean"],
    );
    check_both("dg(rwsem:A)", expect!["unlock-imbalance A"]);
    check_both("r(rwsem:A) dg(rwsem:A)", expect!["unlock-imbalance A"]);
    check_both(
        "w(rwsem:A) dg(rwsem:A) dg(rwsem:A)",
        expect!["unlock-imbalance A"],
    );
    // Its key is that of a shared hold: it does not answer for an exclusive one.
    let shared = "T1: w(rwsem:A) dg(rwsem:A) w(mutex:B) u(mutex:B) u(rwsem:A)";
    let reversed = "T2: w(mutex:B) R(rwsem:A)";
    check_both(&format!("{shared} {reversed}"), expect!["clean"]);
    check_both(
        &format!("{shared} w(rwsem:A) w(mutex:B) u(mutex:B) u(rwsem:A) {reversed}"),
        expect!["circular-dependency A B"],
    );
    // So are the keys above it.
    let above = "T1: w(rwsem:A) R(rwsem:D) dg(rwsem:A) w(mutex:B) u(mutex:B) u(rwsem:D) u(rwsem:A)";
    check_both(
        &format!("policy(rwsem:D,novalidate) {above} {reversed}"),
        expect!["clean"],
    );
    check_both(
        &format!(
            "policy(rwsem:D,novalidate) {above}
             w(rwsem:A) R(rwsem:D) w(mutex:B) u(mutex:B) u(rwsem:D) u(rwsem:A) {reversed}"
        ),
        expect!["circular-dependency A B"],
    );
}

#[test]
fn pins() {
    check_both(
        "w(mutex:A) pin(mutex:A) held_w(mutex:A) unpin(mutex:A) u(mutex:A) nheld(mutex:A)",
        expect!["clean"],
    );
    check_both(
        "w(mutex:A) pin(mutex:A) u(mutex:A) nheld(mutex:A) w(mutex:A) u(mutex:A)",
        expect!["pin-violated A"],
    );
    check_both("pin(mutex:A)", expect!["pin-violated A"]);
    check_both(
        "w(mutex:A) unpin(mutex:A) u(mutex:A)",
        expect!["pin-violated A"],
    );
    check_both("w(mutex:A1) pin(mutex:A2)", expect!["pin-violated A"]);
    check_both(
        "w(mutex:A) pin(mutex:A) unpin(mutex:A) unpin(mutex:A)",
        expect!["pin-violated A"],
    );
    // Each pin is taken back.
    check_both(
        "w(mutex:A) pin(mutex:A) pin(mutex:A) unpin(mutex:A) u(mutex:A)",
        expect!["pin-violated A"],
    );
    check_both(
        "w(mutex:A) pin(mutex:A) pin(mutex:A) unpin(mutex:A) unpin(mutex:A) u(mutex:A)",
        expect!["clean"],
    );
    // A reader is pinned until the last hold goes.
    check_both(
        "R(rw:A) R(rw:A) pin(rw:A) u(rw:A) unpin(rw:A) u(rw:A)",
        expect!["clean"],
    );
    check_both(
        "R(rw:A) R(rw:A) pin(rw:A) u(rw:A) u(rw:A)",
        expect!["pin-violated A"],
    );
    // Another thread has pins of its own, and other locks are released as ever.
    check_both(
        "T1: R(rw:A) pin(rw:A)  T2: R(rw:A) u(rw:A)  T1: unpin(rw:A) u(rw:A)",
        expect!["clean"],
    );
    check_both(
        "w(mutex:A) w(mutex:B) w(mutex:C) pin(mutex:B) u(mutex:C) u(mutex:A) held(mutex:B)
         unpin(mutex:B) u(mutex:B)",
        expect!["clean"],
    );
    // A pinned lock is in order like any other.
    check_both(
        "T1: w(mutex:A) pin(mutex:A) w(mutex:B) dg(mutex:A)  T2: w(mutex:B) w(mutex:A)",
        expect!["circular-dependency A B"],
    );
    check_both(
        "w(mutex:A) pin(mutex:A) class(mutex:A,C) held(mutex:A) u(mutex:A)",
        expect!["pin-violated C"],
    );
    check_both(
        "w(mutex:A) pin(mutex:A) exit",
        expect!["exit-with-held-lock A"],
    );
}

#[test]
fn a_sync_waits_and_holds_nothing() {
    check_both("R(map:A) sync(map:A)", expect!["recursive-locking A"]);
    check_both(
        "T1: R(map:A) w(mutex:B) u(mutex:B) u(map:A)  T2: w(mutex:B) sync(map:A)",
        expect!["circular-dependency A B"],
    );
    check_both("sync(map:A) sync(map:A) nheld(map:A)", expect!["clean"]);
    check_both(
        "T1: sync(map:A) w(mutex:B) u(mutex:B)  T2: w(mutex:B) sync(map:A)",
        expect!["clean"],
    );
    check_both(
        "T1: w(mutex:A) might(mutex:B)  T2: w(mutex:B) w(mutex:A)",
        expect!["circular-dependency A B"],
    );
    check_both(
        "T1: might(mutex:A) w(mutex:B) u(mutex:B)  T2: w(mutex:B) w(mutex:A)",
        expect!["clean"],
    );
}
