//! Looks at the lock words that are more or less than a lock: speculation, and approximate asserts.

use std::collections::BTreeSet;

use loom::sync::atomic::AtomicU32;

use crate::space::{ALL, Space, model};
use crate::sync::{Arc, Ordering};
use crate::vma_lock::StartRead;

/// Two words that a writer changes together.
#[derive(Default)]
struct Pair(AtomicU32, AtomicU32);

impl Pair {
    // Relaxed, everywhere: it is ordered by the sequence, or seen torn.
    fn get(&self) -> (u32, u32) {
        (
            self.0.load(Ordering::Relaxed),
            self.1.load(Ordering::Relaxed),
        )
    }

    fn set(&self, value: u32) {
        self.0.store(value, Ordering::Relaxed);
        self.1.store(value, Ordering::Relaxed);
    }
}

/// What a speculation beside this many write sections saw, if it held.
fn speculate_beside(sections: u32) -> BTreeSet<Option<u32>> {
    model(ALL, move || {
        let space = Space::detached();
        let pair = Arc::new(Pair::default());
        let reader = {
            let pair = Arc::clone(&pair);
            space.spawn(move |space| {
                let seq = space.mm.speculate()?;
                let (one, other) = pair.get();
                space.mm.speculation_holds(seq).then(|| {
                    assert_eq!(one, other, "it is torn, at sequence {seq}");
                    one
                })
            })
        };
        for section in 1..=sections {
            space.in_write_section(|| pair.set(section));
        }
        reader.join().unwrap()
    })
}

#[test]
fn a_speculation_sees_no_torn_pair() {
    assert_eq!(speculate_beside(1), [None, Some(0), Some(1)].into());
}

#[test]
fn a_speculation_beside_two_sections() {
    let seen = speculate_beside(2);
    assert_eq!(seen, [None, Some(0), Some(1), Some(2)].into());
}

/// An assert without the validator must not alarm while what it asks for is held, whatever a doomed
/// reader or a writer that drains does to the words.
#[test]
fn no_true_claim_alarms_beside_a_doomed_reader() {
    let locked = model(ALL, || {
        let space = Space::new();
        let reader = space.spawn(|space| {
            let locked = space.start_read() == StartRead::Locked;
            if locked {
                assert!(space.vma.seems_locked(&space.mm));
                space.end_read();
            }
            locked
        });
        space.in_write_section(|| {
            assert!(space.mm.is_locked() && space.mm.is_write_locked());
            space.start_write();
            assert!(space.vma.seems_write_locked(&space.mm));
            assert!(space.vma.seems_locked(&space.mm));
        });
        reader.join().unwrap()
    });
    assert_eq!(locked, [false, true].into());
}
