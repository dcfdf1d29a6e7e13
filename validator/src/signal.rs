//! Signal handlers: a context that can come anywhere, in the validator too.
//!
//! # Invariants
//! - In a handler nothing of ours waits for a lock or allocates: the interrupted thread may hold the
//!   allocator's lock, and another one that holds ours may wait for that. So a handler only looks at
//!   its own stack and at the caches of chains; what it does not find there is
//!   [deferred](crate::deferred) to the thread's next acquire outside.
//! - A thread that is inside the validator, or has no task yet, is passed through.
//! - Whatever a handler changes of its thread it puts back, word by word: it may have interrupted a
//!   push, a removal, or a change of phase half-way, and those go on with the words that they knew.
//!   What it puts back of the stack: [`crate::interrupted`].

use std::marker::PhantomData;
use std::sync::atomic::{AtomicU32, Ordering, compiler_fence};

use crate::acquire::Acquire;
use crate::cold;
use crate::context;
use crate::context_kind::ContextKind;
use crate::deferred;
use crate::held::Entry;
use crate::interrupted::{Interrupted, Runs};
use crate::limits::INLINE_HELD;
use crate::mailbox;
use crate::map::LockMap;
use crate::ops;
use crate::rules::recursion;
use crate::site::Site;
use crate::stack;
use crate::task::{self, Local, Phase, Task};
use crate::validate;

/// The signal handlers of a task. Only its owner writes it, and the handlers that interrupt that.
pub(crate) struct Handlers {
    runs: Runs,
    /// How many chains wait to be validated.
    pub(crate) deferred: AtomicU32,
}

impl Handlers {
    pub(crate) const fn new() -> Self {
        Self {
            runs: Runs::new(),
            deferred: AtomicU32::new(0),
        }
    }
}

/// A signal handler at work, until it is dropped.
#[derive(Debug)]
pub struct Handler {
    local: Local,
    entry: usize,
    stack: Option<(&'static Task, Interrupted)>,
    _not_send: PhantomData<*const ()>,
}

/// Says that the calling thread runs a signal handler, until the answer is dropped.
///
/// Whatever the handler takes is checked against what threads hold where it can interrupt them.
/// It must not end before the handler is left, and a handler is not left by a jump.
///
/// # Cost
/// A few dozen stores. No lock, no allocation, no call of the system.
#[must_use = "the handler lasts until it is dropped"]
pub fn enter_handler(site: Site) -> Handler {
    let (local, entry) = (Local::get(), stack::entry());
    compiler_fence(Ordering::SeqCst);
    let stack = match local.phase() {
        Phase::Active(task) if has_room(task) => Some(task),
        Phase::Active(_) | Phase::Fresh | Phase::Busy | Phase::Sink | Phase::Off => None,
    };
    let phase = match (stack, local.phase()) {
        (Some(task), _) => Phase::Active(task),
        (None, Phase::Off) => Phase::Off,
        // What it takes passes through.
        (None, _) => Phase::Busy,
    };
    task::enter_handler(phase);
    Handler {
        local,
        entry,
        stack: stack.map(|task| interrupt(task, site)),
        _not_send: PhantomData,
    }
}

/// Whether what a handler takes fits the entries that are always there.
fn has_room(task: &Task) -> bool {
    const HANDLER_ENTRIES: usize = 16;
    task.held.depth() + HANDLER_ENTRIES <= INLINE_HELD
}

fn interrupt(task: &'static Task, site: Site) -> (&'static Task, Interrupted) {
    let interrupted = Interrupted::begin(&task.held, &task.handlers.runs);
    context::enter(task, ContextKind::SIGNAL, true, site);
    (task, interrupted)
}

impl Drop for Handler {
    fn drop(&mut self) {
        if let Some((task, interrupted)) = &self.stack {
            interrupted.end(&task.held, &task.handlers.runs);
            if task.has_deferred() {
                // The next acquire finds nothing known, and comes by the slow path.
                task.chains.clear();
            }
        }
        compiler_fence(Ordering::SeqCst);
        stack::set_entry(self.entry);
        self.local.set();
    }
}

/// Signals masked by the calling thread, until it is dropped.
#[derive(Debug)]
pub struct Masked {
    task: Option<&'static Task>,
    site: Site,
    _not_send: PhantomData<*const ()>,
}

/// Says that no signal handler can interrupt the calling thread, until the answer is dropped.
///
/// Block the signals before it, and unblock them after it.
#[must_use = "the signals count as masked until it is dropped"]
pub fn mask_handlers(site: Site) -> Masked {
    stack::mark_entry();
    let task = cold::task();
    if let Some(task) = task {
        context::push_mask(task, ContextKind::SIGNAL, site);
    }
    Masked {
        task,
        site,
        _not_send: PhantomData,
    }
}

impl Drop for Masked {
    fn drop(&mut self) {
        stack::mark_entry();
        // The thread may have ended its task, or be inside the validator.
        if let (Some(task), Phase::Active(current)) = (self.task, task::phase())
            && task == current
        {
            context::pop_mask(task, ContextKind::SIGNAL, self.site);
        }
    }
}

impl Task {
    /// Whether signal handlers on it left something to be judged.
    pub(crate) fn has_deferred(&self) -> bool {
        // Relaxed: this task's own.
        self.handlers.deferred.load(Ordering::Relaxed) > 0
    }

    /// Whether its thread runs a signal handler.
    #[inline(always)]
    pub(crate) fn is_in_handler(&self) -> bool {
        self.handlers.runs.is_running()
    }
}

/// Whether the calling thread runs a signal handler that is recorded.
pub(crate) fn is_in_handler() -> bool {
    matches!(task::phase(), Phase::Active(task) if task.is_in_handler())
}

/// Lets a handler use the validator as if it were none, until it is dropped.
pub(crate) struct AsOutside {
    task: &'static Task,
    running: u32,
}

impl AsOutside {
    pub(crate) fn new(task: &'static Task) -> Self {
        let running = task.handlers.runs.set_aside();
        Self { task, running }
    }
}

impl Drop for AsOutside {
    fn drop(&mut self) {
        self.task.handlers.runs.put_back(self.running);
    }
}

/// What an acquire in a signal handler comes to.
pub(crate) enum InHandler {
    /// It passes through unseen.
    Unseen,
    /// It stands on the stack.
    Pushed(&'static Entry),
    /// The thread waits for itself, which is judged at once: there is nothing to lose.
    Hangs,
}

/// An acquire in a signal handler.
pub(crate) fn acquire(task: &'static Task, map: &LockMap, wanted: Acquire<'_>) -> InHandler {
    let ids = map.ids();
    let registered = ids & 1 == 1 && wanted.subclass == 0;
    if !registered || task.held.depth() >= INLINE_HELD {
        task::pass_through();
        return InHandler::Unseen;
    }
    let lock = ops::entry_of(ids, wanted).on(task.held.key());
    let waits = ops::waits(task, wanted);
    if waits && recursion::waits_for_interrupted(task, &lock) {
        return InHandler::Hangs;
    }
    if wanted.check && !validate::is_known(task, lock, waits) {
        deferred::add(task, lock, waits);
    }
    mailbox::settle(task);
    match task.held.push(lock) {
        Some(entry) => InHandler::Pushed(entry),
        None => InHandler::Unseen,
    }
}
