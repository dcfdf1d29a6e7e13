//! Async tasks and their branches, polled by hand on real threads.
//!
//! Each of these, done to the engine, makes the named tests fail:
//!
//! | rule that is removed | test, among others |
//! | --- | --- |

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::channel;

use heldby_validator::{
    AsyncTask, Branch, ClassId, ClassPolicy, Held, LockMap, LockType, Mode, OnViolation, Site,
    Validator, acquire, enter, held, release, resume, suspend, suspend_at,
};

use crate::rig::{LOCK, class, quiet, short};
use crate::worker::Worker;

/// The type of a lock that tasks wait for.
static AWAITED: LockType = LockType::sleeping::<AsyncTask>("test::Awaited").by_await();

fn awaited(name: &str) -> Arc<LockMap> {
    Arc::new(LockMap::of_class(ClassId::named(name, &AWAITED)))
}

fn blocking(name: &str) -> Arc<LockMap> {
    Arc::new(LockMap::of_class(class(name)))
}

#[track_caller]
fn take(map: &LockMap) {
    acquire(map, &AWAITED, Mode::Write, Site::caller()).acquired();
}

#[track_caller]
fn block_on(map: &LockMap) {
    acquire(map, &LOCK, Mode::Write, Site::caller()).acquired();
}

fn verdict(validator: &Validator) -> Vec<String> {
    validator.reports().iter().map(short).collect()
}

fn holders(validator: &Validator, map: &LockMap) -> Vec<String> {
    let holders = validator.holders(map).into_iter();
    holders.map(|holder| holder.thread).collect()
}

/// A poll after which the task waits.
fn poll(task: &mut AsyncTask, body: impl FnOnce()) {
    task.poll(body, |()| true);
}

/// A poll after which the arm waits.
fn poll_arm(arm: &mut Branch, body: impl FnOnce()) {
    arm.poll(body, |()| true);
}

/// The poll that ends an arm.
fn end_arm(arm: &mut Branch, body: impl FnOnce()) {
    arm.poll(body, |()| false);
}

fn named(name: &str) -> AsyncTask {
    AsyncTask::new(Some(name), Site::caller(), None)
}

/// Makes a task on `worker`.
fn task_of(worker: &Worker, name: &'static str) -> AsyncTask {
    let (send, made) = channel();
    worker.run(move || send.send(named(name)).expect("the test waits"));
    made.recv().expect("it is made")
}

/// Lets `worker` poll a task, and hands that back.
fn poll_on(
    worker: &Worker,
    mut task: AsyncTask,
    body: impl FnOnce() + Send + 'static,
) -> AsyncTask {
    let (send, polled) = channel();
    worker.run(move || {
        poll(&mut task, body);
        send.send(task).expect("the test waits");
    });
    polled.recv().expect("it is polled")
}

/// Runs `test` on a validator of its own.
fn on_a_validator(test: impl FnOnce(&Validator)) -> Vec<String> {
    let validator = Validator::new(quiet());
    enter(&validator, || test(&validator));
    verdict(&validator)
}

#[test]
fn a_task_takes_its_holds_from_thread_to_thread() {
    let validator = Validator::new(quiet());
    let workers = [Worker::new(&validator), Worker::new(&validator)];
    let [a, b] = [awaited("A"), awaited("B")];
    let first = task_of(&workers[0], "first");
    let second = task_of(&workers[0], "second");
    let it = Arc::clone(&a);
    let first = poll_on(&workers[0], first, move || take(&it));
    // Another one on that thread has nothing to do with it.
    let [x, y] = [Arc::clone(&a), Arc::clone(&b)];
    let second = poll_on(&workers[0], second, move || {
        assert_eq!(held(&x), Held::No);
        take(&y);
    });
    let it = Arc::clone(&a);
    workers[0].run(move || assert_eq!(held(&it), Held::No));
    assert_eq!(holders(&validator, &a), ["first"]);
    assert_eq!(holders(&validator, &b), ["second"]);
    let [x, y] = [Arc::clone(&a), Arc::clone(&b)];
    let first = poll_on(&workers[1], first, move || {
        assert_eq!((held(&x), held(&y)), (Held::Write, Held::No));
        release(&x);
    });
    let y = Arc::clone(&b);
    let second = poll_on(&workers[1], second, move || release(&y));
    drop((first, second));
    assert!(validator.graph().dependencies.is_empty());
    assert_eq!(verdict(&validator), Vec::<String>::new());
}

#[test]
fn orders_are_learned_across_polls_and_threads() {
    let validator = Validator::new(quiet());
    let workers = [Worker::new(&validator), Worker::new(&validator)];
    let locks = [awaited("A"), awaited("B")];
    for order in [[0, 1], [1, 0]] {
        let task = task_of(&workers[0], "task");
        let [x, y] = order.map(|which: usize| Arc::clone(&locks[which]));
        let it = Arc::clone(&x);
        let task = poll_on(&workers[0], task, move || take(&it));
        let task = poll_on(&workers[1], task, move || {
            take(&y);
            release(&y);
            release(&x);
        });
        drop(task);
    }
    assert_eq!(verdict(&validator), ["HB0001 A B"]);
}

#[test]
fn a_wait_stands_on_no_stack_until_it_ends() {
    let (a, b) = (awaited("A"), awaited("B"));
    let found = on_a_validator(|validator| {
        let mut task = named("task");
        let mut wait = None;
        poll(&mut task, || {
            let slot = acquire(&a, &AWAITED, Mode::Write, Site::caller());
            // The poll of the lock takes another one, and keeps it.
            take(&b);
            wait = Some(suspend(&a, Mode::Write, Site::caller()));
            drop(slot);
            assert_eq!((held(&a), held(&b)), (Held::No, Held::Write));
        });
        let waiting = validator.holders(&a);
        assert_eq!(waiting.len(), 1);
        assert!(waiting[0].waiting);
        poll(&mut task, || {
            drop(wait.take());
            resume(&a, &AWAITED, Mode::Write, Site::caller());
            assert_eq!((held(&a), held(&b)), (Held::Write, Held::Write));
            release(&a);
            release(&b);
        });
        assert!(validator.holders(&a).is_empty());
        // Given up in the middle.
        poll(&mut task, || {
            let slot = acquire(&a, &AWAITED, Mode::Write, Site::caller());
            drop(suspend(&a, Mode::Write, Site::caller()));
            drop(slot);
        });
        assert!(validator.holders(&a).is_empty());
    });
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn a_lock_that_threads_wait_for_is_told_with_the_wait() {
    let (a, b) = (awaited("A"), blocking("B"));
    let validator = Validator::new(quiet());
    enter(&validator, || {
        let mut task = named("task");
        poll(&mut task, || {
            block_on(&b);
            let slot = acquire(&a, &AWAITED, Mode::Write, Site::caller());
            drop(suspend(&a, Mode::Write, Site::caller()));
            drop(slot);
        });
        // The stack is the same, so nothing is looked at again.
        poll(&mut task, || suspend_at(Site::caller()));
        poll(&mut task, || release(&b));
        // Ready: it does not wait.
        task.poll(|| block_on(&b), |()| false);
        task.poll(|| release(&b), |()| false);
    });
    let reports = validator.reports();
    assert_eq!(verdict(&validator), ["HB0304 B"]);
    let how = reports[0].suspension.as_ref().expect("it suspends");
    assert_eq!(how.awaited_lock.as_deref(), Some("A"));
    assert_eq!(reports[0].thread, "task");
    assert_eq!(reports[0].held[0].lock, "B");
}

#[test]
fn an_arm_that_holds_what_threads_wait_for_is_told_once_its_task_suspends() {
    let b = blocking("B");
    let found = on_a_validator(|validator| {
        let (mut task, mut arm) = (named("task"), Branch::new());
        task.poll(|| poll_arm(&mut arm, || block_on(&b)), |()| false);
        assert_eq!(verdict(validator), Vec::<String>::new());
        poll(&mut task, || {});
        assert_eq!(verdict(validator), ["HB0304 B"]);
        poll(&mut task, || end_arm(&mut arm, || release(&b)));
    });
    assert_eq!(found, ["HB0304 B"]);
}

#[test]
fn an_arm_comes_back_on_top_of_what_its_task_holds() {
    // The same as before, and changed: what it implied then, it does not now.
    for (changed, expected) in [(false, &[][..]), (true, &["HB0001 C B"][..])] {
        let [a, b, c] = ["A", "B", "C"].map(awaited);
        let found = on_a_validator(|_| {
            let (mut task, mut arm) = (named("task"), Branch::new());
            poll(&mut task, || poll_arm(&mut arm, || take(&a)));
            poll(&mut task, || {
                if changed {
                    take(&c);
                }
                poll_arm(&mut arm, || {
                    assert_eq!(held(&a), Held::Write);
                    take(&b);
                });
                assert_eq!((held(&a), held(&b)), (Held::No, Held::No));
            });
            poll(&mut task, || {
                end_arm(&mut arm, || {});
                assert_eq!((held(&a), held(&b)), (Held::Write, Held::Write));
                release(&a);
                release(&b);
                if changed {
                    release(&c);
                }
            });
            let mut other = named("other");
            poll(&mut other, || {
                take(&b);
                take(&c);
                release(&c);
                release(&b);
            });
        });
        assert_eq!(found, expected, "changed: {changed}");
    }
}

#[test]
fn what_an_arm_has_parked_may_be_released_by_anyone() {
    let validator = Validator::new(quiet());
    let (owner, other) = (Worker::new(&validator), Worker::new(&validator));
    for by_owner in [true, false] {
        let a = awaited("A");
        let task = task_of(&owner, "task");
        let (send, arm) = channel();
        let it = Arc::clone(&a);
        let task = poll_on(&owner, task, move || {
            let mut arm = Branch::new();
            poll_arm(&mut arm, || take(&it));
            assert_eq!(held(&it), Held::No);
            send.send(arm).expect("the test waits");
        });
        let mut arm = arm.recv().expect("it was polled");
        assert_eq!(holders(&validator, &a), ["task"]);
        let it = Arc::clone(&a);
        let task = match by_owner {
            true => poll_on(&owner, task, move || release(&it)),
            false => {
                other.run(move || release(&it));
                task
            }
        };
        assert_eq!(holders(&validator, &a), Vec::<String>::new());
        let it = Arc::clone(&a);
        let task = poll_on(&owner, task, move || {
            end_arm(&mut arm, || assert_eq!(held(&it), Held::No));
            assert_eq!(held(&it), Held::No);
        });
        drop(task);
        assert_eq!(holders(&validator, &a), Vec::<String>::new());
    }
    assert_eq!(verdict(&validator), Vec::<String>::new());
}

#[test]
fn what_a_dropped_arm_has_parked_stays_held() {
    let (a, b) = (awaited("A"), awaited("B"));
    let found = on_a_validator(|validator| {
        let (mut task, mut arm) = (named("task"), Branch::new());
        poll(&mut task, || poll_arm(&mut arm, || take(&a)));
        drop(arm);
        poll(&mut task, || assert_eq!(held(&a), Held::No));
        assert_eq!(holders(validator, &a), ["task"]);
        poll(&mut task, || {
            release(&a);
            take(&b);
            release(&b);
        });
        assert_eq!(holders(validator, &a), Vec::<String>::new());
    });
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn a_future_that_stays_goes_on_in_the_next_branch() {
    let (a, b) = (awaited("A"), awaited("B"));
    let found = on_a_validator(|validator| {
        let mut task = named("task");
        let future = [0_u64; 2];
        let [here, there] = [0, 1].map(|at| std::ptr::from_ref(&future[at]).addr());
        poll(&mut task, || {
            poll_arm(&mut Branch::of_future_at(here), || take(&a));
            poll_arm(&mut Branch::of_future_at(there), || {
                assert_eq!(held(&a), Held::No);
            });
            end_arm(&mut Branch::of_future_at(here), || {
                assert_eq!(held(&a), Held::Write);
                take(&b);
                release(&b);
                release(&a);
            });
        });
        assert_eq!(validator.graph().dependencies.len(), 1);
    });
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn what_an_ended_task_left_is_held_until_it_is_released() {
    let (a, b) = (awaited("A"), awaited("B"));
    let found = on_a_validator(|validator| {
        let (mut task, mut arm) = (named("gone"), Branch::new());
        poll(&mut task, || {
            take(&a);
            poll_arm(&mut arm, || take(&b));
        });
        drop(task);
        assert_eq!(holders(validator, &a), ["gone (ended)"]);
        assert_eq!(holders(validator, &b), ["gone (ended)"]);
        let mut other = named("other");
        poll(&mut other, || {
            assert_eq!(held(&a), Held::No);
            release(&a);
            release(&b);
        });
        assert_eq!(holders(validator, &a), Vec::<String>::new());
        assert_eq!(holders(validator, &b), Vec::<String>::new());
        poll(&mut other, || release(&a));
    });
    assert_eq!(found, ["HB0101 A"]);
}

#[test]
fn a_task_must_not_end_with_a_lock_that_threads_wait_for() {
    let b = blocking("B");
    let found = on_a_validator(|_| {
        let mut task = named("task");
        task.poll(|| block_on(&b), |()| false);
    });
    assert_eq!(found, ["HB0103 B"]);
}

#[test]
fn what_passed_unseen_in_one_poll_is_released_in_another() {
    let validator = Validator::new(quiet());
    let workers = [Worker::new(&validator), Worker::new(&validator)];
    let (unseen, b) = (awaited("Unseen"), awaited("B"));
    let of_unseen = unseen.class().expect("it is of a class");
    validator.set_policy(of_unseen, ClassPolicy::NoTrack);
    let task = task_of(&workers[0], "task");
    let it = Arc::clone(&unseen);
    let task = poll_on(&workers[0], task, move || take(&it));
    // It is the task's, so the thread has none to its own account.
    let it = Arc::clone(&b);
    workers[0].run(move || release(&it));
    assert_eq!(verdict(&validator), ["HB0101 B"]);
    let it = Arc::clone(&unseen);
    let task = poll_on(&workers[1], task, move || release(&it));
    drop(task);
    assert_eq!(verdict(&validator), ["HB0101 B"]);
}

#[test]
fn a_poll_that_panics_gives_the_thread_back_to_itself() {
    let [own, a, b] = ["Own", "A", "B"].map(awaited);
    let found = on_a_validator(|_| {
        take(&own);
        let (mut task, mut arm) = (named("task"), Branch::new());
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            poll(&mut task, || {
                take(&a);
                poll_arm(&mut arm, || std::panic::resume_unwind(Box::new(())));
            });
        }));
        assert!(outcome.is_err());
        assert_eq!((held(&own), held(&a)), (Held::Write, Held::No));
        // No mark of the arm is left: what is taken now is taken under no arm's gates.
        poll(&mut task, || {
            assert_eq!((held(&own), held(&a)), (Held::No, Held::Write));
            take(&b);
            release(&b);
            release(&a);
        });
        release(&own);
    });
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn a_task_inside_of_another_one_is_its_arm() {
    let (a, b) = (awaited("A"), awaited("B"));
    let found = on_a_validator(|_| {
        let (mut outer, mut inner) = (named("outer"), named("inner"));
        poll(&mut outer, || {
            take(&a);
            poll(&mut inner, || {
                assert_eq!(held(&a), Held::Write);
                take(&b);
            });
            assert_eq!(held(&b), Held::No);
        });
        poll(&mut outer, || {
            inner.poll(|| release(&b), |()| false);
            release(&a);
        });
        let mut other = named("other");
        poll(&mut other, || {
            take(&b);
            take(&a);
            release(&a);
            release(&b);
        });
    });
    assert_eq!(found, ["HB0001 A B"]);
}

#[test]
fn nothing_is_held_where_validation_is_off() {
    let validator = Validator::new(quiet().on_violation(OnViolation::Off));
    let (a, b) = (awaited("A"), blocking("B"));
    enter(&validator, || {
        let (mut task, mut arm) = (named("task"), Branch::new());
        poll(&mut task, || {
            take(&a);
            block_on(&b);
            poll_arm(&mut arm, || release(&a));
            assert_eq!(held(&b), Held::Unknown);
        });
        poll(&mut task, || release(&b));
    });
    assert_eq!(holders(&validator, &b), Vec::<String>::new());
    assert_eq!(verdict(&validator), Vec::<String>::new());
}
