//! The same program on `parking_lot`'s types and on ours, validated and not: only the import differs.
#![cfg(feature = "parking_lot")]

/// Expands each body twice: with `parking_lot`'s names in scope, and with ours.
macro_rules! on_both {
    ($($(#[$meta:meta])* fn $name:ident() $body:block)*) => {
        mod on_parking_lot {
            use parking_lot::*;
            $($(#[$meta])* #[test] fn $name() $body)*
        }
        mod on_heldby {
            use heldby::parking_lot::*;
            $($(#[$meta])* #[test] fn $name() $body)*
        }
    };
}

on_both! {
    fn a_mutex_excludes() {
        let counter = std::sync::Arc::new(Mutex::new(0_u32));
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let counter = std::sync::Arc::clone(&counter);
                std::thread::spawn(move || (0..500).for_each(|_| *counter.lock() += 1))
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(*counter.lock(), 2_000);
    }

    fn locks_are_made_in_every_way() {
        static MUTEX: Mutex<u8> = const_mutex(1);
        static FAIR: FairMutex<u8> = FairMutex::new(2);
        static LOCK: RwLock<u8> = const_rwlock(3);
        static REENTRANT: ReentrantMutex<u8> = const_reentrant_mutex(4);
        static ONCE: Once = Once::new();
        static CHANGED: Condvar = Condvar::new();

        #[derive(Default)]
        struct All {
            mutex: Mutex<u8>,
            fair: FairMutex<u8>,
            lock: RwLock<u8>,
            reentrant: ReentrantMutex<u8>,
            changed: Condvar,
        }
        let mut all = All::default();
        *all.mutex.get_mut() = *MUTEX.lock();
        *all.fair.get_mut() = *FAIR.lock();
        *all.lock.get_mut() = *LOCK.read();
        *all.reentrant.get_mut() = *REENTRANT.lock();
        ONCE.call_once(|| assert_eq!(CHANGED.notify_all() + all.changed.notify_all(), 0));
        let sum = all.mutex.into_inner() + all.fair.into_inner() + all.lock.into_inner();
        assert_eq!(sum + all.reentrant.into_inner(), 10);
        let raw: Mutex<u8> = Mutex::const_new(lock_api::RawMutex::INIT, 5);
        let from = (RwLock::from(6), Mutex::from("seven"));
        assert_eq!((*raw.lock(), *from.0.write(), *from.1.lock()), (5, 6, "seven"));
    }

    fn guards_and_locks_are_shown_alike() {
        let (mutex, lock) = (Mutex::new(1), RwLock::new("two"));
        assert_eq!(format!("{mutex:?} {lock:?}"), r#"Mutex { data: 1 } RwLock { data: "two" }"#);
        let (guard, write) = (mutex.lock(), lock.write());
        assert_eq!(format!("{guard} {guard:?} {write} {write:?}"), r#"1 1 two "two""#);
        assert_eq!(format!("{mutex:?} {lock:?}"), "Mutex { data: <locked> } RwLock { data: <locked> }");
        assert!(mutex.is_locked() && lock.is_locked_exclusive());
        assert!(mutex.try_lock().is_none() && lock.try_read().is_none());
    }

    fn guards_are_named_mapped_and_leaked() {
        struct Held<'a> {
            mutex: MappedMutexGuard<'a, i32>,
            read: MappedRwLockReadGuard<'a, i32>,
        }
        fn first<'a>(guard: MutexGuard<'a, (i32, i32)>) -> MappedMutexGuard<'a, i32> {
            MutexGuard::map(guard, |pair| &mut pair.0)
        }
        let (mutex, lock) = (Mutex::new((1, 2)), RwLock::new([3, 4]));
        let mut held = Held {
            mutex: first(mutex.lock()),
            read: RwLockReadGuard::map(lock.read(), |values| &values[1]),
        };
        *held.mutex += *held.read;
        drop(held);
        let write: MappedRwLockWriteGuard<'_, i32> =
            RwLockWriteGuard::map(lock.write(), |values| &mut values[0]);
        assert_eq!(*write, 3);
        MappedRwLockWriteGuard::unlock_fair(write);
        *MutexGuard::leak(mutex.lock()) = (7, 8);
        assert!(mutex.is_locked());
        // SAFETY: the guard was leaked, and what it gave is not used any more.
        unsafe { mutex.force_unlock_fair() };
        assert_eq!(mutex.into_inner(), (7, 8));
    }

    fn a_read_is_upgraded_and_downgraded() {
        let lock = RwLock::new(1);
        let upgradable = lock.upgradable_read();
        assert_eq!(*lock.read() + *lock.read_recursive(), 2);
        assert!(lock.try_upgradable_read().is_none());
        let mut write: RwLockWriteGuard<'_, i32> = RwLockUpgradableReadGuard::upgrade(upgradable);
        *write += 1;
        let upgradable = RwLockWriteGuard::downgrade_to_upgradable(write);
        let write = RwLockUpgradableReadGuard::try_upgrade(upgradable).unwrap();
        let read = RwLockWriteGuard::downgrade(write);
        assert_eq!(*read, 2);
        assert!(lock.try_write().is_none() && lock.try_upgradable_read().is_some());
    }

    fn a_reentrant_mutex_is_its_threads() {
        let mutex = ReentrantMutex::new(std::cell::Cell::new(1));
        let outer: ReentrantMutexGuard<'_, _> = mutex.lock();
        let inner = (mutex.lock(), mutex.try_lock().unwrap());
        inner.0.set(2);
        assert!(mutex.is_owned_by_current_thread());
        std::thread::scope(|scope| {
            scope.spawn(|| assert!(mutex.try_lock().is_none()));
        });
        drop(outer);
        assert!(mutex.is_locked());
        drop(inner);
        assert!(!mutex.is_locked());
    }

    fn a_condition_is_waited_for() {
        let (pair, changed) = (Mutex::new(0), Condvar::new());
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut value = pair.lock();
                changed.wait_while(&mut value, |value| *value == 0);
                *value += 1;
                changed.notify_one();
            });
            *pair.lock() = 1;
            changed.notify_one();
            let mut value = pair.lock();
            while *value != 2 {
                changed.wait(&mut value);
            }
        });
        let mut value = pair.lock();
        let result: WaitTimeoutResult = changed.wait_for(&mut value, std::time::Duration::ZERO);
        assert!(result.timed_out());
    }

    fn what_runs_once_runs_once() {
        let once = Once::new();
        assert_eq!(once.state(), OnceState::New);
        let mut runs = 0;
        (0..3).for_each(|_| once.call_once(|| runs += 1));
        once.call_once_force(|_| runs += 1);
        assert_eq!((runs, once.state()), (1, OnceState::Done));
    }

    #[cfg(feature = "arc_lock")]
    fn a_guard_keeps_its_lock_alive() {
        use std::sync::Arc;

        let (mutex, lock) = (Arc::new(Mutex::new(1)), Arc::new(RwLock::new(2)));
        let guard: ArcMutexGuard<RawMutex, i32> = mutex.lock_arc();
        drop(mutex);
        assert_eq!(*guard, 1);
        let upgradable: ArcRwLockUpgradableReadGuard<RawRwLock, i32> = lock.upgradable_read_arc();
        let read: ArcRwLockReadGuard<RawRwLock, i32> = lock.read_arc();
        assert!(lock.try_write_arc().is_none());
        drop(read);
        *ArcRwLockUpgradableReadGuard::upgrade(upgradable) += 1;
        assert_eq!(*lock.write_arc(), 3);
    }
}

/// Every size is `parking_lot`'s when nothing is validated.
#[cfg(not(feature = "validate"))]
#[test]
fn sizes_are_the_same() {
    macro_rules! same {
        ($($name:ident < $($arg:tt),* >),* $(,)?) => {$(
            assert_eq!(
                size_of::<heldby::parking_lot::$name<$($arg),*>>(),
                size_of::<parking_lot::$name<$($arg),*>>(),
                stringify!($name),
            );
        )*};
    }
    same![
        Mutex<u8>,
        Mutex<u64>,
        FairMutex<u16>,
        RwLock<u8>,
        RwLock<u64>,
        ReentrantMutex<u64>,
        MutexGuard<'static, u64>,
        RwLockReadGuard<'static, u64>,
    ];
    assert_eq!(
        size_of::<heldby::parking_lot::Condvar>(),
        size_of::<parking_lot::Condvar>()
    );
    assert_eq!(
        size_of::<heldby::parking_lot::Once>(),
        size_of::<parking_lot::Once>()
    );
}
