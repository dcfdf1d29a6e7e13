//! Waits for events, and their signals: what a condition variable and a channel tell.
//!
//! Neither is held, so nothing is pushed; see [`crate::rules::event`] for what is learned.
//! Most of them are told from their chain alone: a signal that was made under the same classes, got by
//! the same attempts, a wait for an event that needs no lock to be signalled, and any other wait until
//! something is learned that may close a cycle through it.

use std::time::Duration;

use crate::acquire::Acquire;
use crate::chain::case_key;
use crate::class::ClassId;
use crate::cold::{self, in_validator};
use crate::context::{self, Below};
use crate::held::HeldLock;
use crate::learned::Learned;
use crate::limits::LONG_WAIT;
use crate::lock_type::LockType;
use crate::mailbox;
use crate::map::LockMap;
use crate::mode::{Attempt, Meta, Mode};
use crate::ops::{self, MayPanic, conclude};
use crate::rules::event;
use crate::site::Site;
use crate::stack;
use crate::task::Task;
use crate::validate::Candidate;
use crate::violation::Violation;

/// Tells the chains of waits and signals from each other, and from those of acquires.
const WAIT: u64 = 0x7761_6974;
const SIGNAL: u64 = 0x7369_676E;

/// A wait for an event, or a signal of it.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// What is waited for.
    pub map: &'a LockMap,
    /// Its type.
    pub lock_type: &'static LockType,
    /// Where.
    pub site: Site,
}

/// Says that the calling thread is about to wait for an event as long as it takes; it gives up the
/// mutex `given_up` while it waits, and still holds it now.
///
/// If it answers with a time, the wait would close a cycle unless the event is signalled in a way
/// that was not seen yet. Wait no longer than that at first, and tell [`blocked`] if nothing came.
///
/// # Panics
/// When a violation is found and the policy is `panic`.
#[inline(never)]
#[track_caller]
pub fn waits(event: Event<'_>, given_up: Option<&LockMap>) -> Option<Duration> {
    stack::mark_entry();
    wait(cold::task()?, event, given_up)
}

/// Says that the wait of the calling thread has lasted for as long as [`waits`] told.
///
/// # Panics
/// When a violation is found and the policy is `panic`.
#[inline(never)]
#[track_caller]
pub fn blocked(event: Event<'_>, given_up: Option<&LockMap>) {
    stack::mark_entry();
    if let Some(task) = cold::task() {
        still_waits(task, event, given_up);
    }
}

/// Says that the calling thread signals an event: notifies, or receives.
///
/// # Panics
/// When a violation is found and the policy is `panic`.
#[inline(never)]
#[track_caller]
pub fn signals(event: Event<'_>) {
    stack::mark_entry();
    if let Some(task) = cold::task() {
        signal(task, event);
    }
}

/// Acquires a lock exclusively that was given up for a wait, before it is waited for.
///
/// # Panics
/// When a violation is found and the policy is `panic`.
#[track_caller]
pub fn reacquires(map: &LockMap, lock_type: &'static LockType, site: Site) {
    let again = Acquire {
        attempt: Attempt::Again,
        ..Acquire::new(lock_type, Mode::Write, site)
    };
    // It stays waited for until the wait is over, and whoever waits tells that.
    let _waiting = cold::acquire(map, again);
}

/// As [`waits`], by a task.
#[track_caller]
pub(crate) fn wait(
    task: &'static Task,
    event: Event<'_>,
    given_up: Option<&LockMap>,
) -> Option<Duration> {
    let wanted = wanted(task, event, WAIT)?;
    let validator = task.validator();
    // A wait that closes no cycle may close one later, but not before something else was learned.
    let mutex = given_up.and_then(LockMap::class).map_or(0, |class| class.0);
    let judged = |news| case_key(case_key(wanted.key, mutex.into()), news);
    if task.chains.knows(judged(validator.news()))
        || task.chains.knows(wanted.key)
        || validator.recall(task, wanted.key)
    {
        return None;
    }
    let mut is_suspect = false;
    judge(task, wanted, given_up, |learned, candidate| {
        event::wait(learned, candidate, given_up.and_then(LockMap::class));
        if candidate.below.is_empty() || event::is_harmless(learned, candidate.class) {
            validator.chains.insert(wanted.key, learned);
            return Vec::new();
        }
        let violations = event::closed(learned, candidate);
        is_suspect = event::is_suspect(learned, candidate);
        if !is_suspect && violations.is_empty() {
            task.chains.learn(judged(learned.news()));
        }
        violations
    });
    mailbox::settle(task);
    is_suspect.then_some(LONG_WAIT)
}

/// As [`blocked`], by a task.
#[track_caller]
pub(crate) fn still_waits(task: &'static Task, event: Event<'_>, given_up: Option<&LockMap>) {
    if let Some(wanted) = wanted(task, event, WAIT) {
        judge(task, wanted, given_up, event::blocked);
    }
}

/// As [`signals`], by a task.
#[track_caller]
pub(crate) fn signal(task: &'static Task, event: Event<'_>) {
    let Some(wanted) = wanted(task, event, SIGNAL) else {
        return;
    };
    let validator = task.validator();
    let key = case_key(wanted.key, attempts(task));
    if task.chains.knows(key) || validator.recall(task, key) {
        return;
    }
    judge(task, wanted, None, |learned, candidate| {
        event::signal(learned, candidate);
        validator.chains.insert(key, learned);
        event::closed(learned, candidate)
    });
}

/// Tells by which attempts the locks on the stack were got, which their chain does not: a signal that
/// is made under one that gives up is made later.
fn attempts(task: &Task) -> u64 {
    let attempt = |(depth, held): (usize, HeldLock)| {
        let counts = held.meta.is_hidden() || held.meta.attempt() == Attempt::Block;
        (!counts).then(|| case_key(depth as u64, held.meta.attempt() as u64 + 1))
    };
    let got = context::entries(task).filter_map(attempt);
    got.fold(0, case_key)
}

/// Judges an event by what the task keeps, which is not what it gives up.
#[track_caller]
fn judge(
    task: &'static Task,
    wanted: HeldLock,
    given_up: Option<&LockMap>,
    rule: impl FnOnce(&mut Learned, &Candidate<'_>) -> Vec<Violation>,
) {
    let validator = task.validator();
    let is_given_up = |lock: &HeldLock| given_up.is_some_and(|map| ops::is_hold_of(map)(lock));
    let violations = in_validator(|| {
        let mut below = Below::at(task, task.held.depth());
        below.locks.retain(|lock| !is_given_up(lock));
        let mut learned = validator.lock();
        let candidate = Candidate::new(validator, task, wanted, &below, validator.config.stacks);
        rule(&mut learned, &candidate)
    });
    conclude(task, violations.unwrap_or_default(), MayPanic::Yes);
}

/// The event as a lock that is wanted, with the key of the chain that it makes; `None` if nothing is
/// checked of it.
///
/// A signal handler may not wait for what the thread below it may hold, such as the graph.
fn wanted(task: &'static Task, event: Event<'_>, what: u64) -> Option<HeldLock> {
    if task.is_in_handler() {
        return None;
    }
    mailbox::empty(task);
    let ids = ops::ids(
        event.map,
        Acquire::new(event.lock_type, Mode::Write, event.site),
    )?;
    let untracked = task
        .validator()
        .is_untracked(ClassId::from_word(ids as u32));
    let wanted = HeldLock {
        ids,
        key: 0,
        site: event.site,
        meta: Meta::waiting(Mode::Write),
    };
    (!untracked).then(|| wanted.on(task.held.key() ^ what))
}
