//! Tasks: what they hold from poll to poll, and after their end.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use heldby_validator::{
    Branch, Held, Mode, OnViolation, Site, Validator, acquire, enter, held, lockdep_off,
    lockdep_on, release, resume, suspend, suspend_at,
};

use super::{
    AWAITED, awaited, block_on, blocking, holders, named, on_a_validator, poll, poll_arm, poll_on,
    take, task_of, verdict,
};
use crate::rig::quiet;
use crate::worker::Worker;

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
            wait = Some(suspend(slot, &a, Mode::Write, Site::caller()));
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
            drop(suspend(slot, &a, Mode::Write, Site::caller()));
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
            drop(suspend(slot, &a, Mode::Write, Site::caller()));
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
            assert_eq!(held(&a), Held::Unknown);
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
    let task = task_of(&workers[0], "task");
    let it = Arc::clone(&unseen);
    let task = poll_on(&workers[0], task, move || {
        lockdep_off();
        take(&it);
        lockdep_on();
    });
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
    let [own, a, b, c] = ["Own", "A", "B", "C"].map(awaited);
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
        // The arm is over, so what the task holds is a gate again.
        poll(&mut task, || {
            assert_eq!((held(&own), held(&a)), (Held::No, Held::Write));
            for [outer, inner] in [[&b, &c], [&c, &b]] {
                take(outer);
                take(inner);
                release(inner);
                release(outer);
            }
            release(&a);
        });
        release(&own);
    });
    assert_eq!(found, Vec::<String>::new());
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
