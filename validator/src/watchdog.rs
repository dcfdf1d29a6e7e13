//! The watchdog: waits that last long, and rings of them.
//!
//! The hot path keeps no time. The watchdog keeps it instead: it remembers of each wait when it saw
//! it first, and takes it for the same wait as long as the state of that stack is the same, which
//! changes with every push and pop.
//!
//! # Why a ring is a deadlock
//! The tasks are read one after the other, so what one look shows need never have been so at one
//! moment. A ring counts only if each of its waits was seen by an earlier look as well: then no stack
//! of it changed in between, and at the end of that look all its waits and holds stood together.
//! Each waits for a hold that ends only after its own wait, so none of them ever ends.

mod thread;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::time::{Duration, Instant};

use heldby_model::{Report, Site};

use crate::class::ClassId;
use crate::cold::Inside;
use crate::held::HeldLock;
use crate::registry::View;
use crate::report;
use crate::validator::Validator;
use crate::waits::{Edge, Waits};

pub(crate) use thread::start;

/// Remembers the waits of a validator's tasks from one look to the next.
#[derive(Debug)]
pub struct Watchdog {
    limit: Duration,
    waits: HashMap<WaitId, Seen>,
    /// The tasks of each ring that was told.
    told: HashSet<Vec<u32>>,
}

/// What a look found that was not told before.
#[derive(Debug, Default)]
pub struct Look {
    /// Threads that wait for each other.
    pub deadlocks: Vec<Report>,
    /// Waits that last longer than the limit, and are in no ring.
    pub long_waits: Vec<LongWait>,
}

/// A wait that lasts longer than the limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LongWait {
    /// Name of the thread.
    pub thread: String,
    /// Name of the lock.
    pub lock: String,
    /// Where it was asked for.
    pub site: Site,
    /// For how long at least.
    pub waited: Duration,
    /// The threads in the way, each with the place where it took the lock, or where it queues to write.
    pub behind: Vec<(String, Site)>,
}

/// Tells a wait from all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct WaitId {
    task: u32,
    state: u64,
    ids: u64,
    key: u64,
}

/// When a wait was first seen, and what was told of it.
#[derive(Clone, Copy, Debug)]
struct Seen {
    since: Instant,
    /// That it lasts long.
    is_noted: bool,
    /// The ring that it is in.
    is_reported: bool,
}

impl WaitId {
    fn of(view: &View) -> Option<Self> {
        let HeldLock { ids, key, .. } = *view.wait()?;
        Some(Self {
            task: view.number,
            state: view.state?,
            ids,
            key,
        })
    }
}

impl Watchdog {
    /// A watchdog that minds waits which last longer than `limit`.
    #[must_use]
    pub fn new(limit: Duration) -> Self {
        Self {
            limit,
            waits: HashMap::new(),
            told: HashSet::new(),
        }
    }

    /// Looks at all tasks of `validator`, at the moment `now`. A ring is told at the second look that
    /// sees all of it, if one of its waits is over the limit by then.
    ///
    /// # Cost
    /// A look at every task, none of which waits for it. For each wait over the limit a search along
    /// the waits; for a ring that was not told, that of a report.
    pub fn look(&mut self, validator: &Validator, now: Instant) -> Look {
        let _inside = Inside::enter();
        let waits = Waits::of(validator);
        self.remember(&waits, now);
        let mut look = Look::default();
        for task in 0..waits.tasks.len() {
            let Some(seen) = self.seen(&waits, task) else {
                continue;
            };
            let waited = now.saturating_duration_since(seen.since);
            if seen.is_reported || waited < self.limit {
                continue;
            }
            match waits.ring_through(task) {
                Some(ring) => look
                    .deadlocks
                    .extend(self.deadlock(validator, &waits, &ring, now)),
                None if seen.is_noted => {}
                None => look.long_waits.extend(self.long_wait(&waits, task, waited)),
            }
        }
        look
    }

    /// Keeps the waits of this look, and of those that were known since when they last.
    fn remember(&mut self, waits: &Waits, now: Instant) {
        let new = Seen {
            since: now,
            is_noted: false,
            is_reported: false,
        };
        let known = std::mem::take(&mut self.waits);
        let seen = |id: WaitId| (id, known.get(&id).copied().unwrap_or(new));
        let ids = waits.tasks.iter().filter_map(WaitId::of);
        self.waits = ids.map(seen).collect();
    }

    fn seen(&self, waits: &Waits, task: usize) -> Option<Seen> {
        self.waits.get(&WaitId::of(&waits.tasks[task])?).copied()
    }

    fn seen_mut(&mut self, waits: &Waits, task: usize) -> Option<&mut Seen> {
        self.waits.get_mut(&WaitId::of(&waits.tasks[task])?)
    }

    /// The report of a ring, unless a wait of it was not seen before or the ring was told.
    fn deadlock(
        &mut self,
        validator: &Validator,
        waits: &Waits,
        ring: &[Edge],
        now: Instant,
    ) -> Option<Report> {
        let since = ring
            .iter()
            .map(|edge| Some(self.seen(waits, edge.waiter)?.since));
        let since: Vec<_> = since.collect::<Option<_>>()?;
        if since.contains(&now) {
            return None;
        }
        let tasks = ring.iter().map(|edge| waits.tasks[edge.waiter].number);
        let mut tasks: Vec<_> = tasks.collect();
        tasks.sort_unstable();
        for edge in ring {
            self.seen_mut(waits, edge.waiter)?.is_reported = true;
        }
        let new = self.told.insert(tasks);
        new.then(|| report::deadlock::build(validator, waits, ring, &since, now))
    }

    /// The note of a wait; none of one that may still be for a notification.
    fn long_wait(&mut self, waits: &Waits, task: usize, waited: Duration) -> Option<LongWait> {
        self.seen_mut(waits, task)?.is_noted = true;
        let view = &waits.tasks[task];
        let wait = view.wait().filter(|wait| !wait.meta.is_again())?;
        let behind = waits.edges(task).into_iter().map(|edge| {
            let blocker = &waits.tasks[edge.blocker];
            let site = edge
                .hold
                .or(blocker.wait().copied())
                .map_or(wait.site, |lock| lock.site);
            (blocker.thread.to_string(), site.to_model())
        });
        Some(LongWait {
            thread: view.thread.to_string(),
            lock: ClassId::from_word(wait.class_word()).class().name.clone(),
            site: wait.site.to_model(),
            waited,
            behind: behind.collect(),
        })
    }
}

/// One line: who waits for what, where, for how long, behind whom.
impl fmt::Display for LongWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            thread,
            lock,
            site,
            waited,
            behind,
        } = self;
        let waited = waited.as_millis();
        write!(
            f,
            "`{thread}` has waited for `{lock}` for {waited} ms, at {site}, behind "
        )?;
        match behind.as_slice() {
            [] => f.write_str("nobody who is seen"),
            [(first, at)] => write!(f, "`{first}` (at {at})"),
            [(first, at), others @ ..] => {
                write!(f, "`{first}` (at {at}) and {} more", others.len())
            }
        }
    }
}
