//! Statistics: how often locks are got, how long they are waited for and held, and where.
//!
//! They are kept where a host asks for them, and cost nothing elsewhere: no acquire or release asks
//! whether they are on. A validator that keeps them lets no task learn a chain and marks every hold as
//! [timed](HeldLock::TIMED), so that both take the cold path, which comes by here.
//!
//! - [`claims`]: who holds a lock and who asked for it before, for all tasks of a validator.
//! - [`hold`]: a hold from the time it is asked for.
//! - [`counts`]: what came of the holds of one task.
//! - [`told`](mod@told): all of that, for whoever asks.
//!
//! # Invariants
//! - The books of a task are locked by who is inside the validator alone, so no fork leaves them
//!   locked. They are the task's own: others lock them only to copy them, and to end a hold that they
//!   release for it.
//! - Who counts that a lock was got or is released allocates nothing, and waits for no lock under which
//!   another thread allocates: the lock may be one of the allocator's that is not known as such. Only one
//!   that is taken back after a wait for an event may need room; no allocator waits for events.
//! - What the held stack tells as held is told so by the books, for who releases it from elsewhere.
//! - A part of the claims is locked after the books of a task, never before.
//! - What is counted of a task that ends is added to the validator's before the task leaves the
//!   registry, and both are read with the validator's locked: nothing is missed or counted twice.
//!
//! # Source
//! Linux `kernel/locking/lockdep.c` under `CONFIG_LOCK_STAT`, and `Documentation/locking/lockstat.rst`.

mod claims;
mod counts;
mod hold;
mod told;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use heldby_model::Role;

use crate::class::ClassId;
use crate::cold::in_validator;
use crate::held::HeldLock;
use crate::lock_key;
use crate::mode::Mode;
use crate::site::Site;
use crate::task::Task;
use crate::validator::Validator;

use claims::{Claim, Claims};
use counts::Counts;
use hold::Hold;
pub(crate) use told::told;

/// What a validator keeps that keeps statistics.
#[derive(Debug, Default)]
pub(crate) struct Statistics {
    claims: Claims,
    /// What tasks counted that have ended.
    ended: Mutex<Counts>,
}

/// What a task of such a validator keeps.
#[derive(Debug, Default)]
pub(crate) struct Books {
    /// Oldest first.
    holds: Vec<Hold>,
    counts: Counts,
}

impl Statistics {
    pub(crate) fn new() -> Self {
        lock_key::note_statistics();
        Self::default()
    }

    fn ended(&self) -> MutexGuard<'_, Counts> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Books {
    /// Opens a hold, with room to count it when it ends.
    fn open(&mut self, hold: Hold) {
        self.counts.prepare(hold.key());
        self.holds.push(hold);
    }

    /// The newest hold of a lock, taken out.
    fn take(&mut self, instance: u32) -> Option<Hold> {
        let newest = self.newest(instance)?;
        Some(self.holds.remove(newest))
    }

    /// The newest hold of a lock that is not waited for, taken out.
    fn take_got(&mut self, instance: u32) -> Option<Hold> {
        let is_it = |hold: &Hold| hold.instance == instance && hold.since().is_some();
        let newest = self.holds.iter().rposition(is_it)?;
        Some(self.holds.remove(newest))
    }

    fn newest(&self, instance: u32) -> Option<usize> {
        let is_it = |hold: &Hold| hold.instance == instance;
        self.holds.iter().rposition(is_it)
    }

    fn newest_mut(&mut self, instance: u32) -> Option<&mut Hold> {
        let newest = self.newest(instance)?;
        self.holds.get_mut(newest)
    }
}

/// Runs `edit` with the books of a task, if its validator keeps statistics and the thread may enter the
/// validator.
fn with_books<R>(task: &Task, edit: impl FnOnce(&Statistics, &mut Books) -> R) -> Option<R> {
    let statistics = task.validator().statistics.as_ref()?;
    in_validator(|| edit(statistics, task.books().get_or_insert_default()))
}

/// Opens the books of a lock that `task` is about to push; false if it is not counted.
///
/// A wait for an event gave the lock up, and how long it takes to have it back is not known.
pub(crate) fn asks(task: &Task, lock: &HeldLock) -> bool {
    let class = ClassId::from_word(lock.class_word());
    if lock.instance() == 0 || lock.meta.is_sync() || class.role() != Role::Lock {
        return false;
    }
    let asked = with_books(task, |statistics, books| {
        let behind = match lock.meta.is_again() {
            true => None,
            false => statistics.claims.stake(claim(task, lock)),
        };
        let mut hold = Hold::asked(lock, class, behind);
        if !lock.meta.is_waiting() {
            hold.got(Instant::now());
        }
        books.open(hold);
    });
    asked.is_some()
}

/// Opens the books of a hold that another task had, which waited for it.
pub(crate) fn adopts(task: &Task, lock: &HeldLock) -> bool {
    let class = ClassId::from_word(lock.class_word());
    let adopted = with_books(task, |statistics, books| {
        statistics.claims.stake(claim(task, lock));
        books.open(Hold::adopted(lock, class, Instant::now()));
    });
    adopted.is_some()
}

fn claim(task: &Task, lock: &HeldLock) -> Claim {
    Claim {
        instance: lock.instance(),
        task: task.number(),
        exclusive: lock.mode() == Mode::Write,
        site: lock.site,
    }
}

/// The task has got the lock that it asked for.
pub(crate) fn got(task: &Task, lock: &HeldLock) {
    let now = Instant::now();
    with_books(task, |statistics, books| {
        let Some(hold) = books.newest_mut(lock.instance()) else {
            return;
        };
        if hold.is_taken_back() {
            statistics.claims.stake(claim(task, lock));
        }
        hold.got(now);
    });
}

/// The task has to wait for a lock that counted as got, or gives it up to wait for an event.
pub(crate) fn waits(task: &Task, lock: &HeldLock) {
    let now = Instant::now();
    with_books(task, |statistics, books| {
        let Books { holds, counts } = books;
        let is_it = |hold: &&mut Hold| hold.instance == lock.instance();
        let Some(hold) = holds.iter_mut().rev().find(is_it) else {
            return;
        };
        if hold.is_taken_back() {
            statistics.claims.drop(lock.instance(), task.number());
            counts.add(hold, Some(now));
        }
        hold.waits();
    });
}

/// The task releases a lock.
pub(crate) fn released(task: &Task, instance: u32) {
    let now = Instant::now();
    with_books(task, |statistics, books| {
        end(statistics, books, task, instance, Some(now))
    });
}

/// A lock that `holder` holds is released by another task of the validator. Inside the validator.
pub(crate) fn released_by_another(validator: &Validator, holder: &Task, instance: u32) {
    if let (Some(statistics), Some(books)) = (&validator.statistics, &mut *holder.books())
        && let Some(hold) = books.take_got(instance)
    {
        close_hold(statistics, books, holder, &hold, Some(Instant::now()));
    }
}

/// It is unknown from now on whether `holder`, of the validator, holds a lock: neither is any of its
/// holds of it in somebody's way. Inside the validator.
pub(crate) fn lost(validator: &Validator, holder: &Task, instance: u32) {
    if let (Some(statistics), Some(books)) = (&validator.statistics, &mut *holder.books()) {
        while let Some(hold) = books.take_got(instance) {
            close_hold(statistics, books, holder, &hold, None);
        }
    }
}

/// As [`lost`], told to the task itself, which may have got another hold since then.
pub(crate) fn lost_meanwhile(task: &Task, instance: u32) {
    lost(task.validator(), task, instance);
}

/// A hold of the task is over, and when it ended is not known.
pub(crate) fn forgotten(task: &Task, instance: u32) {
    with_books(task, |statistics, books| {
        end(statistics, books, task, instance, None)
    });
}

/// The task does not wait for a lock any more that it asked for, and did not get it.
pub(crate) fn given_up(task: &Task, instance: u32) {
    with_books(task, |statistics, books| {
        if books.take(instance).is_some() {
            statistics.claims.drop(instance, task.number());
        }
    });
}

fn end(
    statistics: &Statistics,
    books: &mut Books,
    task: &Task,
    instance: u32,
    now: Option<Instant>,
) {
    if let Some(hold) = books.take(instance) {
        close_hold(statistics, books, task, &hold, now);
    }
}

/// Counts a hold that was taken out of the books.
fn close_hold(
    statistics: &Statistics,
    books: &mut Books,
    task: &Task,
    hold: &Hold,
    now: Option<Instant>,
) {
    statistics.claims.drop(hold.instance, task.number());
    books.counts.add(hold, now);
}

/// An exclusive hold of the task is a shared one from now on.
pub(crate) fn downgraded(task: &Task, lock: &HeldLock, site: Site) {
    let now = Instant::now();
    with_books(task, |statistics, books| {
        let Some(hold) = books.take(lock.instance()) else {
            return;
        };
        statistics.claims.drop(lock.instance(), task.number());
        books.counts.add(&hold, Some(now));
        let shared = HeldLock {
            meta: lock.meta.with_mode(Mode::Read),
            site,
            ..*lock
        };
        statistics.claims.stake(claim(task, &shared));
        let mut hold = Hold::asked(&shared, hold.class, None);
        hold.got(now);
        books.open(hold);
    });
}

/// The task ends, or holds nothing any more; what it still had open is counted as far as it came.
/// Inside the validator.
pub(crate) fn close(task: &Task) {
    let Some(statistics) = &task.validator().statistics else {
        return;
    };
    let mut ended = statistics.ended();
    let books = task.books().take();
    let Some(Books { holds, mut counts }) = books else {
        return;
    };
    for hold in holds {
        statistics.claims.drop(hold.instance, task.number());
        counts.add(&hold, None);
    }
    ended.merge(counts.iter());
}

/// Forgets what was counted before this process was forked, which its parent tells; in the child,
/// where `ours` are all tasks.
#[cfg(unix)]
pub(crate) fn begin_anew(validator: &Validator, ours: &[&'static Task]) {
    let Some(statistics) = &validator.statistics else {
        return;
    };
    *statistics.ended() = Counts::default();
    for task in ours.iter().filter(|task| task.belongs_to(validator)) {
        if let Some(books) = &mut *task.books() {
            books.counts = Counts::default();
            for hold in &mut books.holds {
                hold.forget_acquisition();
                books.counts.prepare(hold.key());
            }
        }
    }
}
