//! `heldby::tokio` behaves as `tokio`: the same tests on both, and on Heldby with and without `validate`.
#![cfg(feature = "tokio")]

/// The tests, on the types of one crate.
macro_rules! tests {
    ($module:ident, $($tokio:ident)::+) => {
        mod $module {
            use std::panic::AssertUnwindSafe;
            use std::pin::pin;
            use std::sync::Arc;
            use std::time::Duration;

            use $($tokio)::+::sync::{
                MappedMutexGuard, Mutex, MutexGuard, OwnedMappedMutexGuard, OwnedMutexGuard,
                OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock, RwLockReadGuard,
                RwLockWriteGuard, Semaphore,
            };
            use $($tokio)::+::task::{self, JoinSet, spawn_blocking, yield_now};
            use $($tokio)::+::{join, select, spawn, try_join};

            fn run<F: Future>(body: F) -> F::Output {
                let mut builder = ::tokio::runtime::Builder::new_multi_thread();
                let runtime = builder.worker_threads(2).enable_time().build();
                runtime.expect("a runtime is made").block_on(body)
            }

            #[test]
            fn a_mutex_excludes() {
                run(async {
                    static COUNT: Mutex<u32> = Mutex::const_new(0);
                    let mut set = JoinSet::new();
                    for _ in 0..8 {
                        set.spawn(async {
                            for _ in 0..50 {
                                let mut count = COUNT.lock().await;
                                let before = *count;
                                yield_now().await;
                                *count = before + 1;
                            }
                        });
                    }
                    set.join_all().await;
                    assert_eq!(*COUNT.lock().await, 400);
                });
            }

            #[test]
            fn a_mutex_shows_parts_and_is_owned() {
                run(async {
                    let pair = Arc::new(Mutex::new((1, vec![2])));
                    let guard = pair.lock().await;
                    assert!(pair.try_lock().is_err());
                    assert!(std::ptr::eq(MutexGuard::mutex(&guard), &*pair));
                    let first = MutexGuard::map(guard, |pair| &mut pair.0);
                    let mut same = MappedMutexGuard::map(first, |first| first);
                    *same = 3;
                    drop(same);
                    let whole = MutexGuard::try_map(pair.lock().await, |_| None::<&mut i32>);
                    assert_eq!(whole.map(|_| ()).map_err(|whole| whole.0), Err(3));
                    let owned = Arc::clone(&pair).lock_owned().await;
                    assert!(Arc::clone(&pair).try_lock_owned().is_err());
                    assert!(Arc::ptr_eq(OwnedMutexGuard::mutex(&owned), &pair));
                    let slice = OwnedMutexGuard::map(owned, |pair| &mut pair.1);
                    let mut only = OwnedMappedMutexGuard::try_map(slice, |all| all.first_mut())
                        .expect("one is there");
                    *only += 5;
                    drop(only);
                    let sum = spawn_blocking({
                        let pair = Arc::clone(&pair);
                        move || {
                            let guard = pair.blocking_lock();
                            guard.0 + guard.1[0]
                        }
                    });
                    assert_eq!(sum.await.expect("it ends"), 10);
                    let inner = Arc::into_inner(pair).expect("nobody else has it");
                    assert_eq!(format!("{inner:?}"), "Mutex { data: (3, [7]) }");
                    assert_eq!(inner.into_inner(), (3, vec![7]));
                    assert_eq!(*Mutex::from(4).get_mut(), 4);
                    assert_eq!(Mutex::<u8>::default().into_inner(), 0);
                });
            }

            #[test]
            fn a_reader_writer_lock_shares_and_excludes() {
                run(async {
                    let lock = Arc::new(RwLock::new((1, 2)));
                    let (first, second) = (lock.read().await, lock.try_read().expect("shared"));
                    assert_eq!((first.0, second.1), (1, 2));
                    assert!(lock.try_write().is_err());
                    drop((first, second));
                    let mut write = lock.write().await;
                    assert!(lock.try_read().is_err());
                    write.0 = 3;
                    let part = RwLockReadGuard::map(write.downgrade(), |pair| &pair.0);
                    assert_eq!(*part, 3);
                    drop(part);
                    let mapped = RwLockWriteGuard::into_mapped(lock.write().await);
                    drop(mapped);
                    let write = Arc::clone(&lock).write_owned().await;
                    let part = OwnedRwLockWriteGuard::downgrade_map(write, |pair| &pair.1);
                    assert!(Arc::ptr_eq(OwnedRwLockReadGuard::rwlock(&part), &lock));
                    assert!(Arc::clone(&lock).try_write_owned().is_err());
                    drop(part);
                    let mut part = OwnedRwLockWriteGuard::map(
                        Arc::clone(&lock).write_owned().await,
                        |pair| &mut pair.1,
                    );
                    *part = 9;
                    drop(part);
                    assert_eq!(*Arc::clone(&lock).read_owned().await, (3, 9));
                    assert_eq!(format!("{:?}", RwLock::new(1)), format!("{:?}", RwLock::from(1)));
                });
            }

            #[test]
            fn a_writer_keeps_later_readers_waiting() {
                run(async {
                    let lock = Arc::new(RwLock::new(0));
                    let reader = spawn(Arc::clone(&lock).read_owned());
                    let first = reader.await.expect("it ends");
                    let mut write = pin!(lock.write());
                    let mut late = pin!(lock.read());
                    select! {
                        biased;
                        _ = &mut write => unreachable!("it is read"),
                        _ = &mut late => unreachable!("it queues behind the writer"),
                        () = std::future::ready(()) => {}
                    }
                    drop(first);
                    let written = write.await;
                    drop(written);
                    assert_eq!(*late.await, 0);
                });
            }

            #[test]
            fn a_semaphore_counts() {
                run(async {
                    let semaphore = Arc::new(Semaphore::new(3));
                    let mut two = semaphore.acquire_many(2).await.expect("it is open");
                    let one = two.split(1).expect("there are two");
                    assert_eq!((two.num_permits(), one.num_permits()), (1, 1));
                    two.merge(one);
                    assert!(semaphore.try_acquire_many(2).is_err());
                    assert_eq!(semaphore.available_permits(), 1);
                    drop(two);
                    let owned = Arc::clone(&semaphore).acquire_owned().await.expect("it is open");
                    owned.forget();
                    assert_eq!(semaphore.available_permits(), 2);
                    semaphore.add_permits(1);
                    assert_eq!(semaphore.forget_permits(9), 3);
                    semaphore.close();
                    assert!(semaphore.is_closed());
                    assert!(semaphore.acquire().await.is_err());
                    assert!(semaphore.try_acquire_owned().is_err());
                });
            }

            #[test]
            fn arms_are_waited_for() {
                run(async {
                    let word = async { "word" };
                    assert_eq!(join!(async { 1 }, word, async { 'c' },), (1, "word", 'c'));
                    let failed: Result<(u8, u8), &str> =
                        try_join!(async { Ok(1) }, async { Err("no") });
                    assert_eq!(failed, Err("no"));
                    assert_eq!(try_join!(async { Ok::<_, ()>(1) }), Ok((1,)));
                    let (mut ticks, off) = (0, false);
                    let mut end = pin!(async {
                        for _ in 0..3 {
                            yield_now().await;
                        }
                        "end"
                    });
                    let found = loop {
                        select! {
                            biased;
                            _ = std::future::ready(()), if off => unreachable!("it is off"),
                            None = async { Some(1) } => unreachable!("it is some"),
                            found = &mut end => break found,
                            _ = yield_now() => { ticks += 1 }
                        }
                    };
                    assert_eq!(found, "end");
                    assert!(ticks > 0);
                    let other = select! {
                        None = async { Some(1) } => 1,
                        else => 2,
                    };
                    assert_eq!(other, 2);
                });
            }

            #[test]
            fn tasks_end_are_aborted_and_panic() {
                run(async {
                    assert_eq!(spawn(async { 1 }).await.expect("it ends"), 1);
                    let endless = spawn(std::future::pending::<()>());
                    assert!(!endless.is_finished());
                    let (abort, id) = (endless.abort_handle(), endless.id());
                    assert_eq!(abort.id(), id);
                    abort.abort();
                    assert!(endless.await.expect_err("it was aborted").is_cancelled());
                    let panics = async { std::panic::resume_unwind(Box::new("quietly")) };
                    let panicked: Result<(), _> = spawn(panics).await;
                    let payload = panicked.expect_err("it panicked").into_panic();
                    assert_eq!(payload.downcast_ref(), Some(&"quietly"));
                    let detached = spawn(async {});
                    drop(detached);
                    let local = task::LocalSet::new();
                    let here = local.run_until(async { task::spawn_local(async { 2 }).await });
                    assert_eq!(here.await.expect("it ends"), 2);
                });
            }

            #[test]
            fn a_set_of_tasks_ends_in_any_order() {
                run(async {
                    let mut set: JoinSet<u32> = (0..4).map(|n| async move { n }).collect();
                    set.spawn_blocking(|| 4);
                    assert_eq!((set.len(), set.is_empty()), (5, false));
                    let mut sum = 0;
                    while let Some(ended) = set.join_next().await {
                        sum += ended.expect("it ends");
                    }
                    assert_eq!(sum, 10);
                    set.spawn(std::future::pending());
                    set.shutdown().await;
                    assert!(set.is_empty());
                });
            }

            #[test]
            fn a_wait_is_given_up() {
                run(async {
                    let lock = Mutex::new(());
                    let held = lock.lock().await;
                    let short = Duration::from_millis(1);
                    let waited = $($tokio)::+::time::timeout(short, lock.lock()).await;
                    assert!(waited.is_err());
                    drop(held);
                    assert!($($tokio)::+::time::timeout(short * 60_000, lock.lock()).await.is_ok());
                });
            }

            #[test]
            fn a_panic_releases() {
                run(async {
                    let lock = Arc::new(Mutex::new(0));
                    let inner = Arc::clone(&lock);
                    let task = spawn(async move {
                        let mut guard = inner.lock().await;
                        *guard = 1;
                        std::panic::resume_unwind(Box::new(()));
                    });
                    assert!(task.await.is_err());
                    assert_eq!(*lock.lock().await, 1);
                    let caught = std::panic::catch_unwind(AssertUnwindSafe(|| lock.try_lock().is_ok()));
                    assert!(caught.expect("nothing panics"));
                });
            }
        }
    };
}

tests!(on_tokio, tokio);
tests!(on_heldby, heldby::tokio);

/// Without `validate` each type is tokio's own in size.
#[cfg(not(feature = "validate"))]
#[test]
fn nothing_is_added_without_validation() {
    use heldby::tokio as ours;
    macro_rules! same {
        ($($ours:ty = $theirs:ty),* $(,)?) => {$(
            assert_eq!(size_of::<$ours>(), size_of::<$theirs>(), stringify!($ours));
        )*};
    }
    same!(
        ours::sync::Mutex<u32> = tokio::sync::Mutex<u32>,
        ours::sync::RwLock<u32> = tokio::sync::RwLock<u32>,
        ours::sync::Semaphore = tokio::sync::Semaphore,
        ours::sync::RwLockReadGuard<'_, u32> = tokio::sync::RwLockReadGuard<'_, u32>,
        ours::sync::RwLockWriteGuard<'_, u32> = tokio::sync::RwLockWriteGuard<'_, u32>,
        ours::runtime::Builder = tokio::runtime::Builder,
        ours::runtime::Handle = tokio::runtime::Handle,
        ours::runtime::LocalRuntime = tokio::runtime::LocalRuntime,
        ours::runtime::Runtime = tokio::runtime::Runtime,
        ours::task::JoinHandle<u32> = tokio::task::JoinHandle<u32>,
        ours::task::JoinSet<u32> = tokio::task::JoinSet<u32>,
        ours::task::LocalSet = tokio::task::LocalSet,
    );
    let (plain, instrumented) = (std::future::ready(1), std::future::ready(1));
    let instrumented = heldby::task::instrument(instrumented);
    assert_eq!(size_of_val(&plain), size_of_val(&instrumented));
}
