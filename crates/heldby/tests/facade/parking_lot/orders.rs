//! Orders between locks, whatever makes them.

use heldby::lockdep::LockKey;
use heldby::parking_lot::{
    FairMutex, Mutex, RwLock, const_fair_mutex, const_mutex, const_reentrant_mutex, const_rwlock,
};
use heldby::sync;
use heldby::test::check;

use super::{SILENT, found};

#[test]
fn two_mutexes_in_opposite_orders() {
    let (a, b) = (Mutex::named("a", 1), Mutex::named("b", 2));
    let both = || {
        drop((a.lock(), b.lock()));
        drop((b.lock(), a.lock()));
    };
    assert_eq!(found(both), ["HB0001 a b"]);
}

#[test]
fn a_mutex_of_std_and_one_of_parking_lot() {
    let (ours, std) = (FairMutex::named("fair", 1), sync::Mutex::named("std", 2));
    let reports = check(|| {
        drop((ours.lock(), std.lock()));
        drop((std.lock(), ours.lock()));
    });
    assert_eq!(reports.len(), 1);
    let classes = reports[0].classes.iter();
    let mut types: Vec<_> = classes.map(|class| &*class.type_name).collect();
    types.sort_unstable();
    assert_eq!(types, ["parking_lot::FairMutex", "std::sync::Mutex"]);
}

#[test]
fn an_acquire_is_told_at_its_line() {
    let (a, b) = (Mutex::named("a", 1), RwLock::named("b", 2));
    let lines = [line!() + 2, line!() + 5];
    let reports = check(|| {
        let a_first = a.lock();
        drop(b.write());
        drop(a_first);
        drop((b.read(), a.lock()));
    });
    let sites = reports[0]
        .cycle
        .iter()
        .map(|dependency| dependency.held_site.line);
    assert_eq!(sites.collect::<Vec<_>>(), lines);
    assert!(reports[0].site.file.ends_with("orders.rs"));
}

#[test]
fn what_does_not_wait_for_ever_comes_after_nothing() {
    use std::time::{Duration, Instant};

    const SOON: Duration = Duration::from_secs(1);
    type Take = fn(&RwLock<i32>);
    let bounded: [Take; 6] = [
        |lock| drop(lock.try_read()),
        |lock| drop(lock.try_write()),
        |lock| drop(lock.try_read_for(SOON)),
        |lock| drop(lock.try_write_until(Instant::now() + SOON)),
        |lock| drop(lock.try_read_recursive_for(SOON)),
        |lock| drop(lock.try_upgradable_read_for(SOON)),
    ];
    let (a, b) = (Mutex::named("a", 1), RwLock::named("b", 2));
    for take in bounded {
        let both = || {
            let held = a.lock();
            take(&b);
            drop(held);
            drop((b.write(), a.lock()));
        };
        assert_eq!(found(both), SILENT);
    }
    let under = || {
        let held = b.try_write_for(SOON);
        drop(a.lock());
        drop(held);
        drop((a.lock(), b.read()));
    };
    assert_eq!(found(under), ["HB0001 b a"]);
}

#[test]
fn a_lock_that_cannot_be_had_leaves_nothing_held() {
    use std::time::Duration;

    let (mutex, lock) = (Mutex::new(0), RwLock::new(0));
    let tries = || {
        let (_mutex, _read) = (mutex.lock(), lock.read());
        heldby::thread::scope(|scope| {
            scope.spawn(|| {
                assert!(mutex.try_lock().is_none() && mutex.is_locked());
                assert!(mutex.try_lock_for(Duration::ZERO).is_none());
                assert!(lock.try_write().is_none() && lock.try_write_for(Duration::ZERO).is_none());
                heldby::assert_not_held!(mutex);
                heldby::assert_not_held!(lock);
            });
        });
    };
    assert_eq!(found(tries), SILENT);
}

heldby::lock_class!(KEYED, "parking_lot::keyed");
static ROUTES: Mutex<u8> = Mutex::with_class(&KEYED, 0);
static OTHERS: LockKey = LockKey::new("parking_lot::others");
static SESSIONS: RwLock<u8> = RwLock::with_class(&OTHERS, 0);

#[test]
fn a_name_is_a_class_wherever_its_locks_are_made() {
    let routes = Mutex::named("parking_lot::keyed", 0_u8);
    let sessions = RwLock::named("parking_lot::others", 0_u8);
    let both = || {
        drop((ROUTES.lock(), SESSIONS.write()));
        drop((sessions.read(), routes.lock()));
    };
    assert_eq!(
        found(both),
        ["HB0001 parking_lot::keyed parking_lot::others"]
    );
}

#[test]
fn a_lock_is_of_the_place_where_it_was_made() {
    static MUTEX: Mutex<u8> = const_mutex(0);
    static FAIR: FairMutex<u8> = const_fair_mutex(0);
    static LOCK: RwLock<u8> = const_rwlock(0);
    static REENTRANT: heldby::parking_lot::ReentrantMutex<u8> = const_reentrant_mutex(0);
    let first = line!() - 4;
    let both = || {
        drop((MUTEX.lock(), REENTRANT.lock()));
        drop((REENTRANT.lock(), MUTEX.lock()));
        drop((FAIR.lock(), LOCK.read()));
        drop((LOCK.write(), FAIR.lock()));
    };
    let names = ["Mutex", "Mutex", "RwLock", "ReentrantMutex"];
    let names: Vec<_> = names
        .into_iter()
        .zip(first..)
        .map(|(name, line)| format!("{name}@orders.rs:{line}"))
        .collect();
    let inversion = |a: usize, b: usize| format!("HB0001 {} {}", names[a], names[b]);
    assert_eq!(found(both), [inversion(0, 3), inversion(1, 2)]);
}

/// One place makes locks of two payloads: two classes, whose locks were never nested both ways.
#[test]
fn the_payload_is_part_of_the_class() {
    fn make<T>(value: T) -> RwLock<T> {
        RwLock::new(value)
    }
    let (bytes, words) = ([make(1_u8), make(2)], make(1_u32));
    let middle = Mutex::named("middle", 0);
    let orders = || {
        drop((bytes[0].write(), middle.lock()));
        drop((middle.lock(), words.try_upgradable_read(), words.read()));
    };
    assert_eq!(found(orders), SILENT);
    let inverted = || {
        drop((bytes[0].write(), middle.lock()));
        drop((middle.lock(), bytes[1].upgradable_read()));
    };
    assert_eq!(found(inverted).len(), 1);
}

/// `lock_api`'s own `new` tells no place, nor does a default.
#[test]
fn a_lock_that_tells_no_place_is_of_its_first_acquire() {
    use heldby::parking_lot::{RawMutex, lock_api::RawMutex as _};

    type Plain<T> = lock_api::Mutex<RawMutex, T>;
    #[derive(Default)]
    struct Both {
        one: Mutex<i8>,
        two: Mutex<i8>,
    }
    let (plain, raw) = (Plain::new(1), Mutex::const_new(RawMutex::INIT, 2));
    let both = Both::default();
    let orders = || {
        let plain_first = plain.lock();
        let raw_next = raw.lock();
        let one_next = both.one.lock();
        drop((plain_first, raw_next, one_next));
        drop((both.two.lock(), plain.lock()));
        drop((both.one.lock(), raw.lock()));
    };
    let line = line!() - 6;
    let names = [line, line + 1].map(|line| format!("Mutex@orders.rs:{line}"));
    assert_eq!(found(orders), [format!("HB0001 {}", names.join(" "))]);
}
