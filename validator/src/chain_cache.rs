//! The chains that one task found known, which is what a known acquire looks at.
//!
//! A cache grows with the chains that its thread walks: a small one stays in the nearest memory of the
//! processor, and one that is too small costs the thread a wrongly guessed branch, a call and a line of
//! the table of all tasks again and again.

use crate::limits::{MAX_TASK_CHAINS, TASK_CHAINS, TASK_CHAINS_GROWTH};
use crate::sync::{AtomicPtr, AtomicU32, AtomicU64, Ordering, const_fn, zeroed};

/// A cache grows when one in so many of its places was in the way of another key.
const CROWDED: usize = 32;

/// What a cache says of a chain.
pub(crate) enum Answer {
    /// It was validated.
    Known,
    /// It nests two locks of one class, which are told by their instances.
    ByInstance,
    /// Another chain has its place.
    Other,
    /// Nothing.
    Nothing,
}

/// The chains that one task found known.
///
/// | a place of `key` | meaning |
/// | --- | --- |
/// | `key` | the chain was validated |
/// | `!key` | its newest lock is of a class that is held: the [`case_key`](crate::chain::case_key) stands here or does not |
/// | another one | nothing |
///
/// No key has a place where its complement would have one, so none is taken for the other.
/// Only the owner stores anything but 0, and only the owner grows it.
pub(crate) struct ChainCache {
    /// The keys of `places`; for the owner, as `mask` is, so that a look-up follows one pointer.
    keys: AtomicPtr<AtomicU64>,
    /// How many places there are, or were before `keys` grew, less one.
    mask: AtomicU64,
    /// All places, for others.
    places: AtomicPtr<Places>,
    /// How often a key was moved to its second place since it grew.
    moved: AtomicU32,
}

/// What a cache has room in: a power of two of places, at least two. They are never freed, since another
/// thread may be about to clear them; those that came before are fewer, all together.
pub(crate) struct Places(&'static [AtomicU64]);

impl Places {
    /// # Panics
    /// When their number is no power of two, or less than two.
    pub(crate) const fn new(keys: &'static [AtomicU64]) -> Self {
        assert!(keys.len().is_power_of_two() && keys.len() > 1);
        Self(keys)
    }

    fn leaked(len: usize) -> &'static Self {
        Box::leak(Box::new(Self::new(Box::leak(zeroed(len)))))
    }
}

impl ChainCache {
    // A cache that knows nothing, and never learns if `places` are those of others as well.
    const_fn! {
        pub(crate) fn with(places: &'static Places) -> Self {
            Self {
                keys: AtomicPtr::new(places.0.as_ptr().cast_mut()),
                mask: AtomicU64::new(places.0.len() as u64 - 1),
                places: AtomicPtr::new(std::ptr::from_ref(places).cast_mut()),
                moved: AtomicU32::new(0),
            }
        }
    }

    pub(crate) fn new() -> Self {
        Self::with(Places::leaked(TASK_CHAINS))
    }

    /// The two places that a key can have, the first one first.
    #[inline(always)]
    fn places_of(&self, key: u64) -> [&AtomicU64; 2] {
        // Relaxed, both: the owner's own.
        let keys = self.keys.load(Ordering::Relaxed).cast_const();
        let first = (key >> 32 & self.mask.load(Ordering::Relaxed)) as usize;
        // SAFETY: neither number has a bit that the mask does not have; that is one less than the number
        // of the keys, or of those that they grew from, which is a power of two of at least 2. The keys
        // live for ever.
        let place = |at| unsafe { &*keys.add(at) };
        [place(first), place(first ^ 1)]
    }

    #[inline(always)]
    pub(crate) fn knows(&self, key: u64) -> bool {
        let [first, second] = self.places_of(key);
        // Relaxed, both: the key is the whole message.
        first.load(Ordering::Relaxed) == key || second.load(Ordering::Relaxed) == key
    }

    /// As [`knows`](Self::knows), with what else there is to say.
    pub(crate) fn answer(&self, key: u64) -> Answer {
        // Relaxed: the key is the whole message.
        let here = self
            .places_of(key)
            .map(|place| place.load(Ordering::Relaxed));
        if here.contains(&key) {
            Answer::Known
        } else if here.contains(&!key) {
            Answer::ByInstance
        } else if here.contains(&0) {
            Answer::Nothing
        } else {
            Answer::Other
        }
    }

    /// Learns that the chain `key` is told by its instances, and of these ones, whose key is `nesting`,
    /// that they were judged and nothing was wrong; while the graph is locked.
    pub(crate) fn learn_nesting(&self, key: u64, nesting: u64) {
        self.put(key, !key);
        self.learn(nesting);
    }

    pub(crate) fn learn(&self, key: u64) {
        self.put(key, key);
    }

    /// Stores `word` in the first place of `key`, and what was there in the second; whoever makes the
    /// store of the word safe against a [`clear`](Self::clear) makes that of the other one.
    fn put(&self, key: u64, word: u64) {
        // Relaxed, all: the key is the whole message.
        let [first, second] = self.places_of(key);
        let before = first.load(Ordering::Relaxed);
        if before == word {
            return;
        }
        if before != 0 {
            if self.is_crowded() {
                self.grow();
            } else {
                second.store(before, Ordering::Relaxed);
            }
        }
        self.places_of(key)[0].store(word, Ordering::Relaxed);
    }

    fn len(&self) -> usize {
        // Relaxed: the owner's own.
        self.mask.load(Ordering::Relaxed) as usize + 1
    }

    /// Whether it becomes larger when it is crowded.
    pub(crate) fn can_grow(&self) -> bool {
        self.len() < MAX_TASK_CHAINS
    }

    /// Counts one key that is in the way of another; whether there were so many that the cache should
    /// grow, and it can.
    fn is_crowded(&self) -> bool {
        // Relaxed, both: the owner's own.
        let moved = self.moved.load(Ordering::Relaxed) + 1;
        self.moved.store(moved, Ordering::Relaxed);
        moved as usize > self.len() / CROWDED && self.can_grow()
    }

    /// Takes more places, in which nothing is known yet.
    ///
    /// Whoever clears the cache meanwhile clears the old ones or the new ones. If the old ones, then its
    /// fence came before that of who learns a chain in the new ones, which is then told of by what it
    /// reads behind it.
    #[cold]
    fn grow(&self) {
        let grown = Places::leaked(self.len() * TASK_CHAINS_GROWTH);
        // Relaxed: the owner's own.
        self.moved.store(0, Ordering::Relaxed);
        let places = std::ptr::from_ref(grown).cast_mut();
        // Release: pairs with the Acquire in `clear`. Before the keys, so that a signal handler learns
        // nothing where no other thread clears it.
        self.places.store(places, Ordering::Release);
        // Release, both: a signal handler finds no more places than there are.
        self.keys
            .store(grown.0.as_ptr().cast_mut(), Ordering::Release);
        self.mask.store(grown.0.len() as u64 - 1, Ordering::Release);
    }

    pub(crate) fn clear(&self) {
        // Acquire: pairs with the Release in `grow`, so that the zeros there come before ours.
        let places = self.places.load(Ordering::Acquire);
        // SAFETY: it points to what was leaked, or is a static.
        let Places(keys) = unsafe { &*places };
        // Relaxed: `ChainTable::forget` orders it where that matters.
        keys.iter().for_each(|key| key.store(0, Ordering::Relaxed));
    }
}
