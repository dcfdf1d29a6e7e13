//! How often the protocol took its rare branches.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! branches {
    ($($(#[$doc:meta])* $branch:ident $text:literal;)*) => {
        /// A rare branch of the protocol.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Branch {
            $($(#[$doc])* $branch,)*
        }

        impl Branch {
            /// All of them, in the order in which they are shown.
            pub const ALL: &[Self] = &[$(Self::$branch,)*];
        }

        /// A noun phrase, for example `doomed reader`.
        impl fmt::Display for Branch {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$branch => $text,)*
                })
            }
        }
    };
}

branches! {
    /// A reader raised the count of a VMA that a writer had locked meanwhile, and left again.
    DoomedReader "doomed reader";
    /// A reader raised the count of a VMA that belonged to another address space by then.
    OwnerMismatch "owner mismatch after recycling";
    /// A reader found a detached VMA and looked it up again.
    DetachedRetry "retry on a detached VMA";
    /// A reader locked a VMA that no longer covered the address.
    RangeMismatch "range changed before the lock";
    /// A writer or detacher waited for readers.
    WriterWaited "writer waited for readers";
    /// A writer or detacher was woken too early.
    SpuriousWake "spurious wake-up of a writer";
    /// A wait for readers, or for the mmap lock, was interrupted.
    Interrupted "interrupted wait";
    /// A doomed reader left after the write lock that doomed it had ended by a downgrade.
    DowngradedBesideReader "downgrade beside a doomed reader";
    /// A walk went on under the mmap lock, since it could not lock the next VMA without.
    WalkFellBack "walk under the mmap lock";
}

const COUNT: usize = Branch::ALL.len();

/// Counts of rare branches, shared by all address spaces of a pool.
///
/// These are plain atomics in a model as well: nothing is ordered by them.
#[derive(Debug, Default)]
pub struct Branches([AtomicU64; COUNT]);

impl Branches {
    /// How often this branch was taken.
    #[must_use]
    pub fn get(&self, branch: Branch) -> u64 {
        // Relaxed: a statistic, nothing is ordered by it.
        self.0[branch as usize].load(Ordering::Relaxed)
    }

    #[cold]
    pub(crate) fn count(&self, branch: Branch) {
        // Relaxed: a statistic, nothing is ordered by it.
        self.0[branch as usize].fetch_add(1, Ordering::Relaxed);
    }
}
