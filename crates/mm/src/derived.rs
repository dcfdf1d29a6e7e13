//! VMA write locks as *derived holds*: what the calling thread's hold of an mmap lock implies.
//!
//! A VMA write lock is no event of its own, since it ends with the mmap write section, for all VMAs at
//! once. So that a report can name them all the same, each thread remembers the last few that it
//! write-locked, and the end of the section forgets them.

#[cfg(feature = "validate")]
pub(crate) use on::{forget, of, write_locked};

#[cfg(not(feature = "validate"))]
pub(crate) use off::{forget, of, write_locked};

#[cfg(feature = "validate")]
mod on {
    use std::cell::RefCell;
    use std::ops::Range;
    use std::panic::Location;
    use std::sync::Arc;

    use crate::sync::lockdep::{DerivedHold, Hold, LockId, LockMap};
    use crate::vma::Vma;
    use crate::vma_spec::{AnonVmaName, Described};

    /// How many VMAs a report names.
    const LAST: usize = 8;

    /// A VMA that this thread has write-locked, as it was then.
    struct WriteLocked {
        mmap_lock: LockId,
        range: Range<usize>,
        name: Option<Arc<AnonVmaName>>,
        site: &'static Location<'static>,
    }

    /// The last ones, oldest first.
    struct Ring {
        entries: [Option<WriteLocked>; LAST],
        next: usize,
    }

    thread_local! {
        static RING: RefCell<Ring> = const {
            RefCell::new(Ring {
                entries: [const { None }; LAST],
                next: 0,
            })
        };
    }

    /// Remembers that the calling thread has write-locked `vma` at `site`.
    pub(crate) fn write_locked<B>(
        mmap_lock: &LockMap,
        vma: &Vma<B>,
        site: &'static Location<'static>,
    ) {
        let entry = WriteLocked {
            mmap_lock: mmap_lock.id(),
            range: vma.range(),
            name: vma.name_unchecked(),
            site,
        };
        change(|ring| {
            ring.entries[ring.next % LAST] = Some(entry);
            ring.next = (ring.next + 1) % LAST;
        });
    }

    /// Forgets all VMAs of an mmap lock: its write section ends.
    pub(crate) fn forget(mmap_lock: &LockMap) {
        let ended = |entry: &mut WriteLocked| entry.mmap_lock == mmap_lock.id();
        change(|ring| {
            for entry in &mut ring.entries {
                entry.take_if(ended);
            }
        });
    }

    /// What is write-locked with a hold of an mmap lock, for reports.
    pub(crate) fn of(hold: Hold) -> Vec<DerivedHold> {
        let mut found = Vec::new();
        change(|ring| {
            let (newer, older) = ring.entries.split_at(ring.next);
            let all = older.iter().chain(newer).flatten();
            let of_it = all.filter(|entry| entry.mmap_lock == hold.id());
            found.extend(of_it.map(|entry| DerivedHold {
                what: format!(
                    "VMA {} write-locked",
                    Described(entry.range.clone(), entry.name.as_deref())
                ),
                site: entry.site,
            }));
        });
        found
    }

    /// Changes this thread's ring; nothing at its end, or inside of another change.
    fn change(change: impl FnOnce(&mut Ring)) {
        let _ = RING.try_with(|ring| {
            if let Ok(mut ring) = ring.try_borrow_mut() {
                change(&mut ring);
            }
        });
    }
}

#[cfg(not(feature = "validate"))]
mod off {
    use std::panic::Location;

    use crate::sync::lockdep::{DerivedHold, Hold, LockMap};
    use crate::vma::Vma;

    #[inline(always)]
    pub(crate) fn write_locked<B>(
        _mmap_lock: &LockMap,
        _vma: &Vma<B>,
        _site: &'static Location<'static>,
    ) {
    }

    #[inline(always)]
    pub(crate) fn forget(_mmap_lock: &LockMap) {}

    pub(crate) fn of(_hold: Hold) -> Vec<DerivedHold> {
        Vec::new()
    }
}
