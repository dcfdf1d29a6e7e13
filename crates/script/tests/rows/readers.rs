//! Readers: what a shared hold blocks, and what blocks a reader.

use expect_test::expect;

use crate::{check, check_both, check_kernel};

#[test]
fn recursive_readers_wait_for_writers_alone() {
    check_both(
        "T1: R(rwsem:A) R(rwsem:B)  T2: R(rwsem:B) R(rwsem:A)",
        expect!["clean"],
    );
    check_both(
        "T1: w(rwsem:A) R(rwsem:B)  T2: w(rwsem:B) R(rwsem:A)",
        expect!["circular-dependency A B"],
    );
    check_both(
        "T1: R(rwsem:A) w(rwsem:B)  T2: R(rwsem:B) w(rwsem:A)",
        expect!["circular-dependency A B"],
    );
    check_both(
        "T1: R(rwsem:A) w(mutex:B)  T2: w(mutex:B) w(rwsem:A)",
        expect!["circular-dependency A B"],
    );
    check_both(
        "T1: w(rwsem:A) w(mutex:B)  T2: w(mutex:B) R(rwsem:A)",
        expect!["circular-dependency A B"],
    );
    check_both(
        "T1: R(rwsem:A) w(mutex:B)  T2: w(mutex:B) R(rwsem:A)",
        expect!["clean"],
    );
    check_both("R(rwsem:A1) R(rwsem:A1)", expect!["clean"]);
    check_both("R(rwsem:A1) w(rwsem:A1)", expect!["recursive-locking A"]);
    check_both("w(rwsem:A1) R(rwsem:A1)", expect!["recursive-locking A"]);
}

#[test]
fn a_legal_cycle_does_not_hide_a_deadlock() {
    let legal = "T1: R(rwsem:A) w(mutex:B)  T2: w(mutex:B) R(rwsem:A)";
    check_both(legal, expect!["clean"]);
    check_both(
        &format!("{legal}  T3: w(rwsem:A) w(mutex:C)"),
        expect!["clean"],
    );
    check_both(
        &format!("{legal}  T3: w(rwsem:A) w(mutex:C)  T4: w(mutex:C) w(mutex:B)"),
        expect!["circular-dependency B A C"],
    );
}

#[test]
fn a_weak_way_does_not_hide_a_strong_one() {
    // From B both a recursive and an exclusive way lead on; only one of them closes.
    check_both(
        "T1: w(mutex:A) R(rwsem:B)  T2: R(rwsem:B) w(mutex:C)  T3: w(mutex:C) w(mutex:A)",
        expect!["clean"],
    );
    check_both(
        "T1: w(mutex:A) R(rwsem:B)  T2: R(rwsem:B) w(mutex:C)  T3: w(mutex:C) w(mutex:A)
         T4: w(mutex:A) w(rwsem:B)",
        expect!["circular-dependency B C A"],
    );
    check_both(
        "T1: w(mutex:A) R(rwsem:B)  T2: R(rwsem:B) w(mutex:C)  T3: w(mutex:C) w(mutex:A)
         T4: w(rwsem:B) w(mutex:C)",
        expect!["circular-dependency C A B"],
    );
}

#[test]
fn fair_readers_queue_behind_a_waiting_writer() {
    let queued = "T1: r(rwsem:A) w(mutex:B)  T2: w(mutex:B) r(rwsem:A)";
    check_kernel(queued, expect!["circular-dependency A B"]);
    check(queued, expect!["clean"]);
    check(
        &format!("{queued}  T3: w(rwsem:A)"),
        expect!["circular-dependency A B"],
    );
    check(
        &format!("T3: w(rwsem:A)  {queued}"),
        expect!["circular-dependency A B"],
    );
    check(&format!("{queued}  T3: t(rwsem:A)"), expect!["clean"]);

    let readers = "T1: r(rwsem:A) r(rwsem:B)  T2: r(rwsem:B) r(rwsem:A)";
    check_kernel(readers, expect!["circular-dependency A B"]);
    check(readers, expect!["clean"]);
    check(&format!("{readers}  T3: w(rwsem:A)"), expect!["clean"]);
    check(
        &format!("{readers}  T3: w(rwsem:A)  T4: w(rwsem:B)"),
        expect!["circular-dependency B A"],
    );
}

#[test]
fn fair_readers_and_writers() {
    check_both(
        "T1: r(rwsem:A) w(mutex:B)  T2: w(mutex:B) w(rwsem:A)",
        expect!["circular-dependency A B"],
    );
    check_both(
        "T1: w(rwsem:A) w(mutex:B)  T2: w(mutex:B) r(rwsem:A)",
        expect!["circular-dependency A B"],
    );
    check_both(
        "T1: w(rwsem:A) w(mutex:B)  T2: w(mutex:B) tr(rwsem:A)",
        expect!["clean"],
    );
}

#[test]
fn one_thread_reads_twice() {
    check_both("r(rwsem:A1) R(rwsem:A1)", expect!["clean"]);
    check_both("r(rwsem:A1) w(rwsem:A1)", expect!["recursive-locking A"]);
    // The second read can queue behind a writer, once there is one.
    check_kernel("r(rwsem:A1) r(rwsem:A1)", expect!["recursive-locking A"]);
    check("T1: r(rwsem:A1) r(rwsem:A1)", expect!["clean"]);
    check(
        "T1: r(rwsem:A1) r(rwsem:A1)  T2: w(rwsem:A1)",
        expect!["recursive-locking A"],
    );
    check(
        "T2: w(rwsem:A1)  T1: r(rwsem:A1) r(rwsem:A1)",
        expect!["recursive-locking A"],
    );
    check(
        "T1: R(rwsem:A1) R(rwsem:A1)  T2: w(rwsem:A1)",
        expect!["clean"],
    );
    check(
        "T1: r(rwsem:A1) r(rwsem:A2)  T2: r(rwsem:A2) r(rwsem:A1)  T3: w(rwsem:A1)",
        expect!["circular-dependency A A"],
    );
}

#[test]
fn the_walk_goes_on_below_readers() {
    // The order between what lies below a reader and what lies above it counts.
    check_both(
        "T1: w(mutex:A) R(rwsem:C) w(mutex:B)  T2: w(mutex:B) w(mutex:A)",
        expect!["circular-dependency A B"],
    );
    check(
        "T1: w(mutex:A) r(rwsem:C) R(rwsem:B)  T2: w(rwsem:B) w(mutex:A)",
        expect!["circular-dependency A B"],
    );
}

#[test]
fn downgrades() {
    check_both("w(rwsem:A) dg(rwsem:A) held_r(rwsem:A)", expect!["clean"]);
    check_both(
        "T1: w(rwsem:A) dg(rwsem:A) w(mutex:B)  T2: w(mutex:B) R(rwsem:A)",
        expect!["clean"],
    );
    check_both(
        "T1: w(rwsem:A) w(mutex:B) dg(rwsem:A) w(mutex:C)  T2: w(mutex:B) R(rwsem:A)",
        expect!["circular-dependency A B"],
    );
    check_both("dg(rwsem:A)", expect!["unlock-imbalance A"]);
}

#[test]
fn what_is_read_already_is_read_again() {
    // No writer has B while it is read, so the second read waits for none.
    check(
        "T1: r(rw:B) w(mutex:A) R(rw:B) u(rw:B) u(mutex:A) u(rw:B)  T2: w(rw:B) w(mutex:A)",
        expect!["clean"],
    );
    check(
        "T1: R(rw:B) w(mutex:A) R(rw:B) u(rw:B) u(mutex:A) u(rw:B)  T2: t(rw:B) w(mutex:A)",
        expect!["clean"],
    );
    check(
        "T1: r(rw:B) w(mutex:A) r(rw:B) u(rw:B) u(mutex:A) u(rw:B)  T2: t(rw:B) w(mutex:A)",
        expect!["clean"],
    );
    // One that queues waits for the first read, so that A has no part in it.
    check(
        "T1: r(rw:B) w(mutex:A) r(rw:B) u(rw:B) u(mutex:A) u(rw:B)  T2: w(rw:B) w(mutex:A)",
        expect!["recursive-locking B"],
    );
    // Another lock of the class, a first read, and what the first read closes.
    check(
        "T1: r(rw:B1) w(mutex:A) R(rw:B2) u(rw:B2) u(mutex:A) u(rw:B1)  T2: w(rw:B2) w(mutex:A)",
        expect!["circular-dependency A B"],
    );
    check(
        "T1: r(rw:B) u(rw:B) w(mutex:A) R(rw:B) u(rw:B) u(mutex:A)  T2: w(rw:B) w(mutex:A)",
        expect!["circular-dependency A B"],
    );
    check(
        "T1: r(rw:B) w(mutex:A) R(rw:B) u(rw:B) u(mutex:A) u(rw:B)  T2: w(mutex:A) w(rw:B)",
        expect!["circular-dependency B A"],
    );
}
