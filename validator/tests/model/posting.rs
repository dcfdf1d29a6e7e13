//! Post of a task, which runs on, and whose stack others read.

use loom::model::Builder;
use loom::thread;

use crate::chain::{SEED, extend};
use crate::holding::push_inline;
use crate::mailbox::{self, Post};
use crate::mode::Mode;
use crate::task::Task;

/// Checks what a task does to itself beside what another thread does to it, and what is then left.
fn check(before: fn(&Task), own: fn(&'static Task), other: fn(&Task), after: fn(&'static Task)) {
    loom::model(move || {
        let task = Task::leaked();
        before(task);
        let beside = thread::spawn(move || other(task));
        own(task);
        beside.join().unwrap();
        after(task);
    });
}

/// The instances that a task holds for another thread.
fn seen(task: &Task) -> Vec<u32> {
    mailbox::held(task)
        .iter()
        .map(|lock| lock.instance())
        .collect()
}

/// Takes a lock.
fn push(task: &Task, n: u32) {
    push_inline(&task.held, n);
    task.held.set_waiting(task.held.depth(), false);
}

fn key() -> u64 {
    extend(SEED, 7, Mode::Write)
}

fn release(task: &Task) {
    assert!(mailbox::send(task, 1, Post::Released(1)));
}

/// The slow path of an acquire: what was posted, the chain, and what was posted meanwhile.
fn learn(task: &'static Task) {
    mailbox::empty(task);
    task.chains.learn(key());
    mailbox::settle(task);
}

#[test]
fn who_has_post_knows_no_chain() {
    let after = |task: &'static Task| {
        assert!(!task.chains.knows(key()) || task.held.depth() == 0);
        mailbox::empty(task);
        assert_eq!(task.held.depth(), 0, "a post is lost");
    };
    check(|task| push(task, 1), learn, release, after);
}

#[test]
fn no_post_is_lost_while_the_box_is_emptied() {
    let before = |task: &Task| {
        push(task, 1);
        push(task, 2);
        assert!(mailbox::send(task, 1, Post::Released(2)));
    };
    let after = |task: &'static Task| {
        assert!(task.held.depth() == 0 || seen(task).is_empty());
        mailbox::empty(task);
        assert_eq!(task.held.depth(), 0, "a post is lost");
    };
    check(before, mailbox::empty, release, after);
}

#[test]
fn what_was_posted_is_never_held() {
    let before = |task: &Task| {
        push(task, 1);
        release(task);
    };
    check(
        before,
        mailbox::empty,
        |task| assert!(seen(task).is_empty()),
        |_| {},
    );
    let own = |task: &'static Task| {
        mailbox::empty(task);
        push(task, 2);
    };
    let reader = |task: &Task| assert!(!seen(task).contains(&1));
    check(before, own, reader, |task| assert_eq!(seen(task), [2]));
}

#[test]
fn a_hold_that_was_not_posted_is_always_held() {
    let twice = |task: &Task| {
        push(task, 1);
        push(task, 1);
        release(task);
    };
    check(
        twice,
        mailbox::empty,
        |task| assert_eq!(seen(task), [1]),
        |_| {},
    );
}

#[test]
fn whose_hold_it_was_stays_unknown() {
    let before = |task: &Task| {
        push(task, 1);
        assert!(mailbox::send(task, 1, Post::Unknown(1)));
    };
    let reader = |task: &Task| {
        assert!(seen(task).is_empty());
        assert!(task.mailbox.may_hold(1), "it may hold it all the time");
    };
    let after = |task: &'static Task| {
        assert!(task.mailbox.is_unknown(1));
        assert_eq!(task.mailbox.take_unknown(1), Some(1));
        assert!(!task.mailbox.is_unknown(1));
    };
    check(before, mailbox::empty, reader, after);
}

/// A hold is on the stack or beside it, and never on neither or on both.
#[test]
fn a_hold_that_is_parked_and_put_back_is_held_once() {
    let parks = |task: &'static Task| {
        mailbox::moving(task, || {
            task.parked.add(7, 0, &[task.held.get(1)]);
            task.held.remove(1);
        });
        mailbox::moving(task, || {
            task.parked.take(7);
            push(task, 1);
        });
    };
    let mut model = Builder::new();
    model.preemption_bound = Some(2);
    model.check(move || {
        let task = Task::leaked();
        push(task, 1);
        let reader = thread::spawn(move || assert_eq!(seen(task), [1]));
        parks(task);
        reader.join().unwrap();
    });
}

/// Who has seen a hold go does not see it come back.
#[test]
fn what_was_released_stays_released() {
    let reader = |task: &Task| {
        let looks = [0, 1].map(|_| seen(task));
        assert!(looks[0] == [1] || looks[1].is_empty(), "{looks:?}");
    };
    check(|task| push(task, 1), release, reader, |_| {});
}

/// A release is posted, and the owner takes what it held off and something new on.
#[test]
fn a_release_and_the_owner_and_a_reader() {
    let mut model = Builder::new();
    model.preemption_bound = Some(2);
    model.check(|| {
        let task = Task::leaked();
        push(task, 1);
        let others = [
            thread::spawn(move || release(task)),
            thread::spawn(move || {
                let looks = [0, 1].map(|_| seen(task));
                assert!(looks[0] == [1] || looks[1].is_empty(), "{looks:?}");
            }),
        ];
        mailbox::empty(task);
        for other in others {
            other.join().unwrap();
        }
        mailbox::empty(task);
        assert_eq!((task.held.depth(), seen(task)), (0, vec![]));
    });
}
