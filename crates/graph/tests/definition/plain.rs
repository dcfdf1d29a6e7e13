//! The plain definition: dependencies, and every cycle that they make, one by one.

use std::collections::BTreeSet;

use heldby_graph::{Cycle, Hold, Kind, Step, Want};

pub(crate) type Key = (u32, u32, Kind);

/// A dependency, with the gates under which every occurrence of it was seen.
#[derive(Clone, Debug)]
pub(crate) struct Dependency {
    pub(crate) key: Key,
    pub(crate) gates: BTreeSet<u32>,
    pub(crate) told: bool,
}

/// Everything that was seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Definition {
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) writers: BTreeSet<u32>,
}

/// A strong cycle that passes each class once, as positions of dependencies.
pub(crate) type Ring = Vec<usize>;

impl Definition {
    fn key(&self, at: usize) -> Key {
        self.dependencies[at].key
    }

    fn crosses(&self, at: usize) -> bool {
        let (from, to, _) = self.key(at);
        from != to
    }

    /// Whether who took the first waits for who takes the second.
    pub(crate) fn joins(&self, first: Key, second: Key) -> bool {
        let strong = match (first.2.want, second.2.hold) {
            (Want::Write, _) | (_, Hold::Exclusive) => true,
            (Want::Read, Hold::Shared) => self.writers.contains(&first.1),
            (Want::Recursive, Hold::Shared) => false,
        };
        first.1 == second.0 && strong
    }

    /// Adds an occurrence; the position of its dependency, unless it adds nothing.
    pub(crate) fn add(&mut self, key: Key, gates: &BTreeSet<u32>) -> Option<usize> {
        let (from, to, kind) = key;
        let implies = |known: &Dependency| {
            (known.key.0, known.key.1) == (from, to)
                && known.key.2.implies(kind)
                && known.gates.is_subset(gates)
        };
        if self.dependencies.iter().any(implies) {
            return None;
        }
        let same = |known: &Dependency| known.key == key;
        if let Some(at) = self.dependencies.iter().position(same) {
            self.dependencies[at]
                .gates
                .retain(|gate| gates.contains(gate));
            return Some(at);
        }
        self.dependencies.push(Dependency {
            key,
            gates: gates.clone(),
            told: false,
        });
        Some(self.dependencies.len() - 1)
    }

    pub(crate) fn remove(&mut self, class: u32) {
        self.dependencies
            .retain(|known| known.key.0 != class && known.key.1 != class);
        self.writers.remove(&class);
    }

    pub(crate) fn tell(&mut self, cycle: &Cycle) {
        for step in &cycle.steps {
            let key = (step.from, step.to, step.kind);
            for known in self
                .dependencies
                .iter_mut()
                .filter(|known| known.key == key)
            {
                known.told = true;
            }
        }
    }

    /// Whether a closed strong walk through dependency `start` passes more than one class.
    pub(crate) fn has_walk_through(&self, start: usize) -> bool {
        let mut seen = vec![[false; 2]; self.dependencies.len()];
        let mut stack = vec![(start, self.crosses(start))];
        while let Some((at, crossed)) = stack.pop() {
            let joined = |&next: &usize| self.joins(self.key(at), self.key(next));
            for next in (0..self.dependencies.len()).filter(joined) {
                if next == start && crossed {
                    return true;
                }
                let crossed = crossed || self.crosses(next);
                if !std::mem::replace(&mut seen[next][usize::from(crossed)], true) {
                    stack.push((next, crossed));
                }
            }
        }
        false
    }

    /// Every cycle through dependency `start` that passes each class once, more than one of them,
    /// and in which no nested lock can be left out.
    pub(crate) fn rings_through(&self, start: usize) -> Vec<Ring> {
        let mut rings = Vec::new();
        self.extend(vec![start], &mut rings);
        rings
    }

    pub(crate) fn rings(&self) -> Vec<Ring> {
        (0..self.dependencies.len())
            .flat_map(|start| self.rings_through(start))
            .collect()
    }

    fn extend(&self, path: Ring, rings: &mut Vec<Ring>) {
        let last = self.key(path[path.len() - 1]);
        if self.joins(last, self.key(path[0])) && self.is_irreducible(&path) {
            rings.push(path.clone());
        }
        for next in 0..self.dependencies.len() {
            let enters =
                |&before: &usize| self.crosses(before) && self.key(before).1 == self.key(next).1;
            let again = path.contains(&next) || (self.crosses(next) && path.iter().any(enters));
            if !again && self.joins(last, self.key(next)) {
                self.extend([path.as_slice(), &[next]].concat(), rings);
            }
        }
    }

    fn is_irreducible(&self, ring: &Ring) -> bool {
        let count = ring.len();
        let needed = |at: usize| {
            let (before, after) = (ring[(at + count - 1) % count], ring[(at + 1) % count]);
            self.crosses(ring[at]) || !self.joins(self.key(before), self.key(after))
        };
        ring.iter().any(|&at| self.crosses(at)) && (0..count).all(needed)
    }

    /// The gates that are common to all dependencies of a ring.
    pub(crate) fn common(&self, ring: &Ring) -> BTreeSet<u32> {
        let mut gates = ring.iter().map(|&at| self.dependencies[at].gates.clone());
        let first = gates.next().expect("a ring has dependencies");
        gates.fold(first, |common, gates| &common & &gates)
    }

    pub(crate) fn is_fresh(&self, ring: &Ring) -> bool {
        ring.iter().any(|&at| !self.dependencies[at].told)
    }

    /// Whether a fair reader waits for a reader of `class` somewhere in the ring.
    pub(crate) fn needs_writer(&self, ring: &Ring, class: u32) -> bool {
        let next = ring.iter().cycle().skip(1);
        ring.iter().zip(next).any(|(&at, &next)| {
            let (first, second) = (self.key(at), self.key(next));
            first.1 == class && first.2.want == Want::Read && second.2.hold == Hold::Shared
        })
    }

    /// Checks that every step of a cycle happened and waits for the next; returns it as a ring.
    pub(crate) fn assert_is_witness(&self, cycle: &Cycle) -> Ring {
        let as_key = |step: &Step| (step.from, step.to, step.kind);
        let next = cycle.steps.iter().cycle().skip(1);
        for (step, next) in cycle.steps.iter().zip(next) {
            assert!(
                self.joins(as_key(step), as_key(next)),
                "weak joint in {cycle:?}"
            );
            let fair_behind_reader = step.kind.want == Want::Read && next.kind.hold == Hold::Shared;
            assert_eq!(step.queued_writer, fair_behind_reader);
        }
        let position = |step: &Step| {
            let found = self
                .dependencies
                .iter()
                .position(|known| known.key == as_key(step));
            found.unwrap_or_else(|| panic!("{step:?} never happened"))
        };
        cycle.steps.iter().map(position).collect()
    }
}
