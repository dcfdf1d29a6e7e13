//! Hundreds of locks held at once: past the inline entries nothing changes.

use heldby_validator::{
    Acquire, Held, LockMap, Mode, Site, TaskHandle, Validator, acquire, enter, held, release,
};

use crate::rig::{LOCK, class, quiet, short};

const DEEP: usize = 300;

fn locks() -> Vec<LockMap> {
    (0..DEEP)
        .map(|depth| LockMap::of_class(class(&format!("deep_{depth}_"))))
        .collect()
}

fn at(depth: usize) -> Acquire<'static> {
    let mode = if depth.is_multiple_of(3) {
        Mode::Read
    } else {
        Mode::Write
    };
    let site = Site::intern("deep", depth as u32 + 1, 1);
    Acquire::new(&LOCK, mode, site)
}

fn take_all(task: &TaskHandle, locks: &[LockMap]) {
    for (depth, lock) in locks.iter().enumerate() {
        task.acquire(lock, at(depth));
    }
}

#[test]
fn every_lock_of_a_deep_stack_is_known() {
    let validator = Validator::new(quiet());
    let (task, locks) = (validator.task("T1"), locks());
    take_all(&task, &locks);
    for (depth, lock) in locks.iter().enumerate() {
        let expected = match at(depth).mode {
            Mode::Write => Held::Write,
            Mode::Read | Mode::Recursive => Held::Read,
        };
        assert_eq!(task.held(lock), expected, "depth {depth}");
        let holders = validator.holders(lock);
        assert_eq!(holders.len(), 1, "depth {depth}");
        assert_eq!(holders[0].mode, at(depth).mode, "depth {depth}");
    }
    task.exit(Site::caller());
    let reports = validator.reports();
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].held.len(), DEEP);
    assert_eq!(reports[0].held[DEEP - 1].site.line as usize, DEEP);
}

#[test]
fn locks_leave_a_deep_stack_in_any_order() {
    // Oldest first, newest first, and from the middle by a step that meets every depth once.
    let orders: [fn(usize) -> usize; 3] = [|n| n, |n| DEEP - 1 - n, |n| (n * 7 + 150) % DEEP];
    for order in orders {
        let validator = Validator::new(quiet());
        let (task, locks) = (validator.task("T1"), locks());
        take_all(&task, &locks);
        for count in 0..DEEP {
            let lock = &locks[order(count)];
            task.release(lock, Site::caller());
            assert_eq!(task.held(lock), Held::No);
            if count % 30 == 0 {
                let left = locks.iter().filter(|lock| task.held(lock) != Held::No);
                assert_eq!(left.count(), DEEP - 1 - count);
            }
        }
        assert_eq!(validator.reports(), []);
    }
}

#[test]
fn orders_at_any_depth_are_checked() {
    let validator = Validator::new(quiet());
    let (task, other, locks) = (validator.task("T1"), validator.task("T2"), locks());
    take_all(&task, &locks);
    for (inner, outer) in [(64, 63), (65, 64), (193, 191), (299, 298), (299, 0)] {
        other.acquire(&locks[inner], at(inner));
        other.acquire(&locks[outer], at(1));
        other.release(&locks[outer], Site::caller());
        other.release(&locks[inner], Site::caller());
    }
    let found: Vec<_> = validator.reports().iter().map(short).collect();
    assert_eq!(found.len(), 5, "{found:?}");
    assert_eq!(found[0], "HB0001 deep_63_ deep_64_");
    assert_eq!(found[3], "HB0001 deep_298_ deep_299_");
    assert!(found[4].starts_with("HB0002 deep_0_ "), "{found:?}");
}

#[test]
fn a_thread_goes_deep_by_the_hot_path() {
    let validator = Validator::new(quiet());
    let locks = locks();
    enter(&validator, || {
        // The second round finds every chain known.
        for _ in 0..2 {
            for (depth, lock) in locks.iter().enumerate() {
                acquire(lock, &LOCK, at(depth).mode, at(depth).site).acquired();
            }
            assert!(locks.iter().all(|lock| held(lock) != Held::No));
            assert_eq!(validator.holders(&locks[DEEP - 1]).len(), 1);
            locks.iter().rev().for_each(release);
            assert!(locks.iter().all(|lock| held(lock) == Held::No));
        }
    });
    assert_eq!(validator.reports(), []);
}
