//! What a task has on no stack: the holds of its branches that are not polled now, and the locks that its
//! futures wait for.
//!
//! # Invariants
//! - The list is locked by who is inside the validator alone, so no fork leaves it locked.

use crate::held::HeldLock;
use crate::sync::{AtomicU32, Mutex, Ordering, PoisonError, const_fn};

/// Entries of a task that are on no stack, each with the number of the branch or future that it is of.
#[derive(Debug)]
pub(crate) struct Parked {
    /// How many there are, so that a task without any is not locked.
    count: AtomicU32,
    holds: Mutex<Vec<(u64, HeldLock)>>,
}

impl Parked {
    const_fn! {
        pub(crate) fn new() -> Self {
            Self {
                count: AtomicU32::new(0),
                holds: Mutex::new(Vec::new()),
            }
        }
    }

    fn change<R>(&self, change: impl FnOnce(&mut Vec<(u64, HeldLock)>) -> R) -> R {
        let mut holds = self.holds.lock().unwrap_or_else(PoisonError::into_inner);
        let result = change(&mut holds);
        // Relaxed: a hint; who must see the holds locks them.
        self.count.store(holds.len() as u32, Ordering::Relaxed);
        result
    }

    /// Whether there is none, as far as is known; for the owner for certain.
    pub(crate) fn is_empty(&self) -> bool {
        // Relaxed: see `change`.
        self.count.load(Ordering::Relaxed) == 0
    }

    /// Parks holds of a branch, oldest first.
    pub(crate) fn add(&self, branch: u64, holds: &[HeldLock]) {
        self.change(|all| all.extend(holds.iter().map(|&lock| (branch, lock))));
    }

    /// The holds of one branch, oldest first, which are parked no more.
    pub(crate) fn take(&self, branch: u64) -> Vec<HeldLock> {
        self.change(|all| {
            let is_own = |&mut (of, _): &mut (u64, HeldLock)| of == branch;
            all.extract_if(.., is_own).map(|(_, lock)| lock).collect()
        })
    }

    /// Takes the newest hold of the lock `instance` away; false if there is none. Inside the validator.
    pub(crate) fn release(&self, instance: u32) -> bool {
        !self.is_empty()
            && self.change(|all| {
                let newest = all
                    .iter()
                    .rposition(|(_, lock)| lock.instance() == instance);
                newest.map(|at| all.remove(at)).is_some()
            })
    }

    /// All of them, for any thread. Inside the validator.
    pub(crate) fn all(&self) -> Vec<HeldLock> {
        match self.is_empty() {
            true => Vec::new(),
            false => self.change(|all| all.iter().map(|&(_, lock)| lock).collect()),
        }
    }

    pub(crate) fn clear(&self) {
        if !self.is_empty() {
            self.change(Vec::clear);
        }
    }
}
