//! How a lock is held, and what may be asked for under that.

use heldby::parking_lot::{
    Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockUpgradableReadGuard, RwLockWriteGuard,
};
use heldby::test::check;
use heldby::{Held, held, holders};

use super::{SILENT, found};

/// Takes a lock for reading under `mutex`, and `mutex` under a read of it.
fn readers(mutex: &Mutex<i32>, read: impl Fn() -> bool) {
    let held = mutex.lock();
    assert!(read());
    drop(held);
}

#[test]
fn a_fair_reader_queues_behind_a_writer_and_a_recursive_one_does_not() {
    let (lock, mutex) = (RwLock::named("lock", 1), Mutex::named("mutex", 2));
    let fair = || {
        drop((lock.read(), mutex.lock()));
        readers(&mutex, || *lock.read() == 1);
    };
    let recursive = || {
        drop((lock.read(), mutex.lock()));
        readers(&mutex, || *lock.read_recursive() == 1);
    };
    let writer = || drop(lock.write());
    assert_eq!(found(fair), SILENT, "nobody writes");
    assert_eq!(found(|| (fair(), writer()).1), ["HB0004 lock mutex"]);
    assert_eq!(found(|| (writer(), fair()).1), ["HB0004 lock mutex"]);
    assert_eq!(found(|| (writer(), recursive()).1), SILENT);
}

#[test]
fn a_lock_that_is_read_again_by_one_thread() {
    let lock = RwLock::named("lock", 1);
    let writer = || drop(lock.write());
    let again = || drop((lock.read(), lock.read()));
    let recursive = || drop((lock.read(), lock.read_recursive()));
    assert_eq!(found(|| (writer(), again()).1), ["HB0003 lock"]);
    assert_eq!(found(|| (writer(), recursive()).1), SILENT);
}

#[test]
fn a_reader_excludes_writers() {
    let (lock, mutex) = (RwLock::named("lock", 1), Mutex::named("mutex", 2));
    let both = || {
        drop((lock.read_recursive(), mutex.lock()));
        drop((mutex.lock(), lock.write()));
    };
    assert_eq!(found(both), ["HB0001 lock mutex"]);
}

#[test]
fn every_hold_is_known() {
    let (lock, mutex) = (RwLock::new(1), Mutex::new(2));
    let holds = || {
        let lock_held = || held(&lock);
        let mut found = vec![lock_held()];
        let write = lock.write();
        found.push(lock_held());
        let read = RwLockWriteGuard::downgrade(write);
        found.push(lock_held());
        drop(read);
        let upgradable = lock.upgradable_read();
        found.push(lock_held());
        let write = RwLockUpgradableReadGuard::upgrade(upgradable);
        found.push(lock_held());
        let upgradable = RwLockWriteGuard::downgrade_to_upgradable(write);
        found.push(lock_held());
        let read = RwLockUpgradableReadGuard::downgrade(upgradable);
        found.push(lock_held());
        RwLockReadGuard::unlock_fair(read);
        found.push(lock_held());
        use Held::{No, Read, Write};
        assert_eq!(found, [No, Write, Read, Read, Write, Read, Read, No]);

        let guard = mutex.lock();
        assert_eq!(holders(&mutex).len(), 1);
        heldby::assert_held_write!(mutex);
        MutexGuard::unlock_fair(guard);
        heldby::assert_not_held!(mutex);
    };
    assert_eq!(found(holds), SILENT);
}

/// A lock that is locked again for its guard is acquired again, under whatever else is held.
#[test]
fn who_gives_a_lock_up_for_a_while_acquires_it_again() {
    let (a, b) = (Mutex::named("a", 1), Mutex::named("b", 2));
    type Again = fn(&mut MutexGuard<'_, i32>, &Mutex<i32>);
    let ways: [Again; 3] = [
        |guard, _| MutexGuard::bump(guard),
        |guard, mutex| MutexGuard::unlocked(guard, || heldby::assert_not_held!(mutex)),
        |guard, mutex| MutexGuard::unlocked_fair(guard, || heldby::assert_not_held!(mutex)),
    ];
    for again in ways {
        let reports = check(|| {
            let (mut first, _second) = (a.lock(), b.lock());
            again(&mut first, &a);
            heldby::assert_held_write!(a);
        });
        assert_eq!(reports.len(), 1);
        assert_eq!(reports[0].locks, ["a", "b"]);
        // At the line of the host, and not in the code of the guard.
        assert!(reports[0].site.file.ends_with("modes.rs"), "{}", reports[0]);
    }

    let lock = RwLock::named("lock", 1);
    type ReadAgain = fn(&RwLock<i32>, &Mutex<i32>);
    let ways: [ReadAgain; 3] = [
        |lock, mutex| {
            let (mut read, _held) = (lock.read(), mutex.lock());
            RwLockReadGuard::bump(&mut read);
        },
        |lock, mutex| {
            let (mut write, _held) = (lock.write(), mutex.lock());
            RwLockWriteGuard::unlocked(&mut write, || heldby::assert_not_held!(lock));
        },
        |lock, mutex| {
            let (mut write, _held) = (lock.write(), mutex.lock());
            RwLockWriteGuard::bump(&mut write);
        },
    ];
    for again in ways {
        let writer = || drop(lock.write());
        let reports = found(|| (writer(), again(&lock, &a)).1);
        assert_eq!(reports.len(), 1, "{reports:?}");
    }
}

/// Locks of one class that are nested by design say so, as std's do.
#[test]
fn nesting_is_annotated() {
    use heldby::lockdep::{ClassPolicy, LockKey};

    static FORBID: LockKey = LockKey::with_policy("parking_lot::forbid", ClassPolicy::Forbid);
    static ORDERED: LockKey = LockKey::with_policy("parking_lot::order", ClassPolicy::ByOrder);
    let [one, two] = [1, 2].map(|value| Mutex::with_class(&FORBID, value));
    let [first, second] = [1, 2].map(|value| RwLock::with_class(&FORBID, value));
    let tree = Mutex::named("parking_lot::tree", ());
    let plain = || {
        drop((one.lock(), two.lock()));
        drop((first.read(), second.write()));
    };
    let nested = || {
        drop((one.lock(), two.lock_nested(1)));
        drop((first.read(), second.read_nested(1)));
        drop((first.write(), second.write_nested(2)));
        let _tree = tree.lock();
        drop((one.lock(), two.lock_nest_lock(&tree)));
        drop((first.read(), second.read_nest_lock(&tree)));
        drop((first.write(), second.write_nest_lock(&tree)));
    };
    assert_eq!(found(plain).len(), 2);
    assert_eq!(found(nested), SILENT);

    let [low, high] = [1, 2].map(|order| {
        let mutex = Mutex::with_class(&ORDERED, order);
        mutex.set_order(order);
        mutex
    });
    assert_eq!(found(|| drop((low.lock(), high.lock()))), SILENT);
    assert_eq!(found(|| drop((high.lock(), low.lock()))).len(), 1);
}
