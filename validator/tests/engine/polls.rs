//! Async tasks, polled by threads: what becomes of their holds where a poll, a wait or a task ends in an
//! unusual way.

use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier};

use heldby_validator::{
    AsyncTask, Branch, ClassId, Expect, Held, LockMap, LockType, Mode, Role, Site, Validator,
    acquire, adopt, assert_held, block, born, bounded, disown, downgrade, enter, held, release,
    resume, suspend, unchecked,
};

use crate::rig::{LOCK, quiet, short};

/// What is no other test's lock.
enum Own {}

/// A lock that futures wait for.
static AWAITED: LockType = LockType::sleeping::<Own>("test::Awaited").by_await();

/// The life of a task.
static LIFE: LockType = LockType::event::<Own>("test::Life", Role::Thread).by_await();

fn awaited() -> LockMap {
    LockMap::of_class(ClassId::named("Awaited", &AWAITED))
}

fn take(map: &LockMap) {
    acquire(map, &AWAITED, Mode::Write, Site::caller()).acquired();
}

fn task() -> AsyncTask {
    AsyncTask::new(None, Site::caller(), None)
}

fn plain() -> LockMap {
    LockMap::of_class(ClassId::named("Plain", &LOCK))
}

fn take_plain(map: &LockMap) {
    acquire(map, &LOCK, Mode::Write, Site::caller()).acquired();
}

fn nested(a: &LockMap, b: &LockMap) {
    take(a);
    take_plain(b);
    release(b);
    release(a);
}

/// A poll after which the task waits.
fn poll<R>(task: &mut AsyncTask, poll: impl FnOnce() -> R) -> R {
    task.poll(poll, |_| true)
}

#[track_caller]
fn assert_clean(validator: &Validator) {
    let found: Vec<_> = validator.reports().iter().map(short).collect();
    assert_eq!(found, Vec::<String>::new());
}

/// What a wait that gives up by itself has on the stack is no wait, and no hold either once it suspends.
#[test]
fn a_bounded_wait_leaves_the_stack_when_it_suspends() {
    let deep = |locks: &[LockMap]| locks.iter().for_each(take);
    for (statistics, below) in [(false, 0), (true, 0), (false, 64), (true, 64)] {
        let validator = Validator::new(quiet().statistics(statistics));
        enter(&validator, || {
            let (map, held_below): (_, Vec<_>) =
                (awaited(), (0..below).map(|_| awaited()).collect());
            let mut task = task();
            let waits = poll(&mut task, || {
                deep(&held_below);
                let slot = bounded(|| acquire(&map, &AWAITED, Mode::Write, Site::caller()));
                suspend(slot, &map, Mode::Write, Site::caller())
            });
            let told = validator.holders(&map);
            assert!(told.iter().all(|holder| holder.waiting), "{told:?}");
            poll(&mut task, || {
                assert_eq!(held(&map), Held::No, "{statistics} {below}");
                drop(waits);
                resume(&map, &AWAITED, Mode::Write, Site::caller());
                assert_eq!(held(&map), Held::Write);
                release(&map);
                held_below.iter().for_each(release);
            });
        });
        assert_clean(&validator);
        let counted = validator.lock_stats();
        let got = counted.iter().map(|counted| counted.tally.acquisitions);
        assert_eq!(got.sum::<u64>(), if statistics { below + 1 } else { 0 });
    }
}

/// A timeout ends a wait, and neither a block of the thread nor another task in the same poll.
#[test]
fn what_gives_up_by_itself_is_the_wait_alone() {
    type Inner = fn(&LockMap, &LockMap);
    let blocks: Inner = |a, b| {
        take_plain(b);
        block(a, &AWAITED, Mode::Write, Site::caller()).acquired();
        release(a);
        release(b);
    };
    let waits: Inner = |a, b| {
        take_plain(b);
        take(a);
        release(a);
        release(b);
    };
    let rows: [(bool, Inner, &[&str]); 4] = [
        (false, waits, &[]),
        (false, blocks, &["HB0001 Awaited Plain"]),
        (true, waits, &["HB0001 Awaited Plain"]),
        (true, blocks, &["HB0001 Awaited Plain"]),
    ];
    for (spawned, inner, reports) in rows {
        let validator = Validator::new(quiet());
        enter(&validator, || {
            let (a, b) = (awaited(), plain());
            task().poll(|| nested(&a, &b), |()| false);
            let birth = born(&LIFE, Site::caller()).filter(|_| spawned);
            let birth = birth.map(|(_, birth)| birth);
            let mut task = AsyncTask::new(None, Site::caller(), birth);
            bounded(|| task.poll(|| inner(&a, &b), |()| false));
        });
        let found: Vec<_> = validator.reports().iter().map(short).collect();
        assert_eq!(found, reports, "spawned: {spawned}");
    }
}

/// A task of an executor that another task blocks on is no part of that.
#[test]
fn a_spawned_task_is_no_branch_of_who_runs_its_executor() {
    let validator = Validator::new(quiet());
    enter(&validator, || {
        let (a, b) = (awaited(), plain());
        let mut outer = task();
        outer.poll(
            || {
                take_plain(&b);
                let (life, birth) = born(&LIFE, Site::caller()).expect("it is checked");
                let mut inner = AsyncTask::new(Some("inner"), Site::caller(), Some(birth));
                inner.poll(|| take(&a), |()| true);
                let told = validator.holders(&a);
                assert_eq!(told.len(), 1, "{told:?}");
                assert_eq!(told[0].thread, "inner");
                inner.poll(|| release(&a), |()| false);
                drop(inner);
                release(&b);
                take(&a);
                life.join(Site::caller());
                // Nor is what it took ordered by what the other task holds.
                take_plain(&b);
                release(&b);
                release(&a);
            },
            |()| false,
        );
    });
    let found: Vec<_> = validator.reports().iter().map(short).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("HB0005 Life@polls.rs:"), "{found:?}");
}

/// Whoever has the guard may drop it at the very moment at which the task that took it ends.
#[test]
fn a_guard_that_goes_while_its_task_ends_is_nobodys_fault() {
    const ROUNDS: usize = 1_000;
    let validator = Validator::new(quiet());
    // Whoever looks for the holder of a lock looks at all tasks, and takes its time.
    let _others: Vec<_> = (0..200).map(|_| validator.task("other")).collect();
    let (send, received) = channel::<Arc<LockMap>>();
    let (did, done) = channel();
    let both = Barrier::new(2);
    std::thread::scope(|scope| {
        let (both, validator) = (&both, &validator);
        scope.spawn(move || {
            enter(validator, || {
                for map in received {
                    both.wait();
                    release(&map);
                    did.send(()).expect("the other thread waits");
                }
            });
        });
        enter(validator, || {
            for round in 0..ROUNDS {
                let map = Arc::new(awaited());
                let mut task = task();
                poll(&mut task, || take(&map));
                send.send(Arc::clone(&map)).expect("the other thread waits");
                both.wait();
                (0..round % 256).for_each(|_| std::hint::spin_loop());
                drop(task);
                done.recv().expect("the other thread runs");
                assert_eq!(validator.holders(&map), []);
            }
        });
        drop(send);
    });
    assert_clean(&validator);
}

/// Where nothing is checked, nobody sees the guards of a future go.
#[test]
fn a_task_that_goes_where_nothing_is_checked_leaves_nothing() {
    let validator = Validator::new(quiet());
    enter(&validator, || {
        let (a, b) = (awaited(), plain());
        let mut task = task();
        task.poll(
            || {
                take(&a);
                take_plain(&b);
            },
            |()| false,
        );
        unchecked(|| {
            task.poll(
                || {
                    release(&b);
                    release(&a);
                },
                |()| false,
            );
            drop(task);
        });
        assert_eq!(validator.holders(&a), []);
    });
    assert_clean(&validator);
}

/// The guard of an ended task is somebody's.
#[test]
fn what_an_ended_task_left_may_be_anybodys() {
    let validator = Validator::new(quiet());
    enter(&validator, || {
        let map = awaited();
        let mut first = task();
        poll(&mut first, || take(&map));
        drop(first);
        let mut second = task();
        poll(&mut second, || {
            assert_eq!(held(&map), Held::Unknown);
            assert_held(&map, Expect::Write, Site::caller());
            release(&map);
            assert_eq!(held(&map), Held::No);
        });
    });
    assert_clean(&validator);
}

/// A guard that just went to another task is turned into a shared one there, or handed over from there.
#[test]
fn another_task_may_do_with_a_guard_what_it_likes() {
    for (ends, parks) in [(false, false), (true, false), (false, true), (true, true)] {
        let validator = Validator::new(quiet());
        enter(&validator, || {
            let (a, b, other) = (awaited(), awaited(), plain());
            let (mut first, mut second) = (task(), task());
            poll(&mut first, || {
                let mut arm = Branch::new();
                let takes = || [&a, &b].map(take);
                arm.poll(takes, |_| parks);
            });
            let first = (!ends).then_some(first);
            poll(&mut second, || {
                take_plain(&other);
                downgrade(&a, Site::caller());
                release(&a);
                // Nobody knows where that goes unless the first task has ended.
                let given = disown(&b, Site::caller());
                assert_eq!(given.is_some(), ends);
                given.into_iter().for_each(adopt);
                release(&b);
                release(&other);
            });
            drop(first);
            assert_eq!([&a, &b].map(|map| validator.holders(map)), [[], []]);
        });
        assert_clean(&validator);
    }
}
