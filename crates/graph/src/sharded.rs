//! A hash table that never moves all of its entries at once.
//!
//! One table of a hundred thousand entries takes milliseconds when it grows, and the thread that asks
//! for a lock just then waits for them.

use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash};

use rustc_hash::{FxBuildHasher, FxHashMap};

/// How many parts there are, a power of two. The table is empty memory of 2 KiB, once it has an entry.
const PARTS: usize = 64;

/// A hash table in many small parts: when it grows, it is one part at a time.
#[derive(Clone, Debug)]
pub struct ShardedMap<K, V> {
    /// Nothing before the first entry.
    parts: Vec<FxHashMap<K, V>>,
}

impl<K, V> Default for ShardedMap<K, V> {
    fn default() -> Self {
        Self { parts: Vec::new() }
    }
}

impl<K: Eq + Hash, V> ShardedMap<K, V> {
    /// The part of a key. A part looks at the lowest and the highest bits of the hash, so that what
    /// chooses it must be another mixture of them.
    fn part_of(key: &(impl Hash + ?Sized)) -> usize {
        const MIX: u64 = 0x9E37_79B9_7F4A_7C15;
        let mixed = FxBuildHasher.hash_one(key).wrapping_mul(MIX);
        (mixed >> (u64::BITS - PARTS.trailing_zeros())) as usize
    }

    fn part_mut(&mut self, key: &K) -> &mut FxHashMap<K, V> {
        if self.parts.is_empty() {
            self.parts.resize_with(PARTS, FxHashMap::default);
        }
        &mut self.parts[Self::part_of(key)]
    }

    /// The value of `key`.
    #[must_use]
    pub fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.parts.get(Self::part_of(key))?.get(key)
    }

    /// The value of `key`, to be changed.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.parts.get_mut(Self::part_of(key))?.get_mut(key)
    }

    /// Sets the value of `key`.
    pub fn insert(&mut self, key: K, value: V) {
        self.part_mut(&key).insert(key, value);
    }

    /// The value of `key`, which is `value` from now on if it had none.
    pub fn get_or_insert(&mut self, key: K, value: V) -> &mut V {
        self.part_mut(&key).entry(key).or_insert(value)
    }

    /// Takes `key` out, and returns its value.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        self.parts.get_mut(Self::part_of(key))?.remove(key)
    }

    /// How many keys have a value.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parts.iter().map(FxHashMap::len).sum()
    }

    /// Whether no key has a value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.iter().all(FxHashMap::is_empty)
    }

    /// All keys and values, in the same order each time.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.parts.iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::{PARTS, ShardedMap};

    #[test]
    fn the_parts_share_what_comes() {
        let mut map = ShardedMap::default();
        let pairs = (0..100_u32).flat_map(|from| (0..100).map(move |to| (from, to << 12)));
        for (value, pair) in pairs.clone().enumerate() {
            map.insert(pair, value);
        }
        assert_eq!(map.len(), 10_000);
        assert!(
            pairs
                .enumerate()
                .all(|(value, pair)| map.get(&pair) == Some(&value))
        );
        let largest = map.parts.iter().map(|part| part.len()).max();
        assert!(largest < Some(2 * 10_000 / PARTS), "{largest:?}");
        assert_eq!(map.remove(&(7, 7 << 12)), Some(707));
        assert_eq!(map.get(&(7, 7 << 12)), None);
        assert_eq!(map.iter().count(), 9_999);
    }

    #[test]
    fn an_empty_one_has_nothing() {
        let mut map: ShardedMap<u32, u32> = ShardedMap::default();
        assert!(map.is_empty());
        assert_eq!(map.get(&1), None);
        assert_eq!(map.remove(&1), None);
        assert_eq!(*map.get_or_insert(1, 2), 2);
        assert_eq!(*map.get_or_insert(1, 3), 2);
        *map.get_mut(&1).expect("it is there") = 4;
        assert_eq!(map.get(&1), Some(&4));
    }
}
