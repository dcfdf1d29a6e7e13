//! Chains that signal handlers made, to be validated when their threads acquire a lock outside.
//!
//! There are a few slots for them in the process, since a handler must not allocate.

mod slot;

use std::sync::atomic::Ordering;

use crate::cold::in_validator;
use crate::context;
use crate::held_lock::HeldLock;
use crate::limits::{DEFERRED_CHAINS, DEFERRED_ENTRIES};
use crate::ops::{self, MayPanic};
use crate::task::Task;
use crate::validate;
use slot::{Deferred, Slot, Taken};

static SLOTS: [Slot; DEFERRED_CHAINS] = [const { Slot::new() }; DEFERRED_CHAINS];

/// Keeps the chain of `wanted` on top of what `task` holds in its handler. In that handler: no lock,
/// no allocation.
///
/// Where there is no room for it, it is met again when the handler runs again.
pub(crate) fn add(task: &'static Task, wanted: HeldLock, waits: bool) {
    let mut own = SLOTS.iter().filter(|slot| slot.is_of(task));
    if own.any(|slot| slot.holds(wanted.key, waits)) {
        return;
    }
    let below = || context::context_with_mark(task).map(|(_, entry)| entry);
    let len = 1 + below().count();
    if len > DEFERRED_ENTRIES {
        return;
    }
    let Some(slot) = SLOTS.iter().find(|slot| slot.take(task) == Taken::Yes) else {
        return;
    };
    slot.fill(std::iter::once(wanted).chain(below()), waits);
    // Relaxed: this thread's own.
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
