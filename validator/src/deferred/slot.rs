//! A place for one chain that a signal handler made.
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

use crate::held::Entry;
use crate::held_lock::HeldLock;
use crate::limits::DEFERRED_ENTRIES;
use crate::sync::{AtomicBool, AtomicPtr, AtomicU32, Ordering, array, const_fn};
use crate::task::Task;

/// One chain.
pub(crate) struct Slot {
    owner: AtomicPtr<Task>,
    /// Whether the newest lock was waited for.
    waits: AtomicBool,
    len: AtomicU32,
    /// What stood in the handler's context, newest first: the lock that was asked for is the first,
    /// the mark of the context the last.
    entries: [Entry; DEFERRED_ENTRIES],
}

/// What became of an attempt to take a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It belongs to the task.
    Yes,
    /// It belongs to a task already.
    No,
}

/// A chain, copied out.
pub(crate) struct Deferred {
    pub(crate) wanted: HeldLock,
    /// What stood below it in its context, newest first.
    pub(crate) below: Vec<HeldLock>,
    pub(crate) waits: bool,
}

impl Slot {
    const_fn! {
        pub(crate) fn new() -> Self {
            Self {
                owner: AtomicPtr::new(std::ptr::null_mut()),
                waits: AtomicBool::new(false),
                len: AtomicU32::new(0),
                entries: array![Entry::new(0); DEFERRED_ENTRIES],
            }
        }
    }

    pub(crate) fn is_of(&self, task: &Task) -> bool {
        // Relaxed: compared only; a thread sees its own stores.
        std::ptr::eq(self.owner.load(Ordering::Relaxed), task)
    }

    /// Takes the slot if it belongs to nobody.
    pub(crate) fn take(&self, task: &'static Task) -> Taken {
        let owner = std::ptr::from_ref(task).cast_mut();
        let (free, taken) = (std::ptr::null_mut(), Ordering::Acquire);
        // Acquire: pairs with the Release in `give_back`.
        let exchange = self
            .owner
            .compare_exchange(free, owner, taken, Ordering::Relaxed);
        match exchange {
            Ok(_) => Taken::Yes,
            Err(_) => Taken::No,
        }
    }

    pub(crate) fn give_back(&self) {
        // Release: pairs with the Acquire in `take`.
        self.owner.store(std::ptr::null_mut(), Ordering::Release);
    }

    /// Stores a chain, newest first, of at most [`DEFERRED_ENTRIES`]; by the owner.
    pub(crate) fn fill(&self, chain: impl IntoIterator<Item = HeldLock>, waits: bool) {
        let mut len = 0;
        for (entry, lock) in self.entries.iter().zip(chain) {
            entry.store(lock);
            len += 1;
        }
        // Relaxed, both: the owner's own.
        self.waits.store(waits, Ordering::Relaxed);
        self.len.store(len, Ordering::Relaxed);
    }

    /// Whether the chain in it is that of the key, and as it waits; for the owner.
    pub(crate) fn holds(&self, key: u64, waits: bool) -> bool {
        // Relaxed: the owner's own.
        self.entries[0].load().key == key && self.waits.load(Ordering::Relaxed) == waits
    }

    /// The chain in it; for the owner.
    pub(crate) fn chain(&self) -> Option<Deferred> {
        // Relaxed, both: the owner's own.
        let len = self.len.load(Ordering::Relaxed) as usize;
        let mut entries = self.entries[..len].iter().map(Entry::load);
        Some(Deferred {
            wanted: entries.next()?,
            below: entries.collect(),
            waits: self.waits.load(Ordering::Relaxed),
        })
    }
}
