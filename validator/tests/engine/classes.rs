//! What makes two locks one class, and what a class is called.

use heldby_validator::{
    ClassId, LockMap, LockType, Mode, Site, Validator, acquire, enter, release,
};

use crate::rig::{LOCK, quiet, short};

static OTHER: LockType = LockType::sleeping::<u8>("test::Other");

#[test]
fn name_and_type_make_a_class() {
    assert_eq!(ClassId::named("same", &LOCK), ClassId::named("same", &LOCK));
    assert_ne!(
        ClassId::named("same", &LOCK),
        ClassId::named("other", &LOCK)
    );
    assert_ne!(
        ClassId::named("same", &LOCK),
        ClassId::named("same", &OTHER)
    );
}

/// The locks that `validator` learns of when each of two is taken under the other.
fn invert(one: &LockMap, other: &LockMap) -> Vec<String> {
    let validator = Validator::new(quiet());
    let site = Site::caller();
    enter(&validator, || {
        for [outer, inner] in [[one, other], [other, one]] {
            acquire(outer, &LOCK, Mode::Write, site).acquired();
            acquire(inner, &LOCK, Mode::Write, site).acquired();
            release(inner);
            release(outer);
        }
    });
    validator.reports().iter().map(short).collect()
}

#[test]
fn the_place_where_a_lock_is_made_is_its_class() {
    let (here, there) = (LockMap::new(), LockMap::new());
    let line = line!() - 1;
    let both = invert(&here, &there);
    // Two on one line are told apart by their columns.
    let name = |column: &str| format!("Rig@classes.rs:{line}{column}");
    assert_eq!(both.len(), 1);
    assert!(
        both[0].starts_with(&format!("HB0001 {} ", name(""))),
        "{both:?}"
    );
    assert!(both[0].contains(&name(":")), "{both:?}");

    let looped: Vec<_> = (0..2).map(|_| LockMap::new()).collect();
    let line = line!() - 1;
    let name = format!("Rig@classes.rs:{line}");
    assert_eq!(
        invert(&looped[0], &looped[1]),
        [format!("HB0001 {name} {name}")]
    );
}

#[test]
fn the_class_is_told_with_its_place_and_its_locks() {
    let validator = Validator::new(quiet());
    let site = Site::caller();
    let lines = [line!() + 1, line!() + 2];
    let one = LockMap::new();
    let others: Vec<_> = (0..3).map(|_| LockMap::new()).collect();
    enter(&validator, || {
        for other in &others {
            acquire(&one, &LOCK, Mode::Write, site).acquired();
            acquire(other, &LOCK, Mode::Write, site).acquired();
            release(other);
            release(&one);
        }
    });
    let classes = validator.graph().classes;
    let told: Vec<_> = classes
        .iter()
        .map(|node| {
            let made_at = node.made_at.as_ref().expect("an unnamed class has a place");
            (made_at.line, node.instances, &*node.type_name)
        })
        .collect();
    let expected = [(lines[0], 1, "test::Lock"), (lines[1], 3, "test::Lock")];
    assert_eq!(told, expected);
}
