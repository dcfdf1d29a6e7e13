//! A held lock as a value: what its entry on the stack says.

use crate::chain::{ENTERED, SEED, TRIED, extend, extend_in};
use crate::mode::{Meta, Mode};
use crate::site::Site;

/// A held lock as a value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeldLock {
    pub(crate) ids: u64,
    pub(crate) key: u64,
    pub(crate) site: Site,
    pub(crate) meta: Meta,
}

impl HeldLock {
    /// Set in the ids of a hold that must not be released: it is the highest bit of the class word,
    /// which no class has, so that the ids are those of no lock map and the release takes the slow
    /// path.
    pub(crate) const PINNED: u64 = 1 << 31;

    /// Set in the ids of a hold that is counted, see [`crate::lock_stat`]: another bit of the class word
    /// that no class has, to the same end.
    pub(crate) const TIMED: u64 = 1 << 30;

    /// What the ids of a hold have that its lock map has not.
    pub(crate) const MARKS: u64 = Self::PINNED | Self::TIMED;

    #[inline]
    pub(crate) fn class_word(&self) -> u32 {
        (self.ids & !Self::MARKS) as u32
    }

    /// Whether it is a hold of the lock whose map has these ids, in the same class.
    pub(crate) fn has_ids(&self, ids: u64) -> bool {
        self.ids & !Self::MARKS == ids
    }

    pub(crate) fn is_pinned(&self) -> bool {
        self.ids & Self::PINNED != 0
    }

    pub(crate) fn is_timed(&self) -> bool {
        self.ids & Self::TIMED != 0
    }

    /// The hold, marked as one that is counted.
    pub(crate) fn timed(self) -> Self {
        Self {
            ids: self.ids | Self::TIMED,
            ..self
        }
    }

    pub(crate) fn instance(&self) -> u32 {
        (self.ids >> 32) as u32
    }

    pub(crate) fn mode(&self) -> Mode {
        self.meta.mode()
    }

    /// The lock with the chain key that it makes on a stack whose key is `below`.
    ///
    /// No order is kept from an unchecked hold, so that no chain through one may answer for a chain
    /// through a checked one; its class word gets a bit that no class has. Nor may the chain of what
    /// is never held answer for a hold, whose use is marked.
    /// The mark of an entered context starts a chain of its own.
    pub(crate) fn on(mut self, below: u64) -> Self {
        let unchecked = u32::from(!self.meta.is_checked()) << 31;
        let (mask, entered) = ENTERED;
        let starts = self.class_word() & mask == entered;
        let below = if starts { SEED } else { below };
        let sync = u32::from(self.meta.is_sync()) << 30;
        self.key = extend(below, self.class_word() | unchecked | sync, self.mode());
        self
    }

    /// As [`on`](Self::on), of a lock that is held and nothing more: see [`Meta::is_hold`].
    #[inline(always)]
    pub(crate) fn hold_on(self, below: u64) -> Self {
        Self {
            key: extend_in(below, self.class_word(), self.meta.0 & 0b11),
            ..self
        }
    }

    /// The key under which its use is known if it was got without waiting.
    pub(crate) fn tried_key(&self) -> u64 {
        extend(self.key, TRIED, self.mode())
    }

    /// Whether it is a mark of `context.rs`: only the word of a lock is odd.
    pub(crate) fn is_mark(&self) -> bool {
        self.ids & 1 == 0
    }
}
