//! What is known of every dependency, apart from where it stands in the order.

use rustc_hash::FxHashMap;

use crate::planted::planted;
use crate::{Kind, KindSet, ShardedMap, Step};

/// Identifies a dependency.
pub(crate) type Key = (u32, u32, Kind);

/// What an occurrence of a dependency adds to what is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// Nothing: it, or one that implies it under no more gates, was known.
    Nothing,
    /// The dependency is new.
    Dependency,
    /// Some gates of the dependency were not held this time.
    FewerGates,
}

/// What is known of a pair of classes.
#[derive(Clone, Copy, Debug, Default)]
struct Pair {
    kinds: KindSet,
    /// The kinds that took part in a cycle that was told.
    told: KindSet,
    /// The caller's, see [`DependencyGraph::note`](crate::DependencyGraph::note).
    note: u32,
}

/// The dependencies.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    pairs: ShardedMap<(u32, u32), Pair>,
    gates: Gates,
}

/// The gates under which every occurrence so far was seen, in ascending order; only of those
/// dependencies that have any.
#[derive(Clone, Debug, Default)]
struct Gates(FxHashMap<Key, Box<[u32]>>);

impl Gates {
    fn of(&self, key: Key) -> &[u32] {
        self.0.get(&key).map_or(&[], |gates| gates)
    }

    /// Whether a dependency of one of `kinds` implies the one of `key`, under no more than `gates`.
    fn allow(&self, kinds: KindSet, (from, to, kind): Key, gates: &[u32]) -> bool {
        let implies = |known: Kind| {
            (known.implies(kind) || planted("keep-first-kind-only"))
                && self
                    .of((from, to, known))
                    .iter()
                    .all(|gate| gates.contains(gate))
        };
        !kinds.is_empty() && kinds.iter().any(implies)
    }
}

impl Known {
    pub(crate) fn len(&self) -> usize {
        self.pairs.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = ((u32, u32), KindSet)> + '_ {
        self.pairs.iter().map(|(&pair, known)| (pair, known.kinds))
    }

    /// The gates of a dependency.
    pub(crate) fn gates(&self, key: Key) -> &[u32] {
        self.gates.of(key)
    }

    pub(crate) fn kinds(&self, from: u32, to: u32) -> KindSet {
        self.pairs
            .get(&(from, to))
            .map(|pair| pair.kinds)
            .unwrap_or_default()
    }

    /// Whether an occurrence under `gates` adds nothing.
    pub(crate) fn implies(&self, key: Key, gates: &[u32]) -> bool {
        let (from, to, _) = key;
        self.gates.allow(self.kinds(from, to), key, gates)
    }

    /// Adds an occurrence under `gates`.
    pub(crate) fn add(&mut self, key: Key, gates: &[u32]) -> News {
        let (from, to, kind) = key;
        let pair = self.pairs.get_or_insert((from, to), Pair::default());
        if self.gates.allow(pair.kinds, key, gates) {
            return News::Nothing;
        }
        if pair.kinds.contains(kind) {
            self.retain_gates(key, |gate| gates.contains(&gate));
            return News::FewerGates;
        }
        pair.kinds.insert(kind);
        if !gates.is_empty() {
            let mut gates: Vec<u32> = gates.to_vec();
            gates.sort_unstable();
            self.gates.0.insert(key, gates.into());
        }
        News::Dependency
    }

    /// What the caller keeps with a pair.
    pub(crate) fn note(&self, pair: (u32, u32)) -> u32 {
        self.pairs.get(&pair).map_or(0, |pair| pair.note)
    }

    /// As [`note`](Self::note), to be changed.
    pub(crate) fn note_mut(&mut self, pair: (u32, u32)) -> Option<&mut u32> {
        self.pairs.get_mut(&pair).map(|pair| &mut pair.note)
    }

    fn retain_gates(&mut self, key: Key, keep: impl Fn(u32) -> bool) {
        if let Some(gates) = self.gates.0.get_mut(&key) {
            *gates = gates.iter().copied().filter(|&gate| keep(gate)).collect();
            if gates.is_empty() {
                self.gates.0.remove(&key);
            }
        }
    }

    /// Takes a gate from every dependency.
    pub(crate) fn remove_gate(&mut self, gate: u32) {
        self.gates.0.retain(|_, gates| {
            if gates.contains(&gate) {
                *gates = gates
                    .iter()
                    .copied()
                    .filter(|&other| other != gate)
                    .collect();
            }
            !gates.is_empty()
        });
    }

    /// Whether the dependency took part in a cycle that was told.
    pub(crate) fn is_told(&self, (from, to, kind): Key) -> bool {
        let pair = self.pairs.get(&(from, to));
        pair.is_some_and(|pair| pair.told.contains(kind))
    }

    /// The dependencies that took part in a cycle that was told.
    pub(crate) fn told(&self) -> impl Iterator<Item = Key> + '_ {
        let told = self.pairs.iter().map(|(&ends, pair)| (ends, pair.told));
        // Most pairs have none, and are passed over at once.
        let told = told.filter(|&(_, kinds)| kinds != KindSet::default());
        told.flat_map(|((from, to), kinds)| kinds.iter().map(move |kind| (from, to, kind)))
    }

    /// Whether the dependency, or one that implies it, took part in a cycle that was told.
    pub(crate) fn is_implied_told(&self, (from, to, kind): Key) -> bool {
        let pair = self.pairs.get(&(from, to));
        pair.is_some_and(|pair| pair.told.implies(kind))
    }

    /// Says that the dependency took part in a cycle that was told, though it is not known yet.
    pub(crate) fn tell_ahead(&mut self, (from, to, kind): Key) {
        let pair = self.pairs.get_or_insert((from, to), Pair::default());
        pair.told.insert(kind);
    }

    /// Says that a cycle is told.
    pub(crate) fn tell(&mut self, steps: &[Step]) {
        for step in steps {
            if let Some(pair) = self.pairs.get_mut(&(step.from, step.to)) {
                pair.told.insert(step.kind);
            }
        }
    }

    /// Forgets a pair; false if it was not known.
    pub(crate) fn remove(&mut self, (from, to): (u32, u32)) -> bool {
        for kind in Kind::ALL {
            self.gates.0.remove(&(from, to, kind));
        }
        self.pairs.remove(&(from, to)).is_some()
    }
}
