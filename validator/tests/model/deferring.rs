//! A slot for a handler's chain, which two tasks want.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;

use crate::chain::SEED;
use crate::holding::{lock, number};
use crate::slot::{Slot, Taken};
use crate::task::Task;

/// A slot, and what tells whether two tasks use it at once or without an order.
struct Watched {
    slot: Slot,
    uses: UnsafeCell<u32>,
}

// SAFETY: the cell is used by who owns the slot alone; that it is so is what the model checks.
unsafe impl Sync for Watched {}

impl Watched {
    /// Counts a use by the owner.
    fn note(&self) {
        // SAFETY: the pointer is not kept, and the model checker finds who uses it at the same time.
        self.uses.with_mut(|uses| unsafe { *uses += 1 });
    }

    /// Keeps the lock `n` for the task, if there is room, and takes it out again.
    fn keep(&self, task: &'static Task, n: u32) {
        assert!(!self.slot.is_of(task));
        if self.slot.take(task) == Taken::No {
            return;
        }
        self.note();
        assert!(self.slot.is_of(task));
        let chain = lock(n, SEED);
        self.slot.fill([chain], true);
        assert!(self.slot.holds(chain.key, true));
        let kept = self.slot.chain().expect("it was filled");
        assert_eq!(number(&kept.wanted, SEED), n);
        assert!(kept.below.is_empty() && kept.waits);
        self.note();
        self.slot.give_back();
        assert!(!self.slot.is_of(task));
    }
}

#[test]
fn a_slot_belongs_to_one_task() {
    loom::model(|| {
        let watched = Arc::new(Watched {
            slot: Slot::new(),
            uses: UnsafeCell::new(0),
        });
        let other = {
            let watched = Arc::clone(&watched);
            thread::spawn(move || watched.keep(Task::leaked(), 2))
        };
        let task = Task::leaked();
        watched.keep(task, 1);
        watched.keep(task, 3);
        other.join().unwrap();
        assert_eq!(watched.slot.take(task), Taken::Yes, "it was given back");
    });
}
