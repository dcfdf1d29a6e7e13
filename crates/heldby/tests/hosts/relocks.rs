//! Where a report ends in a panic, and where the code of a lock would then go on without it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use heldby::parking_lot::{
    Condvar, Mutex, MutexGuard, ReentrantMutex, RwLock, RwLockReadGuard, RwLockUpgradableReadGuard,
};

use crate::Test;
use crate::process::{End, Host, run};

/// Whether `body` panics.
fn panics(body: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(body)).is_err()
}

/// Locks are asked for in the wrong order, by everything that may panic.
fn host_asks() {
    type Ask = fn(&Mutex<u8>, &RwLock<u8>, &ReentrantMutex<u8>);
    let asks: &[Ask] = &[
        |mutex, _, _| drop(mutex.lock()),
        |_, lock, _| drop(lock.read()),
        |_, lock, _| drop(lock.read_recursive()),
        |_, lock, _| drop(lock.write()),
        |_, lock, _| drop(lock.upgradable_read()),
        |_, _, reentrant| drop(reentrant.lock()),
    ];
    for (at, ask) in asks.iter().enumerate() {
        // Classes of its own for each, since a cycle is reported once.
        let name = |lock: &str| format!("{lock} {at}");
        let mutex = Mutex::named(&name("mutex"), 1);
        let lock = RwLock::named(&name("lock"), 2);
        let reentrant = ReentrantMutex::named(&name("reentrant"), 3);
        let other = Mutex::named(&name("other"), 4);
        drop((mutex.lock(), other.lock()));
        drop((lock.write(), other.lock()));
        drop((reentrant.lock(), other.lock()));
        print!(
            "{} ",
            panics(|| {
                let _other = other.lock();
                ask(&mutex, &lock, &reentrant);
            })
        );
        // Nothing is held, and nothing is locked.
        let free = mutex.try_lock().is_some() && lock.try_write().is_some();
        print!(
            "{} ",
            free && reentrant.try_lock().is_some() && other.try_lock().is_some()
        );
    }
}

/// Locks are acquired again in the wrong order, for guards that live on.
fn host_relocks() {
    let (mutex, lock) = (Mutex::named("mutex", 1), RwLock::named("lock", 2));
    let other = Mutex::named("other", 3);
    print!(
        "{} ",
        panics(|| {
            let (mut guard, _other) = (mutex.lock(), other.lock());
            MutexGuard::unlocked(&mut guard, || print!("{} ", mutex.is_locked()));
            MutexGuard::bump(&mut guard);
            *guard += 1;
        })
    );
    print!(
        "{} ",
        panics(|| {
            let (mut guard, _other) = (lock.read(), other.lock());
            RwLockReadGuard::bump(&mut guard);
        })
    );
    print!(
        "{} ",
        panics(|| {
            let (upgradable, _other) = (lock.upgradable_read(), other.lock());
            *RwLockUpgradableReadGuard::upgrade(upgradable) += 1;
        })
    );
    print!(
        "{} ",
        panics(|| {
            let changed = Condvar::new();
            let (mut guard, _other) = (mutex.lock(), other.lock());
            changed.wait_for(&mut guard, std::time::Duration::ZERO);
            *guard += 1;
        })
    );
    print!(
        "{:?} {:?}",
        mutex.try_lock().as_deref(),
        lock.try_write().as_deref()
    );
}

pub(crate) const HOSTS: &[Host] = &[("asks", host_asks), ("relocks", host_relocks)];

pub(crate) const TESTS: &[Test] = &[
    ("who_asks_for_a_lock_panics_and_leaves_it_free", || {
        let asked = run("asks", &[("HELDBY", "panic")]);
        let free = "true true ".repeat(6);
        asked.ends(End::Code(0)).prints(&free);
        run("asks", &[("HELDBY", "warn")])
            .ends(End::Code(0))
            .prints(&"false true ".repeat(6));
    }),
    ("who_locks_again_for_a_guard_never_panics", || {
        let ended = run("relocks", &[("HELDBY", "panic")]);
        ended
            .ends(End::Code(0))
            .prints("false false false false false Some(3) Some(3)")
            .complains(&[]);
        ended.says(&["error[HB0001]", "`mutex`", "`lock`", "relocks.rs:"]);
    }),
];
