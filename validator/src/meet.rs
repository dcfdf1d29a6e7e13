//! Meeting a lock: a known chain would not ask whether it is the second one of its class.
//!
//! A thread meets a lock when that is registered, by its first acquire, or made anew; of a lock that a host
//! which is not in Rust gives its class by itself, the host tells: [`introduce`].
//! A task that is driven by hand may be given locks of another validator, and meets them whenever it
//! acquires them.

use crate::acquire::Acquire;
use crate::allocator;
use crate::cold::{self, in_validator};
use crate::held::HeldLock;
use crate::map::LockMap;
use crate::mode::{Meta, Mode};
use crate::ops::{self, MayPanic};
use crate::site::Site;
use crate::stack;
use crate::task::Task;
use crate::validate;

/// Meets a lock that is about to be acquired.
#[track_caller]
pub(crate) fn acquired(task: &'static Task, map: &LockMap, wanted: Acquire<'_>) {
    if let Some(ids) = ops::ids(map, wanted) {
        meet(task, ops::entry_of(ids, wanted), MayPanic::of(wanted));
    }
}

/// Tells of a lock that got its class at `site` outside of an acquire, and will be acquired: it may be the
/// second one of its class.
///
/// Nothing is told by a thread that [is kept out](crate::is_kept_out), or of a lock of the allocator's.
///
/// # Cost
/// One look at the graph.
///
/// # Panics
/// As [`acquire`](crate::acquire), which it stands before.
#[track_caller]
pub fn introduce(map: &LockMap, site: Site) {
    stack::mark_entry();
    if !cold::is_kept_out()
        && !allocator::owns(map)
        && let Some(task) = cold::task()
    {
        registered(task, map, site, MayPanic::Yes);
    }
}

/// Meets a lock that was made anew; one that was never acquired comes later.
#[track_caller]
pub(crate) fn renewed(task: &'static Task, map: &LockMap, site: Site) {
    registered(task, map, site, MayPanic::No);
}

#[track_caller]
fn registered(task: &'static Task, map: &LockMap, site: Site, may_panic: MayPanic) {
    if map.instance() != 0 {
        let lock = HeldLock {
            ids: map.ids(),
            key: 0,
            site,
            meta: Meta::waiting(Mode::Write),
        };
        meet(task, lock, may_panic);
    }
}

#[track_caller]
fn meet(task: &'static Task, lock: HeldLock, may_panic: MayPanic) {
    let violations = in_validator(|| validate::meet(task.validator(), task, lock));
    ops::conclude(task, violations.unwrap_or_default(), may_panic);
}
