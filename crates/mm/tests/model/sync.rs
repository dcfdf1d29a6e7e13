//! What the protocol is made of, of loom's: the counterpart of `src/sync.rs`, name by name.
//!
//! What is freed is touched by its drop, so that an access that nothing orders before it is a
//! violation.

use std::sync::PoisonError as StdPoisonError;
use std::time::{Duration, Instant};

use loom::cell::UnsafeCell;
pub(crate) use loom::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering, fence};
pub(crate) use loom::sync::{Arc, MutexGuard};

pub(crate) use crate::lockdep;

pub(crate) type PoisonError<T> = StdPoisonError<T>;

/// Room for fourteen readers.
pub(crate) const EXCLUDE_READERS_BIT: u32 = 4;

/// A word that is there as long as what it is a part of.
#[derive(Default)]
struct Alive(UnsafeCell<()>);

impl Alive {
    fn check(&self) {
        self.0.with(|_| ());
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        // Loom is gone when a violation has ended the execution.
        if !std::thread::panicking() {
            self.0.with_mut(|_| ());
        }
    }
}

#[derive(Default)]
pub(crate) struct Mutex<T> {
    inner: loom::sync::Mutex<T>,
    alive: Alive,
}

impl<T> Mutex<T> {
    pub(crate) fn lock(&self) -> Result<MutexGuard<'_, T>, PoisonError<MutexGuard<'_, T>>> {
        self.alive.check();
        self.inner.lock()
    }
}

#[derive(Default)]
pub(crate) struct Condvar {
    inner: loom::sync::Condvar,
    alive: Alive,
}

impl Condvar {
    pub(crate) fn notify_one(&self) {
        self.alive.check();
        self.inner.notify_one();
    }
}

/// There is no time here: a deadline never comes.
pub(crate) fn wait_on<'a, T>(
    condvar: &Condvar,
    guard: MutexGuard<'a, T>,
    _deadline: Option<Instant>,
) -> MutexGuard<'a, T> {
    condvar.alive.check();
    condvar
        .inner
        .wait(guard)
        .unwrap_or_else(PoisonError::into_inner)
}

/// Every switch is tried anyway.
pub(crate) fn yield_point() {}

/// A reader-writer lock, of a mutex and a condition variable.
///
/// It orders more than the real one: a reader's lock after another reader's unlock.
pub(crate) struct RwSemaphore {
    holders: loom::sync::Mutex<Holders>,
    changed: loom::sync::Condvar,
}

#[derive(Default)]
struct Holders {
    readers: u32,
    writer: bool,
}

impl Holders {
    fn try_read(&mut self) -> bool {
        let free = !self.writer;
        self.readers += u32::from(free);
        free
    }

    fn try_write(&mut self) -> bool {
        let free = !self.writer && self.readers == 0;
        self.writer |= free;
        free
    }
}

impl RwSemaphore {
    pub(crate) fn new() -> Self {
        Self {
            holders: loom::sync::Mutex::default(),
            changed: loom::sync::Condvar::new(),
        }
    }

    fn with<R>(&self, f: impl FnOnce(&mut Holders) -> R) -> R {
        f(&mut self.holders.lock().unwrap())
    }

    fn wait_until(&self, attempt: fn(&mut Holders) -> bool) {
        let mut holders = self.holders.lock().unwrap();
        while !attempt(&mut holders) {
            holders = self.changed.wait(holders).unwrap();
        }
    }

    fn change(&self, f: impl FnOnce(&mut Holders)) {
        self.with(f);
        self.changed.notify_all();
    }

    pub(crate) fn try_down_read(&self) -> bool {
        self.with(Holders::try_read)
    }

    pub(crate) fn try_down_write(&self) -> bool {
        self.with(Holders::try_write)
    }

    pub(crate) fn down_read(&self) {
        self.wait_until(Holders::try_read);
    }

    pub(crate) fn down_write(&self) {
        self.wait_until(Holders::try_write);
    }

    pub(crate) fn down_read_for(&self, _at_most: Duration) -> bool {
        self.down_read();
        true
    }

    pub(crate) fn down_write_for(&self, _at_most: Duration) -> bool {
        self.down_write();
        true
    }

    /// # Safety
    /// As of the real one, and so below.
    pub(crate) unsafe fn up_read(&self) {
        self.change(|holders| holders.readers -= 1);
    }

    pub(crate) unsafe fn up_write(&self) {
        self.change(|holders| holders.writer = false);
    }

    pub(crate) unsafe fn downgrade_write(&self) {
        self.change(|holders| {
            holders.writer = false;
            holders.readers = 1;
        });
    }

    pub(crate) fn is_locked(&self) -> bool {
        self.with(|holders| holders.writer || holders.readers > 0)
    }

    pub(crate) fn is_write_locked(&self) -> bool {
        self.with(|holders| holders.writer)
    }
}
