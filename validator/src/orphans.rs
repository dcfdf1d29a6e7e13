//! Orphaned locks: locks that another thread held when this process was forked.
//!
//! The child has a copy of the lock's memory, in which it is held, and not the thread that would
//! release it. Who waits for it there waits for ever.
//!
//! # Invariants
//! - The table is written by the fork handler of a child alone, while the process has one thread
//!   and nobody is inside the validator.
//! - No chain is known whose newest lock is of a class in it: such an acquire is always looked at.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::class::ClassId;
use crate::held::HeldLock;
use crate::mailbox;
use crate::mode::Mode;
use crate::site::Site;
use crate::task::Task;

/// A hold that nobody ends.
#[derive(Clone, Debug)]
pub(crate) struct Orphan {
    /// The thread that has it in the parent.
    pub(crate) thread: Arc<str>,
    pub(crate) mode: Mode,
    pub(crate) site: Site,
}

#[derive(Default)]
struct Orphans {
    by_instance: FxHashMap<u32, Vec<Orphan>>,
    classes: FxHashSet<ClassId>,
}

/// Some lock was held by another thread at a fork that this process came from.
static ANY: AtomicBool = AtomicBool::new(false);

fn orphans() -> MutexGuard<'static, Option<Orphans>> {
    static ORPHANS: Mutex<Option<Orphans>> = Mutex::new(None);
    ORPHANS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Notes what the task of a thread holds that this process does not have; true if it holds anything.
///
/// A thread that was just changing the middle of its stack cannot be read, and is left out.
pub(crate) fn note(task: &Task) -> bool {
    let held = mailbox::held(task);
    let holds = |lock: &HeldLock| {
        let shown = !lock.meta.is_hidden() && !lock.is_mark();
        shown && !lock.meta.is_waiting() && lock.instance() != 0
    };
    let held: Vec<_> = held.into_iter().filter(holds).collect();
    if held.is_empty() {
        return false;
    }
    let mut orphans = orphans();
    let orphans = orphans.get_or_insert_default();
    for lock in held {
        orphans.classes.insert(class_of(&lock));
        let holds = orphans.by_instance.entry(lock.instance()).or_default();
        holds.push(Orphan {
            thread: task.name(),
            mode: lock.mode(),
            site: lock.site,
        });
    }
    // Relaxed: the process has one thread, and those that it makes come after.
    ANY.store(true, Ordering::Relaxed);
    true
}

fn class_of(lock: &HeldLock) -> ClassId {
    ClassId::from_word(lock.class_word()).base()
}

/// Whether a lock of the wanted one's class is orphaned.
pub(crate) fn has_class_of(wanted: &HeldLock) -> bool {
    // Relaxed: see `note`.
    ANY.load(Ordering::Relaxed)
        && orphans()
            .as_ref()
            .is_some_and(|orphans| orphans.classes.contains(&class_of(wanted)))
}

/// The orphaned hold that the wanted lock waits for.
pub(crate) fn in_the_way(wanted: &HeldLock) -> Option<Orphan> {
    // Relaxed: see `note`.
    if !ANY.load(Ordering::Relaxed) {
        return None;
    }
    let orphans = orphans();
    let holds = orphans.as_ref()?.by_instance.get(&wanted.instance())?;
    let blocks = |orphan: &&Orphan| [orphan.mode, wanted.mode()].contains(&Mode::Write);
    holds.iter().find(blocks).cloned()
}
