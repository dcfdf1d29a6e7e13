//! Chains: every ordered stack of classes and modes is validated once.
//!
//! A chain key is a hash of the class and mode of every held lock, oldest first.
//! A known key says that the whole chain was validated, so the key is the whole message.
//!
//! # Invariants
//! - A chain whose newest class was already held is never inserted: two locks of one class are
//!   judged by instance, which no key tells.
//! - The same locks of one class, nested in the same way under the same ones, are known under a key
//!   of their own, which tells the instances, each by its [factor](FACTORS): [`case_key`].
//! - A taken try or timed acquire neither looks up nor inserts the chain that it makes, which would
//!   answer for a blocking one that was never checked. That its use was marked is known under a key
//!   of its own, behind [`TRIED`].
//! - A table never grows and may forget: an overwritten chain is validated again.
//!
//! # Orderings
//! All loads and stores of keys are relaxed: nothing is published beside the key itself, and a key
//! is one word, so it is never torn.
//! Only when chains are forgotten does an order matter, between a key that is found in the shared
//! table and the own cache that it is copied to: see [`ChainTable::forget`].

use std::ops::Deref;

use crate::chain_cache::ChainCache;
use crate::learned::Learned;
use crate::limits::{INLINE_HELD, SHARED_CHAINS};
use crate::mode::Mode;
use crate::sync::{AtomicU64, Ordering, fence, zeroed};

/// Odd and without structure: the multiplier of a multiplicative hash, from the golden ratio.
const K: u64 = 0x9E37_79B9_7F4A_7C15;

/// The key of an empty stack.
pub(crate) const SEED: u64 = 0x6865_6C64_6279_0001;

/// The key of the chain `key`, and then a lock of the class with word `class` in `mode`.
#[inline(always)]
pub(crate) fn extend(key: u64, class: u32, mode: Mode) -> u64 {
    extend_in(key, class, mode as u32)
}

/// As [`extend`], of the number that a mode is.
#[inline(always)]
pub(crate) fn extend_in(key: u64, class: u32, mode: u32) -> u64 {
    (key.rotate_left(23) ^ u64::from(class) ^ (u64::from(mode) << 32)).wrapping_mul(K)
}

/// The low bits of a word that stands for an entered context instead of a class, and their value;
/// see `context.rs`.
pub(crate) const ENTERED: (u32, u32) = (0b1111, 0b1110);

/// Stands behind a chain whose newest lock was got without waiting: how that lock is used was
/// marked, and nothing else was checked. It is even, so no class, and of no mark.
pub(crate) const TRIED: u32 = 0b0100;

/// Multipliers of the instances on a stack, by their depth: numbers without structure, so that no two
/// stacks of a few small numbers meet in one sum.
pub(crate) const FACTORS: [u64; INLINE_HELD + 1] = {
    let mut factors = [0; INLINE_HELD + 1];
    let mut at = 0;
    while at < factors.len() {
        // Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014.
        let mut mixed = K.wrapping_mul(at as u64 + 1);
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        factors[at] = (mixed ^ mixed >> 31) | 1;
        at += 1;
    }
    factors
};

/// The key of one case of the chain `key`, which `case` tells from all others: of which very locks it
/// is, or at what time it was judged.
#[inline(always)]
pub(crate) fn case_key(key: u64, case: u64) -> u64 {
    (key.rotate_left(23) ^ case).wrapping_mul(K)
}

/// How many places a chain can have in the table, so that two that are in each other's way do not have
/// to be validated in turn.
const WAYS: usize = if SHARED_CHAINS < 8 { SHARED_CHAINS } else { 8 };

/// The chains that any task of a validator has validated.
pub(crate) struct ChainTable {
    /// With a few more, so that the places of a chain can begin with a cache line.
    keys: Box<[AtomicU64]>,
    /// The first one that counts.
    start: usize,
    /// Grows when known chains stop being known.
    generation: AtomicU64,
}

impl ChainTable {
    pub(crate) fn new() -> Self {
        const LINE: usize = 64;
        let keys = zeroed(SHARED_CHAINS + WAYS - 1);
        Self {
            start: keys.as_ptr().align_offset(LINE).min(WAYS - 1),
            keys,
            generation: AtomicU64::new(0),
        }
    }

    /// The places that a key can have, in one cache line: the first one is its own.
    fn slots(&self, key: u64) -> impl Iterator<Item = &AtomicU64> {
        let first = (key >> (64 - SHARED_CHAINS.trailing_zeros())) as usize;
        (0..WAYS).map(move |way| &self.keys[self.start + (first ^ way)])
    }

    pub(crate) fn contains(&self, key: u64) -> bool {
        // Relaxed: the key is the whole message.
        self.slots(key)
            .any(|slot| slot.load(Ordering::Relaxed) == key)
    }

    /// Makes the chain known; the graph lock, which `_graph` shows, keeps who forgets chains away until
    /// that is done.
    pub(crate) fn insert(&self, key: u64, _graph: &Learned) {
        // Relaxed, all: the key is the whole message, and nobody else inserts.
        let place = |wanted| {
            self.slots(key)
                .find(|slot| slot.load(Ordering::Relaxed) == wanted)
        };
        let evicted = || self.slots(key).nth(key as usize % WAYS);
        let slot = place(key).or_else(|| place(0)).or_else(evicted);
        slot.into_iter()
            .for_each(|slot| slot.store(key, Ordering::Relaxed));
    }

    /// Whether the chain is known to any task; the task of `own` then knows it as well.
    pub(crate) fn recall(&self, own: &ChainCache, key: u64) -> bool {
        // Acquire: pairs with the Release in `forget`.
        let generation = self.generation.load(Ordering::Acquire);
        if !self.contains(key) {
            return false;
        }
        own.learn(key);
        // SeqCst: pairs with the fence in `forget`, whose doc tells why.
        fence(Ordering::SeqCst);
        // Relaxed: the fence orders it.
        if self.generation.load(Ordering::Relaxed) == generation {
            return true;
        }
        own.clear();
        false
    }

    /// Makes every chain unknown, so that all are validated again; `caches` tells those of all tasks.
    /// The graph is locked, so nobody inserts meanwhile.
    ///
    /// The shared table is emptied before the generation grows, and the tasks' caches after it.
    /// A task that found a chain in the table stores it in its own cache and then looks at the
    /// generation: either it sees the new one and takes the key out again, or its store came before
    /// the stores of zero here.
    /// Which tasks there are is asked in between: one that starts later finds the table empty.
    pub(crate) fn forget<C: Deref<Target = ChainCache>>(&self, caches: impl FnOnce() -> Vec<C>) {
        // Relaxed: ordered before the generation by its Release.
        self.keys
            .iter()
            .for_each(|key| key.store(0, Ordering::Relaxed));
        // Release: pairs with the Acquire in `recall`; who sees the new generation finds the table
        // empty, or chains that were validated since.
        self.generation.fetch_add(1, Ordering::Release);
        // SeqCst: pairs with the fence in `recall`.
        fence(Ordering::SeqCst);
        caches().iter().for_each(|cache| cache.clear());
    }
}

impl std::fmt::Debug for ChainTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChainTable").finish_non_exhaustive()
    }
}
