//! What is certainly wrong: said once, acted on every time.

use std::panic::{AssertUnwindSafe, catch_unwind};

use heldby_model::Certainty;
use heldby_validator::{Acquire, Expect, LockMap, Mode, OnViolation, Site, TaskHandle, Validator};

use crate::rig::{LOCK, class, quiet};

fn lock(task: &TaskHandle, map: &LockMap, line: u32) {
    let site = Site::intern("certain.rs", line, 1);
    task.acquire(map, Acquire::new(&LOCK, Mode::Write, site));
}

/// Moves something from one account to another, always by the same two lines.
fn transfer(task: &TaskHandle, from: &LockMap, to: &LockMap) {
    lock(task, from, 1);
    lock(task, to, 2);
    for map in [to, from] {
        task.release(map, Site::caller());
    }
}

#[test]
fn a_possible_deadlock_does_not_hide_a_certain_one() {
    let validator = Validator::new(quiet());
    let (task, accounts) = (validator.task("T1"), class("account"));
    let [x, y] = [(); 2].map(|()| LockMap::of_class(accounts));
    transfer(&task, &x, &y);
    transfer(&task, &y, &x);
    transfer(&task, &x, &x);
    transfer(&task, &y, &y);
    let found: Vec<_> = validator
        .reports()
        .iter()
        .map(|report| report.certainty)
        .collect();
    assert_eq!(found, [Certainty::Possible, Certainty::Now]);
}

#[test]
fn the_policy_panic_stops_every_certain_hang_and_every_failed_assertion() {
    let validator = Validator::new(quiet().on_violation(OnViolation::Panic));
    let [x, y] = [(); 2].map(|()| LockMap::of_class(class("stopped")));
    for map in [&x, &y] {
        let task = validator.task("T1");
        let stopped = catch_unwind(AssertUnwindSafe(|| transfer(&task, map, map)));
        assert!(stopped.is_err(), "it would have hung");
    }
    let task = validator.task("T2");
    let site = Site::intern("certain.rs", 3, 1);
    for _ in 0..2 {
        let assertion = AssertUnwindSafe(|| task.assert_held(&x, Expect::Any, site));
        assert!(catch_unwind(assertion).is_err());
    }
    assert_eq!(validator.reports().len(), 2);
}
