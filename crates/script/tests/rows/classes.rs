//! The order within a class, and what is told about a class.

use expect_test::expect;

use crate::{check, check_both, check_kernel};

#[test]
fn locks_of_one_class_by_instance() {
    let forbidden = "w(mutex:A1) w(mutex:A2)";
    check(forbidden, expect!["clean"]);
    check_kernel(forbidden, expect!["recursive-locking A"]);
    check_both("w(mutex:A1) w(mutex:A1)", expect!["recursive-locking A"]);
    check(
        "T1: w(mutex:A1) w(mutex:A2)  T2: w(mutex:A1) w(mutex:A2)",
        expect!["clean"],
    );
    check(
        "T1: w(mutex:A1) w(mutex:A2)  T2: w(mutex:A2) w(mutex:A1)",
        expect!["circular-dependency A A"],
    );
    check(
        "T1: w(mutex:A1) w(mutex:A2)  T2: w(mutex:A2) w(mutex:A3)",
        expect!["clean"],
    );
    check(
        "T1: w(mutex:F1) w(mutex:F2)  T2: w(mutex:F2) w(mutex:F3)  T3: w(mutex:F3) w(mutex:F1)",
        expect!["circular-dependency F F F"],
    );
    check(
        "T1: w(mutex:A2) w(mutex:A1) w(mutex:A3)  T2: w(mutex:A2) w(mutex:A3)",
        expect!["clean"],
    );
    check(
        "T1: w(mutex:A1) w(mutex:A2)  T2: w(mutex:A2) t(mutex:A1)",
        expect!["clean"],
    );
    check(
        "T1: R(rwsem:A1) R(rwsem:A2)  T2: R(rwsem:A2) R(rwsem:A1)",
        expect!["clean"],
    );
    check(
        "T1: w(rwsem:A1) R(rwsem:A2)  T2: w(rwsem:A2) R(rwsem:A1)",
        expect!["circular-dependency A A"],
    );
    // A lock that was made anew is another instance.
    check(
        "T1: w(mutex:A1) w(mutex:A2) u(mutex:A2) u(mutex:A1) free(mutex:A1) init(mutex:A1)
         w(mutex:A2) w(mutex:A1)",
        expect!["clean"],
    );
    // What is fine inside the class still counts for cycles through others.
    check(
        "T1: w(rwsem:A1) w(rwsem:A2)  T2: R(rwsem:A2) w(mutex:B)  T3: w(mutex:B) R(rwsem:A1)",
        expect!["circular-dependency A A B"],
    );
}

#[test]
fn a_lock_that_goes_takes_only_its_own_orders() {
    let nested = "T1: w(mutex:A1) w(mutex:A2) w(mutex:A3) u(mutex:A3) u(mutex:A2) u(mutex:A1)";
    check(
        &format!("{nested} T2: w(mutex:A3) w(mutex:A1)"),
        expect!["circular-dependency A A"],
    );
    check(
        &format!("{nested} free(mutex:A2) T2: w(mutex:A3) w(mutex:A1)"),
        expect!["circular-dependency A A"],
    );
    check(
        &format!("{nested} free(mutex:A1) T2: w(mutex:A3) w(mutex:A1)"),
        expect!["clean"],
    );
}

#[test]
fn subclasses() {
    check_both("w(mutex:A1) w(mutex:A2,sub=1)", expect!["clean"]);
    check("w(mutex:A1,sub=1) w(mutex:A2,sub=1)", expect!["clean"]);
    check_kernel(
        "w(mutex:A1,sub=1) w(mutex:A2,sub=1)",
        expect!["recursive-locking A/1"],
    );
    check_both(
        "T1: w(mutex:A1) w(mutex:A2,sub=1)  T2: w(mutex:A1,sub=1) w(mutex:A2)",
        expect!["circular-dependency A A/1"],
    );
    // A subclass is the same lock: it waits for itself, also where two locks went that way before.
    check(
        "w(mutex:A1) w(mutex:A1,sub=1)",
        expect!["recursive-locking A/1"],
    );
    check_kernel("w(mutex:A1) w(mutex:A1,sub=1)", expect!["clean"]);
    check(
        "w(mutex:A1) w(mutex:A2,sub=1) u(mutex:A2) u(mutex:A1) w(mutex:A1) w(mutex:A1,sub=1)",
        expect!["recursive-locking A/1"],
    );
    // A writer of a subclass queues at the same lock.
    check(
        "T1: r(rwsem:A) r(rwsem:A)  T2: w(rwsem:A,sub=1)",
        expect!["recursive-locking A"],
    );
    check(
        "T1: r(rwsem:A) w(mutex:B)  T2: w(mutex:B) r(rwsem:A)  T3: w(rwsem:A,sub=1)",
        expect!["circular-dependency A B"],
    );
}

#[test]
fn policies() {
    check(
        "policy(mutex:A,forbid) w(mutex:A1) w(mutex:A2)",
        expect!["recursive-locking A"],
    );
    check_kernel(
        "policy(mutex:A,by_instance) w(mutex:A1) w(mutex:A2)",
        expect!["clean"],
    );
    check_both(
        "policy(mutex:A,novalidate) T1: w(mutex:A) w(mutex:B)  T2: w(mutex:B) w(mutex:A)",
        expect!["clean"],
    );
    check_both(
        "policy(mutex:A,novalidate) w(mutex:A) held(mutex:A) nheld(mutex:A)",
        expect!["assertion-failed A"],
    );
    check_both(
        "policy(mutex:A,notrack) w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A)
         w(mutex:B) w(mutex:A)",
        expect!["clean"],
    );
    check_both(
        "policy(mutex:B,notrack) w(spin:A) w(mutex:B) nheld(mutex:B)",
        expect!["clean"],
    );
    check_both(
        "T1: w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A) forget(mutex:A)
         T2: w(mutex:B) w(mutex:A)",
        expect!["clean"],
    );
    check_both(
        "T1: w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A) forget(mutex:A)
         T2: w(mutex:B) w(mutex:A) u(mutex:A) u(mutex:B)  T1: w(mutex:A) w(mutex:B)",
        expect!["circular-dependency B A"],
    );
    // The order that is forgotten stood for the one below it, while the lock was held.
    check_both(
        "T1: w(mutex:A) w(mutex:B) forget(mutex:B) w(mutex:C)  T2: w(mutex:C) w(mutex:A)",
        expect!["circular-dependency A C"],
    );
    check_both(
        "policy(mutex:B,novalidate) T1: w(mutex:A) w(mutex:B) policy(mutex:B,by_instance)
         w(mutex:C)  T2: w(mutex:C) w(mutex:A)",
        expect!["circular-dependency A C"],
    );
}

#[test]
fn wait_types() {
    check_both("w(spin:A) w(mutex:B)", expect!["invalid-wait-context B A"]);
    check_both("w(mutex:A) w(spin:B)", expect!["clean"]);
    check_both("w(spin:A) t(mutex:B)", expect!["clean"]);
    check_both("w(raw:A) w(spin:B)", expect!["invalid-wait-context B A"]);
    check_both("R(rcu:rcu) w(spin:B)", expect!["clean"]);
    check_both(
        "R(rcu:rcu_sched) w(spin:B)",
        expect!["invalid-wait-context B rcu_sched"],
    );
    check_both(
        "w(spin:A) w(map:B) w(mutex:C)",
        expect!["invalid-wait-context C A"],
    );
    // The kernel's `rwlock_t` spins; those of userspace sleep.
    check("w(rw:A) w(mutex:B)", expect!["clean"]);
    check_kernel("w(rw:A) w(mutex:B)", expect!["invalid-wait-context B A"]);
}
