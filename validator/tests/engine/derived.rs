//! What is derived from a hold: asked for a report, of the reporting thread, and of nothing else.

use std::cell::{Cell, RefCell};
use std::panic::Location;

use heldby_model::Report;
use heldby_validator::hooks::{
    lock_downgrade, lock_set_subclass, mutex_acquire, mutex_release, rwsem_acquire,
    rwsem_acquire_read, rwsem_release,
};
use heldby_validator::{
    DerivedHold, Expect, Held, Hold, LockId, LockKey, LockMap, Site, Validator, assert_held, enter,
    held,
};

use crate::rig::quiet;

/// A region, and the lock that its write lock ends with.
type Region = (LockId, u32, &'static Location<'static>);

thread_local! {
    static REGIONS: RefCell<Vec<Region>> = const { RefCell::new(Vec::new()) };
    static ASKED: Cell<u32> = const { Cell::new(0) };
}

static SPACE: LockKey = LockKey::new("derived_space").derived(regions);

fn regions(hold: Hold) -> Vec<DerivedHold> {
    ASKED.set(ASKED.get() + 1);
    let regions = REGIONS.with_borrow(Vec::clone).into_iter();
    let of_hold = regions.filter(|(lock, ..)| *lock == hold.id() && hold.is_write());
    let derived = of_hold.map(|(_, number, site)| DerivedHold {
        what: format!("region {number} write-locked"),
        site,
    });
    derived.collect()
}

#[track_caller]
fn write_lock(space: &LockMap, number: u32) {
    let region = (space.id(), number, Location::caller());
    REGIONS.with_borrow_mut(|regions| regions.push(region));
}

/// Runs `body` on a validator of its own, with empty books.
fn check(body: impl FnOnce()) -> Vec<Report> {
    REGIONS.take();
    ASKED.set(0);
    let validator = Validator::new(quiet());
    enter(&validator, body);
    validator.reports()
}

/// Makes a report that is about another lock, once for each place.
#[track_caller]
fn fail() {
    let map = LockMap::named("derived_other");
    assert_held(&map, Expect::Any, Site::caller());
}

/// What is derived from each hold of a report.
fn derived(report: &Report) -> Vec<Vec<&str>> {
    let holds = report.held.iter();
    holds
        .map(|held| held.derived.iter().map(|derived| &*derived.what).collect())
        .collect()
}

#[test]
fn a_report_names_what_is_derived_from_each_hold() {
    let (parent, child) = (LockMap::with_key(&SPACE), LockMap::with_key(&SPACE));
    let other = LockMap::named("derived_mutex");
    let reports = check(|| {
        rwsem_acquire(&parent, 0, false);
        write_lock(&parent, 1);
        mutex_acquire(&other, 0, false);
        rwsem_acquire(&child, 1, false);
        write_lock(&parent, 2);
        write_lock(&child, 3);
        fail();
    });
    let one = &reports[0];
    assert_eq!(
        derived(one),
        [
            vec!["region 1 write-locked", "region 2 write-locked"],
            vec![],
            // A lock that was taken in a subclass is the same lock.
            vec!["region 3 write-locked"],
        ]
    );
    let site = &one.held[0].derived[0].site;
    assert!(site.file.ends_with("derived.rs"), "{site}");
    assert_eq!(one.held[0].derived[1].site.line, site.line + 3);
}

#[test]
fn a_hold_that_was_moved_or_downgraded_is_told_as_it_is() {
    let map = LockMap::with_key(&SPACE);
    let reports = check(|| {
        rwsem_acquire(&map, 0, false);
        write_lock(&map, 1);
        lock_set_subclass(&map, 2);
        fail();
        lock_downgrade(&map);
        fail();
        rwsem_release(&map);
        fail();
    });
    let told: Vec<_> = reports.iter().map(derived).collect();
    assert_eq!(told[0], [["region 1 write-locked"]]);
    assert_eq!(told[1], [Vec::<&str>::new()]);
    assert_eq!(told[2], Vec::<Vec<&str>>::new());
}

#[test]
fn nobody_is_asked_without_a_new_report() {
    let (map, other) = (LockMap::with_key(&SPACE), LockMap::named("derived_mutex"));
    let mut asked = Vec::new();
    let reports = check(|| {
        rwsem_acquire(&map, 0, false);
        mutex_acquire(&other, 0, false);
        asked.push(ASKED.get());
        for _ in 0..3 {
            fail();
            asked.push(ASKED.get());
        }
        mutex_release(&other);
        rwsem_release(&map);
    });
    assert_eq!(reports.len(), 1);
    assert_eq!(asked, [0, 1, 1, 1]);
}

#[test]
fn holds_of_others_are_not_asked_for() {
    let map = LockMap::with_key(&SPACE);
    let validator = Validator::new(quiet());
    let reports = std::thread::scope(|scope| {
        let body = || enter(&validator, fail);
        enter(&validator, || {
            rwsem_acquire(&map, 0, false);
            write_lock(&map, 1);
            scope.spawn(body).join().unwrap();
            rwsem_release(&map);
        });
        validator.reports()
    });
    assert_eq!(derived(&reports[0]), Vec::<Vec<&str>>::new());
}

static INNER: LockKey = LockKey::new("derived_inner");
static LOCKS: LockKey = LockKey::new("derived_locks").derived(takes_locks);

thread_local! {
    static TWO: [LockMap; 2] = const { [LockMap::with_key(&INNER), LockMap::with_key(&LOCKS)] };
}

/// Takes locks in an order that would be reported, and asks what is held.
fn takes_locks(_hold: Hold) -> Vec<DerivedHold> {
    TWO.with(|[inner, own]| {
        mutex_acquire(inner, 0, false);
        mutex_acquire(inner, 0, true);
        let what = format!("{:?}", held(own));
        mutex_release(inner);
        mutex_release(inner);
        vec![DerivedHold {
            what,
            site: Location::caller(),
        }]
    })
}

#[test]
fn its_locks_pass_through() {
    let reports = check(|| {
        TWO.with(|[_, own]| {
            rwsem_acquire_read(own, 0, false);
            fail();
            assert_eq!(held(own), Held::Read);
            rwsem_release(own);
        });
    });
    assert_eq!(reports.len(), 1);
    assert_eq!(derived(&reports[0]), [["Unknown"]]);
}

static PANICS: LockKey = LockKey::new("derived_panics").derived(|_| panic!("on purpose"));

#[test]
fn a_panic_in_it_is_swallowed() {
    let map = LockMap::with_key(&PANICS);
    let reports = check(|| {
        rwsem_acquire(&map, 0, false);
        fail();
        assert_eq!(held(&map), Held::Write);
        rwsem_release(&map);
    });
    assert_eq!(reports.len(), 1);
    assert_eq!(derived(&reports[0]), [Vec::<&str>::new()]);
}
