//! The word of a lock map, which threads change under each other's eyes.
//!
//! # Invariants
//! - An even word becomes odd once, and stays odd.
//! - All threads that register a lock agree on its ids.
//!
//! # Orderings
//! Ids are one word and their own message, so they are loaded relaxed.
//! What else is to be known of a lock by whoever sees its ids is stored before them: every change of
//! the word is a Release, and who asks for such a thing has an Acquire fence behind its load.
//! The key that a word points to may have been made just now, so who follows it loads the word with
//! Acquire.

use crate::sync::{AtomicPtr, Ordering, const_fn};

/// What a lock instance carries.
///
/// | word | meaning | who changes it |
/// | --- | --- | --- |
/// | `0b..000` | address of the [`Location`](std::panic::Location) that made it | the first acquire or who gives it a key, by compare-exchange |
/// | `0b..010` | the same, for a lock made by `Default` | the same |
/// | `0b..100` | address of the [`LockKey`](crate::LockKey) of its class | the same |
/// | `0b..110`, or 0 | a foreign word, which only the C ABI knows and names before anything is asked of it | who names it, by compare-exchange |
/// | odd | class word in the lower half, instance in the upper | who moves the lock to another class or makes it anew; nobody acquires it meanwhile |
///
/// An even word is no class word, so no chain is known that contains it and the fast path needs no
/// check of its own.
/// It is a pointer since a constant cannot turn an address into an integer.
#[repr(transparent)]
pub(crate) struct Word(AtomicPtr<()>);

/// Tells a lock made by `Default`.
pub(crate) const DEFAULTED: usize = 0b010;
/// Tells a lock with a key.
pub(crate) const KEYED: usize = 0b100;
/// Where the tags of an even word stand.
pub(crate) const TAGS: usize = 0b110;
/// What a foreign word is told by: all tags, and that it is even.
const FOREIGN_TAGS: usize = TAGS | 1;

/// The ids of a lock that is registered, and who did that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Registered {
    /// The caller.
    Now(u64),
    /// Another thread, or an earlier acquire.
    Before(u64),
}

/// What became of a key that was given to a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keyed {
    /// The lock has it.
    Yes,
    /// The lock has ids.
    TooLate,
}

impl Word {
    const_fn! {
        pub(crate) fn new(word: *mut ()) -> Self {
            Self(AtomicPtr::new(word))
        }
    }

    /// The word as a number.
    #[inline(always)]
    pub(crate) fn ids(&self) -> u64 {
        // Relaxed: see the module.
        self.0.load(Ordering::Relaxed).addr() as u64
    }

    /// The word, if it is even.
    pub(crate) fn origin(&self) -> Option<*mut ()> {
        // Acquire: pairs with the Release in `set_key`.
        let word = self.0.load(Ordering::Acquire);
        (word.addr() & 1 == 0).then_some(word)
    }

    /// The word, if it is foreign.
    #[inline(always)]
    pub(crate) fn foreign(&self) -> Option<*mut ()> {
        // Relaxed: what a foreign word points to was there before the program ran, or was handed over
        // with the lock.
        let word = self.0.load(Ordering::Relaxed);
        (word.is_null() || word.addr() & FOREIGN_TAGS == TAGS).then_some(word)
    }

    /// Turns an even word into the ids that `name` makes of it; `None` if it makes none.
    ///
    /// Who loses a race takes the winner's ids and leaves its own unused; if the other one gave the
    /// lock a key, the ids are made anew.
    pub(crate) fn register(
        &self,
        mut name: impl FnMut(*mut ()) -> Option<u64>,
    ) -> Option<Registered> {
        while let Some(origin) = self.origin() {
            let ids = name(origin)?;
            match self.exchange(origin, odd(ids)) {
                Exchange::Done => return Some(Registered::Now(ids)),
                Exchange::TooLate => {}
            }
        }
        Some(Registered::Before(self.ids()))
    }

    /// Gives the lock an even word, unless it has ids.
    pub(crate) fn set_key(&self, key: *mut ()) -> Keyed {
        while let Some(origin) = self.origin() {
            match self.exchange(origin, key) {
                Exchange::Done => return Keyed::Yes,
                Exchange::TooLate => {}
            }
        }
        Keyed::TooLate
    }

    fn exchange(&self, origin: *mut (), word: *mut ()) -> Exchange {
        // Release: see the module. Relaxed: who is too late looks again.
        let result = self
            .0
            .compare_exchange(origin, word, Ordering::Release, Ordering::Relaxed);
        match result {
            Ok(_) => Exchange::Done,
            Err(_) => Exchange::TooLate,
        }
    }

    /// Gives a lock that has ids other ones.
    pub(crate) fn set_ids(&self, ids: u64) {
        // Release: see the module.
        self.0.store(odd(ids), Ordering::Release);
    }
}

/// What became of an exchange.
enum Exchange {
    Done,
    /// Another thread changed the word.
    TooLate,
}

/// The word that ids are.
pub(crate) fn odd(ids: u64) -> *mut () {
    std::ptr::without_provenance_mut(ids as usize)
}
