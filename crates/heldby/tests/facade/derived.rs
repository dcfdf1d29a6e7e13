//! Derived holds, as the mmap lock would tell its VMA write locks: a ring of the last eight.

use std::cell::{Cell, RefCell};
use std::panic::Location;

use heldby::lockdep::{self, DerivedHold, Hold, LockId, LockKey, LockMap};
use heldby::model::Code;
use heldby::sync::{Mutex, RwLock};
use heldby::test::check;

const KEPT: usize = 8;

/// A write-locked VMA: the mmap lock that it ends with, its start, and where it was locked.
type WriteLocked = (LockId, usize, &'static Location<'static>);

/// The last VMAs that this thread has write-locked.
#[derive(Default)]
struct Ring {
    entries: [Option<WriteLocked>; KEPT],
    next: usize,
}

impl Ring {
    fn push(&mut self, entry: WriteLocked) {
        self.entries[self.next % KEPT] = Some(entry);
        self.next += 1;
    }

    fn oldest_first(&self) -> impl Iterator<Item = &WriteLocked> {
        let (newer, older) = self.entries.split_at(self.next % KEPT);
        older.iter().chain(newer).flatten()
    }

    fn end(&mut self, lock: LockId) {
        for entry in &mut self.entries {
            entry.take_if(|(of, ..)| *of == lock);
        }
    }
}

thread_local! {
    static RING: RefCell<Ring> = RefCell::default();
}

static MMAP_LOCK: LockKey = LockKey::new("derived::mmap_lock").derived(write_locked);

fn write_locked(hold: Hold) -> Vec<DerivedHold> {
    RING.with_borrow(|ring| {
        let of_hold = ring.oldest_first().filter(|(lock, ..)| *lock == hold.id());
        let derived = of_hold.map(|(_, start, site)| DerivedHold {
            what: format!("VMA {start:#x} write-locked"),
            site,
        });
        derived.collect()
    })
}

#[track_caller]
fn vma_start_write(mmap_lock: &LockMap, start: usize) {
    let entry = (mmap_lock.id(), start, Location::caller());
    RING.with_borrow_mut(|ring| ring.push(entry));
}

#[track_caller]
fn mmap_write_unlock(mmap_lock: &LockMap) {
    RING.with_borrow_mut(|ring| ring.end(mmap_lock.id()));
    lockdep::rwsem_release(mmap_lock);
}

#[test]
fn a_report_lists_what_ends_with_the_mmap_lock() {
    let mmap_lock = LockMap::with_key(&MMAP_LOCK);
    let line = Cell::new(0);
    let reports = check(|| {
        let table = Mutex::named("derived::table", 0);
        lockdep::rwsem_acquire(&mmap_lock, 0, false);
        for start in 1..=10 {
            line.set(line!() + 1);
            vma_start_write(&mmap_lock, start << 12);
        }
        heldby::assert_held!(table);
        mmap_write_unlock(&mmap_lock);
        lockdep::rwsem_acquire(&mmap_lock, 0, false);
        vma_start_write(&mmap_lock, 0xb000);
        heldby::assert_held!(table);
        mmap_write_unlock(&mmap_lock);
    });
    let [many, one] = &reports[..] else {
        panic!("{reports:?}")
    };
    let derived = &many.held[0].derived;
    let starts: Vec<_> = derived.iter().map(|derived| &*derived.what).collect();
    let expected: Vec<_> = (3..=10)
        .map(|start: usize| format!("VMA {:#x} write-locked", start << 12))
        .collect();
    assert_eq!(starts, expected);
    assert!(
        derived
            .iter()
            .all(|derived| derived.site.line == line.get())
    );
    // The first write section ended, and all its VMA write locks with it.
    assert_eq!(one.held[0].derived.len(), 1);
    let text = one.to_string();
    assert!(
        text.contains("     with VMA 0xb000 write-locked   "),
        "{text}"
    );
}

#[test]
fn fork_holds_two() {
    let [parent, child] = [&MMAP_LOCK; 2].map(LockMap::with_key);
    let other = RwLock::named("derived::other", 0);
    let reports = check(|| {
        lockdep::rwsem_acquire(&parent, 0, false);
        lockdep::rwsem_acquire(&child, 1, false);
        vma_start_write(&parent, 0x1000);
        vma_start_write(&child, 0x2000);
        heldby::assert_held!(other);
        mmap_write_unlock(&child);
        mmap_write_unlock(&parent);
    });
    assert_eq!(reports[0].code, Code::Hb0202);
    let holds = reports[0].held.iter();
    let derived: Vec<_> = holds.map(|held| &*held.derived[0].what).collect();
    assert_eq!(
        derived,
        ["VMA 0x1000 write-locked", "VMA 0x2000 write-locked"]
    );
}
