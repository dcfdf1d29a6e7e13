//! What a task has on no stack: the holds of its branches that are not polled now, and the locks that its
//! futures wait for.
//!
//! # Invariants
//! - The list is locked by who is inside the validator alone, so no fork leaves it locked.

use smallvec::SmallVec;

use crate::held::HeldLock;
use crate::sync::{AtomicBool, AtomicU32, AtomicU64, Mutex, Ordering, PoisonError, const_fn};

/// Entries of a task that are on no stack, each with the number of the branch or future that it is of.
#[derive(Debug)]
pub(crate) struct Parked {
    /// How many there are, so that a task without any is not locked.
    count: AtomicU32,
    /// The branch that is polled now, the innermost; 0 if none is.
    polled: AtomicU64,
    /// The task has had a branch; only for the owner.
    has_branches: AtomicBool,
    holds: Mutex<Vec<Hold>>,
}

/// A hold that is parked.
#[derive(Clone, Debug)]
struct Hold {
    branch: u64,
    /// The branch that polled that one; 0 if the task itself did. Of one inside of others that are not polled
    /// either, the branch that polled the outermost of those.
    outer: u64,
    /// Those others, outermost last.
    inside_of: SmallVec<[u64; 2]>,
    lock: HeldLock,
}

/// A hold that is parked, as it is seen from what is polled now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    /// Its branch is polled by what is polled now, or by one that is inside of that and not polled either.
    pub(crate) inside: bool,
    pub(crate) lock: HeldLock,
}

impl Parked {
    const_fn! {
        pub(crate) fn new() -> Self {
            Self {
                count: AtomicU32::new(0),
                polled: AtomicU64::new(0),
                has_branches: AtomicBool::new(false),
                holds: Mutex::new(Vec::new()),
            }
        }
    }

    fn change<R>(&self, change: impl FnOnce(&mut Vec<Hold>) -> R) -> R {
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

    /// Says which branch is polled from now on, and returns the one before; by the owner.
    pub(crate) fn poll(&self, branch: u64) -> u64 {
        // Relaxed, all: the owner's own.
        let before = self.polled.load(Ordering::Relaxed);
        self.polled.store(branch, Ordering::Relaxed);
        self.has_branches.store(true, Ordering::Relaxed);
        before
    }

    /// Whether the task has ever had a branch; by the owner.
    pub(crate) fn has_branches(&self) -> bool {
        // Relaxed: the owner's own.
        self.has_branches.load(Ordering::Relaxed)
    }

    /// Adds holds of a branch that `outer` polls, oldest first.
    pub(crate) fn add(&self, branch: u64, outer: u64, holds: &[HeldLock]) {
        let hold = |&lock| Hold {
            branch,
            outer,
            inside_of: SmallVec::new(),
            lock,
        };
        self.change(|all| all.extend(holds.iter().map(hold)));
    }

    /// The branch `left`, which `outer` polls, is polled no more: what is parked in it is in `outer`. By the
    /// owner, inside the validator.
    pub(crate) fn leave(&self, left: u64, outer: u64) {
        if self.is_empty() {
            return;
        }
        self.change(|all| {
            for hold in all.iter_mut().filter(|hold| hold.outer == left) {
                hold.inside_of.push(left);
                hold.outer = outer;
            }
        });
    }

    /// The branch `entered` is polled again, and what is parked in it is there. By the owner, inside the
    /// validator.
    pub(crate) fn enter(&self, entered: u64) {
        if self.is_empty() {
            return;
        }
        let is_in = |hold: &&mut Hold| hold.inside_of.last() == Some(&entered);
        self.change(|all| {
            for hold in all.iter_mut().filter(is_in) {
                hold.inside_of.pop();
                hold.outer = entered;
            }
        });
    }

    /// The holds of one branch, oldest first, which are parked no more.
    pub(crate) fn take(&self, branch: u64) -> Vec<HeldLock> {
        self.change(|all| {
            let own = all.extract_if(.., |hold| hold.branch == branch);
            own.map(|hold| hold.lock).collect()
        })
    }

    /// Takes the newest hold of the lock `instance` away, if there is one. Inside the validator.
    pub(crate) fn take_newest(&self, instance: u32) -> Option<HeldLock> {
        if self.is_empty() {
            return None;
        }
        let is_it = |hold: &Hold| hold.lock.instance() == instance;
        self.change(|all| {
            let newest = all.iter().rposition(is_it);
            newest.map(|at| all.remove(at).lock)
        })
    }

    /// All of them, for any thread. Inside the validator.
    pub(crate) fn all(&self) -> Vec<HeldLock> {
        match self.is_empty() {
            true => Vec::new(),
            false => self.change(|all| all.iter().map(|hold| hold.lock).collect()),
        }
    }

    /// All of them, as they are seen from the branch that is polled now; by the owner. Inside the
    /// validator.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        if self.is_empty() {
            return Vec::new();
        }
        // Relaxed: the owner's own.
        let polled = self.polled.load(Ordering::Relaxed);
        let seen = |hold: &Hold| Seen {
            inside: hold.outer == polled,
            lock: HeldLock {
                meta: hold.lock.meta.implying_nothing(),
                ..hold.lock
            },
        };
        self.change(|all| all.iter().map(seen).collect())
    }

    pub(crate) fn clear(&self) {
        // Relaxed, both: the owner's own.
        self.polled.store(0, Ordering::Relaxed);
        self.has_branches.store(false, Ordering::Relaxed);
        if !self.is_empty() {
            self.change(Vec::clear);
        }
    }
}
