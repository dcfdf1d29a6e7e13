//! What a host says of a class: its name, what it does about two of its locks nested, and what
//! follows from a hold.

use std::sync::atomic::{AtomicU8, Ordering};

use dashmap::DashMap;
use once_cell::race::OnceBox;

use crate::derived::{DerivedFn, DerivedHold, Hold};
use crate::map::LockMap;

/// What a class does about two of its locks nested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClassPolicy {
    /// Judge by instance: any order that stays the same is fine.
    ByInstance,
    /// Report any nesting, as lockdep does.
    Forbid,
    /// Judge by the number that each lock has, see [`set_order`](crate::set_order): lower before
    /// higher. Locks without one are judged as the profile does.
    ByOrder,
    /// Any order is fine.
    Nestable,
    /// Keep it on the held stack and check nothing.
    NoValidate,
    /// Do not even keep it on the held stack.
    NoTrack,
}

/// Why an acquire that does not wait has to take the slow path in this process, as a set of bits.
static TRIES_ASK: AtomicU8 = AtomicU8::new(0);

/// Some class is not to be tracked, so that every slow acquire has to ask whether its own is.
const UNTRACKED: u8 = 1;

/// Some context was entered or masked, so that it matters where a lock is held.
const CONTEXTS: u8 = 2;

/// Some validator counts every acquire.
const STATISTICS: u8 = 4;

/// Sees to it that a policy is asked for where that is not done for every class.
pub(crate) fn note_policy(policy: ClassPolicy) {
    if policy == ClassPolicy::NoTrack {
        // Relaxed: acquires that run at the same time may or may not see the policy.
        TRIES_ASK.fetch_or(UNTRACKED, Ordering::Relaxed);
    }
}

/// Sees to it that the use of every lock is marked, however it is got.
pub(crate) fn note_context() {
    // Relaxed: as in `note_policy`.
    TRIES_ASK.fetch_or(CONTEXTS, Ordering::Relaxed);
}

/// Sees to it that every lock is counted, however it is got.
pub(crate) fn note_statistics() {
    // Relaxed: as in `note_policy`.
    TRIES_ASK.fetch_or(STATISTICS, Ordering::Relaxed);
}

pub(crate) fn some_is_untracked() -> bool {
    // Relaxed: see `note_policy`.
    TRIES_ASK.load(Ordering::Relaxed) & UNTRACKED != 0
}

/// Whether an acquire that does not wait has more to ask than its own stack.
pub(crate) fn tries_ask() -> bool {
    // Relaxed: see `note_policy`.
    TRIES_ASK.load(Ordering::Relaxed) != 0
}

/// A static lock class with a name.
#[derive(Debug)]
pub struct LockKey {
    pub(crate) name: &'static str,
    pub(crate) policy: Option<ClassPolicy>,
    pub(crate) order: Option<OrderFn>,
    pub(crate) derived: Option<DerivedFn>,
}

/// Tells the number of a lock in the order of its class.
pub(crate) type OrderFn = fn(&LockMap) -> u64;

impl LockKey {
    /// Makes a class called `name`; locks of one name and type are of one class.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            policy: None,
            order: None,
            derived: None,
        }
    }

    /// Makes a class called `name` with a policy of its own, in every profile.
    #[must_use]
    pub const fn with_policy(name: &'static str, policy: ClassPolicy) -> Self {
        Self {
            name,
            policy: Some(policy),
            order: None,
            derived: None,
        }
    }

    /// Makes a class called `name` whose locks are nested in the order of a number that `order`
    /// tells, lower before higher.
    ///
    /// It is asked once for each lock, before that is first acquired, and may find out from the map's
    /// address what the lock belongs to; threads that come first at once ask it each. Where the number changes, or a lock moves, tell the new one
    /// with [`set_order`](crate::set_order).
    ///
    /// # Source
    /// Linux `lockdep_set_lock_cmp_fn()`; `docs/design/annotations.md` tells why a number and not a
    /// comparison.
    #[must_use]
    pub const fn by_order(name: &'static str, order: fn(&LockMap) -> u64) -> Self {
        Self {
            name,
            policy: Some(ClassPolicy::ByOrder),
            order: Some(order),
            derived: None,
        }
    }

    /// Makes the same class, of whose locks `derived` tells what else is held because one of them is.
    ///
    /// It is called when a report is made, by the thread that makes it, for each lock of the class
    /// that this thread holds, and returns the oldest first. That can be wherever the thread takes,
    /// releases or asserts a lock, its own books included. Locks that it takes are not checked; a
    /// panic in it is swallowed.
    ///
    /// # Cost
    /// None until there is a report.
    #[must_use]
    pub const fn derived(self, derived: fn(Hold) -> Vec<DerivedHold>) -> Self {
        Self {
            derived: Some(derived),
            ..self
        }
    }

    /// The key called `name`, made when it is new and kept for ever.
    ///
    /// # Cost
    /// One look-up.
    pub(crate) fn named(name: &str) -> &'static Self {
        static KEYS: OnceBox<DashMap<String, &'static LockKey>> = OnceBox::new();
        let keys = KEYS.get_or_init(Box::default);
        if let Some(key) = keys.get(name) {
            return *key;
        }
        *keys.entry(name.to_owned()).or_insert_with(|| {
            let name = Box::leak(name.to_owned().into_boxed_str());
            Box::leak(Box::new(Self::new(name)))
        })
    }
}
