//! `vm_refcnt`, the word of the per-VMA lock, as a value.

use std::fmt;

use crate::planted::planted;
use crate::sync::EXCLUDE_READERS_BIT;

/// The bit of [`VM_REFCNT_EXCLUDE_READERS_FLAG`].
pub const VM_REFCNT_EXCLUDE_READERS_BIT: u32 = EXCLUDE_READERS_BIT;

/// Set while a writer or detacher waits for readers; no reader can enter then.
pub const VM_REFCNT_EXCLUDE_READERS_FLAG: u32 = 1 << VM_REFCNT_EXCLUDE_READERS_BIT;

/// The highest count without the flag: one attachment and 2^30 - 2 readers.
pub const VM_REFCNT_LIMIT: u32 = VM_REFCNT_EXCLUDE_READERS_FLAG - 1;

/// A value of `vm_refcnt`, the word of the per-VMA lock.
///
/// Bit 30 is the writer's flag, the bits below count.
/// The base count of 1 means "attached"; each reader adds 1; a writer or detacher that waits for
/// readers adds the flag.
/// Bit 30 rather than 31, so that the flag on top of a full count is still `i32::MAX`.
///
/// | value        | meaning                                     | who leaves it, and how                 |
/// |--------------|---------------------------------------------|----------------------------------------|
/// | 0            | detached; no reader can raise it            | attach: store 1, mmap lock + VMA write |
/// | 1            | attached; unlocked or write-locked          | reader +1, writer +FLAG, detacher -1   |
/// | 2..=LIMIT    | attached, n-1 readers (some may be doomed)  | reader +1/-1, writer +FLAG, detach -1  |
/// | FLAG         | detaching, no reader left                   | the detacher, -FLAG                    |
/// | FLAG+1       | the writer excludes readers, or a detacher  | writer -FLAG; reader -1                |
/// |              | waits for one doomed reader                 |                                        |
/// | above FLAG+1 | a writer or detacher waits for readers      | readers -1                             |
/// | above 2^31-1 | corrupt                                     | nobody                                 |
///
/// The word does not tell "unlocked" from "write-locked": in its steady state a write lock is the
/// equality of `vm_lock_seq` and `mm_lock_seq`, and the flag is there only while readers drain.
/// Nor does it tell whose the readers are, which is why asserts that read it are approximate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RefCnt(pub u32);

/// What a value of `vm_refcnt` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefCntState {
    /// Not in any tree; readers cannot enter.
    Detached,
    /// In a tree, no reader; unlocked or write-locked, which only the sequences tell.
    Attached,
    /// In a tree with this many readers, of which some may be doomed to leave again.
    Read {
        /// The number of read locks.
        readers: u32,
    },
    /// A detacher has waited for the last reader and is about to finish.
    Detaching,
    /// A writer has waited for the last reader, or a detacher waits for the last one.
    ReadersExcluded,
    /// A writer or detacher waits for readers.
    Draining {
        /// The readers that a writer waits for; a detacher waits for one more.
        readers: u32,
    },
    /// No operation leads here.
    Corrupt,
}

impl RefCnt {
    /// The value of a detached VMA.
    pub(crate) const DETACHED: Self = Self(0);
    /// The value of an attached VMA without readers.
    pub(crate) const ATTACHED: Self = Self(1);

    /// Tells what the value means.
    pub const fn decode(self) -> RefCntState {
        const FLAG: u32 = VM_REFCNT_EXCLUDE_READERS_FLAG;
        const FLAG_AND_BASE: u32 = FLAG + 1;
        const FIRST_DRAINING: u32 = FLAG + 2;
        const LAST_DRAINING: u32 = FLAG + VM_REFCNT_LIMIT;
        match self.0 {
            0 => RefCntState::Detached,
            1 => RefCntState::Attached,
            count @ 2..=VM_REFCNT_LIMIT => RefCntState::Read { readers: count - 1 },
            FLAG => RefCntState::Detaching,
            FLAG_AND_BASE => RefCntState::ReadersExcluded,
            count @ FIRST_DRAINING..=LAST_DRAINING => RefCntState::Draining {
                readers: count - FLAG_AND_BASE,
            },
            _ => RefCntState::Corrupt,
        }
    }

    /// Whether a waiting writer or detacher may have what it waits for, so that it is to be woken.
    ///
    /// A detacher is told one reader too early and looks again.
    pub(crate) fn readers_excluded(self) -> bool {
        if planted("wake-off-by-one") {
            return self.0 == VM_REFCNT_EXCLUDE_READERS_FLAG + 1;
        }
        self.0 & VM_REFCNT_EXCLUDE_READERS_FLAG != 0 && self.0 <= VM_REFCNT_EXCLUDE_READERS_FLAG + 1
    }
}

impl fmt::Display for RefCntState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Detached => f.write_str("detached"),
            Self::Attached => f.write_str("attached, no reader"),
            Self::Read { readers: 1 } => f.write_str("attached, 1 reader"),
            Self::Read { readers } => write!(f, "attached, {readers} readers"),
            Self::Detaching => f.write_str("detaching, no reader left"),
            Self::ReadersExcluded => f.write_str("readers excluded"),
            Self::Draining { readers } => write!(f, "readers excluded but for {readers}"),
            Self::Corrupt => f.write_str("corrupt"),
        }
    }
}

/// For example `2: attached, 1 reader`.
impl fmt::Display for RefCnt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0, self.decode())
    }
}

impl fmt::Debug for RefCnt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RefCnt({self})")
    }
}
