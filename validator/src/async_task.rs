//! An async task: one held stack for a future, on whatever thread it is polled.
//!
//! While a future is polled, the thread's own task makes way for that of the future: what is taken in
//! the poll goes onto the future's stack, and is still there when another thread polls it next.
//! So two futures that share a thread never mix, and nothing of the hot path knows of them.
//!
//! # Invariants
//! - The stack is taken from the pool at the first acquire, as a thread's is, so a future that locks
//!   nothing has none.
//! - Only who polls the future writes its stack: the host's executor hands it from thread to thread.
//! - What the thread was before the poll it is again after it, also when the poll unwinds.
//!
//! # Source
//! `tracing::Instrumented`, which enters a span around each poll.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::branch::Branch;
use crate::cold::in_validator;
use crate::leftovers;
use crate::life::{self, Birth};
use crate::ops;
use crate::polling::{self, Polling};
use crate::rules::suspension;
use crate::site::Site;
use crate::task::{self, Local, Phase, Task};
use crate::thread;
use crate::validator::Validator;

/// Where a future waits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leaf {
    /// The class word of the lock; 0 of what is none.
    pub(crate) class_word: u32,
    pub(crate) site: Site,
}

/// Notes that a future of ours suspends its task.
pub(crate) fn suspends(class_word: u32, site: Site) {
    polling::change(|now| now.leaf = Some(Leaf { class_word, site }));
}

/// A future's own held stack.
///
/// Run each poll of the future by [`poll`](Self::poll), its drop too.
///
/// # Cost
/// A poll: some ten stores to thread-locals. A future that locks nothing has no stack; one that does
/// keeps it until it is dropped, 6.6 KiB: 2.6 of the stack, and 4 of the smallest cache of chains.
pub struct AsyncTask {
    /// Its stack, with the number that it had when it was taken.
    stack: Cell<Option<(&'static Task, u32)>>,
    origin: Origin,
    birth: Cell<Option<Birth>>,
    /// The validator that it was made under, if that is not the process's.
    validator: Option<Arc<Validator>>,
    /// Acquires that passed through unseen and whose release has not come yet.
    unseen: Cell<u32>,
    /// The key of the stack when it was last looked at for a suspension.
    judged: Cell<u64>,
    /// An executor polls it: what polls that does not wait for it, and does not give it up.
    spawned: bool,
    /// Where it is polled as a part of another async task.
    nested: Option<Branch>,
    polled: bool,
}

// What the docs tell of its memory.
#[cfg(target_os = "linux")]
const _: () = assert!(size_of::<AsyncTask>() <= 200 && size_of::<Task>() <= 2_688);

/// Who an async task is.
#[derive(Clone, Debug)]
struct Origin {
    name: Option<Arc<str>>,
    spawned: Site,
}

// SAFETY: whoever has a reference can do nothing with it but show the name and the place, which never
// change; the cells are the polling thread's, by the `&mut` that it has, or by `polling` for as long.
unsafe impl Sync for AsyncTask {}

impl fmt::Debug for AsyncTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncTask")
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

impl AsyncTask {
    /// A task of the name `name`, which was spawned at `spawned`; whoever has the other half of `birth`
    /// can join it. It belongs to the validator of the calling thread.
    ///
    /// One with a `birth` is an executor's.
    #[must_use]
    pub fn new(name: Option<&str>, spawned: Site, birth: Option<Birth>) -> Self {
        Self {
            stack: Cell::new(None),
            origin: Origin {
                name: name.map(Arc::from),
                spawned,
            },
            spawned: birth.is_some(),
            birth: Cell::new(birth),
            validator: thread::inherit(),
            unseen: Cell::new(0),
            judged: Cell::new(0),
            nested: None,
            polled: false,
        }
    }

    /// Runs a poll of the future, or its drop, on the future's stack; `is_suspended` tells whether the
    /// task then waits.
    ///
    /// Inside of another async task it is a [`Branch`] of that one, from its first poll on, unless it is an
    /// executor's, such as that of a runtime which another task blocks on.
    ///
    /// # Panics
    /// As `poll` does, and when a violation is found and the policy is `panic`.
    #[inline(never)]
    pub fn poll<R>(
        &mut self,
        poll: impl FnOnce() -> R,
        is_suspended: impl FnOnce(&R) -> bool,
    ) -> R {
        if !self.polled {
            self.polled = true;
            self.nested = (is_polling() && !self.spawned).then(Branch::new);
        }
        if let Some(branch) = &mut self.nested {
            return branch.poll(poll, is_suspended);
        }
        let here = 0_u8;
        let Some(_entered) =
            Entered::new(self, std::ptr::from_ref(std::hint::black_box(&here)).addr())
        else {
            return poll();
        };
        let result = poll();
        if is_suspended(&result) {
            self.suspended();
        }
        result
    }

    /// The future waits, and the thread leaves it.
    #[inline(always)]
    fn suspended(&self) {
        let Phase::Active(task) = task::phase() else {
            return;
        };
        let key = task.held.key();
        if key != self.judged.replace(key) {
            suspension::check(task, self.origin.spawned, polling::get().leaf);
        }
    }

    /// Its stack, unless a fork has taken that away.
    fn stack(&self) -> Option<&'static Task> {
        let (task, number) = self.stack.get()?;
        (task.number() == number).then_some(task)
    }

    /// Takes a stack.
    fn start(&self) -> Phase {
        let validator = self
            .validator
            .as_ref()
            .unwrap_or_else(|| Validator::global());
        if validator.is_off() {
            return Phase::Off;
        }
        let started = in_validator(|| {
            let task = Task::start(validator, Some(&self.origin.name()));
            let birth = self.birth.take();
            birth.into_iter().for_each(|birth| life::begin(task, birth));
            task
        });
        let Some(task) = started else {
            return Phase::Off;
        };
        self.stack.set(Some((task, task.number())));
        Phase::Active(task)
    }
}

impl Origin {
    /// The name that was given, or the place where the task was spawned with a number.
    fn name(&self) -> Arc<str> {
        static UNNAMED: AtomicU32 = AtomicU32::new(1);
        self.name.clone().unwrap_or_else(|| {
            // Relaxed: a counter, nothing is ordered by it.
            let number = UNNAMED.fetch_add(1, Ordering::Relaxed);
            let site = self.spawned.to_model();
            format!("task@{}:{}#{number}", site.file_name(), site.line).into()
        })
    }
}

impl Drop for AsyncTask {
    fn drop(&mut self) {
        let Some(task) = self.stack() else { return };
        match task::phase() {
            Phase::Fresh | Phase::Active(_) if std::thread::panicking() => leftovers::leave(task),
            Phase::Fresh | Phase::Active(_) => ops::exit(task, None),
            // Nobody saw which guards went with the future.
            Phase::Busy | Phase::Sink | Phase::Off => {}
        }
        drop(in_validator(|| task.end()));
    }
}

/// The phase of an async task that the calling thread polls and that has no stack yet, with one now.
pub(crate) fn start_polled() -> Option<Phase> {
    // SAFETY: it is set by `Entered` alone, which borrows the task for as long.
    let polled = unsafe { polling::get().task.as_ref() }?;
    Some(polled.start())
}

/// The validator of the async task that the calling thread polls, if that is not the process's.
pub(crate) fn polled_validator() -> Option<Arc<Validator>> {
    // SAFETY: as in `start_polled`.
    let polled = unsafe { polling::get().task.as_ref() }?;
    polled.validator.clone()
}

/// Whether the calling thread polls an async task.
pub(crate) fn is_polling() -> bool {
    !polling::get().task.is_null()
}

/// A thread while it polls an async task.
struct Entered<'a> {
    polled: &'a AsyncTask,
    outer: Local,
    outer_polling: Polling,
}

impl<'a> Entered<'a> {
    /// Puts the stack of `polled` in place of the thread's; `None` where the thread is not checked.
    ///
    /// Inlined into the host's code, as its drop is: there a thread-local needs no call.
    #[inline(always)]
    fn new(polled: &'a AsyncTask, boundary: usize) -> Option<Self> {
        let outer = Local::get();
        match outer.phase() {
            Phase::Fresh | Phase::Active(_) => {}
            Phase::Busy | Phase::Sink | Phase::Off => return None,
        }
        let phase = match polled.stack() {
            Some(task) => {
                task.own();
                Phase::Active(task)
            }
            None => Phase::Fresh,
        };
        task::enter_apart(phase, polled.unseen.get());
        let outer_polling = polling::change(|now| {
            *now = Polling {
                task: polled,
                boundary,
                // A deadline of who polls it ends a part of that one, and not a task of its own.
                bounded: now.bounded && !polled.spawned,
                leaf: None,
            };
        });
        Some(Self {
            polled,
            outer,
            outer_polling,
        })
    }
}

impl Drop for Entered<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        polling::set(self.outer_polling);
        let inner = Local::get();
        self.polled.unseen.set(inner.unseen());
        self.outer.set();
        // Validation is off, or a bug of ours put this thread out.
        if inner.phase() == Phase::Off {
            task::set_phase(Phase::Off);
        }
    }
}
