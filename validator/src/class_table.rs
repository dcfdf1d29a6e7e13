//! The classes by their numbers.
//!
//! Every rule asks for several classes at every acquire that is validated, so that look-up hashes
//! nothing and takes no lock, and what the rules ask for stands in the table itself.
//!
//! # Invariants
//! - Numbers are dense and given once, and a class is never taken out.
//! - A chunk never moves: it is made when its first class comes, and holds twice as many as the one
//!   before it.

use std::sync::OnceLock;

use once_cell::race::OnceBox;

use crate::class::Facts;

/// How many classes the first chunk holds, a power of two.
const FIRST: u32 = 64;

/// Enough for every number that there can be.
const CHUNKS: usize = (u32::BITS - FIRST.trailing_zeros() + 1) as usize;

/// All classes of the process.
#[derive(Debug)]
pub(crate) struct ClassTable {
    chunks: [OnceBox<Vec<OnceLock<Facts>>>; CHUNKS],
}

/// The chunk of a number, and where in that it stands.
fn place(number: u32) -> (usize, usize) {
    let shifted = u64::from(number) + u64::from(FIRST);
    let chunk = shifted.ilog2() - FIRST.ilog2();
    let begin = u64::from(FIRST) << chunk;
    (chunk as usize, (shifted - begin) as usize)
}

impl ClassTable {
    pub(crate) const fn new() -> Self {
        Self {
            chunks: [const { OnceBox::new() }; CHUNKS],
        }
    }

    /// The class of that number, if there is one.
    #[inline]
    pub(crate) fn get(&self, number: u32) -> Option<&Facts> {
        let (chunk, at) = place(number);
        self.chunks.get(chunk)?.get()?.get(at)?.get()
    }

    /// Puts in a class; the number is given once, so nobody waits for another who does the same.
    pub(crate) fn insert(&self, number: u32, facts: Facts) {
        let (chunk, at) = place(number);
        let room = (FIRST as usize) << chunk;
        let make = || Box::new((0..room).map(|_| OnceLock::new()).collect());
        let place = &self.chunks[chunk].get_or_init(make)[at];
        place.set(facts).expect("a number is given once");
    }

    /// All classes, in the order of their numbers.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Facts> {
        let chunks = self.chunks.iter().filter_map(OnceBox::get);
        chunks.flatten().filter_map(OnceLock::get)
    }
}

#[cfg(test)]
mod tests {
    use super::{CHUNKS, place};

    #[test]
    fn every_number_has_a_place_of_its_own() {
        let rows = [
            (0, (0, 0)),
            (63, (0, 63)),
            (64, (1, 0)),
            (191, (1, 127)),
            (192, (2, 0)),
            (u32::MAX, (CHUNKS - 1, 63)),
        ];
        for (number, expected) in rows {
            assert_eq!(place(number), expected, "{number}");
        }
    }
}
