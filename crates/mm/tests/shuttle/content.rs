//! What the VMAs of the scripts are backed by: content that notices who touches it.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::sync::yield_point;

/// Which content; none has the number of another one.
pub(crate) type Id = usize;

/// The backing of one VMA.
///
/// It is written in two steps, so that a reader beside a writer is found out.
pub(crate) struct Content {
    id: Id,
    halves: [AtomicU64; 2],
    ledger: Arc<Ledger>,
}

/// How often each content was dropped, by its number.
#[derive(Default)]
pub(crate) struct Ledger(Mutex<Vec<u32>>);

impl Ledger {
    pub(crate) fn make(self: &Arc<Self>, value: u64) -> Content {
        let mut drops = self.0.lock().expect("nobody panics with it");
        drops.push(0);
        Content {
            id: drops.len() - 1,
            halves: [AtomicU64::new(value), AtomicU64::new(value)],
            ledger: Arc::clone(self),
        }
    }

    /// Checks that each content was dropped, and no more than once.
    pub(crate) fn check_dropped(&self) {
        let drops = self.0.lock().expect("nobody panics with it");
        let wrong: Vec<_> = drops.iter().enumerate().filter(|&(_, &n)| n != 1).collect();
        assert!(wrong.is_empty(), "(content, drops): {wrong:?}");
    }
}

impl Content {
    pub(crate) fn id(&self) -> Id {
        self.id
    }

    pub(crate) fn read(&self) -> u64 {
        let first = self.halves[0].load(Relaxed);
        yield_point();
        let second = self.halves[1].load(Relaxed);
        assert_eq!(
            first, second,
            "content {} is read while it is written",
            self.id
        );
        first
    }

    pub(crate) fn write(&mut self, value: u64) {
        self.halves[0].store(value, Relaxed);
        yield_point();
        self.halves[1].store(value, Relaxed);
    }

    /// The content of another VMA, with the same value.
    pub(crate) fn copy(&mut self) -> Self {
        self.ledger.make(self.read())
    }
}

impl Drop for Content {
    fn drop(&mut self) {
        if let Ok(mut drops) = self.ledger.0.lock() {
            drops[self.id] += 1;
        }
    }
}
