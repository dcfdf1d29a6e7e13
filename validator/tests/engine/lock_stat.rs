//! Statistics: what is counted, and where, by tasks that are driven by hand.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use heldby_validator::{Acquire, Attempt, Held, LockMap, LockStat, Mode, Site, TaskHandle};

use crate::rig::{LOCK, Rig, class, quiet};

/// A validator that counts, and the lock that is acquired.
struct Stage {
    rig: Rig,
    lock: LockMap,
}

fn stage(name: &str) -> Stage {
    Stage {
        rig: Rig::with(quiet().statistics(true)),
        lock: LockMap::of_class(class(name)),
    }
}

fn at(line: u32) -> Site {
    Site::intern("a.rs", line, 1)
}

fn wanted(mode: Mode, line: u32) -> Acquire<'static> {
    Acquire::new(&LOCK, mode, at(line))
}

impl Stage {
    fn task(&self, name: &str) -> TaskHandle {
        self.rig.validator.task(name)
    }

    fn check(&self, expected: Expect) {
        let mut text = String::new();
        for LockStat {
            lock, mode, tally, ..
        } in self.rig.validator.lock_stats()
        {
            let (got, contended) = (tally.acquisitions, tally.contentions);
            let (waits, holds) = (tally.wait.count, tally.hold.count);
            let _ = write!(
                text,
                "{lock} {mode:?}: got {got}, contended {contended}, waits {waits}, holds {holds}"
            );
            for (what, places) in [("waited", &tally.waited_at), ("held", &tally.held_at)] {
                for counted in &places.sites {
                    let _ = write!(text, ", {what} at {} {}x", counted.site, counted.count);
                }
                if places.others > 0 {
                    let _ = write!(text, ", {what} elsewhere {}x", places.others);
                }
            }
            text.push('\n');
        }
        expected.assert_eq(&text);
    }
}

#[test]
fn a_validator_that_is_not_asked_counts_nothing() {
    let rig = Rig::new();
    let lock = LockMap::of_class(class("uncounted"));
    let task = rig.validator.task("a");
    task.acquire(&lock, wanted(Mode::Write, 1));
    task.release(&lock, at(2));
    assert_eq!(rig.validator.lock_stats(), []);
}

#[test]
fn holds_are_counted_by_class_and_mode() {
    let stage = stage("counted");
    let task = stage.task("a");
    for (mode, line) in [(Mode::Write, 1), (Mode::Read, 2), (Mode::Recursive, 3)] {
        task.acquire(&stage.lock, wanted(mode, line));
        task.release(&stage.lock, at(4));
    }
    // Held until now, and so far.
    task.acquire(&stage.lock, wanted(Mode::Write, 5));
    stage.check(expect![[r#"
        counted Write: got 2, contended 0, waits 0, holds 1
        counted Read: got 2, contended 0, waits 0, holds 2
    "#]]);
    drop(task);
    stage.check(expect![[r#"
        counted Write: got 2, contended 0, waits 0, holds 1
        counted Read: got 2, contended 0, waits 0, holds 2
    "#]]);
}

#[test]
fn who_asks_while_another_holds_it_meets_a_contention() {
    let stage = stage("busy");
    let [a, b, c] = ["a", "b", "c"].map(|name| stage.task(name));
    a.acquire(&stage.lock, wanted(Mode::Write, 1));
    let asked = b.ask(&stage.lock, wanted(Mode::Write, 2));
    let behind = c.ask(&stage.lock, wanted(Mode::Write, 3));
    // Nobody has got anything by waiting yet.
    stage.check(expect![[r#"
        busy Write: got 1, contended 0, waits 0, holds 0
    "#]]);
    a.release(&stage.lock, at(4));
    asked.acquired();
    b.release(&stage.lock, at(4));
    behind.acquired();
    c.release(&stage.lock, at(4));
    stage.check(expect![[r#"
        busy Write: got 3, contended 2, waits 2, holds 3, waited at a.rs:2:1 1x, waited at a.rs:3:1 1x, held at a.rs:1:1 2x
    "#]]);
}

#[test]
fn readers_are_in_the_way_of_writers_alone() {
    let stage = stage("shared");
    let [a, b, c] = ["a", "b", "c"].map(|name| stage.task(name));
    a.acquire(&stage.lock, wanted(Mode::Read, 1));
    b.acquire(&stage.lock, wanted(Mode::Read, 2));
    let asked = c.ask(&stage.lock, wanted(Mode::Write, 3));
    a.release(&stage.lock, at(4));
    b.release(&stage.lock, at(4));
    asked.acquired();
    c.release(&stage.lock, at(4));
    stage.check(expect![[r#"
        shared Write: got 1, contended 1, waits 1, holds 1, waited at a.rs:3:1 1x, held at a.rs:1:1 1x
        shared Read: got 2, contended 0, waits 0, holds 2
    "#]]);
}

#[test]
fn what_is_taken_without_waiting_meets_no_contention() {
    let stage = stage("tried");
    let [a, b] = ["a", "b"].map(|name| stage.task(name));
    let tried = |attempt| Acquire {
        attempt,
        ..wanted(Mode::Read, 1)
    };
    let asked = b.ask(&stage.lock, wanted(Mode::Write, 2));
    for attempt in [Attempt::Try, Attempt::Timed] {
        a.acquire(&stage.lock, tried(attempt));
        a.release(&stage.lock, at(3));
    }
    drop(asked);
    // Asked for and never got.
    b.release(&stage.lock, at(3));
    stage.check(expect![[r#"
        tried Read: got 2, contended 0, waits 0, holds 2
    "#]]);
}

#[test]
fn a_downgrade_ends_one_hold_and_begins_another() {
    let stage = stage("downgraded");
    let [a, b] = ["a", "b"].map(|name| stage.task(name));
    a.acquire(&stage.lock, wanted(Mode::Write, 1));
    a.downgrade(&stage.lock, at(2));
    b.acquire(&stage.lock, wanted(Mode::Read, 3));
    b.release(&stage.lock, at(4));
    a.release(&stage.lock, at(4));
    stage.check(expect![[r#"
        downgraded Write: got 1, contended 0, waits 0, holds 1
        downgraded Read: got 2, contended 0, waits 0, holds 2
    "#]]);
}

#[test]
fn a_wait_for_an_event_is_no_wait_for_its_lock() {
    let stage = stage("waited");
    let [a, b] = ["a", "b"].map(|name| stage.task(name));
    a.acquire(&stage.lock, wanted(Mode::Write, 1));
    a.release(&stage.lock, at(2));
    let again = a.ask(
        &stage.lock,
        Acquire {
            attempt: Attempt::Again,
            ..wanted(Mode::Write, 2)
        },
    );
    // Who waits for an event is in nobody's way.
    b.acquire(&stage.lock, wanted(Mode::Write, 3));
    b.release(&stage.lock, at(4));
    again.acquired();
    let asked = b.ask(&stage.lock, wanted(Mode::Write, 5));
    a.release(&stage.lock, at(6));
    asked.acquired();
    b.release(&stage.lock, at(6));
    stage.check(expect![[r#"
        waited Write: got 4, contended 1, waits 1, holds 4, waited at a.rs:5:1 1x, held at a.rs:2:1 1x
    "#]]);
}

#[test]
fn a_hold_that_is_handed_over_is_got_once() {
    let stage = stage("given");
    let [a, b] = ["a", "b"].map(|name| stage.task(name));
    a.acquire(&stage.lock, wanted(Mode::Write, 1));
    a.give(&stage.lock, &b, at(2));
    b.release(&stage.lock, at(3));
    // Released by another task than its owner.
    a.acquire(&stage.lock, wanted(Mode::Write, 4));
    b.release(&stage.lock, at(5));
    b.acquire(&stage.lock, wanted(Mode::Write, 6));
    b.release(&stage.lock, at(7));
    a.acquire(&stage.lock, wanted(Mode::Write, 8));
    a.release(&stage.lock, at(9));
    stage.check(expect![[r#"
        given Write: got 4, contended 0, waits 0, holds 5
    "#]]);
}

#[test]
fn readers_of_whom_one_was_released_are_in_nobodys_way() {
    let stage = stage("unknown");
    let [a, b, c] = ["a", "b", "c"].map(|name| stage.task(name));
    a.acquire(&stage.lock, wanted(Mode::Recursive, 1));
    a.acquire(&stage.lock, wanted(Mode::Recursive, 2));
    b.acquire(&stage.lock, wanted(Mode::Recursive, 3));
    // It may be any of the three.
    c.release(&stage.lock, at(4));
    let asked = c.ask(&stage.lock, wanted(Mode::Write, 5));
    asked.acquired();
    c.release(&stage.lock, at(6));
    stage.check(expect![[r#"
        unknown Write: got 1, contended 0, waits 0, holds 1
        unknown Read: got 3, contended 0, waits 0, holds 0
    "#]]);
}

#[test]
fn what_is_got_before_it_is_unknown_is_in_nobodys_way_either() {
    let stage = stage("late");
    let [a, b, c] = ["a", "b", "c"].map(|name| stage.task(name));
    a.acquire(&stage.lock, wanted(Mode::Recursive, 1));
    let late = a.ask(&stage.lock, wanted(Mode::Recursive, 2));
    b.acquire(&stage.lock, wanted(Mode::Recursive, 3));
    c.release(&stage.lock, at(4));
    late.acquired();
    // Only now it hears of it.
    assert_eq!(a.held(&stage.lock), Held::Unknown);
    let asked = c.ask(&stage.lock, wanted(Mode::Write, 5));
    asked.acquired();
    c.release(&stage.lock, at(6));
    stage.check(expect![[r#"
        late Write: got 1, contended 0, waits 0, holds 1
        late Read: got 3, contended 0, waits 0, holds 0
    "#]]);
}

#[test]
fn who_waits_anew_for_what_another_task_released_counts_both() {
    let stage = stage("anew");
    let [a, b] = ["a", "b"].map(|name| stage.task(name));
    a.acquire(&stage.lock, wanted(Mode::Recursive, 1));
    let again = a.ask(&stage.lock, wanted(Mode::Recursive, 2));
    // What it holds, not what it waits for.
    b.release(&stage.lock, at(3));
    again.acquired();
    a.release(&stage.lock, at(4));
    stage.check(expect![[r#"
        anew Read: got 2, contended 0, waits 0, holds 2
    "#]]);
}

#[test]
fn more_places_than_are_kept_are_counted_together() {
    let stage = stage("crowded");
    let [a, b] = ["a", "b"].map(|name| stage.task(name));
    for line in 1..=12 {
        a.acquire(&stage.lock, wanted(Mode::Write, 100));
        let asked = b.ask(&stage.lock, wanted(Mode::Write, line));
        a.release(&stage.lock, at(101));
        asked.acquired();
        b.release(&stage.lock, at(101));
    }
    stage.check(expect![[r#"
        crowded Write: got 24, contended 12, waits 12, holds 24, waited at a.rs:1:1 1x, waited at a.rs:2:1 1x, waited at a.rs:3:1 1x, waited at a.rs:4:1 1x, waited at a.rs:5:1 1x, waited at a.rs:6:1 1x, waited at a.rs:7:1 1x, waited at a.rs:8:1 1x, waited elsewhere 4x, held at a.rs:100:1 12x
    "#]]);
}

#[test]
fn a_task_that_ends_leaves_no_claim() {
    let stage = stage("left");
    let [a, b] = ["a", "b"].map(|name| stage.task(name));
    a.acquire(&stage.lock, wanted(Mode::Write, 1));
    drop(a);
    b.acquire(&stage.lock, wanted(Mode::Write, 2));
    b.release(&stage.lock, at(3));
    stage.check(expect![[r#"
        left Write: got 2, contended 0, waits 0, holds 1
    "#]]);
}

#[test]
fn a_task_that_exits_with_a_lock_leaves_no_claim_either() {
    let stage = stage("kept");
    let [a, b] = ["a", "b"].map(|name| stage.task(name));
    a.acquire(&stage.lock, wanted(Mode::Write, 1));
    a.exit(at(2));
    let asked = b.ask(&stage.lock, wanted(Mode::Write, 3));
    asked.acquired();
    b.release(&stage.lock, at(4));
    stage.check(expect![[r#"
        kept Write: got 2, contended 0, waits 0, holds 1
    "#]]);
}

#[test]
fn a_hold_that_gets_another_class_counts_for_its_first_one() {
    let stage = stage("first class");
    let [a, b] = ["a", "b"].map(|name| stage.task(name));
    a.acquire(&stage.lock, wanted(Mode::Write, 1));
    a.set_class(&stage.lock, class("second class"), 0, at(2));
    a.release(&stage.lock, at(3));
    let asked = b.ask(&stage.lock, wanted(Mode::Write, 4));
    asked.acquired();
    b.release(&stage.lock, at(5));
    stage.check(expect![[r#"
        first class Write: got 1, contended 0, waits 0, holds 1
        second class Write: got 1, contended 0, waits 0, holds 1
    "#]]);
}

#[test]
fn more_holds_than_are_at_hand_are_counted() {
    let stage = stage("deep");
    let [a, b] = ["a", "b"].map(|name| stage.task(name));
    let locks: Vec<_> = (0..100).map(|_| LockMap::of_class(class("deep"))).collect();
    for lock in &locks {
        let asked = a.ask(lock, wanted(Mode::Read, 1));
        asked.acquired();
    }
    // The oldest first.
    locks.iter().for_each(|lock| a.release(lock, at(2)));
    let asked = b.ask(&locks[0], wanted(Mode::Write, 3));
    asked.acquired();
    b.release(&locks[0], at(4));
    stage.check(expect![[r#"
        deep Write: got 1, contended 0, waits 0, holds 1
        deep Read: got 100, contended 0, waits 0, holds 100
    "#]]);
}

#[test]
fn what_is_wrong_is_reported_as_without() {
    let rows = [
        "T1: w(A) w(B) u(B) u(A)  T2: w(B) w(A)",
        "T1: w(A) w(A)",
        "T1: r(A) r(A)",
        "T1: w(A1) w(A2) u(A1) u(A2)  T2: w(A2) w(A1)",
        "T1: w(G) w(A) w(B) u(B) u(A) u(G)  T2: w(G) w(B) w(A) u(A) u(B) u(G)",
        "T1: w(A) w(B) w(C) u(A) w(D)  T2: w(D) w(C)",
        "T1: t(A) w(B) u(B) u(A)  T2: w(B) w(A)",
        "T1: u(A)",
        "T1: w(A) exit",
        "T1: w(A) free(A)",
        "T1: r(A) dg(A)",
        "T1: w(A) dg(A) held_w(A)",
        "T1: w(A)  T2: u(A)  T1: nheld(A) w(A)",
    ];
    for row in rows {
        let counted = Rig::with(quiet().statistics(true)).run(row).verdict();
        assert_eq!(counted, Rig::new().run(row).verdict(), "{row}");
    }
}
