//! A mutex that its holder may lock again: only the outermost lock waits.

use heldby::parking_lot::{Mutex, ReentrantMutex, ReentrantMutexGuard};
use heldby::test::check;

use super::{SILENT, found};

#[test]
fn a_lock_inside_of_another_one_waits_for_nobody() {
    let (mutex, other) = (ReentrantMutex::named("mutex", 1), Mutex::named("other", 2));
    let nests = || {
        let outermost = mutex.lock();
        let _other = other.lock();
        let inner = mutex.lock();
        let tried = mutex.try_lock();
        drop(outermost);
        heldby::assert_held_write!(mutex);
        drop(tried);
        heldby::assert_held_write!(mutex);
        drop(inner);
        heldby::assert_not_held!(mutex);
    };
    assert_eq!(found(nests), SILENT);
}

#[test]
fn its_order_counts() {
    let (mutex, other) = (ReentrantMutex::named("mutex", 1), Mutex::named("other", 2));
    let line = line!() + 4;
    let reports = check(|| {
        let _outermost = (mutex.lock(), mutex.lock());
        drop(other.lock());
        drop(_outermost);
        drop((other.lock(), mutex.lock()));
    });
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].code.as_str(), "HB0001");
    assert_eq!(reports[0].site.line, line + 1);
    assert!(reports[0].site.file.ends_with("reentrant.rs"));
    let mut classes = reports[0].classes.iter();
    assert!(classes.any(|class| class.type_name == "parking_lot::ReentrantMutex"));
}

#[test]
fn an_attempt_comes_after_nothing() {
    use std::time::{Duration, Instant};

    let (mutex, other) = (ReentrantMutex::named("mutex", 1), Mutex::named("other", 2));
    type Attempt = fn(&ReentrantMutex<i32>) -> Option<ReentrantMutexGuard<'_, i32>>;
    let attempts: [Attempt; 3] = [
        |mutex| mutex.try_lock(),
        |mutex| mutex.try_lock_for(Duration::ZERO),
        |mutex| mutex.try_lock_until(Instant::now()),
    ];
    for attempt in attempts {
        let both = || {
            let held = other.lock();
            let got = attempt(&mutex);
            assert!(got.is_some());
            heldby::assert_held_write!(mutex);
            drop((got, held));
            drop((mutex.lock(), other.lock()));
        };
        assert_eq!(found(both), SILENT);
    }
}

#[test]
fn guards_are_mapped_and_given_up() {
    let (mutex, other) = (
        ReentrantMutex::named("mutex", (1, 2)),
        Mutex::named("other", 3),
    );
    let changes = || {
        let mapped = ReentrantMutexGuard::map(mutex.lock(), |pair| &pair.1);
        assert_eq!(*mapped, 2);
        heldby::assert_held_write!(mutex);
        drop(mapped);
        let (mut guard, _other) = (mutex.lock(), other.lock());
        ReentrantMutexGuard::unlocked(&mut guard, || heldby::assert_not_held!(mutex));
        heldby::assert_held_write!(mutex);
        ReentrantMutexGuard::bump(&mut guard);
        ReentrantMutexGuard::unlock_fair(guard);
        heldby::assert_not_held!(mutex);
    };
    // Locked again under the other one.
    assert_eq!(found(changes), ["HB0001 mutex other"]);
}

#[cfg(feature = "arc_lock")]
#[test]
fn a_guard_of_an_arc_holds_it() {
    use std::sync::Arc;

    let mutex = Arc::new(ReentrantMutex::named("mutex", 1));
    let nests = || {
        let outermost = mutex.lock_arc();
        let inner = (mutex.lock(), mutex.try_lock_arc());
        drop(outermost);
        heldby::assert_held_write!(mutex);
        drop(inner);
        heldby::assert_not_held!(mutex);
    };
    assert_eq!(found(nests), SILENT);
}
