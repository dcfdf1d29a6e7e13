//! What arms of a task hold that are not polled.

use heldby_validator::{
    Acquire, Branch, ClassId, Expect, Held, LockMap, LockType, Mode, Site, TaskHandle, Validator,
};

use crate::rig::{Rig, quiet, short};

/// A lock that futures wait for.
static AWAITED: LockType = LockType::sleeping::<Rig>("test::Awaited").by_await();

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

/// The guard of one arm may be where another one finds it.
#[test]
fn what_another_arm_took_may_be_held() {
    let validator = Validator::new(quiet());
    let (task, map) = (validator.task("T"), awaited("A"));
    let mut arm = Branch::new();
    park(&task, &mut arm, &map);
    assert_eq!(task.held(&map), Held::Unknown);
    task.assert_held(&map, Expect::Write, site());
    task.assert_held(&map, Expect::Nothing, site());
    task.enter_branch(&mut arm);
    assert_eq!(task.held(&map), Held::Write);
    task.release(&map, site());
    task.leave_branch(&mut arm, true);
    assert_eq!(task.held(&map), Held::No);
    assert_eq!(verdict(&validator), Vec::<String>::new());
}
