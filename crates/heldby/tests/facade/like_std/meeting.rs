//! `Barrier`, and what threads have besides locks.

on_both! {
    { Arc, Barrier, Weak, atomic::AtomicBool, atomic::Ordering, Condvar, Mutex, WaitTimeoutResult }

    fn a_barrier_has_one_leader() {
        let barrier = Arc::new(Barrier::new(4));
        let threads: Vec<_> = (0..4).map(|_| {
            let barrier = Arc::clone(&barrier);
            thread::spawn(move || barrier.wait().is_leader())
        }).collect();
        let leaders = threads.into_iter().map(|thread| thread.join().unwrap());
        assert_eq!(leaders.filter(|is_leader| *is_leader).count(), 1);
        let shared: Weak<Barrier> = Arc::downgrade(&barrier);
        assert!(shared.upgrade().is_some());
    }

    fn a_parked_thread_is_woken() {
        let woken = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&woken);
        let parked = thread::spawn(move || {
            while !theirs.load(Ordering::Acquire) {
                thread::park();
            }
            thread::park_timeout(std::time::Duration::ZERO);
            thread::yield_now();
        });
        woken.store(true, Ordering::Release);
        parked.thread().unpark();
        parked.join().unwrap();
    }

    fn threads_have_names_numbers_and_values_of_their_own() {
        thread_local! {
            static COUNT: std::cell::Cell<u32> = const { std::cell::Cell::new(1) };
        }
        COUNT.set(2);
        let key: &thread::LocalKey<_> = &COUNT;
        let (theirs, id): (u32, thread::ThreadId) = thread::spawn(|| {
            assert!(!thread::panicking());
            (COUNT.get(), thread::current().id())
        }).join().unwrap();
        assert_eq!((theirs, key.try_with(|count| count.get())), (1, Ok::<_, thread::AccessError>(2)));
        let me: thread::Thread = thread::current();
        assert_ne!(me.id(), id);
        assert!(thread::available_parallelism().is_ok());
        // For no time: only that it is there matters.
        thread::sleep(std::time::Duration::ZERO);
    }

    fn a_thread_may_borrow_what_outlives_it() {
        let numbers = [1, 2, 3];
        let builder = thread::Builder::new().name("borrows".into());
        // SAFETY: the thread is joined before `numbers` goes.
        let sum = unsafe { builder.spawn_unchecked(|| numbers.iter().sum::<i32>()) };
        let result: thread::Result<i32> = sum.unwrap().join();
        assert_eq!(result.unwrap(), 6);
    }

    #[cfg(unix)]
    fn a_thread_has_its_systems_handle() {
        use std::os::unix::thread::JoinHandleExt;
        let thread = thread::spawn(|| ());
        let handle = thread.as_pthread_t();
        assert_eq!(handle, thread.into_pthread_t());
    }

    #[expect(deprecated, reason = "std still has them")]
    fn what_is_deprecated_is_there() {
        let (mutex, changed) = (Mutex::new(()), Condvar::new());
        let guard = mutex.lock().unwrap();
        let (guard, _notified): (_, bool) = changed.wait_timeout_ms(guard, 0).unwrap();
        let waited = changed.wait_timeout(guard, std::time::Duration::ZERO).unwrap();
        let _: WaitTimeoutResult = waited.1;
        // For no time, both: only that they are there matters.
        thread::sleep_ms(0);
        thread::park_timeout_ms(0);
    }
}
