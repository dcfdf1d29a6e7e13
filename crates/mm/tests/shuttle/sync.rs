//! As `src/sync.rs`, of shuttle's primitives: each operation on one of them is a place where the
//! scheduler may switch to another thread.

use std::time::{Duration, Instant};

pub(crate) use shuttle::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering, fence};
pub(crate) use shuttle::sync::{Arc, Condvar, Mutex, MutexGuard};
pub(crate) use std::sync::PoisonError;

pub(crate) use crate::lockdep;

/// Room for six readers; more than there are threads, so that nobody is refused for it.
pub(crate) const EXCLUDE_READERS_BIT: u32 = 3;

pub(crate) const SEQUENCE_BITS: u32 = 64;

/// A semaphore in which any waiter may be the next: more orders than any real one has.
pub(crate) struct RwSemaphore {
    state: Mutex<State>,
    released: Condvar,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Free,
    Read { readers: u32 },
    Write,
}

impl State {
    fn read(self) -> Option<Self> {
        match self {
            Self::Free => Some(Self::Read { readers: 1 }),
            Self::Read { readers } => Some(Self::Read {
                readers: readers + 1,
            }),
            Self::Write => None,
        }
    }

    fn write(self) -> Option<Self> {
        (self == Self::Free).then_some(Self::Write)
    }
}

impl RwSemaphore {
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::new(State::Free),
            released: Condvar::new(),
        }
    }

    pub(crate) fn try_down_read(&self) -> bool {
        self.attempt(State::read)
    }

    pub(crate) fn try_down_write(&self) -> bool {
        self.attempt(State::write)
    }

    pub(crate) fn down_read(&self) {
        self.wait(State::read);
    }

    pub(crate) fn down_write(&self) {
        self.wait(State::write);
    }

    /// There is no time here: a wait is too short once the scheduler has let others run.
    pub(crate) fn down_read_for(&self, _at_most: Duration) -> bool {
        shuttle::thread::yield_now();
        self.try_down_read()
    }

    pub(crate) fn down_write_for(&self, _at_most: Duration) -> bool {
        shuttle::thread::yield_now();
        self.try_down_write()
    }

    /// # Safety
    /// None here: a hold that is not there is found out.
    pub(crate) unsafe fn up_read(&self) {
        self.release(|state| match state {
            State::Read { readers: 1 } => State::Free,
            State::Read { readers } => State::Read {
                readers: readers - 1,
            },
            State::Free | State::Write => panic!("the mmap lock is not held for reading"),
        });
    }

    /// # Safety
    /// As [`up_read`](Self::up_read).
    pub(crate) unsafe fn up_write(&self) {
        self.release(|state| match state {
            State::Write => State::Free,
            State::Free | State::Read { .. } => panic!("the mmap lock is not held for writing"),
        });
    }

    /// # Safety
    /// As [`up_read`](Self::up_read).
    pub(crate) unsafe fn downgrade_write(&self) {
        self.release(|state| match state {
            State::Write => State::Read { readers: 1 },
            State::Free | State::Read { .. } => panic!("the mmap lock is not held for writing"),
        });
    }

    pub(crate) fn is_locked(&self) -> bool {
        *self.state() != State::Free
    }

    pub(crate) fn is_write_locked(&self) -> bool {
        *self.state() == State::Write
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn attempt(&self, enter: fn(State) -> Option<State>) -> bool {
        let mut state = self.state();
        let entered = enter(*state);
        *state = entered.unwrap_or(*state);
        entered.is_some()
    }

    fn wait(&self, enter: fn(State) -> Option<State>) {
        let mut state = self.state();
        loop {
            match enter(*state) {
                Some(entered) => return *state = entered,
                None => state = wait_on(&self.released, state, None),
            }
        }
    }

    fn release(&self, leave: impl FnOnce(State) -> State) {
        let mut state = self.state();
        *state = leave(*state);
        drop(state);
        self.released.notify_all();
    }
}

pub(crate) fn wait_on<'a, T>(
    condvar: &Condvar,
    guard: MutexGuard<'a, T>,
    deadline: Option<Instant>,
) -> MutexGuard<'a, T> {
    assert_eq!(deadline, None, "there is no time in a model");
    condvar.wait(guard).unwrap_or_else(PoisonError::into_inner)
}

/// A point where another thread may come in between.
///
/// Not shuttle's `yield_now`, which makes the thread the last one to run under PCT: a reader that
/// waits for a writer by looking again and again would be helped on, and is to be found out.
pub(crate) fn yield_point() {
    AtomicU32::new(0).load(Ordering::Relaxed);
}
