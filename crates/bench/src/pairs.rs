//! Random pairs: more chains than a small cache has.

use std::hint::black_box;

use crate::locks::Lock;
use crate::random::Random;
use crate::rounds::Work;

/// Two random pairs for each lock, in random order, always the lower lock first.
pub(crate) fn work<L: Lock>(locks: usize) -> Work {
    let mut random = Random::new(locks as u64);
    let pairs: Vec<_> = (0..2 * locks).map(|_| random.pair(locks)).collect();
    let locks: Vec<L> = (0..locks).map(L::make).collect();
    // All chains are known once every pair was taken twice: learned, and then found.
    for &(outer, inner) in pairs.iter().chain(&pairs) {
        let _outer = locks[outer].acquire();
        drop(locks[inner].acquire());
    }
    let mut next = 0;
    Work::new(2, move |repeat| {
        let locks = black_box(&locks);
        for _ in 0..repeat {
            let (outer, inner) = pairs[next];
            next = if next + 1 == pairs.len() { 0 } else { next + 1 };
            let _outer = locks[outer].acquire();
            let _inner = locks[inner].acquire();
        }
    })
}
