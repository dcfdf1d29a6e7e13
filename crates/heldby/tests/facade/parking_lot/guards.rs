//! Guards that show a part, live in an `Arc`, or are gone.

use std::mem;

use heldby::parking_lot::{Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::{SILENT, found};

#[test]
fn a_mapped_guard_keeps_the_hold() {
    let (pair, lock) = (Mutex::named("pair", (1, 2)), RwLock::named("lock", [1, 2]));
    let other = Mutex::named("other", ());
    let maps = || {
        let mapped = MutexGuard::map(pair.lock(), |pair| &mut pair.0);
        heldby::assert_held_write!(pair);
        drop(other.lock());
        drop(mapped);
        heldby::assert_not_held!(pair);
        let Err(guard) = MutexGuard::try_map(pair.lock(), |_| None::<&mut i32>) else {
            panic!("nothing was found");
        };
        heldby::assert_held_write!(pair);
        drop(guard);

        let read = RwLockReadGuard::map(lock.read(), |values| &values[0]);
        heldby::assert_held_read!(lock);
        drop(read);
        let write = RwLockWriteGuard::map(lock.write(), |values| &mut values[1]);
        heldby::assert_held_write!(lock);
        drop(write);
        heldby::assert_not_held!(lock);
        drop((other.lock(), pair.lock()));
    };
    assert_eq!(found(maps), ["HB0001 pair other"]);
}

#[test]
fn a_guard_that_was_forgotten_is_held_until_it_is_unlocked_by_force() {
    let (mutex, lock) = (Mutex::new(1), RwLock::new(2));
    let forgets = || {
        mem::forget(mutex.lock());
        heldby::assert_held_write!(mutex);
        // SAFETY: this thread holds it, and no guard of it is left.
        unsafe { mutex.force_unlock() };
        heldby::assert_not_held!(mutex);
        mem::forget((lock.read(), lock.read_recursive()));
        // SAFETY: as above.
        unsafe { lock.force_unlock_read_fair() };
        heldby::assert_held_read!(lock);
        // SAFETY: as above.
        unsafe { lock.force_unlock_read() };
        mem::forget(lock.write());
        // SAFETY: as above; what is read is not changed meanwhile.
        assert_eq!(unsafe { *lock.data_ptr() }, 2);
        // SAFETY: as above.
        unsafe { lock.force_unlock_write() };
        heldby::assert_not_held!(lock);
    };
    assert_eq!(found(forgets), SILENT);
}

#[test]
fn what_is_protected_can_be_of_any_size() {
    use std::sync::Arc;

    let shown: Arc<Mutex<dyn std::fmt::Display + Send>> = Arc::new(Mutex::named("shown", 7));
    let slice: &RwLock<[u8]> = &RwLock::new([1, 2]);
    let shows = || {
        assert_eq!(shown.lock().to_string(), "7");
        slice.write()[0] = 3;
        assert_eq!(*slice.read(), [3, 2]);
        heldby::assert_not_held!(*shown);
    };
    assert_eq!(found(shows), SILENT);
}

#[cfg(feature = "arc_lock")]
#[test]
fn a_guard_of_an_arc_holds_its_lock() {
    use std::sync::Arc;
    use std::time::Duration;

    use heldby::parking_lot::{ArcMutexGuard, ArcRwLockUpgradableReadGuard, RawMutex};

    let mutex = Arc::new(Mutex::named("mutex", 1));
    let (lock, other) = (Arc::new(RwLock::named("lock", 2)), Mutex::named("other", 3));
    let arcs = || {
        let guard: ArcMutexGuard<RawMutex, i32> = mutex.lock_arc();
        heldby::assert_held_write!(mutex);
        drop(other.lock());
        drop(guard);
        drop((mutex.try_lock_arc(), mutex.try_lock_arc_for(Duration::ZERO)));
        drop((other.lock(), mutex.lock_arc()));

        let read = lock.read_arc();
        heldby::assert_held_read!(lock);
        drop(lock.read_arc_recursive());
        drop((read, lock.try_read_arc()));
        let write = ArcRwLockUpgradableReadGuard::upgrade(lock.upgradable_read_arc());
        heldby::assert_held_write!(lock);
        drop(write);
        drop(lock.write_arc());
        heldby::assert_not_held!(lock);
    };
    assert_eq!(found(arcs), ["HB0001 mutex other"]);
    assert_eq!(
        (Arc::strong_count(&mutex), Arc::strong_count(&lock)),
        (1, 1)
    );
}
