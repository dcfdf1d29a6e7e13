//! Policies of a class, set with its key or at run time, and subclasses.

use heldby_validator::{
    Attempt, ClassPolicy, Held, LockKey, LockMap, Mode, Site, Validator, acquire, enter, held,
    release, taken,
};

use crate::rig::{LOCK, Rig, check_rows, class, quiet};

fn rig_with(name: &str, policy: ClassPolicy) -> Rig {
    let rig = Rig::new();
    rig.validator.set_policy(class(name), policy);
    rig
}

#[test]
fn a_policy_rules_its_class_alone() {
    use ClassPolicy::{ByInstance, Forbid, NoTrack, NoValidate};
    let rows: &[(ClassPolicy, &str, &[&str])] = &[
        (Forbid, "T1: w(A1) w(A2)", &["HB0003 A"]),
        (Forbid, "T1: R(A1) R(A2)", &[]),
        (Forbid, "T1: w(B1) w(B2)", &[]),
        (ByInstance, "T1: w(A1) w(A2)", &[]),
        // Kept on the stack, but nothing is checked of it, nor remembered.
        (NoValidate, "T1: w(A) w(A) u(A) u(A)", &[]),
        (NoValidate, "T1: w(A) w(B) u(B) u(A)  T2: w(B) w(A)", &[]),
        (NoValidate, "T1: w(A) held_w(A) u(A) u(A)", &["HB0101 A"]),
        (NoValidate, "T1: w(A) exit", &["HB0103 A"]),
        // It hides nothing below it.
        (
            NoValidate,
            "T1: w(B) w(A) w(C) u(C) u(A) u(B)  T2: w(C) w(B)",
            &["HB0001 B C"],
        ),
        // Not even on the stack.
        (NoTrack, "T1: w(A) u(A) u(A) exit", &[]),
        (NoTrack, "T1: w(A) t(A) nheld(A) exit", &[]),
        (NoTrack, "T1: w(A) w(B) u(B) u(A)  T2: w(B) w(A)", &[]),
    ];
    for (policy, scenario, expected) in rows {
        check_rows(|| rig_with("A", *policy), &[(scenario, expected)]);
    }
}

#[test]
fn a_policy_makes_known_chains_be_checked_again() {
    let mut rig = Rig::new();
    rig.validator
        .set_policy(class("A"), ClassPolicy::NoValidate);
    let orders = "T1: w(A) w(B) u(B) u(A)  T2: w(B) w(A) u(A) u(B)";
    assert_eq!(rig.run(orders).run(orders).verdict(), [""; 0]);
    rig.validator
        .set_policy(class("A"), ClassPolicy::ByInstance);
    assert_eq!(rig.run(orders).verdict(), ["HB0001 A B"]);
}

#[test]
fn an_unchecked_lock_has_no_dependencies() {
    for policy in [ClassPolicy::NoValidate, ClassPolicy::NoTrack] {
        let mut rig = rig_with("A", policy);
        // Below another, and above one that goes early.
        rig.run("T1: w(A) w(B) u(B) u(A)  T2: w(B) w(C) w(A) u(C) u(A) u(B)");
        let names: Vec<_> = rig
            .validator
            .graph()
            .classes
            .into_iter()
            .map(|node| node.name)
            .collect();
        assert_eq!(names, ["B", "C"], "{policy:?}");
    }
}

/// An untracked lock stays unseen when its chain comes back, also by the hot path.
#[test]
fn an_untracked_lock_is_never_held() {
    static KEY: LockKey = LockKey::with_policy("untracked", ClassPolicy::NoTrack);
    let by_key = LockMap::with_key(&KEY);
    let at_run_time = LockMap::of_class(class("untracked_at_run_time"));
    let validator = Validator::new(quiet());
    validator.set_policy(class("untracked_at_run_time"), ClassPolicy::NoTrack);
    let site = Site::caller();
    enter(&validator, || {
        for map in [&by_key, &at_run_time] {
            for round in 0..3 {
                let slot = acquire(map, &LOCK, Mode::Write, site);
                slot.acquired();
                assert_eq!(held(map), Held::No, "round {round}");
                release(map);
                taken(map, &LOCK, Mode::Write, Attempt::Try, site);
                assert_eq!(held(map), Held::No, "try in round {round}");
                release(map);
            }
        }
    });
    assert_eq!(validator.reports(), []);
    assert_eq!(validator.stats().dependencies, 0);
}

#[test]
fn a_policy_that_comes_with_the_key_holds_in_every_profile() {
    static KEY: LockKey = LockKey::with_policy("keyed_forbid", ClassPolicy::Forbid);
    let (one, other) = (LockMap::with_key(&KEY), LockMap::with_key(&KEY));
    let validator = Validator::new(quiet());
    let site = Site::caller();
    enter(&validator, || {
        acquire(&one, &LOCK, Mode::Write, site).acquired();
        acquire(&other, &LOCK, Mode::Write, site).acquired();
        release(&other);
        release(&one);
    });
    let reports = validator.reports();
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].title, reports[0].title.trim());
    assert_eq!(reports[0].locks, ["keyed_forbid"]);
}

#[test]
fn a_subclass_is_a_class_of_its_own() {
    let rows: &[(&str, &[&str])] = &[
        ("T1: w(A1) w(A2,1)", &[]),
        ("T1: w(A1) w(A2,1) w(A3,2)", &[]),
        ("T1: w(A1) w(A2)", &["HB0003 A"]),
        ("T1: w(A1,1) w(A2,1)", &["HB0003 A/1"]),
        (
            "T1: w(A1) w(A2,1) u(A2) u(A1)  T2: w(A1,1) w(A2)",
            &["HB0001 A A/1"],
        ),
        // One instance is one lock in any subclass.
        ("T1: w(A,1) held_w(A) u(A) nheld(A)", &[]),
    ];
    check_rows(Rig::kernel, rows);
}
