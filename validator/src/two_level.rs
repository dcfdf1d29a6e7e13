//! Container lock or item lock: an item that either of two locks keeps stable.
//!
//! A thread that holds the container's lock, or the item's own, in any mode, sees the item as it is.
//! What it holds is asked of its own held stack, see [`held`](crate::held); here stands what is said
//! when that is neither.
//!
//! # Source
//! Linux 7.0 `vma_assert_stabilised()`, whose container is the mmap lock.

use heldby_model::Code;

use crate::cold::{in_validator, task};
use crate::map::LockMap;
use crate::ops::{self, MayPanic};
use crate::site::Site;
use crate::stack;
use crate::task::Task;
use crate::violation::{ItemNotStabilised, Level, Wrong};

/// An item of a container, and the two locks of which either keeps it stable.
#[derive(Clone, Debug)]
pub struct TwoLevel<'a> {
    /// The lock of the container.
    pub container: &'a LockMap,
    /// The item's own lock.
    pub item: &'a LockMap,
    /// What reports call the item, for example `page 7`; `None` for the name of its lock.
    pub which: Option<String>,
    /// Whether whoever locks the item for writing holds the container for writing.
    pub item_write_implies_container_write: bool,
}

/// Why an item does not count as stable.
#[derive(Clone, Copy, Debug)]
pub enum Unstabilised<'a> {
    /// The calling thread holds neither lock.
    NeitherHeld,
    /// The guard that is to prove it is of another lock.
    WrongGuard {
        /// The lock that it is of.
        given: &'a LockMap,
        /// The lock that it should be of.
        wanted: &'a LockMap,
    },
}

/// Reports that an item is not stable.
///
/// # Panics
/// When the policy is `panic`.
#[track_caller]
pub fn item_not_stabilised(what: TwoLevel<'_>, why: Unstabilised<'_>, site: Site) {
    stack::mark_entry();
    if let Some(task) = task() {
        complain(task, what, why, site);
    }
}

/// Reports that an item is not stable for `task`.
#[track_caller]
pub(crate) fn complain(task: &'static Task, what: TwoLevel<'_>, why: Unstabilised<'_>, site: Site) {
    let levels = in_validator(|| ItemNotStabilised {
        container: Level::of(what.container),
        item: Level::of(what.item),
        which: what.which,
        item_write_implies_container_write: what.item_write_implies_container_write,
        wrong_guard: match why {
            Unstabilised::NeitherHeld => None,
            Unstabilised::WrongGuard { given, wanted } => Some([given, wanted].map(Level::of)),
        },
    });
    if let Some(levels) = levels {
        let wrong = Wrong::ItemNotStabilised(Box::new(levels));
        ops::complain(task, Code::Hb0201, wrong, None, Some(site), MayPanic::Yes);
    }
}

impl Level {
    fn of(map: &LockMap) -> Self {
        Self {
            name: map.name(),
            class: map.class(),
            instance: map.instance(),
        }
    }
}
