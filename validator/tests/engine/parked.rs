//! What arms of a task hold that are not polled.

use std::time::{Duration, Instant};

use heldby_validator::{
    Acquire, Branch, ClassId, Expect, Held, LockMap, LockType, Mode, Site, TaskHandle, Validator,
    Watchdog,
};

use crate::rig::{quiet, short};

/// What is no other test's lock.
enum Own {}

/// A lock that futures wait for.
static AWAITED: LockType = LockType::sleeping::<Own>("test::Awaited").by_await();

fn awaited(name: &str) -> LockMap {
    LockMap::of_class(ClassId::named(name, &AWAITED))
}

fn site() -> Site {
    Site::intern("a.rs", 1, 1)
}

fn take(task: &TaskHandle, map: &LockMap) {
    task.acquire(map, Acquire::new(&AWAITED, Mode::Write, site()));
}

/// Has a branch take a lock, and suspend with it.
fn park(task: &TaskHandle, branch: &mut Branch, map: &LockMap) {
    task.enter_branch(branch);
    take(task, map);
    task.leave_branch(branch, false);
}

fn verdict(validator: &Validator) -> Vec<String> {
    validator.reports().iter().map(short).collect()
}

/// Whatever goes on in the task, a hold is that of the arm that took it until it is handed over.
#[test]
fn what_another_arm_took_is_its_own() {
    let validator = Validator::new(quiet());
    let (task, map) = (validator.task("T"), awaited("A"));
    let mut arm = Branch::new();
    park(&task, &mut arm, &map);
    assert_eq!(task.held(&map), Held::No);
    task.assert_held(&map, Expect::Nothing, site());
    task.enter_branch(&mut arm);
    assert_eq!(task.held(&map), Held::Write);
    task.release(&map, site());
    task.leave_branch(&mut arm, true);
    assert_eq!(task.held(&map), Held::No);
    assert_eq!(verdict(&validator), Vec::<String>::new());
}

/// Whatever an arm does with the guard of another one, the hold ends, and is counted to its end.
#[test]
fn another_arm_may_do_with_a_guard_what_it_likes() {
    type Act = fn(&TaskHandle, &LockMap, &TaskHandle);
    let acts: [Act; 3] = [
        |task, map, _| task.release(map, site()),
        |task, map, other| {
            task.give(map, other, site());
            other.release(map, site());
        },
        |task, map, _| {
            task.downgrade(map, site());
            task.release(map, site());
        },
    ];
    for act in acts {
        let validator = Validator::new(quiet().statistics(true));
        let (task, other, map) = (validator.task("T"), validator.task("Other"), awaited("A"));
        let (mut arm, mut second) = (Branch::new(), Branch::new());
        park(&task, &mut arm, &map);
        task.enter_branch(&mut second);
        act(&task, &map, &other);
        task.leave_branch(&mut second, true);
        assert_eq!(validator.holders(&map), []);
        let counted: Vec<_> = validator.lock_stats();
        let ended = counted.iter().map(|counted| counted.tally.hold.count);
        assert!(ended.sum::<u64>() > 0, "{counted:?}");
        assert_eq!(verdict(&validator), Vec::<String>::new());
    }
}

/// A thread that blocks in one arm waits, whatever other arms hold or wait for.
#[test]
fn an_arm_that_blocks_the_thread_is_in_a_ring() {
    let validator = Validator::new(quiet());
    let (left, right) = (validator.task("left"), validator.task("right"));
    let (a, b, parked) = (awaited("A"), awaited("B"), awaited("Parked"));
    let mut arm = Branch::new();
    park(&left, &mut arm, &parked);
    take(&left, &a);
    take(&right, &b);
    let block = |task: &TaskHandle, map| {
        drop(task.ask(map, Acquire::new(&AWAITED, Mode::Write, site())));
    };
    block(&left, &b);
    block(&right, &a);
    let mut dog = Watchdog::new(Duration::ZERO);
    let now = Instant::now();
    dog.look(&validator, now);
    let look = dog.look(&validator, now + Duration::from_secs(1));
    assert_eq!(look.deadlocks.len(), 1, "{look:?}");
}

/// Whatever is done in an arm to what the task holds around it, that stays the task's.
#[test]
fn what_the_task_holds_is_not_parked() {
    let (changed, rows) = (ClassId::named("Changed", &AWAITED), [true, false]);
    for pins in rows {
        let validator = Validator::new(quiet());
        let (task, map) = (validator.task("T"), awaited("A"));
        let mut arm = Branch::new();
        take(&task, &map);
        task.enter_branch(&mut arm);
        let pin = pins.then(|| task.pin(&map, site()));
        if pin.is_none() {
            task.set_class(&map, changed, 0, site());
        }
        task.leave_branch(&mut arm, false);
        assert_eq!(task.held(&map), Held::Write);
        pin.into_iter()
            .for_each(|pin| task.unpin(&map, pin, site()));
        task.release(&map, site());
        assert_eq!(verdict(&validator), Vec::<String>::new());
    }
}

/// An arm inside of another one is polled by whatever polls that.
#[test]
fn what_an_inner_arm_holds_orders_what_the_outermost_one_waits_for() {
    for outer_ends in [false, true] {
        let validator = Validator::new(quiet());
        let (task, other) = (validator.task("T"), validator.task("Other"));
        let (a, b, c) = (awaited("A"), awaited("B"), awaited("C"));
        let [mut outer, mut inner, mut beside] = [(); 3].map(|()| Branch::new());
        task.enter_branch(&mut outer);
        park(&task, &mut inner, &a);
        task.leave_branch(&mut outer, outer_ends);
        // The inner arm goes on while another one waits, and does not while the task itself does.
        task.enter_branch(&mut beside);
        take(&task, &c);
        task.release(&c, site());
        task.leave_branch(&mut beside, true);
        take(&task, &b);
        for outer in [&c, &b] {
            take(&other, outer);
            take(&other, &a);
            other.release(&a, site());
            other.release(outer, site());
        }
        assert_eq!(verdict(&validator), ["HB0001 A B"]);
        // Back in the outer arm, it is that one's again.
        if !outer_ends {
            task.release(&b, site());
            task.enter_branch(&mut outer);
            let d = awaited("D");
            take(&task, &d);
            take(&other, &d);
            take(&other, &a);
            assert_eq!(verdict(&validator), ["HB0001 A B", "HB0001 A D"]);
        }
    }
}
