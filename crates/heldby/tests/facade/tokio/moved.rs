//! Guards that go to another task.

use std::sync::Arc;

use heldby::lockdep::Guard;
use heldby::test::check;
use heldby::tokio::spawn;
use heldby::tokio::sync::{Mutex, OwnedMutexGuard, RwLock};
use heldby::{Held, held, holders};

use super::rows::{RUNTIMES, locks, short};

fn named(name: &str) -> Arc<Mutex<u32>> {
    Arc::new(Mutex::named(name, 0))
}

/// Whoever releases the lock, it is released once, and nobody is at fault.
#[test]
fn a_guard_that_just_goes_is_released_where_it_is_dropped() {
    for (runtime, make) in RUNTIMES {
        let reports = check(|| {
            make().block_on(async {
                let lock = named("Goes");
                let taker = Arc::clone(&lock);
                let guard = spawn(async move { taker.lock_owned().await });
                let guard: OwnedMutexGuard<u32> = guard.await.expect("it ends");
                let told = holders(&*lock);
                assert_eq!(told.len(), 1, "on {runtime}");
                let ended = &told[0].thread;
                assert!(ended.ends_with("(ended)"), "{ended}, on {runtime}");
                // Anybody may have the guard.
                assert_eq!(held(&*lock), Held::Unknown, "on {runtime}");
                heldby::assert_held!(*lock);
                let dropped = spawn(async move { drop(guard) });
                dropped.await.expect("it ends");
                assert!(holders(&*lock).is_empty(), "on {runtime}");
                drop(lock.lock().await);
            });
        });
        assert!(reports.is_empty(), "{reports:#?} on {runtime}");
    }
}

#[test]
fn a_guard_that_goes_while_its_task_lives_is_released_where_it_is_dropped() {
    for (runtime, make) in RUNTIMES {
        let reports = check(|| {
            make().block_on(async {
                let (lock, other) = (named("Goes"), named("Other"));
                let (taker, taken) = (Arc::clone(&lock), Arc::clone(&other));
                let task = spawn(async move {
                    let guard = Arc::clone(&taker).lock_owned().await;
                    spawn(async move { drop(guard) }).await.expect("it ends");
                    assert_eq!(held(&*taker), Held::No);
                    // Not under the first one any more.
                    drop(taken.lock().await);
                });
                task.await.expect("it ends");
                let _other = other.lock().await;
                drop(lock.lock().await);
            });
        });
        assert!(reports.is_empty(), "{reports:#?} on {runtime}");
    }
}

#[test]
fn who_adopts_a_guard_holds_the_lock() {
    for (runtime, make) in RUNTIMES {
        let reports = check(|| {
            make().block_on(async {
                let locks = locks();
                let giver = Arc::clone(&locks);
                let task = spawn(async move {
                    let adopted = named("Given");
                    let given = Arc::clone(&adopted).lock_owned().await.hand_over();
                    assert_eq!(held(&*adopted), Held::No);
                    // Nobody holds it now.
                    drop(giver.b.lock().await);
                    let inner = Arc::clone(&giver);
                    let heir = spawn(async move {
                        let guard = given.adopt();
                        assert_eq!(held(&**OwnedMutexGuard::mutex(&guard)), Held::Write);
                        drop(inner.a.lock().await);
                    });
                    heir.await.expect("it ends");
                    let _a = giver.a.lock().await;
                    drop(adopted.lock().await);
                });
                task.await.expect("it ends");
            });
        });
        let short: Vec<_> = reports.iter().map(short).collect();
        assert_eq!(short, ["HB0001 Given A"], "on {runtime}");
    }
}

#[test]
fn owned_guards_show_what_they_hold() {
    let reports = check(|| {
        RUNTIMES[0].1().block_on(async {
            let lock = Arc::new(RwLock::named("Pair", (1, 2)));
            let mut written = Arc::clone(&lock).write_owned().await;
            written.0 = 3;
            let read = written.downgrade();
            assert_eq!(held(&*lock), Held::Read);
            let part = heldby::tokio::sync::OwnedRwLockReadGuard::map(read, |pair| &pair.0);
            assert_eq!(*part, 3);
            assert!(Arc::clone(&lock).try_write_owned().is_err());
            drop(part);
            assert_eq!(held(&*lock), Held::No);
            let part = heldby::tokio::sync::RwLockWriteGuard::try_map(lock.write().await, |_| {
                None::<&mut u32>
            });
            assert!(part.is_err_and(|whole| whole.1 == 2));
            assert_eq!(held(&*lock), Held::No);
        });
    });
    assert!(reports.is_empty(), "{reports:#?}");
}
