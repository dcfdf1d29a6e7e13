//! A number for each lock that was given one.
//!
//! # Orderings
//! The table is one of locked parts, so what is in it is whole; only whether to look there at all is
//! told by a flag.
//! A lock that is registered with a number is given that before its word changes, see
//! [`crate::word`]: who has seen its ids sees the flag.
//! Whoever drops a lock got it from whoever gave it a number, or is that thread.

use crate::cold::Inside;
use crate::limits::NOTE_SHARDS;
use crate::sync::{AtomicBool, DashMap, OnceBox, Ordering, const_fn, fence};

/// A number for each lock that was given one.
pub(crate) struct Notes {
    numbers: OnceBox<DashMap<u32, u64>>,
    /// Some lock has a number, so that one that goes has to be looked up.
    any: AtomicBool,
}

impl Notes {
    const_fn! {
        pub(crate) fn new() -> Self {
            Self { numbers: OnceBox::new(), any: AtomicBool::new(false) }
        }
    }

    fn numbers(&self) -> &DashMap<u32, u64> {
        self.numbers
            .get_or_init(|| Box::new(DashMap::with_shard_amount(NOTE_SHARDS)))
    }

    /// Gives the lock `instance` a number; nothing can be kept of an unknown one, which is 0.
    pub(crate) fn set(&self, instance: u32, number: u64) {
        if instance != 0 {
            let _inside = Inside::enter();
            self.numbers().insert(instance, number);
            // Relaxed: see the module.
            self.any.store(true, Ordering::Relaxed);
        }
    }

    /// The number of the lock `instance`, if it has one.
    pub(crate) fn get(&self, instance: u32) -> Option<u64> {
        // Acquire: pairs with the Release of the word that holds `instance`.
        fence(Ordering::Acquire);
        // Relaxed: the fence orders it.
        if !self.any.load(Ordering::Relaxed) {
            return None;
        }
        let _inside = Inside::enter();
        self.numbers().get(&instance).map(|number| *number)
    }

    /// Takes the number of a lock that is gone.
    pub(crate) fn take(&self, instance: u32) -> Option<u64> {
        // Relaxed: see the module.
        if !self.any.load(Ordering::Relaxed) {
            return None;
        }
        let _inside = Inside::enter();
        self.numbers().remove(&instance).map(|(_, number)| number)
    }
}
