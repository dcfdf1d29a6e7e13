//! What a host tells of its locks beside acquires and releases, for the calling thread.

use std::cell::Cell;

use heldby_model::Code;

use crate::class::ClassId;
use crate::cold;
use crate::lock_key::LockKey;
use crate::lock_type::LockType;
use crate::map::LockMap;
use crate::rules::pin::{self, PinCookie};
use crate::site::Site;
use crate::task::{self, Phase};
use crate::word::Keyed;
use crate::{meet, ops, stack};

/// Gives a lock its place in the order of a class with the policy
/// [`ByOrder`](crate::ClassPolicy::ByOrder): lower before higher. It may change at any time.
///
/// # Cost
/// One entry in a table of all such locks, about 24 bytes, until the lock goes.
pub fn set_order(map: &LockMap, lock_type: &'static LockType, order: u64, site: Site) {
    ops::set_order(map, lock_type, order, site);
}

/// Where a held lock is moved to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum To {
    /// Its own class.
    Own,
    /// The class of a key, for locks of its type.
    Key(&'static LockKey),
}

/// Moves a held lock to a subclass of a class; says so if this thread does not hold it.
#[track_caller]
pub(crate) fn set_class(map: &LockMap, to: To, subclass: u32, site: Site) {
    stack::mark_entry();
    let Phase::Active(task) = task::phase() else {
        return;
    };
    let class = match (to, map.class()) {
        (To::Key(key), Some(class)) => Some(class_of(key, class)),
        (To::Own, _) | (_, None) => None,
    };
    ops::set_class(task, map, class, subclass, site);
}

/// Gives a lock that is not held another class.
#[track_caller]
pub(crate) fn set_key(map: &LockMap, key: &'static LockKey, site: Site) {
    if map.set_key(key) == Keyed::TooLate
        && let Some(class) = map.class()
    {
        let class = class_of(key, class);
        let inside = cold::Inside::enter();
        map.set_class(class);
        drop(inside);
        if let Phase::Active(task) = task::phase() {
            meet::renewed(task, map, site);
        }
    }
}

/// The class of `key` for locks of the type that those of `class` have.
fn class_of(key: &'static LockKey, class: ClassId) -> ClassId {
    let _inside = cold::Inside::enter();
    ClassId::of_key(key, class.class().lock_type)
}

/// Pins a lock that this thread holds.
#[track_caller]
pub(crate) fn pin_lock(map: &LockMap, site: Site) -> PinCookie {
    stack::mark_entry();
    match task::phase() {
        Phase::Active(task) if is_told(map) => pin::pin(task, map, site),
        _ => PinCookie::default(),
    }
}

/// Pins a lock again under the cookie of an earlier pin.
#[track_caller]
pub(crate) fn repin_lock(map: &LockMap, cookie: PinCookie, site: Site) {
    stack::mark_entry();
    if let Phase::Active(task) = task::phase()
        && is_told(map)
    {
        pin::repin(task, map, cookie, site);
    }
}

/// Takes one pin off a lock.
#[track_caller]
pub(crate) fn unpin_lock(map: &LockMap, cookie: PinCookie, site: Site) {
    stack::mark_entry();
    if let Phase::Active(task) = task::phase()
        && is_told(map)
    {
        pin::unpin(task, map, cookie, site);
    }
}

/// Whether it is known what the thread holds of a lock.
fn is_told(map: &LockMap) -> bool {
    cold::held(map) != cold::Held::Unknown
}

/// Reports each lock in a range of memory that this thread holds.
pub(crate) fn freed_range(from: *const u8, bytes: usize, site: Site) {
    stack::mark_entry();
    if let Phase::Active(task) = task::phase() {
        ops::freed_range(task, from.addr(), bytes, site);
    }
}

/// Reports if this thread holds anything, as what `code` says.
///
/// # Panics
/// When it does and the policy is `panic`.
#[track_caller]
pub fn assert_none_held(code: Code, site: Site) {
    stack::mark_entry();
    if let Phase::Active(task) = task::phase()
        && !task::has_unseen()
    {
        ops::assert_none_held(task, code, site);
    }
}

thread_local! {
    /// How often this thread was switched off and not on again, and what it was before.
    static OFF: Cell<(u32, Option<Phase>)> = const { Cell::new((0, None)) };
}

/// Switches the validation of this thread off, until [`lockdep_on`] was called as often.
///
/// What it acquires meanwhile passes through unseen, what it releases is taken off its held stack,
/// and what it holds cannot be told, so that assertions pass.
///
/// # Source
/// Linux `lockdep_off()`.
pub fn lockdep_off() {
    let (depth, mut before) = OFF.get();
    if depth == 0 {
        before = match task::phase() {
            phase @ (Phase::Fresh | Phase::Active(_)) => {
                task::set_phase(Phase::Busy);
                Some(phase)
            }
            // Nothing is checked as it is.
            Phase::Busy | Phase::Sink | Phase::Off => None,
        };
    }
    OFF.set((depth.saturating_add(1), before));
}

/// Takes one [`lockdep_off`] back; more than there were do nothing.
pub fn lockdep_on() {
    match OFF.get() {
        (0, _) => {}
        (1, before) => {
            OFF.set((0, None));
            if let Some(phase) = before {
                task::set_phase(phase);
            }
        }
        (depth, before) => OFF.set((depth - 1, before)),
    }
}
