//! The held stack of one task.
//!
//! # Invariants
//! - Only the owner of the stack writes it; any thread may read it.
//! - `entries[0]` is the bottom: no lock, the seed of all chain keys. The lock at depth `d` is
//!   `entries[d]`.
//! - Entries past the inline ones live in blocks that are made once and never moved or freed, so a
//!   reader never meets freed memory.
//!
//! # Orderings
//! A sequence lock whose writer never waits. Each change of the stack is a change of `state`, which
//! carries a counter beside the depth.
//! The owner stores the fields of an entry and `state` with Release; a reader loads `state` with
//! Acquire, the fields relaxed, and after an Acquire fence `state` again.
//! A field of a newer push is a Release store that comes after the store of `state` that removed the
//! older entry, so a reader that saw it also sees a changed `state` and tries again.
//! A change in the middle of the stack is bracketed by [`State::WRITING`].

use std::fmt;

use heldby_graph::planted;

use crate::chain::{FACTORS, SEED, case_key};
pub(crate) use crate::held_lock::HeldLock;
use crate::limits::{INLINE_HELD, SPILL_BLOCKS};
use crate::mode::{Meta, Mode};
use crate::site::Site;
use crate::sync::{AtomicPtr, AtomicU32, AtomicU64, Ordering, array, const_fn, fence, spin_loop};

/// One held lock, as it stands on a stack.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Class word below, instance above; see [`LockMap`](crate::LockMap). A pinned hold has
    /// [`HeldLock::PINNED`] set, one that is counted [`HeldLock::TIMED`].
    pub(crate) ids: AtomicU64,
    /// Chain key of the stack up to and with this entry.
    pub(crate) key: AtomicU64,
    /// A [`Site`]: where it was taken.
    pub(crate) site: AtomicPtr<()>,
    /// A [`Meta`].
    pub(crate) meta: AtomicU32,
}

impl Entry {
    const_fn! {
        pub(crate) fn new(key: u64) -> Self {
            Self {
                ids: AtomicU64::new(0),
                key: AtomicU64::new(key),
                site: AtomicPtr::new(std::ptr::null_mut()),
                meta: AtomicU32::new(0),
            }
        }
    }

    #[inline(always)]
    pub(crate) fn store(&self, lock: HeldLock) {
        // Release, all four: see `# Orderings` above; their partner is the reader's fence.
        self.ids.store(lock.ids, Ordering::Release);
        self.key.store(lock.key, Ordering::Release);
        self.site.store(lock.site.into_raw(), Ordering::Release);
        self.meta.store(lock.meta.0, Ordering::Release);
    }

    /// Reads the entry; the owner reads what it wrote, others check `state` afterwards.
    #[inline]
    pub(crate) fn load(&self) -> HeldLock {
        // Relaxed, all four: the owner needs no order; a reader has its fence.
        HeldLock {
            ids: self.ids.load(Ordering::Relaxed),
            key: self.key.load(Ordering::Relaxed),
            // SAFETY: every entry below the depth was stored from a `Site`; a torn read across
            // entries still yields some `Site` that was stored.
            site: unsafe { Site::from_raw(self.site.load(Ordering::Relaxed)) },
            meta: Meta(self.meta.load(Ordering::Relaxed)),
        }
    }
}

/// The word that says how deep the stack is, and when it changed.
///
/// | bits | meaning |
/// | --- | --- |
/// | 0-26 | depth |
/// | 27 | the owner is changing entries below the depth; a reader tries again |
/// | 28-63 | changes so far |
///
/// Only the owner writes it. What a push or a pop adds fits an instruction.
pub(crate) struct State;

impl State {
    pub(crate) const CHANGE: u64 = Self::WRITING << 1;
    pub(crate) const WRITING: u64 = 1 << 27;
    /// The state of a stack onto which nothing is ever pushed, and that answers for no lock: a depth
    /// that no stack has.
    pub(crate) const OFF: u64 = Self::WRITING - 1;

    #[inline(always)]
    pub(crate) const fn depth(state: u64) -> usize {
        (state & (Self::WRITING - 1)) as usize
    }
}

/// The stack.
#[repr(C)]
pub(crate) struct HeldStack {
    pub(crate) state: AtomicU64,
    pub(crate) entries: [Entry; INLINE_HELD + 1],
    /// Block `n` holds `INLINE_HELD << n` entries.
    spill: [AtomicPtr<Entry>; SPILL_BLOCKS],
}

impl HeldStack {
    const_fn! {
        pub(crate) fn new() -> Self {
            Self::in_state(0)
        }
    }

    // A stack without entries, whose state is `state`.
    const_fn! {
        pub(crate) fn in_state(state: u64) -> Self {
            let mut entries = array![Entry::new(0); INLINE_HELD + 1];
            entries[0] = Entry::new(SEED);
            Self {
                state: AtomicU64::new(state),
                entries,
                spill: array![AtomicPtr::new(std::ptr::null_mut()); SPILL_BLOCKS],
            }
        }
    }

    #[inline(always)]
    pub(crate) fn depth(&self) -> usize {
        // Relaxed: only the owner asks.
        State::depth(self.state.load(Ordering::Relaxed))
    }

    /// The entry at `depth`, which is 0 for the bottom; `None` where no block has been made.
    fn entry(&self, depth: usize) -> Option<&Entry> {
        if depth <= INLINE_HELD {
            return Some(&self.entries[depth]);
        }
        let (block, index) = Self::spill_place(depth);
        // Relaxed: whoever saw a depth in the block saw `state`, whose order covers the block.
        let entries = self.spill.get(block)?.load(Ordering::Relaxed);
        // SAFETY: a block that is not null holds `INLINE_HELD << block` entries and is never freed;
        // `spill_place` keeps `index` below that.
        (!entries.is_null()).then(|| unsafe { &*entries.add(index) })
    }

    fn spill_place(depth: usize) -> (usize, usize) {
        // Depths 65..=128 are block 0, 129..=256 block 1, and so on.
        let position = (depth - 1) / INLINE_HELD;
        let block = position.ilog2() as usize;
        (block, depth - 1 - (INLINE_HELD << block))
    }

    /// Makes sure that an entry at `depth` exists; false past every block.
    fn make_room(&self, depth: usize) -> bool {
        if self.entry(depth).is_some() {
            return true;
        }
        let (block, _) = Self::spill_place(depth);
        let Some(slot) = self.spill.get(block) else {
            return false;
        };
        let made: Box<[Entry]> = std::iter::repeat_with(|| Entry::new(0))
            .take(INLINE_HELD << block)
            .collect();
        // Relaxed: the store of `state` that follows publishes it.
        slot.store(Box::leak(made).as_mut_ptr(), Ordering::Relaxed);
        true
    }

    /// The lock at `depth`, by the owner.
    pub(crate) fn get(&self, depth: usize) -> HeldLock {
        self.entry(depth)
            .expect("an entry below the depth exists")
            .load()
    }

    /// The key of the whole stack.
    pub(crate) fn key(&self) -> u64 {
        self.key_at(self.depth())
    }

    fn key_at(&self, depth: usize) -> u64 {
        // Relaxed: only the owner asks.
        self.entry(depth)
            .map_or(SEED, |entry| entry.key.load(Ordering::Relaxed))
    }

    /// The held locks, newest first, with their depth; by the owner.
    pub(crate) fn newest_first(&self) -> impl DoubleEndedIterator<Item = (usize, HeldLock)> + '_ {
        (1..=self.depth())
            .rev()
            .map(|depth| (depth, self.get(depth)))
    }

    /// The held locks that a host knows of, newest first.
    pub(crate) fn shown(&self) -> impl DoubleEndedIterator<Item = HeldLock> + '_ {
        let locks = self.newest_first().map(|(_, lock)| lock);
        locks.filter(|lock| !lock.meta.is_hidden())
    }

    /// Pushes a lock onto the inline entries, at the depth that `state` tells; by the owner.
    #[inline(always)]
    pub(crate) fn push_inline(&self, state: u64, lock: HeldLock) -> &Entry {
        let entry = &self.entries[State::depth(state) + 1];
        entry.store(lock);
        // Release: pairs with the Acquire of `try_snapshot`.
        self.state
            .store(state.wrapping_add(State::CHANGE) + 1, Ordering::Release);
        entry
    }

    /// Pops the newest lock, which `state` counts; by the owner.
    #[inline(always)]
    pub(crate) fn pop(&self, state: u64) {
        // Release: pairs with the Acquire of `try_snapshot`.
        self.state
            .store(state.wrapping_add(State::CHANGE) - 1, Ordering::Release);
    }

    /// Pushes a lock; `None` when there is no room, and the lock then passes through unseen.
    pub(crate) fn push(&self, lock: HeldLock) -> Option<&Entry> {
        // Relaxed: only the owner writes it.
        let state = self.state.load(Ordering::Relaxed);
        let depth = State::depth(state) + 1;
        if !self.make_room(depth) {
            return None;
        }
        let entry = self.entry(depth)?;
        entry.store(lock);
        // Release: pairs with the reader's Acquire.
        self.state
            .store(state.wrapping_add(State::CHANGE) + 1, Ordering::Release);
        Some(entry)
    }

    /// Removes the lock at `depth`, moves the ones above it down, and computes their keys anew.
    pub(crate) fn remove(&self, depth: usize) {
        self.change(|last| {
            for to in depth..last {
                let lock = self.get(to + 1);
                self.put(to, lock);
            }
            last - 1
        });
    }

    /// Gives the lock at `depth` another mode, and computes the keys from there on anew.
    pub(crate) fn set_mode(&self, depth: usize, mode: Mode) {
        self.edit(depth, |lock| lock.meta = lock.meta.with_mode(mode));
    }

    /// Moves the lock at `depth` to another class, and computes the keys from there on anew; what a
    /// nest lock did for the old one is void.
    pub(crate) fn set_class(&self, depth: usize, word: u32) {
        self.edit(depth, |lock| {
            let kept = lock.ids & (!u64::from(u32::MAX) | HeldLock::MARKS);
            lock.ids = kept | u64::from(word);
            lock.meta = lock.meta.not_nested();
        });
    }

    fn edit(&self, depth: usize, edit: impl FnOnce(&mut HeldLock)) {
        self.change(|last| {
            let mut lock = self.get(depth);
            edit(&mut lock);
            self.put(depth, lock);
            for above in depth + 1..=last {
                self.put(above, self.get(above));
            }
            last
        });
    }

    /// The key of a lock `instance` with the chain key `key` on the inline entries up to `depth`, by
    /// their instances; `None` if one of those is more than held in a mode. By the owner.
    #[inline(always)]
    pub(crate) fn nesting_key(&self, depth: usize, key: u64, instance: u32) -> Option<u64> {
        let mut sum = u64::from(instance).wrapping_mul(FACTORS[0]);
        let mut metas = 0;
        for (entry, factor) in self.entries[1..=depth].iter().zip(&FACTORS[1..]) {
            // Relaxed, both: only the owner asks.
            let ids = entry.ids.load(Ordering::Relaxed);
            metas |= entry.meta.load(Ordering::Relaxed);
            sum = sum.wrapping_add((ids >> 32).wrapping_mul(*factor));
        }
        Meta(metas).is_plain().then(|| case_key(key, sum))
    }

    /// Where on the inline entries up to `depth` the newest hold of the lock with these ids is, if it
    /// is taken in that very class, and it and all above it are held and nothing more. By the owner.
    #[inline(always)]
    pub(crate) fn find_hold(&self, depth: usize, ids: u64) -> Option<usize> {
        let mut metas = 0;
        for (above, entry) in self.entries[1..=depth].iter().rev().enumerate() {
            // Relaxed, both: only the owner asks.
            let held = entry.ids.load(Ordering::Relaxed);
            metas |= entry.meta.load(Ordering::Relaxed);
            if (held ^ ids) >> 32 == 0 {
                return (held == ids && Meta(metas).is_hold()).then_some(depth - above);
            }
        }
        None
    }

    /// The newest entries, of which `depth` is the last, on the inline ones; oldest first.
    #[inline(always)]
    pub(crate) fn newest_three(&self, depth: usize) -> [&Entry; 3] {
        let entries = &self.entries;
        [&entries[depth - 2], &entries[depth - 1], &entries[depth]]
    }

    /// As [`remove`](Self::remove), of the lock `gone` below the newest one, which then is `newest`; see
    /// [`newest_three`](Self::newest_three). `state` is that of the stack, and no change of it was
    /// interrupted.
    #[inline(always)]
    pub(crate) fn replace(&self, state: u64, gone: &Entry, newest: HeldLock) {
        // Relaxed, Release: as in `change`, in fewer steps.
        let writing = state.wrapping_add(State::CHANGE + State::WRITING);
        self.state.store(writing, Ordering::Relaxed);
        gone.store(newest);
        let after = writing.wrapping_add(State::CHANGE - State::WRITING - 1);
        self.state.store(after, Ordering::Release);
    }

    /// As [`remove`](Self::remove), where the lock at `depth` and all above it are held and nothing more, on the
    /// inline entries.
    #[inline(always)]
    pub(crate) fn remove_hold(&self, depth: usize) {
        self.change(|newest| {
            let entries = &self.entries[depth - 1..=newest];
            // Relaxed: only the owner asks.
            let mut below = entries[0].key.load(Ordering::Relaxed);
            for pair in entries[1..].windows(2) {
                let moved = pair[1].load().hold_on(below);
                below = moved.key;
                pair[0].store(moved);
            }
            newest - 1
        });
    }

    /// Marks the lock at `depth` as pinned, or as free to be released.
    pub(crate) fn set_pinned(&self, depth: usize, pinned: bool) {
        let ids =
            self.get(depth).ids & !HeldLock::PINNED | if pinned { HeldLock::PINNED } else { 0 };
        if let Some(entry) = self.entry(depth) {
            // Release: as in `Entry::store`.
            entry.ids.store(ids, Ordering::Release);
        }
    }

    /// Marks the lock at `depth` as waited for, or as held.
    pub(crate) fn set_waiting(&self, depth: usize, waiting: bool) {
        let meta = self.get(depth).meta.with_waiting(waiting);
        if let Some(entry) = self.entry(depth) {
            // Release: as in `Entry::store`.
            entry.meta.store(meta.0, Ordering::Release);
        }
    }

    /// Empties the stack.
    pub(crate) fn clear(&self) {
        self.change(|_| 0);
    }

    /// Stores `lock` at `depth` with the key that it has there.
    fn put(&self, depth: usize, lock: HeldLock) {
        if let Some(entry) = self.entry(depth) {
            let lock = match planted("keep-stale-key") {
                true => lock,
                false => lock.on(self.key_at(depth - 1)),
            };
            entry.store(lock);
        }
    }

    /// Changes entries in the middle; `edit` gets the depth and returns the new one.
    #[inline(always)]
    fn change(&self, edit: impl FnOnce(usize) -> usize) {
        // Relaxed: only the owner writes it.
        let state = self.state.load(Ordering::Relaxed);
        let writing = state.wrapping_add(State::CHANGE) | State::WRITING;
        // Relaxed: who sees it looks at nothing else. The fields stored below are Release stores behind
        // it, so a reader that saw one of them sees `WRITING` or what follows it.
        self.state.store(writing, Ordering::Relaxed);
        let depth = edit(State::depth(state)) as u64;
        let changes = writing.wrapping_add(State::CHANGE) & !(State::CHANGE - 1);
        // In a signal handler that came into a change, that one is not over.
        let outer = state & State::WRITING;
        // Release: pairs with the reader's Acquire.
        self.state.store(changes | outer | depth, Ordering::Release);
    }

    /// The held locks as another thread sees them at one moment, oldest first; `None` if the owner
    /// kept changing them.
    pub(crate) fn snapshot(&self) -> Option<Vec<HeldLock>> {
        const TRIES: u32 = 1_000;
        (0..TRIES).find_map(|_| {
            let seen = self.try_snapshot();
            if seen.is_none() {
                spin_loop();
            }
            seen
        })
    }

    /// One try of [`snapshot`](Self::snapshot); `None` if the owner changed the stack meanwhile.
    pub(crate) fn try_snapshot(&self) -> Option<Vec<HeldLock>> {
        // Acquire: pairs with the owner's Release, so the entries below the depth are there.
        let before = self.state.load(Ordering::Acquire);
        if before & State::WRITING != 0 {
            return None;
        }
        let locks: Option<Vec<_>> = (1..=State::depth(before))
            .map(|depth| self.entry(depth).map(Entry::load))
            .collect();
        // Acquire: orders the loads above before the load below.
        fence(Ordering::Acquire);
        // Relaxed: the fence orders it.
        (self.state.load(Ordering::Relaxed) == before)
            .then_some(locks)
            .flatten()
    }
}

impl fmt::Debug for HeldStack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.snapshot().unwrap_or_default())
            .finish()
    }
}
