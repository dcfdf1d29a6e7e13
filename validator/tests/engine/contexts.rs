//! Kinds of contexts that a host names, and what they are to each other.

use heldby_validator::{
    Acquire, ContextKind, LockMap, LockType, Mode, Site, TaskHandle, Validator, WaitType,
};

use crate::rig::{LOCK, class, quiet, short};

/// As many as a host can name.
const NAMES: [&str; 5] = ["timer", "alarm", "pool callback", "upcall", "completion"];

fn kind(name: &str) -> ContextKind {
    ContextKind::named(name, WaitType::Task).expect("there is room for the kinds of the tests")
}

fn take(task: &TaskHandle, map: &LockMap) {
    task.acquire(map, Acquire::new(&LOCK, Mode::Write, Site::caller()));
    task.release(map, Site::caller());
}

fn take_inside(task: &TaskHandle, kind: ContextKind, map: &LockMap) {
    task.enter(kind, true, Site::caller());
    take(task, map);
    task.leave(kind, Site::caller());
}

fn take_masked(task: &TaskHandle, kind: ContextKind, map: &LockMap) {
    task.mask(kind, Site::caller());
    take(task, map);
    task.unmask(kind, Site::caller());
}

fn found(validator: &Validator) -> Vec<String> {
    validator.reports().iter().map(short).collect()
}

#[test]
fn a_host_names_its_kinds_until_there_are_eight() {
    let kinds = NAMES.map(kind);
    assert_eq!(kinds.map(ContextKind::name), NAMES);
    assert_eq!(NAMES.map(kind), kinds);
    assert_eq!(ContextKind::named("one too many", WaitType::Task), None);
}

#[test]
fn named_kinds_are_independent() {
    for name in NAMES {
        for masked in NAMES {
            let validator = Validator::new(quiet());
            let (task, map) = (validator.task("T1"), LockMap::of_class(class("A")));
            take_inside(&task, kind(name), &map);
            take_masked(&task, kind(masked), &map);
            let expected: &[&str] = match name == masked {
                true => &[],
                false => &["HB0302 A"],
            };
            assert_eq!(found(&validator), expected, "{name}, {masked} masked");
        }
    }
    // A report tells the kind.
    let validator = Validator::new(quiet());
    let (task, map) = (validator.task("T1"), LockMap::of_class(class("A")));
    take(&task, &map);
    take_inside(&task, kind("alarm"), &map);
    let context = validator.reports()[0].context.clone();
    assert_eq!(context.as_deref(), Some("alarm"));
}

#[test]
fn one_kind_interrupts_another() {
    let validator = Validator::new(quiet());
    let (task, map) = (validator.task("T1"), LockMap::of_class(class("A")));
    let [timer, alarm] = ["timer", "alarm"].map(kind);
    // Both take it, and each can interrupt the other.
    task.enter(timer, true, Site::caller());
    take_masked(&task, alarm, &map);
    task.leave(timer, Site::caller());
    assert_eq!(found(&validator), [""; 0]);
    take_inside(&task, alarm, &map);
    assert_eq!(found(&validator), ["HB0302 A"]);
}

#[test]
fn what_is_held_inside_narrows_the_context() {
    static SPIN: LockType = LockType {
        outer: WaitType::Config,
        inner: WaitType::Config,
        ..LockType::sleeping::<Validator>("test::Spin")
    };
    let validator = Validator::new(quiet());
    let task = validator.task("T1");
    let spin = LockMap::of_class(heldby_validator::ClassId::named("spin", &SPIN));
    let map = LockMap::of_class(class("A"));
    task.enter(kind("upcall"), true, Site::caller());
    take(&task, &map);
    task.acquire(&spin, Acquire::new(&SPIN, Mode::Write, Site::caller()));
    take(&task, &map);
    task.release(&spin, Site::caller());
    task.leave(kind("upcall"), Site::caller());
    assert_eq!(found(&validator), ["HB0301 A spin"]);
}

#[test]
fn what_is_forgotten_is_learned_anew() {
    let validator = Validator::new(quiet());
    let (task, map) = (validator.task("T1"), LockMap::of_class(class("A")));
    let timer = kind("timer");
    take_inside(&task, timer, &map);
    validator.forget_order(class("A"));
    take(&task, &map);
    assert_eq!(found(&validator), [""; 0]);
    take_inside(&task, timer, &map);
    assert_eq!(found(&validator), ["HB0302 A"]);
}
