//! Async tasks, polled by threads: what becomes of their holds where a poll, a wait or a task ends in an
//! unusual way.

use heldby_validator::{
    AsyncTask, ClassId, Held, LockMap, LockType, Mode, Site, Validator, acquire, bounded, enter,
    held, release, resume, suspend,
};

use crate::rig::{Rig, quiet, short};

/// A lock that futures wait for.
static AWAITED: LockType = LockType::sleeping::<Rig>("test::Awaited").by_await();

fn awaited() -> LockMap {
    LockMap::of_class(ClassId::named("Awaited", &AWAITED))
}

fn take(map: &LockMap) {
    acquire(map, &AWAITED, Mode::Write, Site::caller()).acquired();
}

fn task() -> AsyncTask {
    AsyncTask::new(None, Site::caller(), None)
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
