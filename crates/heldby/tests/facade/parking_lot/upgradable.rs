//! Upgradable reads: shared with readers, exclusive among themselves.

use std::time::Duration;

use heldby::parking_lot::{Mutex, RwLock, RwLockUpgradableReadGuard, RwLockWriteGuard};
use heldby::thread;

use super::{SILENT, found};

/// How a lock and a mutex are taken, the first under the second.
type Under = fn(&RwLock<i32>, &Mutex<i32>);

const UPGRADABLE_FIRST: Under = |lock, mutex| drop((lock.upgradable_read(), mutex.lock()));
const READ_LAST: Under = |lock, mutex| drop((mutex.lock(), lock.read()));
const RECURSIVE_LAST: Under = |lock, mutex| drop((mutex.lock(), lock.read_recursive()));
const WRITE_LAST: Under = |lock, mutex| drop((mutex.lock(), lock.write()));
const UPGRADABLE_LAST: Under = |lock, mutex| drop((mutex.lock(), lock.upgradable_read()));
const WRITE_FIRST: Under = |lock, mutex| drop((lock.write(), mutex.lock()));
const READ_FIRST: Under = |lock, mutex| drop((lock.read(), mutex.lock()));
const WRITE_ALONE: Under = |lock, _| drop(lock.write());
const UPGRADE: Under = |lock, _| {
    drop(RwLockUpgradableReadGuard::upgrade(lock.upgradable_read()));
};
const UPGRADE_LAST: Under = |lock, mutex| {
    let upgradable = lock.upgradable_read();
    let _mutex = mutex.lock();
    drop(RwLockUpgradableReadGuard::upgrade(upgradable));
};
const TRY_UPGRADE_LAST: Under = |lock, mutex| {
    let upgradable = lock.upgradable_read();
    let _mutex = mutex.lock();
    let upgraded = RwLockUpgradableReadGuard::try_upgrade_for(upgradable, Duration::from_secs(1));
    assert!(upgraded.is_ok());
};

#[test]
fn who_waits_for_whom() {
    let rows: &[(&[Under], &[&str])] = &[
        // Two upgradable readers exclude each other, without any writer.
        (&[UPGRADABLE_FIRST, UPGRADABLE_LAST], &["HB0001"]),
        // Readers wait for an upgradable one only behind a writer, and so the other way round.
        (&[UPGRADABLE_FIRST, READ_LAST], &[]),
        (&[UPGRADABLE_FIRST, READ_LAST, WRITE_ALONE], &["HB0004"]),
        (&[UPGRADABLE_FIRST, RECURSIVE_LAST, WRITE_ALONE], &[]),
        (&[READ_FIRST, UPGRADABLE_LAST], &[]),
        (&[READ_FIRST, UPGRADABLE_LAST, WRITE_ALONE], &["HB0004"]),
        // An upgrade is the wait of a writer.
        (&[READ_FIRST, UPGRADABLE_LAST, UPGRADE], &["HB0004"]),
        (&[READ_FIRST, UPGRADE_LAST], &["HB0001"]),
        (&[READ_FIRST, TRY_UPGRADE_LAST], &[]),
        // Writers exclude everybody.
        (&[UPGRADABLE_FIRST, WRITE_LAST], &["HB0001"]),
        (&[WRITE_FIRST, UPGRADABLE_LAST], &["HB0001"]),
        (&[WRITE_FIRST, RECURSIVE_LAST], &["HB0001"]),
    ];
    for (at, (steps, codes)) in rows.iter().enumerate() {
        let (lock, mutex) = (RwLock::named("lock", 1), Mutex::named("mutex", 2));
        let reports = found(|| steps.iter().for_each(|step| step(&lock, &mutex)));
        let found: Vec<_> = reports.iter().map(|report| &report[..6]).collect();
        assert_eq!(found, *codes, "row {at}: {reports:?}");
    }
}

#[test]
fn a_report_says_that_a_read_was_upgradable() {
    let (lock, mutex) = (RwLock::named("lock", 1), Mutex::named("mutex", 2));
    let reports = heldby::test::check(|| {
        UPGRADABLE_FIRST(&lock, &mutex);
        UPGRADABLE_LAST(&lock, &mutex);
    });
    let text = reports[0].to_string();
    for part in ["`lock` for upgradable reading", "upgradable read(lock)"] {
        assert!(text.contains(part), "no `{part}` in:\n{text}");
    }
    let notes = reports[0].notes.join("\n");
    let what = "`lock` a parking_lot::RwLock, its upgradable readers (";
    assert!(notes.contains(what), "{notes}");
}

#[test]
fn a_second_upgradable_read_by_one_thread_hangs_for_certain() {
    use heldby::lock_api::{Family, GuardNoSend, RawRwLock, RawRwLockUpgrade, Upgradable};
    use heldby::model::Certainty;

    /// A lock that lets everybody in, so that the test does not hang.
    struct Open;

    // SAFETY: it protects nothing.
    unsafe impl RawRwLock for Open {
        const INIT: Self = Self;
        type GuardMarker = GuardNoSend;
        fn lock_shared(&self) {}
        fn try_lock_shared(&self) -> bool {
            true
        }
        unsafe fn unlock_shared(&self) {}
        fn lock_exclusive(&self) {}
        fn try_lock_exclusive(&self) -> bool {
            true
        }
        unsafe fn unlock_exclusive(&self) {}
    }

    // SAFETY: as above.
    unsafe impl RawRwLockUpgrade for Open {
        fn lock_upgradable(&self) {}
        fn try_lock_upgradable(&self) -> bool {
            true
        }
        unsafe fn unlock_upgradable(&self) {}
        unsafe fn upgrade(&self) {}
        unsafe fn try_upgrade(&self) -> bool {
            true
        }
    }

    enum Opens {}
    impl Family for Opens {}
    type OpenLock =
        heldby::lock_api::RwLock<heldby::lock_api::Validated<Open, Opens, Upgradable<Opens>>, ()>;
    let lock = OpenLock::named("open", ());
    let reports = heldby::test::check(|| drop((lock.upgradable_read(), lock.upgradable_read())));
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].code.as_str(), "HB0003");
    assert_eq!(reports[0].certainty, Certainty::Now);
}

#[test]
fn an_upgrade_that_fails_leaves_the_read() {
    let lock = RwLock::named("lock", 1);
    let fails = || {
        let upgradable = lock.upgradable_read();
        thread::scope(|scope| {
            let (read, reads) = std::sync::mpsc::channel();
            let (done, is_done) = std::sync::mpsc::channel::<()>();
            let lock = &lock;
            scope.spawn(move || {
                let _read = lock.read();
                read.send(()).unwrap();
                is_done.recv().unwrap();
            });
            reads.recv().unwrap();
            let upgradable = RwLockUpgradableReadGuard::try_upgrade(upgradable).unwrap_err();
            let upgradable =
                RwLockUpgradableReadGuard::try_upgrade_for(upgradable, Duration::ZERO).unwrap_err();
            heldby::assert_held_read!(lock);
            done.send(()).unwrap();
            drop(upgradable);
        });
        heldby::assert_not_held!(lock);
    };
    assert_eq!(found(fails), SILENT);
}

#[test]
fn guards_change_from_one_to_the_other() {
    let lock = RwLock::named("lock", 1);
    let changes = || {
        let mut upgradable = lock.upgradable_read();
        upgradable.with_upgraded(|value| {
            heldby::assert_held_write!(lock);
            *value += 1;
        });
        heldby::assert_held_read!(lock);
        assert_eq!(upgradable.try_with_upgraded(|value| *value), Some(2));
        RwLockUpgradableReadGuard::bump(&mut upgradable);
        RwLockUpgradableReadGuard::unlocked(&mut upgradable, || heldby::assert_not_held!(lock));
        RwLockUpgradableReadGuard::unlock_fair(upgradable);
        let mut upgradable = RwLockWriteGuard::downgrade_to_upgradable(lock.write());
        upgradable.with_upgraded(|value| *value += 1);
        drop(RwLockUpgradableReadGuard::downgrade(upgradable));
        heldby::assert_not_held!(lock);
    };
    assert_eq!(found(changes), SILENT);
}
