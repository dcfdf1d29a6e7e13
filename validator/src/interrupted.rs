//! A held stack that a signal handler finds as it is, uses, and puts back.
//!
//! # What is put back
//! A push stores the four fields of the entry above the depth and then `state`; a pop, `state`; a
//! change in the middle, entries below the depth.
//! A handler's own entries stand above the depth, so the first of them may overwrite a half-written
//! one. Its fields are kept when the handler begins, and `state` with them.
//!
//! # Invariants
//! - What a handler finds below the depth is whole, unless it came into a change in the middle; and
//!   then nobody else reads the stack until that is over.
//!
//! # Orderings
//! As in [`crate::held`].
//! `state` goes back to a value that it had, which a reader must not take for the one that it saw:
//! a reader that began outside saw entries that no handler touches, and the states of each handler
//! are told from all others by [`RUNS`].

use std::fmt;

use crate::held::{Entry, HeldLock, HeldStack, State};
use crate::sync::{AtomicU32, Ordering, const_fn};

/// The handlers of a task. Only its owner writes it, and the handlers that interrupt that.
pub(crate) struct Runs {
    /// How many run, one inside the other.
    running: AtomicU32,
    /// How many ever ran.
    ran: AtomicU32,
}

/// How many runs are told apart by some bits of `state`, and the lowest of those: of a handler that
/// interrupts no other one, of one inside that, and of all further in.
///
/// Each has bits of its own, since one number is added to the other.
const RUNS: [(u32, u32); 3] = [(1 << 12, 52), (1 << 8, 44), (1 << 6, 38)];

impl Runs {
    const_fn! {
        pub(crate) fn new() -> Self {
            Self { running: AtomicU32::new(0), ran: AtomicU32::new(0) }
        }
    }

    /// Whether a handler runs.
    pub(crate) fn is_running(&self) -> bool {
        // Relaxed: this task's own.
        self.running.load(Ordering::Relaxed) > 0
    }

    /// Lets none run, and tells how many did.
    pub(crate) fn set_aside(&self) -> u32 {
        // Relaxed: this task's own.
        self.running.swap(0, Ordering::Relaxed)
    }

    /// Lets those run again that were set aside.
    pub(crate) fn put_back(&self, running: u32) {
        // Relaxed: this task's own.
        self.running.store(running, Ordering::Relaxed);
    }

    /// What a handler that begins adds to `state`.
    fn next(&self) -> u64 {
        // Relaxed, both: this task's own, changed by one handler inside of the other.
        let outside = self.running.fetch_add(1, Ordering::Relaxed) as usize;
        let ran = self.ran.fetch_add(1, Ordering::Relaxed);
        let (count, shift) = RUNS[outside.min(RUNS.len() - 1)];
        u64::from(ran % (count - 1) + 1) << shift
    }
}

/// The held stack as a handler met it.
pub(crate) struct Interrupted {
    state: u64,
    /// The entry above the depth, which may be half-written.
    above: HeldLock,
}

impl Interrupted {
    /// A handler begins to use the stack; there is room above the depth.
    pub(crate) fn begin(stack: &HeldStack, runs: &Runs) -> Self {
        let run = runs.next();
        // Relaxed: this task's own.
        let state = stack.state.load(Ordering::Relaxed);
        let above = entry_above(stack, state).load();
        // Release: as every change of `state`.
        stack
            .state
            .store(state.wrapping_add(run), Ordering::Release);
        Self { state, above }
    }

    /// The handler ends.
    pub(crate) fn end(&self, stack: &HeldStack, runs: &Runs) {
        // Release, both: as every change of a stack. First the state, so that a handler that comes in
        // between takes the entry above the depth for what is to be kept.
        stack.state.store(self.state, Ordering::Release);
        entry_above(stack, self.state).store(self.above);
        // Relaxed: this task's own.
        runs.running.fetch_sub(1, Ordering::Relaxed);
    }
}

fn entry_above(stack: &HeldStack, state: u64) -> &Entry {
    &stack.entries[State::depth(state) + 1]
}

impl fmt::Debug for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interrupted").finish_non_exhaustive()
    }
}
