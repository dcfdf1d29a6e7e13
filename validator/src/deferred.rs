//! Chains that signal handlers made, to be validated when their threads acquire a lock outside.
//!
//! # Invariants
//! - A slot belongs to the task in `owner`, and only that task's thread, a handler on it included,
//!   writes or reads its other fields. A slot without owner belongs to nobody.
//! - A handler that interrupts another ends before that goes on, so a thread that looks through its
//!   slots outside of handlers meets none that is half-written.
//!
//! # Orderings
//! A slot that is given back may be taken by another thread: the store of `owner` is a Release, and
//! the exchange that takes it an Acquire.

use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};

use crate::cold::in_validator;
use crate::context;
use crate::held::Entry;
use crate::held_lock::HeldLock;
use crate::limits::{DEFERRED_CHAINS, DEFERRED_ENTRIES};
use crate::ops::{self, MayPanic};
use crate::task::Task;
use crate::validate;

/// One chain.
struct Slot {
    owner: AtomicPtr<Task>,
    /// Whether the newest lock was waited for.
    waits: AtomicBool,
    len: AtomicUsize,
    /// What stood in the handler's context, newest first: the lock that was asked for is the first,
    /// the mark of the context the last.
    entries: [Entry; DEFERRED_ENTRIES],
}

static SLOTS: [Slot; DEFERRED_CHAINS] = [const { Slot::new() }; DEFERRED_CHAINS];

/// A chain, copied out.
pub(crate) struct Deferred {
    pub(crate) wanted: HeldLock,
    /// What stood below it in its context, newest first.
    pub(crate) below: Vec<HeldLock>,
    pub(crate) waits: bool,
}

impl Slot {
    const fn new() -> Self {
        Self {
            owner: AtomicPtr::new(std::ptr::null_mut()),
            waits: AtomicBool::new(false),
            len: AtomicUsize::new(0),
            entries: [const { Entry::new(0) }; DEFERRED_ENTRIES],
        }
    }

    fn is_of(&self, task: &Task) -> bool {
        // Relaxed: compared only; a thread sees its own stores.
        std::ptr::eq(self.owner.load(Ordering::Relaxed), task)
    }

    /// Takes the slot if it belongs to nobody.
    fn take(&self, task: &'static Task) -> bool {
        let owner = std::ptr::from_ref(task).cast_mut();
        let (free, taken) = (std::ptr::null_mut(), Ordering::Acquire);
        // Acquire: pairs with the Release in `give_back`.
        let exchange = self
            .owner
            .compare_exchange(free, owner, taken, Ordering::Relaxed);
        exchange.is_ok()
    }

    fn give_back(&self) {
        // Release: pairs with the Acquire in `take`.
        self.owner.store(std::ptr::null_mut(), Ordering::Release);
    }

    fn chain(&self) -> Option<Deferred> {
        // Relaxed, both: this thread's own stores.
        let len = self.len.load(Ordering::Relaxed);
        let mut entries = self.entries[..len].iter().map(Entry::load);
        Some(Deferred {
            wanted: entries.next()?,
            below: entries.collect(),
            waits: self.waits.load(Ordering::Relaxed),
        })
    }
}

/// Keeps the chain of `wanted` on top of what `task` holds in its handler. In that handler: no lock,
/// no allocation.
///
/// Where there is no room for it, it is met again when the handler runs again.
pub(crate) fn add(task: &'static Task, wanted: HeldLock, waits: bool) {
    let newest = |slot: &Slot| slot.entries[0].load().key;
    let mut own = SLOTS.iter().filter(|slot| slot.is_of(task));
    if own.any(|slot| newest(slot) == wanted.key && slot.waits.load(Ordering::Relaxed) == waits) {
        return;
    }
    let below = || context::context_with_mark(task).map(|(_, entry)| entry);
    let len = 1 + below().count();
    if len > DEFERRED_ENTRIES {
        return;
    }
    let Some(slot) = SLOTS.iter().find(|slot| slot.take(task)) else {
        return;
    };
    let chain = std::iter::once(wanted).chain(below());
    for (entry, lock) in slot.entries.iter().zip(chain) {
        entry.store(lock);
    }
    // Relaxed, all: this thread's own.
    slot.waits.store(waits, Ordering::Relaxed);
    slot.len.store(len, Ordering::Relaxed);
    task.handlers.deferred.fetch_add(1, Ordering::Relaxed);
}

/// Takes out every chain that handlers on `task` left. Not in a handler.
pub(crate) fn take(task: &Task) -> Vec<Deferred> {
    let own = SLOTS.iter().filter(|slot| slot.is_of(task));
    let chain = |slot: &Slot| {
        let chain = slot.chain();
        slot.give_back();
        // Relaxed: this thread's own.
        task.handlers.deferred.fetch_sub(1, Ordering::Relaxed);
        chain
    };
    own.filter_map(chain).collect()
}

/// Judges what signal handlers left for now.
#[track_caller]
pub(crate) fn judge(task: &'static Task, may_panic: MayPanic) {
    if task.has_deferred() {
        let violations = in_validator(|| validate::deferred(task.validator(), task));
        ops::conclude(task, violations.unwrap_or_default(), may_panic);
    }
}

/// Gives back the slots of a task that ends.
pub(crate) fn forget(task: &Task) {
    SLOTS
        .iter()
        .filter(|slot| slot.is_of(task))
        .for_each(Slot::give_back);
    // Relaxed: nobody runs on it any more.
    task.handlers.deferred.store(0, Ordering::Relaxed);
}
