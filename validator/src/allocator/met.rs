//! The locks that the global allocator was met with.
//!
//! # Invariants
//! - The table only grows. Two threads that meet a class at once may both enter it.
//! - A class is met while its first lock is registered, at the latest.
//!
//! # Orderings
//! Loads and stores of the table are relaxed: what is in it is its own message.
//! It is ordered before the locks that it is about: a lock is registered with Release, see
//! [`crate::word`], and whoever looks has an Acquire fence between the words that it saw so far and
//! the table. So who holds a lock of a met class, or asks for one that is registered, finds the class.

use crate::limits::ALLOCATOR_CLASSES;
use crate::sync::{AtomicU32, AtomicU64, Ordering, array, const_fn, fence};
use crate::word::Word;

/// Class words, which are odd, and origins of locks not registered, which are even.
pub(crate) struct Met {
    entries: [AtomicU64; ALLOCATOR_CLASSES],
    /// How many entries are taken; more than there are once it is full.
    count: AtomicU32,
}

/// What a look at a lock tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// No lock was met yet.
    NothingMet,
    /// The lock is another one.
    Other,
    /// The lock is the allocator's.
    Met,
}

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Added {
    Yes,
    Known,
    /// There was no room for it.
    Full {
        /// So it was for no other one before.
        first: bool,
    },
}

impl Met {
    const_fn! {
        pub(crate) fn new() -> Self {
            Self { entries: array![AtomicU64::new(0); ALLOCATOR_CLASSES], count: AtomicU32::new(0) }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        // Relaxed: see the module.
        self.count.load(Ordering::Relaxed) == 0
    }

    /// Whether a class was met.
    pub(crate) fn has(&self, class: u64) -> bool {
        // Relaxed: see the module; an entry that is being stored is met by its own thread later.
        let met = (self.count.load(Ordering::Relaxed) as usize).min(ALLOCATOR_CLASSES);
        self.entries[..met]
            .iter()
            .any(|known| known.load(Ordering::Relaxed) == class)
    }

    /// Looks at a lock that is asked for.
    pub(crate) fn look(&self, word: &Word) -> Look {
        let class = class_of(word.ids());
        // Acquire: pairs with the Release of each registration whose lock this thread has seen.
        fence(Ordering::Acquire);
        match (self.is_empty(), self.has(class)) {
            (true, _) => Look::NothingMet,
            (false, false) => Look::Other,
            (false, true) => Look::Met,
        }
    }

    pub(crate) fn add(&self, class: u64) -> Added {
        if self.has(class) {
            return Added::Known;
        }
        // Relaxed, all: see the module.
        let index = self.count.fetch_add(1, Ordering::Relaxed) as usize;
        if let Some(entry) = self.entries.get(index) {
            entry.store(class, Ordering::Relaxed);
            return Added::Yes;
        }
        self.count
            .store(ALLOCATOR_CLASSES as u32 + 1, Ordering::Relaxed);
        Added::Full {
            first: index == ALLOCATOR_CLASSES,
        }
    }
}

/// What all locks of a class have in common: the class word, or where they were made.
pub(crate) fn class_of(ids: u64) -> u64 {
    if ids & 1 == 1 {
        ids & u64::from(u32::MAX)
    } else {
        ids
    }
}
