//! The same tests on std's types and on ours: a difference fails one of the two modules.

/// Expands each body twice: with std's names in scope, and with ours.
macro_rules! on_both {
    ({ $($import:tt)* } $($(#[$meta:meta])* fn $name:ident() $body:block)*) => {
        mod on_std {
            use std::sync::{$($import)*};
            use std::thread;
            $($(#[$meta])* #[test] fn $name() $body)*
        }
        mod on_heldby {
            use heldby::sync::{$($import)*};
            use heldby::thread;
            $($(#[$meta])* #[test] fn $name() $body)*
        }
    };
}

mod cells;
mod channels;
mod meeting;

on_both! {
    { Arc, Condvar, LockResult, Mutex, PoisonError, RwLock, TryLockError, mpsc }

    fn a_mutex_excludes() {
        let counter = Arc::new(Mutex::new(0_u32));
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let counter = Arc::clone(&counter);
                thread::spawn(move || (0..500).for_each(|_| *counter.lock().unwrap() += 1))
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(*counter.lock().unwrap(), 2_000);
    }

    fn a_held_mutex_cannot_be_tried() {
        let mutex = Mutex::new(1);
        let guard = mutex.lock().unwrap();
        assert!(matches!(mutex.try_lock(), Err(TryLockError::WouldBlock)));
        drop(guard);
        let mut guard = mutex.try_lock().unwrap();
        *guard += 1;
        assert_eq!((*guard, format!("{guard}"), format!("{guard:?}")), (2, "2".into(), "2".into()));
    }

    fn readers_share_and_writers_do_not() {
        let lock = RwLock::new(1);
        {
            let first = lock.read().unwrap();
            let second = lock.try_read().unwrap();
            assert_eq!(*first + *second, 2);
            assert!(matches!(lock.try_write(), Err(TryLockError::WouldBlock)));
            assert_eq!(format!("{first} {second:?}"), "1 1");
        }
        {
            let mut writer = lock.write().unwrap();
            *writer = 2;
            assert!(matches!(lock.try_read(), Err(TryLockError::WouldBlock)));
            assert!(matches!(lock.try_write(), Err(TryLockError::WouldBlock)));
            assert_eq!(format!("{writer} {writer:?}"), "2 2");
        }
        *lock.try_write().unwrap() += 1;
        assert_eq!(*lock.read().unwrap(), 3);
    }

    fn a_panic_poisons_a_mutex() {
        let mut mutex = Mutex::new(5);
        let hold_and_panic = || {
            let _guard = mutex.lock();
            panic!("poison");
        };
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(hold_and_panic));
        assert!(panicked.is_err());
        assert!(mutex.is_poisoned());
        let poisoned: LockResult<_> = mutex.lock();
        assert_eq!(*poisoned.unwrap_err().into_inner(), 5);
        assert!(matches!(mutex.try_lock(), Err(TryLockError::Poisoned(_))));
        assert_eq!(format!("{mutex:?}"), "Mutex { data: 5, poisoned: true, .. }");
        assert_eq!(*mutex.get_mut().unwrap_err().into_inner(), 5);
        mutex.clear_poison();
        assert!(!mutex.is_poisoned());
        assert_eq!(mutex.into_inner().unwrap(), 5);
    }

    fn a_panic_under_a_write_poisons_and_under_a_read_does_not() {
        let mut lock = RwLock::new(5);
        let panic_under = |write: bool| {
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                if write {
                    let _guard = lock.write().unwrap();
                    panic!("poison");
                }
                let _guard = lock.read().unwrap();
                panic!("do not poison");
            }))
        };
        assert!(panic_under(false).is_err());
        assert!(!lock.is_poisoned());
        assert!(panic_under(true).is_err());
        assert!(lock.is_poisoned());
        assert!(lock.read().is_err() && lock.write().is_err());
        assert!(matches!(lock.try_read(), Err(TryLockError::Poisoned(_))));
        assert!(matches!(lock.try_write(), Err(TryLockError::Poisoned(_))));
        assert_eq!(format!("{lock:?}"), "RwLock { data: 5, poisoned: true, .. }");
        assert!(lock.get_mut().is_err());
        lock.clear_poison();
        assert!(!lock.is_poisoned());
        assert_eq!(lock.into_inner().unwrap(), 5);
    }

    fn a_poisoned_lock_gives_up_its_value() {
        let mutex = Arc::new(Mutex::new(vec![1]));
        let theirs = Arc::clone(&mutex);
        let thread = thread::spawn(move || {
            let mut guard = theirs.lock().unwrap();
            guard.push(2);
            panic!("poison");
        });
        assert!(thread.join().is_err());
        let mutex = Arc::try_unwrap(mutex).unwrap();
        let value = mutex.into_inner().unwrap_or_else(PoisonError::into_inner);
        assert_eq!(value, [1, 2]);
    }

    fn locks_are_made_as_other_values_are() {
        #[derive(Debug, Default)]
        struct Shared {
            names: Mutex<Vec<u8>>,
            table: RwLock<Option<u8>>,
            changed: Condvar,
        }
        let shared = Shared::default();
        assert_eq!(
            format!("{shared:?}"),
            "Shared { names: Mutex { data: [], poisoned: false, .. }, \
             table: RwLock { data: None, poisoned: false, .. }, changed: Condvar { .. } }"
        );
        shared.changed.notify_all();
        shared.names.lock().unwrap().extend(*shared.table.read().unwrap());
        let (mut mutex, mut lock) = (Mutex::from(1), RwLock::from(2));
        *mutex.get_mut().unwrap() += 10;
        *lock.get_mut().unwrap() += 10;
        let guards = (mutex.lock().unwrap(), lock.write().unwrap());
        let text = format!("{mutex:?} {lock:?}");
        assert_eq!(text.matches("<locked>").count(), 2, "{text}");
        drop(guards);
        assert_eq!(mutex.into_inner().unwrap() + lock.into_inner().unwrap(), 23);
    }

    fn locks_can_be_static_and_unsized() {
        static NAMES: Mutex<Vec<&str>> = Mutex::new(Vec::new());
        static TABLE: RwLock<[u8; 2]> = RwLock::new([1, 2]);
        static CHANGED: Condvar = Condvar::new();
        NAMES.lock().unwrap().push("name");
        assert_eq!(*NAMES.lock().unwrap(), ["name"]);
        CHANGED.notify_one();
        let unsized_lock: &RwLock<[u8]> = &TABLE;
        assert_eq!(unsized_lock.read().unwrap().len(), 2);
        let boxed: Box<Mutex<dyn Fn() -> u8 + Send>> = Box::new(Mutex::new(|| 7));
        assert_eq!((boxed.lock().unwrap())(), 7);
        let all = [const { Mutex::new(None) }; 2];
        *all[0].lock().unwrap() = Some(1);
        assert_eq!(*all[1].lock().unwrap(), None);
    }

    fn a_waiter_is_woken() {
        let pair = Arc::new((Mutex::new(0), Condvar::new()));
        let (sender, receiver) = mpsc::channel();
        let theirs = Arc::clone(&pair);
        let waiter = thread::spawn(move || {
            let (mutex, changed) = &*theirs;
            let mut guard = mutex.lock().unwrap();
            sender.send(()).unwrap();
            while *guard == 0 {
                guard = changed.wait(guard).unwrap();
            }
            let guard = changed.wait_while(guard, |value| *value == 1).unwrap();
            *guard
        });
        let (mutex, changed) = &*pair;
        receiver.recv().unwrap();
        *mutex.lock().unwrap() = 1;
        changed.notify_one();
        *mutex.lock().unwrap() = 2;
        changed.notify_all();
        assert_eq!(waiter.join().unwrap(), 2);
    }

    fn a_wait_ends_by_time() {
        use std::time::Duration;
        let (mutex, changed) = (Mutex::new(3), Condvar::new());
        let guard = mutex.lock().unwrap();
        let (guard, _) = changed.wait_timeout(guard, Duration::ZERO).unwrap();
        let (guard, ended) =
            changed.wait_timeout_while(guard, Duration::ZERO, |value| *value == 3).unwrap();
        assert!(ended.timed_out());
        let (guard, ended) =
            changed.wait_timeout_while(guard, Duration::ZERO, |value| *value != 3).unwrap();
        assert!(!ended.timed_out());
        assert_eq!(*guard, 3);
    }

    fn a_poisoned_wait_gives_its_guard_back() {
        let pair = Arc::new((Mutex::new(false), Condvar::new()));
        let theirs = Arc::clone(&pair);
        let (mutex, changed) = &*pair;
        let mut guard = mutex.lock().unwrap();
        let poisoner = thread::spawn(move || {
            let mut guard = theirs.0.lock().unwrap();
            *guard = true;
            theirs.1.notify_one();
            panic!("poison");
        });
        let poisoned = loop {
            match changed.wait(guard) {
                Ok(again) => guard = again,
                Err(poisoned) => break poisoned,
            }
        };
        assert!(*poisoned.into_inner());
        assert!(poisoner.join().is_err());
    }

    fn threads_end_with_what_they_return() {
        let thread = thread::Builder::new().name("named".into()).stack_size(1 << 20);
        let handle = thread.spawn(|| thread::current().name().map(str::to_owned)).unwrap();
        assert_eq!(handle.thread().name(), Some("named"));
        assert_eq!(handle.join().unwrap().as_deref(), Some("named"));
        let panicked = thread::spawn(|| panic!("on purpose")).join().unwrap_err();
        assert_eq!(panicked.downcast_ref(), Some(&"on purpose"));
        let (sender, receiver) = mpsc::channel::<()>();
        let waits = thread::spawn(move || receiver.recv().is_err());
        assert!(!waits.is_finished());
        drop(sender);
        assert!(waits.join().unwrap());
    }

    fn a_scope_borrows_and_joins() {
        let (mut numbers, mut sum) = (vec![1, 2], 0);
        let lent = &mut sum;
        let length = thread::scope(|scope| {
            let counted = scope.spawn(|| {
                // A thread of the scope may spawn into it as well.
                let inner = scope.spawn(|| numbers.len());
                inner.join().unwrap()
            });
            thread::Builder::new()
                .name("adds".into())
                .spawn_scoped(scope, || *lent = numbers.iter().sum())
                .unwrap();
            counted.join().unwrap()
        });
        numbers.push(sum);
        assert_eq!((length, numbers), (2, vec![1, 2, 3]));
    }

    #[should_panic(expected = "a scoped thread panicked")]
    fn a_scope_panics_for_its_threads() {
        thread::scope(|scope| {
            scope.spawn(|| panic!("on purpose"));
        });
    }
}

#[cfg(feature = "validate")]
#[test]
fn a_guard_costs_what_it_says() {
    use std::mem::size_of;
    type Pair<T> = (heldby::sync::Mutex<T>, std::sync::Mutex<T>);
    assert_eq!(
        size_of::<Pair<u64>>(),
        8 + 2 * size_of::<std::sync::Mutex<u64>>()
    );
}
