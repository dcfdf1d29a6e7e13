//! Words of locks that have no room for one, by the address of the lock.
//!
//! # Invariants
//! - An address that was put into a slot stays there: a look-up needs no lock and ends at the first
//!   empty slot. A lock that is destroyed leaves its slot to whatever is made at its address.
//! - A table is never moved. Where a run of slots is full, the next, larger table has the address.
//!
//! # Orderings
//! An address is put by a compare-exchange, so it stands in one slot of a table; a thread that finds a run
//! full finds it full ever after, so all threads agree on the table.

use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering};

/// Slots of the first table, a power of two; each next one has four times as many.
const FIRST: usize = 1 << 10;
/// Slots of one run.
const RUN: usize = 16;

#[derive(Default)]
struct Slot {
    lock: AtomicUsize,
    word: AtomicU64,
}

struct Table {
    slots: Box<[Slot]>,
    next: AtomicPtr<Table>,
}

static TABLES: AtomicPtr<Table> = AtomicPtr::new(null_mut());

/// The word of the lock at `lock`, which is 0 at first.
pub(crate) fn word(lock: usize) -> &'static AtomicU64 {
    let (mut place, mut slots) = (&TABLES, FIRST);
    loop {
        let table = table(place, slots);
        if let Some(word) = table.word(lock) {
            return word;
        }
        (place, slots) = (&table.next, slots * 4);
    }
}

/// The table at `place`, made if there is none.
fn table(place: &'static AtomicPtr<Table>, slots: usize) -> &'static Table {
    // Acquire: pairs with the Release below.
    let mut table = place.load(Ordering::Acquire);
    if table.is_null() {
        let made = Box::into_raw(Box::new(Table {
            slots: std::iter::repeat_with(Slot::default).take(slots).collect(),
            next: AtomicPtr::new(null_mut()),
        }));
        // AcqRel: pairs with the Acquire above, here and in other threads.
        let put = place.compare_exchange(null_mut(), made, Ordering::AcqRel, Ordering::Acquire);
        table = put.map_or_else(
            |other| {
                // SAFETY: it was made above, and nobody else has seen it.
                drop(unsafe { Box::from_raw(made) });
                other
            },
            |_| made,
        );
    }
    // SAFETY: a table that is in its place is never freed.
    unsafe { &*table }
}

impl Table {
    /// The word of a lock; `None` if the run has no place for it.
    fn word(&'static self, lock: usize) -> Option<&'static AtomicU64> {
        let hash = (lock as u64 >> 2).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        let mask = self.slots.len() - 1;
        let run = (0..RUN).map(|at| &self.slots[(hash as usize + at) & mask]);
        run.into_iter().find_map(|slot| slot.word(lock))
    }
}

impl Slot {
    /// The word, if the slot is the lock's or becomes so.
    fn word(&self, lock: usize) -> Option<&AtomicU64> {
        // Relaxed, all: an address is its own message, and the word was 0 before.
        let mut found = self.lock.load(Ordering::Relaxed);
        if found == 0 {
            let put = self
                .lock
                .compare_exchange(0, lock, Ordering::Relaxed, Ordering::Relaxed);
            found = put.map_or_else(|other| other, |_| lock);
        }
        (found == lock).then_some(&self.word)
    }
}
