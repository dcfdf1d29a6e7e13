//! Chains: every ordered stack of classes and modes is validated once.
//!
//! A chain key is a hash of the class and mode of every held lock, oldest first.
//! A known key says that the whole chain was validated, so the key is the whole message.
//!
//! # Invariants
//! - A chain whose newest class was already held is never inserted: two locks of one class are
//!   judged by instance, which no key tells.
//! - A taken try or timed acquire neither looks up nor inserts: its chain would answer for a
//!   blocking one, which was never checked.
//! - A table never grows and may forget: an overwritten chain is validated again.
//!
//! # Orderings
//! All loads and stores of keys are relaxed: nothing is published beside the key itself, and a key
//! is one word, so it is never torn.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::limits::{SHARED_CHAINS, TASK_CHAINS};
use crate::mode::Mode;

/// Odd and without structure: the multiplier of a multiplicative hash, from the golden ratio.
const K: u64 = 0x9E37_79B9_7F4A_7C15;

/// The key of an empty stack.
pub(crate) const SEED: u64 = 0x6865_6C64_6279_0001;

/// The key of the chain `key`, and then a lock of the class with word `class` in `mode`.
#[inline(always)]
pub(crate) fn extend(key: u64, class: u32, mode: Mode) -> u64 {
    (key.rotate_left(23) ^ u64::from(class) ^ ((mode as u64) << 32)).wrapping_mul(K)
}

/// Slot of `key` in a task's own cache.
#[inline(always)]
pub(crate) fn task_slot(key: u64) -> usize {
    (key >> (64 - TASK_CHAINS.trailing_zeros())) as usize
}

/// The chains that any task of a validator has validated.
pub(crate) struct ChainTable {
    keys: Box<[AtomicU64]>,
}

impl ChainTable {
    pub(crate) fn new() -> Self {
        // The allocator hands out zeroed pages untouched, so an unused slot costs no memory.
        let zeroed = vec![0_u64; SHARED_CHAINS].into_boxed_slice();
        // SAFETY: `AtomicU64` has the size, alignment and bit validity of `u64`.
        let keys = unsafe { Box::from_raw(Box::into_raw(zeroed) as *mut [AtomicU64]) };
        Self { keys }
    }

    fn slot(&self, key: u64) -> &AtomicU64 {
        &self.keys[(key >> (64 - SHARED_CHAINS.trailing_zeros())) as usize]
    }

    pub(crate) fn contains(&self, key: u64) -> bool {
        // Relaxed: the key is the whole message.
        self.slot(key).load(Ordering::Relaxed) == key
    }

    pub(crate) fn insert(&self, key: u64) {
        // Relaxed: the key is the whole message.
        self.slot(key).store(key, Ordering::Relaxed);
    }

    pub(crate) fn clear(&self) {
        // Relaxed: a task that still sees an old key sees what it could have seen before.
        self.keys
            .iter()
            .for_each(|key| key.store(0, Ordering::Relaxed));
    }
}

impl std::fmt::Debug for ChainTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChainTable").finish_non_exhaustive()
    }
}
