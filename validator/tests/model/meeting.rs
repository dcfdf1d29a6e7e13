//! Locks of the allocator that threads meet, and others see.

use loom::sync::Arc;
use loom::thread;

use crate::met::{Look, Met, class_of};
use crate::word::{Word, odd};

/// What was met, and a lock that comes to be registered.
struct Allocator {
    met: Met,
    lock: Word,
}

const LOCK: u64 = 1 << 32 | 3;
const OTHER: u64 = 2 << 32 | 5;

impl Allocator {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            met: Met::new(),
            lock: Word::new(std::ptr::without_provenance_mut(8)),
        })
    }

    /// Registers the lock, whose class is met by then.
    fn register(&self) {
        self.lock.register(|_| {
            self.met.add(class_of(LOCK));
            Some(LOCK)
        });
    }

    /// Takes the lock, and asks for another one under it.
    fn nest(&self) {
        if self.lock.ids() == LOCK {
            let under_it = self.met.look(&Word::new(odd(OTHER)));
            assert_ne!(under_it, Look::NothingMet);
            assert!(self.met.has(class_of(LOCK)));
        }
    }
}

#[test]
fn who_holds_a_lock_of_the_allocator_knows_it() {
    loom::model(|| {
        let allocator = Allocator::new();
        let nesting = {
            let allocator = Arc::clone(&allocator);
            thread::spawn(move || allocator.nest())
        };
        allocator.register();
        nesting.join().unwrap();
        assert_eq!(allocator.met.look(&allocator.lock), Look::Met);
    });
}

/// Whoever registers the lock may have found its class in the table, where another thread put it.
#[test]
fn who_finds_a_class_met_hands_that_on() {
    loom::model(|| {
        let allocator = Allocator::new();
        let [meeting, nesting] = {
            let [meets, nests] = [0, 1].map(|_| Arc::clone(&allocator));
            [
                thread::spawn(move || {
                    meets.met.add(class_of(LOCK));
                }),
                thread::spawn(move || nests.nest()),
            ]
        };
        allocator.register();
        meeting.join().unwrap();
        nesting.join().unwrap();
    });
}

#[test]
fn what_two_threads_meet_at_once_is_kept() {
    loom::model(|| {
        let allocator = Allocator::new();
        let other = {
            let allocator = Arc::clone(&allocator);
            thread::spawn(move || allocator.met.add(class_of(OTHER)))
        };
        allocator.met.add(class_of(LOCK));
        other.join().unwrap();
        assert!(
            [LOCK, OTHER]
                .map(class_of)
                .map(|class| allocator.met.has(class))
                == [true; 2]
        );
    });
}
