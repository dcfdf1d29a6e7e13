//! What a missing writer would close: pending until it comes, reported then, and never lost.

use crate::rig::Rig;

#[track_caller]
fn check(seen: &str, pending: &[&str], writer: &str, reported: &[&str]) {
    let mut rig = Rig::new();
    rig.run(seen);
    assert_eq!(rig.verdict(), [""; 0], "{seen}");
    assert_eq!(rig.pending(), pending, "{seen}");
    rig.run(writer);
    assert_eq!(rig.verdict(), reported, "{seen} {writer}");
    assert_eq!(rig.pending(), [""; 0], "{seen} {writer}");
}

#[test]
fn a_missing_writer_is_pending_until_it_is_seen() {
    check(
        "T1: r(A) w(B) u(B) u(A)  T2: w(B) r(A) u(A) u(B)",
        &["HB0004 A B"],
        "T3: w(A)",
        &["HB0004 A B"],
    );
    // The writer may nest it where it closes something itself; both are told.
    check(
        "T1: r(A) w(B) u(B) u(A)  T2: w(B) r(A) u(A) u(B)",
        &["HB0004 A B"],
        "T3: w(B) w(A)",
        &["HB0001 A B", "HB0004 A B"],
    );
    // Readers of one class.
    check(
        "T1: r(A1) r(A2) u(A2) u(A1)  T2: r(A2) r(A1) u(A1) u(A2)",
        &["HB0004 A A"],
        "T3: w(A3)",
        &["HB0004 A A"],
    );
    check(
        "T1: r(A) r(A) u(A) u(A)",
        &["HB0003 A"],
        "T2: w(A)",
        &["HB0003 A"],
    );
}

#[test]
fn a_writer_that_does_not_block_keeps_it_pending() {
    let mut rig = Rig::new();
    rig.run("T1: r(A) w(B) u(B) u(A)  T2: w(B) r(A) u(A) u(B)  T3: t(A) u(A) timed(A) u(A)");
    assert_eq!(rig.verdict(), [""; 0]);
    assert_eq!(rig.pending(), ["HB0004 A B"]);
}

#[test]
fn what_lacks_two_writers_is_pending_until_the_second() {
    let mut rig = Rig::new();
    rig.run("T1: r(A) r(B) u(B) u(A)  T2: r(B) r(A) u(A) u(B)");
    assert_eq!(rig.pending(), ["HB0004 B A"]);
    rig.run("T3: w(A) u(A)");
    assert_eq!(rig.verdict(), [""; 0]);
    assert_eq!(rig.pending().len(), 1);
    rig.run("T3: w(B) u(B)");
    assert_eq!(rig.verdict().len(), 1);
    assert_eq!(rig.pending(), [""; 0]);
}

#[test]
fn nothing_is_pending_where_readers_always_block() {
    let mut rig = Rig::kernel();
    rig.run("T1: r(A) w(B) u(B) u(A)  T2: w(B) r(A)");
    assert_eq!(rig.verdict(), ["HB0001 A B"]);
    assert_eq!(rig.pending(), [""; 0]);
}
