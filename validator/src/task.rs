//! A task: one held stack, and whose it is.
//!
//! # Invariants
//! - Tasks come from a pool and are never freed, so a reference to one is `'static` and another
//!   thread may always read its stack.
//! - The word that [`current()`] reads is constant-initialised and has no destructor, so it can be read at any
//!   moment of a thread's life.
//! - While a thread is inside the validator or before its first acquire, that word is [`EMPTY`]: a
//!   task whose cache knows no chain and whose stack is empty. Nothing ever hits there, so neither
//!   costs the fast path a check.
//! - When validation is off, and after the end of a thread, it is [`OFF`]: a task whose stack is so
//!   deep that no lock fits onto it, which the fast path tells where it would ask for help.

mod current;
mod identity;

use std::cell::Cell;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::chain::ChainTable;
use crate::chain_cache::{ChainCache, Places};
use crate::deferred;
use crate::held::{HeldStack, State};
use crate::leftovers;
use crate::life::Ancestry;
use crate::lock_stat::{self, Books};
use crate::mailbox::{Mailbox, Post};
use crate::parked::Parked;
use crate::registry;
use crate::rules::pin::Pin;
use crate::signal::Handlers;
use crate::uncancelled::Uncancelled;
use crate::validator::Validator;
use identity::Identity;

/// One held stack with its cache of chains.
#[repr(C, align(64))]
pub(crate) struct Task {
    /// Chain keys that this task found known; see [`crate::chain`].
    pub(crate) chains: ChainCache,
    /// In the cache line of the chains: an acquire needs both.
    pub(crate) held: HeldStack,
    /// The validator that it belongs to; null in the pool and in [`EMPTY`].
    validator: AtomicPtr<Validator>,
    /// The chains of that validator, if it is enough that any task knows one; else null.
    shared: AtomicPtr<ChainTable>,
    /// The thread that started it, see [`this_thread`]; 0 in the pool.
    owner: AtomicUsize,
    pub(crate) identity: Identity,
    /// Instance number of the life of its thread, see [`crate::life`]; 0 if it has none.
    pub(crate) life: AtomicU32,
    pub(crate) ancestry: Mutex<Option<Arc<Ancestry>>>,
    /// Of a task that is driven by hand: what it does now is in an arm that is not marked.
    in_arms: AtomicBool,
    /// What its branches hold that are not polled now.
    pub(crate) parked: Parked,
    /// What its futures wait for, each by its number.
    pub(crate) awaits: Parked,
    /// What others tell it of its locks.
    pub(crate) mailbox: Mailbox,
    /// Pins of what it holds; only its owner asks.
    pins: Mutex<Vec<Pin>>,
    /// Signal handlers that run on it, and chains that they left to be validated later.
    pub(crate) handlers: Handlers,
    /// What is counted of its locks, if its validator counts.
    books: Mutex<Option<Books>>,
}

/// The chains of [`EMPTY`] and [`OFF`], which never learn one.
static NOTHING_KNOWN: Places = {
    static KEYS: [AtomicU64; 2] = [const { AtomicU64::new(0) }; 2];
    Places::new(&KEYS)
};

/// The task on which nothing is ever known.
pub(crate) static EMPTY: Task = Task::on(HeldStack::new());

/// The task of threads that are not checked.
static OFF: Task = Task::on(HeldStack::in_state(State::OFF));

/// What a thread is to the validator, asked only off the fast path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It has acquired nothing yet.
    Fresh,
    /// It has a task.
    Active(&'static Task),
    /// It is inside the validator; what it acquires now is the allocator's, and passes through.
    Busy,
    /// It is in a sink; what it acquires now passes through.
    Sink,
    /// Its thread-local state is gone, or validation is off.
    Off,
}

impl Phase {
    const OFF: *const Task = std::ptr::without_provenance(1);
    const SINK: *const Task = std::ptr::without_provenance(2);

    /// One word, so that a signal handler never meets a part of one: the task of an active thread,
    /// null for a fresh one, [`EMPTY`] for a busy one, 1 for off, 2 in a sink.
    fn encode(self) -> *const Task {
        match self {
            Self::Fresh => std::ptr::null(),
            Self::Active(task) => task,
            Self::Busy => &EMPTY,
            Self::Sink => Self::SINK,
            Self::Off => Self::OFF,
        }
    }

    /// What the fast path meets in it.
    fn task(self) -> &'static Task {
        match self {
            Self::Active(task) => task,
            Self::Fresh | Self::Busy | Self::Sink => &EMPTY,
            Self::Off => &OFF,
        }
    }

    fn decode(word: *const Task) -> Self {
        match word {
            _ if word.is_null() => Self::Fresh,
            _ if std::ptr::eq(word, &EMPTY) => Self::Busy,
            _ if std::ptr::eq(word, Self::OFF) => Self::Off,
            _ if std::ptr::eq(word, Self::SINK) => Self::Sink,
            // SAFETY: every other word was encoded from a `'static` task.
            task => Self::Active(unsafe { &*task }),
        }
    }
}

thread_local! {
    /// A [`Phase`], see [`Phase::encode`].
    static PHASE: Cell<*const Task> = const { Cell::new(std::ptr::null()) };
    static BEHIND_BUSY: Cell<Option<&'static Task>> = const { Cell::new(None) };
    /// Acquires that passed through unseen and whose release has not come yet.
    static UNSEEN: Cell<u32> = const { Cell::new(0) };
}

/// The task of this thread, or [`EMPTY`] or [`OFF`].
#[inline(always)]
pub(crate) fn current() -> &'static Task {
    current::get()
}

/// Tells the living threads apart: the address of a thread-local.
fn this_thread() -> usize {
    current::address()
}

pub(crate) fn phase() -> Phase {
    Phase::decode(PHASE.get())
}

/// The task of a thread that is inside the validator or in a sink, if it has one.
///
/// Its stack is whole then: what changes a stack runs outside, or asks for nothing meanwhile, and what
/// a sink or a panic hook drops runs outside.
pub(crate) fn task_behind_busy() -> Option<&'static Task> {
    BEHIND_BUSY.get()
}

/// Enters a phase and returns the one before.
pub(crate) fn set_phase(phase: Phase) -> Phase {
    match (self::phase(), phase) {
        (Phase::Active(task), Phase::Busy | Phase::Sink) => BEHIND_BUSY.set(Some(task)),
        (_, Phase::Busy | Phase::Sink) => {}
        _ => BEHIND_BUSY.set(None),
    }
    current::set(phase.task());
    Phase::decode(PHASE.replace(phase.encode()))
}

/// What a thread is to the validator, word by word: a signal handler may have come between two of
/// them, and puts them back as they were.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Local {
    current: &'static Task,
    phase: *const Task,
    behind_busy: Option<&'static Task>,
    unseen: u32,
}

impl Local {
    #[inline(always)]
    pub(crate) fn get() -> Self {
        Self {
            current: current::get(),
            phase: PHASE.get(),
            behind_busy: BEHIND_BUSY.get(),
            unseen: UNSEEN.get(),
        }
    }

    #[inline(always)]
    pub(crate) fn set(self) {
        current::set(self.current);
        PHASE.set(self.phase);
        BEHIND_BUSY.set(self.behind_busy);
        UNSEEN.set(self.unseen);
    }

    pub(crate) fn phase(self) -> Phase {
        Phase::decode(self.phase)
    }

    pub(crate) fn unseen(self) -> u32 {
        self.unseen
    }
}

/// Enters a phase apart from the one before, which whoever does that puts back word by word; `unseen`
/// acquires passed through unseen there.
#[inline(always)]
pub(crate) fn enter_apart(phase: Phase, unseen: u32) {
    let apart = Local {
        current: phase.task(),
        phase: phase.encode(),
        behind_busy: None,
        unseen,
    };
    apart.set();
}

/// Enters a phase for a signal handler, which puts the words of the one before back.
pub(crate) fn enter_handler(phase: Phase) {
    set_phase(phase);
    BEHIND_BUSY.set(None);
}

/// Counts an acquire that passes through unseen.
pub(crate) fn pass_through() {
    UNSEEN.set(UNSEEN.get().saturating_add(1));
}

/// Takes one off that count; false if there is none, so that the release belongs to nothing unseen.
pub(crate) fn pass_release() -> bool {
    let unseen = UNSEEN.get();
    UNSEEN.set(unseen.saturating_sub(1));
    unseen > 0
}

/// Whether some acquire of this thread passed through unseen and is not released.
#[inline(always)]
pub(crate) fn has_unseen() -> bool {
    UNSEEN.get() > 0
}

/// Keeps the thread in a phase until it is dropped.
///
/// In the validator and in a sink it is not cancelled.
pub(crate) struct PhaseGuard {
    before: Phase,
    behind_busy: Option<&'static Task>,
    _uncancelled: Option<Uncancelled>,
}

impl PhaseGuard {
    pub(crate) fn enter(phase: Phase) -> Self {
        let is_ours = |phase| matches!(phase, Phase::Busy | Phase::Sink);
        let is_asked_for = cfg!(feature = "cancelled-threads");
        let begins = is_asked_for && is_ours(phase) && !is_ours(self::phase());
        Self {
            _uncancelled: begins.then(Uncancelled::begin),
            behind_busy: BEHIND_BUSY.get(),
            before: set_phase(phase),
        }
    }
}

impl Drop for PhaseGuard {
    fn drop(&mut self) {
        set_phase(self.before);
        BEHIND_BUSY.set(self.behind_busy);
    }
}

impl Task {
    const fn on(held: HeldStack) -> Self {
        Self {
            held,
            chains: ChainCache::with(&NOTHING_KNOWN),
            validator: AtomicPtr::new(std::ptr::null_mut()),
            shared: AtomicPtr::new(std::ptr::null_mut()),
            owner: AtomicUsize::new(0),
            identity: Identity::new(),
            life: AtomicU32::new(0),
            ancestry: Mutex::new(None),
            in_arms: AtomicBool::new(false),
            parked: Parked::new(),
            awaits: Parked::new(),
            mailbox: Mailbox::new(),
            pins: Mutex::new(Vec::new()),
            handlers: Handlers::new(),
            books: Mutex::new(None),
        }
    }

    /// Whether this is [`EMPTY`], which nothing may be pushed onto.
    #[inline(always)]
    pub(crate) fn is_empty(&self) -> bool {
        std::ptr::eq(self, &EMPTY)
    }

    /// Makes a task, which lives for ever.
    fn make() -> &'static Self {
        Box::leak(Box::new(Self {
            chains: ChainCache::new(),
            ..Self::on(HeldStack::new())
        }))
    }

    /// Takes a task from the pool, or makes one, and registers it.
    pub(crate) fn start(validator: &Arc<Validator>, name: Option<&str>) -> &'static Self {
        static STARTED: AtomicU32 = AtomicU32::new(1);
        let pooled = pool().pop();
        let task = pooled.unwrap_or_else(Self::make);
        // Relaxed: a counter, nothing is ordered by it.
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let name = name.map_or_else(unnamed, Arc::from);
        task.identity.begin(number, name);
        task.mailbox.open(number);
        task.owner.store(this_thread(), Ordering::Relaxed);
        let shared = validator.plain_chains().map(std::ptr::from_ref);
        // Relaxed: only the owner follows it.
        let shared = shared.map_or(std::ptr::null_mut(), <*const ChainTable>::cast_mut);
        task.shared.store(shared, Ordering::Relaxed);
        let validator = Arc::into_raw(Arc::clone(validator)).cast_mut();
        // Release: pairs with the Acquire in `validator`.
        task.validator.store(validator, Ordering::Release);
        registry::add(number, task);
        task
    }

    /// The calling thread has it from now on.
    pub(crate) fn own(&self) {
        // Relaxed: see `is_of_this_thread`.
        self.owner.store(this_thread(), Ordering::Relaxed);
    }

    /// Whether the calling thread started it, or had it last.
    pub(crate) fn is_of_this_thread(&self) -> bool {
        // Relaxed: compared only; a thread sees its own store.
        self.owner.load(Ordering::Relaxed) == this_thread()
    }

    /// Gives the task back to the pool, and returns its count of the validator, which is to be
    /// dropped outside: with the last one a host's sinks go. Its owner must not use it any more.
    #[must_use]
    pub(crate) fn end(&'static self) -> Option<Arc<Validator>> {
        lock_stat::close(self);
        self.owner.store(0, Ordering::Relaxed);
        registry::remove(self.number());
        self.identity.end();
        self.life.store(0, Ordering::Relaxed);
        *self.ancestry.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.held.clear();
        self.set_in_arms(false);
        self.parked.clear();
        self.awaits.clear();
        for post in self.mailbox.close() {
            // Of what it has left over by now.
            if let Post::Released(instance) = post {
                leftovers::release(self, instance);
            }
        }
        self.chains.clear();
        // Relaxed: only the owner follows it.
        self.shared.store(std::ptr::null_mut(), Ordering::Relaxed);
        self.pins().clear();
        deferred::forget(self);
        let validator = self.validator.swap(std::ptr::null_mut(), Ordering::AcqRel);
        pool().push(self);
        // SAFETY: a pointer that is not null came from `Arc::into_raw` in `start`, and the swap took
        // it once.
        (!validator.is_null()).then(|| unsafe { Arc::from_raw(validator) })
    }

    /// The validator that it belongs to; only for its owner, between `start` and `end`.
    pub(crate) fn validator(&self) -> &Validator {
        // Acquire: pairs with the Release in `start`.
        let validator = self.validator.load(Ordering::Acquire);
        // SAFETY: the task holds a count of the `Arc` until `end`, after which its owner does not
        // ask any more.
        unsafe { validator.as_ref() }.expect("a started task has a validator")
    }

    /// The chains that all tasks of its validator share, if a known one needs no more than that; only
    /// for its owner, as [`validator`](Self::validator).
    pub(crate) fn shared_chains(&self) -> Option<&ChainTable> {
        // Relaxed: the owner's own.
        let shared = self.shared.load(Ordering::Relaxed);
        // SAFETY: a pointer that is not null is to a part of the validator, of which the task holds a
        // count until `end`.
        unsafe { shared.as_ref() }
    }

    /// Another count of the validator; only for its owner, as [`validator`](Self::validator).
    pub(crate) fn share_validator(&self) -> Arc<Validator> {
        let validator: *const Validator = self.validator();
        // SAFETY: the pointer came from `Arc::into_raw`, and the task keeps its own count.
        unsafe {
            Arc::increment_strong_count(validator);
            Arc::from_raw(validator)
        }
    }

    /// Whether the task belongs to `validator`; for any thread.
    pub(crate) fn belongs_to(&self, validator: &Validator) -> bool {
        // Relaxed: compared only, never followed.
        std::ptr::eq(self.validator.load(Ordering::Relaxed), validator)
    }

    pub(crate) fn number(&self) -> u32 {
        self.identity.number()
    }

    /// Instance number of the life of its thread; 0 if it has none.
    pub(crate) fn life(&self) -> u32 {
        // Relaxed: its own message.
        self.life.load(Ordering::Relaxed)
    }

    pub(crate) fn ancestry(&self) -> Option<Arc<Ancestry>> {
        let ancestry = self.ancestry.lock().unwrap_or_else(PoisonError::into_inner);
        ancestry.clone()
    }

    /// Says whether what the task does now is in an arm that is not marked; for its owner.
    pub(crate) fn set_in_arms(&self, in_arms: bool) {
        // Relaxed: the owner's own.
        self.in_arms.store(in_arms, Ordering::Relaxed);
    }

    pub(crate) fn is_in_arms(&self) -> bool {
        // Relaxed: the owner's own.
        self.in_arms.load(Ordering::Relaxed)
    }

    pub(crate) fn pins(&self) -> MutexGuard<'_, Vec<Pin>> {
        self.pins.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn books(&self) -> MutexGuard<'_, Option<Books>> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn name(&self) -> Arc<str> {
        self.identity.name()
    }
}

/// A name for a task that has none, told apart from others by a number.
fn unnamed() -> Arc<str> {
    static COUNT: AtomicU32 = AtomicU32::new(1);
    // Relaxed: a counter, nothing is ordered by it.
    format!("unnamed-{}", COUNT.fetch_add(1, Ordering::Relaxed)).into()
}

impl PartialEq for Task {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Task {}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("name", &self.name())
            .field("held", &self.held)
            .finish()
    }
}

fn pool() -> MutexGuard<'static, Vec<&'static Task>> {
    static POOL: Mutex<Vec<&'static Task>> = Mutex::new(Vec::new());
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}
