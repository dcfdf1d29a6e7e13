//! Sizes at which other validators give up: nothing is lost, and nothing gets slow.

use heldby_validator::{Acquire, LockMap, Mode, Site, TaskHandle, Validator};

use crate::rig::{LOCK, class, quiet, short};

/// A build with debug assertions runs a tenth of each size; `ci/limits.sh` runs all of it.
const SCALE: usize = if cfg!(debug_assertions) { 10 } else { 1 };
const CLASSES: usize = 10_000;
const EACH: usize = 130 / SCALE;
const CROWD: usize = if cfg!(debug_assertions) { 300 } else { 1_000 };

fn acquire() -> Acquire<'static> {
    Acquire::new(&LOCK, Mode::Write, Site::caller())
}

fn nest(task: &TaskHandle, outer: &LockMap, inner: &LockMap) {
    task.acquire(outer, acquire());
    task.acquire(inner, acquire());
    task.release(inner, Site::caller());
    task.release(outer, Site::caller());
}

fn lock_of_each_class(prefix: &str, count: usize) -> Vec<LockMap> {
    (0..count)
        .map(|number| LockMap::of_class(class(&format!("{prefix}{number}"))))
        .collect()
}

#[test]
fn dependencies_of_ten_thousand_classes() {
    let validator = Validator::new(quiet());
    let (task, locks) = (validator.task("T1"), lock_of_each_class("many_", CLASSES));
    for pair in locks.windows(2) {
        nest(&task, &pair[0], &pair[1]);
    }
    let mut count = 0;
    for (number, outer) in locks.iter().enumerate() {
        task.acquire(outer, acquire());
        let later = locks[number + 1..].iter().step_by(31).take(EACH);
        for inner in later {
            task.acquire(inner, acquire());
            task.release(inner, Site::caller());
            count += 1;
        }
        task.release(outer, Site::caller());
    }
    let stats = validator.stats();
    assert_eq!((stats.classes, stats.reports), (CLASSES, 0));
    assert!(count >= 1_000_000 / SCALE, "{count}");
    assert_eq!(stats.dependencies, count);

    nest(&task, &locks[CLASSES - 1], &locks[0]);
    assert_eq!(validator.stats().reports, 1);
}

#[test]
fn a_cycle_of_a_thousand_locks_is_told_whole() {
    let validator = Validator::new(quiet());
    let (task, locks) = (validator.task("T1"), lock_of_each_class("ring_", 1_000));
    for pair in locks.windows(2) {
        nest(&task, &pair[0], &pair[1]);
    }
    assert_eq!(validator.stats().reports, 0);
    nest(&task, &locks[999], &locks[0]);
    let reports = validator.reports();
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].cycle.len(), 1_000);
    assert!(short(&reports[0]).starts_with("HB0002 ring_"));
}

/// Nests `count` locks of one class pairwise, in an order that is neither that of their making nor
/// its reverse; returns them in the order in which they were nested.
fn nest_pairwise(task: &TaskHandle, count: usize) -> Vec<LockMap> {
    let made: Vec<_> = (0..count)
        .map(|_| LockMap::of_class(class("crowd")))
        .collect();
    let mut numbered: Vec<_> = made.into_iter().enumerate().collect();
    numbered.sort_by_key(|&(number, _)| number * 7 % count);
    let locks: Vec<_> = numbered.into_iter().map(|(_, lock)| lock).collect();
    for (number, outer) in locks.iter().enumerate() {
        task.acquire(outer, acquire());
        for inner in &locks[number + 1..] {
            task.acquire(inner, acquire());
            task.release(inner, Site::caller());
        }
        task.release(outer, Site::caller());
    }
    locks
}

#[test]
fn pairs_of_one_class_come_and_go() {
    let validator = Validator::new(quiet());
    let task = validator.task("T1");
    let locks = nest_pairwise(&task, CROWD);
    for lock in &locks {
        task.free(lock, Site::caller());
    }
    // As if they were others: nothing is left of the nestings.
    nest(&task, &locks[CROWD - 1], &locks[0]);
    assert_eq!(validator.stats().reports, 0);
}

#[test]
fn one_pair_of_ten_thousand_out_of_order_is_found() {
    let validator = Validator::new(quiet());
    let task = validator.task("T1");
    let locks = nest_pairwise(&task, 150);
    assert_eq!(validator.stats().reports, 0);
    nest(&task, &locks[90], &locks[10]);
    assert_eq!(validator.stats().reports, 1);
    for lock in &locks {
        task.free(lock, Site::caller());
    }
    nest(&task, &locks[10], &locks[90]);
    nest(&task, &locks[91], &locks[11]);
    assert_eq!(validator.stats().reports, 1);
}
