//! Async tasks and their branches, polled by hand on real threads.
//!
//! Each of these, done to the engine, makes the named tests fail:
//!
//! | rule that is removed | test, among others |
//! | --- | --- |
//! | what passed unseen is counted with its task | `polls::what_passed_unseen_in_one_poll_is_released_in_another` |
//! | the thread's own stack is put back, whatever ends the poll | `polls::a_poll_that_panics_gives_the_thread_back_to_itself` |
//! | a mark of an arm is taken away, whatever ends the poll | the same |
//! | a task polled inside of another one is an arm | `arms::a_task_inside_of_another_one_is_its_arm` |
//! | a suspended arm is parked | `arms::an_arm_comes_back_on_top_of_what_its_task_holds` |
//! | an arm on another base implies nothing | the same |
//! | a branch of an address goes on | `arms::a_future_that_stays_goes_on_in_the_next_branch` |
//! | a release looks at what is parked | `arms::what_an_arm_has_parked_may_be_released_by_anyone` |
//! | a mark of arms that were left is taken away | `arms::what_is_done_among_the_same_arms_is_known` |
//! | a mark tells anew when something parked is released | `arms::a_chain_is_known_again_once_what_was_parked_is_released` |
//! | a chain is known only where a mark tells all | `arms::an_arm_goes_from_task_to_task` |
//! | what is parked is left over, too | `polls::what_an_ended_task_left_is_held_until_it_is_released` |
//! | a release looks at what was left over | the same |
//! | a wait that is not the newest is given up | `polls::a_wait_stands_on_no_stack_until_it_ends` |
//! | what is parked counts where the task suspends | `arms::an_arm_that_holds_what_threads_wait_for_is_told_once_its_task_suspends` |

mod arms;
mod polls;

use std::sync::Arc;
use std::sync::mpsc::channel;

use heldby_validator::{
    AsyncTask, Branch, ClassId, LockMap, LockType, Mode, Site, Validator, acquire, enter,
};

use crate::rig::{LOCK, class, quiet, short};
use crate::worker::Worker;

/// The type of a lock that tasks wait for.
pub(crate) static AWAITED: LockType = LockType::sleeping::<AsyncTask>("test::Awaited").by_await();

pub(crate) fn awaited(name: &str) -> Arc<LockMap> {
    Arc::new(LockMap::of_class(ClassId::named(name, &AWAITED)))
}

pub(crate) fn blocking(name: &str) -> Arc<LockMap> {
    Arc::new(LockMap::of_class(class(name)))
}

#[track_caller]
pub(crate) fn take(map: &LockMap) {
    acquire(map, &AWAITED, Mode::Write, Site::caller()).acquired();
}

#[track_caller]
pub(crate) fn block_on(map: &LockMap) {
    acquire(map, &LOCK, Mode::Write, Site::caller()).acquired();
}

pub(crate) fn verdict(validator: &Validator) -> Vec<String> {
    validator.reports().iter().map(short).collect()
}

pub(crate) fn holders(validator: &Validator, map: &LockMap) -> Vec<String> {
    let holders = validator.holders(map).into_iter();
    holders.map(|holder| holder.thread).collect()
}

/// A poll after which the task waits.
pub(crate) fn poll(task: &mut AsyncTask, body: impl FnOnce()) {
    task.poll(body, |()| true);
}

/// A poll after which the arm waits.
pub(crate) fn poll_arm(arm: &mut Branch, body: impl FnOnce()) {
    arm.poll(body, |()| true);
}

/// The poll that ends an arm.
pub(crate) fn end_arm(arm: &mut Branch, body: impl FnOnce()) {
    arm.poll(body, |()| false);
}

pub(crate) fn named(name: &str) -> AsyncTask {
    AsyncTask::new(Some(name), Site::caller(), None)
}

/// Makes a task on `worker`.
pub(crate) fn task_of(worker: &Worker, name: &'static str) -> AsyncTask {
    let (send, made) = channel();
    worker.run(move || send.send(named(name)).expect("the test waits"));
    made.recv().expect("it is made")
}

/// Lets `worker` poll a task, and hands that back.
pub(crate) fn poll_on(
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
pub(crate) fn on_a_validator(test: impl FnOnce(&Validator)) -> Vec<String> {
    let validator = Validator::new(quiet());
    enter(&validator, || test(&validator));
    verdict(&validator)
}
