//! Kinds of dependencies.

/// How a lock was held while another was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Hold {
    /// Exclusively: every other acquire waits for it.
    Exclusive,
    /// Shared: only writers wait for it.
    Shared,
}

/// How a lock was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Want {
    /// Exclusively: it waits for every holder.
    Write,
    /// Shared and fair: it waits for a writer, held or queued.
    Read,
    /// Shared and recursive: it waits for a held writer alone.
    Recursive,
}

/// The kind of a dependency: one of the six pairs of a [`Hold`] and a [`Want`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Kind {
    /// How the first lock was held.
    pub hold: Hold,
    /// How the second was asked for.
    pub want: Want,
}

impl Kind {
    /// All six.
    pub const ALL: [Self; 6] = {
        use Hold::{Exclusive, Shared};
        use Want::{Read, Recursive, Write};
        [
            Self {
                hold: Exclusive,
                want: Write,
            },
            Self {
                hold: Exclusive,
                want: Read,
            },
            Self {
                hold: Exclusive,
                want: Recursive,
            },
            Self {
                hold: Shared,
                want: Write,
            },
            Self {
                hold: Shared,
                want: Read,
            },
            Self {
                hold: Shared,
                want: Recursive,
            },
        ]
    };

    /// Its place in [`ALL`](Self::ALL).
    #[must_use]
    pub fn number(self) -> u8 {
        self.hold as u8 * 3 + self.want as u8
    }

    /// Whether a dependency of this kind closes every cycle that one of kind `other` would.
    #[must_use]
    pub fn implies(self, other: Self) -> bool {
        self.hold <= other.hold && self.want <= other.want
    }
}

/// A set of kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KindSet(u8);

impl KindSet {
    /// Adds `kind`.
    pub fn insert(&mut self, kind: Kind) {
        self.0 |= Self::bit(kind);
    }

    /// Whether `kind` is in the set.
    #[must_use]
    pub fn contains(self, kind: Kind) -> bool {
        self.0 & Self::bit(kind) != 0
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether a kind of the set implies `kind`.
    #[must_use]
    pub fn implies(self, kind: Kind) -> bool {
        self.iter().any(|known| known.implies(kind))
    }

    /// The kinds of the set.
    pub fn iter(self) -> impl Iterator<Item = Kind> {
        Kind::ALL
            .into_iter()
            .filter(move |&kind| self.contains(kind))
    }

    fn bit(kind: Kind) -> u8 {
        1 << kind.number()
    }
}
