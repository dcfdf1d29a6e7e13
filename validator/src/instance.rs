//! What is kept of single locks beside their eight bytes, by instance, where a host asks for it.
//!
//! A lock that was told nothing costs nothing here. One that was costs about 24 bytes, until it goes.

use std::sync::atomic::{AtomicBool, Ordering};

use dashmap::DashMap;
use once_cell::race::OnceBox;

use crate::cold::Inside;
use crate::limits::NOTE_SHARDS;

/// A number for each lock that was given one.
pub(crate) struct Notes {
    numbers: OnceBox<DashMap<u32, u64>>,
    /// Some lock has a number, so that one that goes has to be looked up.
    any: AtomicBool,
}

/// The place of each lock in the order of its class.
pub(crate) static ORDER: Notes = Notes::new();

/// Where each lock was when it last took the slow path.
pub(crate) static ADDRESS: Notes = Notes::new();

impl Notes {
    const fn new() -> Self {
        Self {
            numbers: OnceBox::new(),
            any: AtomicBool::new(false),
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
            // Relaxed: whoever drops the lock got it from whoever gave it the number, or is that
            // thread.
            self.any.store(true, Ordering::Relaxed);
        }
    }

    /// The number of the lock `instance`, if it has one.
    pub(crate) fn get(&self, instance: u32) -> Option<u64> {
        // Relaxed: see `set`.
        if !self.any.load(Ordering::Relaxed) {
            return None;
        }
        let _inside = Inside::enter();
        self.numbers().get(&instance).map(|number| *number)
    }

    /// Takes the number of a lock that is gone.
    fn take(&self, instance: u32) -> Option<u64> {
        // Relaxed: see `set`.
        if !self.any.load(Ordering::Relaxed) {
            return None;
        }
        let _inside = Inside::enter();
        self.numbers().remove(&instance).map(|(_, number)| number)
    }
}

/// Forgets what was kept of a lock that is gone.
pub(crate) fn forget(instance: u32) {
    ORDER.take(instance);
    ADDRESS.take(instance);
}

/// Hands on what was kept of a lock that is made anew: it is in the same place, and is what it was.
pub(crate) fn hand_on(from: u32, to: u32) {
    for notes in [&ORDER, &ADDRESS] {
        if let Some(number) = notes.take(from) {
            notes.set(to, number);
        }
    }
}
