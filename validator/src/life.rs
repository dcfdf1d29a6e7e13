//! The life of a thread, for which whoever joins the thread waits.
//!
//! A life is a map that the thread holds from its first event to its end, at the bottom of its held
//! stack and hidden there: it orders what the thread takes, but it is no lock that anyone holds.
//! It costs the hot path nothing, since every chain of the thread just has one class more below it.
//! A join is an acquire of that map for a moment, so a joiner that holds what the thread takes
//! closes a cycle.
//!
//! Here is also kept who made which thread and who joined it, as far as that tells that two threads
//! never ran at the same time.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};

use crate::acquire;
use crate::class::ClassId;
use crate::cold::in_validator;
use crate::held::HeldLock;
use crate::limits::KEPT_JOINS;
use crate::lock_type::LockType;
use crate::map::LockMap;
use crate::mode::{Meta, Mode};
use crate::site::Site;
use crate::task::{self, Phase, Task};
use crate::validator::Validator;
use crate::violation::{Violation, Wrong};

/// A thread's life, in the hands of whoever may join the thread.
#[derive(Clone, Debug)]
pub struct Life(Arc<Lived>);

#[derive(Debug)]
struct Lived {
    map: LockMap,
    lock_type: &'static LockType,
    /// The thread has come to an event.
    has_begun: AtomicBool,
}

/// A thread's life, in the hands of the thread itself until it starts.
#[derive(Debug)]
pub struct Birth {
    /// The ids of the life's map; `None` for a thread that nobody will join.
    ids: Option<u64>,
    /// `None` as well for one that is driven by hand.
    life: Option<Life>,
    site: Site,
    ancestry: Option<Arc<Ancestry>>,
}

/// Who made a thread, and when; and the same of its maker.
#[derive(Debug)]
pub(crate) struct Ancestry {
    maker: u32,
    at: u64,
    older: Option<Arc<Ancestry>>,
}

/// Numbers joins. A thread that joins and then makes another sees the number grow in between, since
/// both are its own.
static JOINS: AtomicU64 = AtomicU64::new(0);

/// The two halves of the life of a thread that the caller is about to make at `site`; `None` if
/// nothing is checked here.
#[must_use]
pub fn born(lock_type: &'static LockType, site: Site) -> Option<(Life, Birth)> {
    let maker = match task::phase() {
        Phase::Active(task) => Some(task),
        Phase::Fresh if !Validator::global().is_off() => None,
        Phase::Fresh | Phase::Busy | Phase::Sink | Phase::Off => return None,
    };
    in_validator(|| {
        let class = ClassId::made(site, false, lock_type, || site);
        let life = Life(Arc::new(Lived {
            map: LockMap::of_class(class),
            lock_type,
            has_begun: AtomicBool::new(false),
        }));
        let birth = Birth {
            life: Some(life.clone()),
            ..birth(Some(&life.0.map), maker, site)
        };
        (life, birth)
    })
}

/// The thread's half of the life that `map` is, for a thread that `maker` makes. Inside the validator.
pub(crate) fn birth(map: Option<&LockMap>, maker: Option<&Task>, site: Site) -> Birth {
    let ancestry = maker.map(|maker| {
        Arc::new(Ancestry {
            maker: maker.number(),
            // Relaxed: see `JOINS`.
            at: JOINS.load(Ordering::Relaxed),
            older: maker.ancestry(),
        })
    });
    Birth {
        ids: map.map(LockMap::ids),
        life: None,
        site,
        ancestry,
    }
}

/// Starts the life of the thread that `task` is; it ends with the task.
pub(crate) fn begin(task: &Task, birth: Birth) {
    if let Some(life) = birth.life {
        // Relaxed: who asks later has seen the end of the thread.
        life.0.has_begun.store(true, Ordering::Relaxed);
    }
    if let Some(ids) = birth.ids {
        let life = HeldLock {
            ids,
            key: 0,
            site: birth.site,
            meta: Meta::hidden(),
        };
        task.held.push(life.on(task.held.key()));
        // Relaxed: only the owner asks.
        task.life.store((ids >> 32) as u32, Ordering::Relaxed);
    }
    *task.ancestry.lock().unwrap_or_else(PoisonError::into_inner) = birth.ancestry;
}

impl Life {
    /// Checks that the calling thread may wait here for the end of the thread.
    ///
    /// Call it before the wait.
    ///
    /// # Panics
    /// When a violation is found and the policy is `panic`.
    #[track_caller]
    pub fn join(&self, site: Site) {
        acquire::might_lock(&self.0.map, self.0.lock_type, Mode::Write, site);
    }

    /// Records that the calling thread has seen the end of the thread.
    pub fn joined(&self) {
        // Relaxed: see `begin`.
        if self.0.has_begun.load(Ordering::Relaxed)
            && let Phase::Active(task) = task::phase()
        {
            joined(task, &self.0.map);
        }
    }
}

/// Records that `task` has seen the end of the thread whose life `map` is.
pub(crate) fn joined(task: &Task, map: &LockMap) {
    let join = Join {
        life: map.instance(),
        joiner: task.number(),
        // Relaxed: see `JOINS`.
        at: JOINS.fetch_add(1, Ordering::Relaxed),
    };
    in_validator(|| task.validator().lock().joins.add(join));
}

/// The end of one life was seen.
#[derive(Clone, Copy, Debug)]
struct Join {
    life: u32,
    joiner: u32,
    at: u64,
}

/// The newest joins.
#[derive(Debug, Default)]
pub(crate) struct Joins(VecDeque<Join>);

impl Joins {
    fn add(&mut self, join: Join) {
        if self.0.len() == KEPT_JOINS {
            self.0.pop_front();
        }
        self.0.push_back(join);
    }

    /// Whether the thread with `life` was over before `task` came to what it does now: `task`, or
    /// one that made it afterwards, had joined that thread.
    fn ended_before(&self, life: u32, task: &Task) -> bool {
        let Some(join) = self.0.iter().rev().find(|join| join.life == life) else {
            return false;
        };
        if join.joiner == task.number() {
            return true;
        }
        let mut ancestry = task.ancestry();
        while let Some(at) = ancestry {
            if at.maker == join.joiner && at.at > join.at {
                return true;
            }
            ancestry = at.older.clone();
        }
        false
    }
}

/// For each dependency of a cycle that `task` closed just now, whether the thread that did it had
/// ended before.
pub(crate) fn ended_before(task: &Task, violation: &Violation) -> Vec<bool> {
    let Wrong::Cycle(steps) = &violation.wrong else {
        return Vec::new();
    };
    if steps.last().map(|step| step.dependency.seen) != Some(violation.at) {
        return Vec::new();
    }
    let learned = task.validator().lock();
    steps
        .iter()
        .map(|step| match step.dependency.life {
            0 => false,
            life => learned.joins.ended_before(life, task),
        })
        .collect()
}
