//! Who holds what: the owner's own answers, and those that another thread reads.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};

use heldby_validator::{
    Attempt, Held, Holder, LockMap, Mode, Site, Validator, acquire, enter, release, taken,
};

use crate::rig::{LOCK, Rig, check_rows, class, quiet};

#[test]
fn held_tells_the_mode_and_the_instance() {
    let mut rig = Rig::new();
    rig.run("T1: w(A1) r(B) R(C) u(C) t(D)  T2: r(A2)");
    for name in ["A3", "C"] {
        rig.lock(name);
    }
    let rows = [
        ("T1", "A1", Held::Write),
        ("T1", "A2", Held::No),
        ("T1", "A3", Held::No),
        ("T1", "B", Held::Read),
        ("T1", "C", Held::No),
        ("T1", "D", Held::Write),
        ("T2", "A1", Held::No),
        ("T2", "A2", Held::Read),
    ];
    for (task, lock, expected) in rows {
        assert_eq!(rig.held(task, lock), expected, "{task} {lock}");
    }
}

#[test]
fn assertions_speak_when_they_fail() {
    let rows: &[(&str, &[&str])] = &[
        ("T1: w(A) held(A) held_w(A)", &[]),
        ("T1: r(A) held(A) held_r(A)", &[]),
        ("T1: w(A) u(A) nheld(A)", &[]),
        ("T1: w(A) u(A) held(A)", &["HB0202 A"]),
        ("T1: w(A) held_r(A)", &["HB0202 A"]),
        ("T1: r(A) held_w(A)", &["HB0202 A"]),
        ("T1: r(A) nheld(A)", &["HB0202 A"]),
        // The lock is held, but by another task, or it is another lock.
        ("T1: w(A)  T2: held(A)", &["HB0202 A"]),
        ("T1: w(A1) held(A2)", &["HB0202 A"]),
        ("T1: w(A)  T2: nheld(A)", &[]),
    ];
    check_rows(Rig::new, rows);
}

fn holder(thread: &str, mode: Mode) -> Holder {
    Holder {
        thread: thread.to_owned(),
        mode,
        waiting: false,
    }
}

#[test]
fn holders_are_told_in_the_order_in_which_their_tasks_started() {
    let mut rig = Rig::new();
    rig.run("T1: w(B) r(A)  T2: r(A) r(A)  T3: w(C)");
    let validator = rig.validator.clone();
    let readers = ["T1", "T2", "T2"].map(|task| holder(task, Mode::Read));
    assert_eq!(validator.holders(rig.lock("A")), readers);
    rig.run("T2: u(A)  T1: u(A)");
    let left = [holder("T2", Mode::Read)];
    assert_eq!(validator.holders(rig.lock("A")), left);
    // Tasks of another validator are not told.
    let mut other = Rig::new();
    other.run("T9: w(C)");
    let found = validator.holders(rig.lock("C"));
    assert_eq!(found, [holder("T3", Mode::Write)]);
    assert_eq!(other.validator.holders(rig.lock("C")), []);
}

/// The stack of a thread that changes it as fast as it can, read by another one: an entry that mixed
/// two locks would show a lock in a mode in which it is never taken.
#[test]
fn a_stack_that_changes_is_never_read_torn() {
    const ROUNDS: u32 = 300_000;
    let validator = Validator::new(quiet());
    let [exclusive, shared, tried] =
        ["Exclusive", "Shared", "Tried"].map(|name| LockMap::of_class(class(name)));
    let (started, churning) = (Barrier::new(2), AtomicBool::new(true));
    let site = Site::caller();
    let owner = || {
        let hold = |map, mode| acquire(map, &LOCK, mode, site).acquired();
        hold(&exclusive, Mode::Write);
        started.wait();
        started.wait();
        release(&exclusive);
        for _ in 0..ROUNDS {
            hold(&exclusive, Mode::Write);
            release(&exclusive);
            hold(&shared, Mode::Read);
            taken(&tried, &LOCK, Mode::Recursive, Attempt::Try, site);
            release(&shared);
            release(&tried);
        }
        churning.store(false, Ordering::Release);
    };
    std::thread::scope(|scope| {
        scope.spawn(|| enter(&validator, owner));
        started.wait();
        let modes = |map| -> Vec<_> {
            let holders = validator.holders(map).into_iter();
            holders.map(|holder| holder.mode).collect()
        };
        assert_eq!(modes(&exclusive), [Mode::Write]);
        started.wait();
        while churning.load(Ordering::Acquire) {
            for (map, mode) in [
                (&exclusive, Mode::Write),
                (&shared, Mode::Read),
                (&tried, Mode::Recursive),
            ] {
                let seen = modes(map);
                assert!(seen.is_empty() || seen == [mode], "{seen:?}");
            }
        }
    });
    assert_eq!(validator.reports(), []);
}
