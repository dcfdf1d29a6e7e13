//! Meeting a lock: a known chain would not ask whether it is the second one of its class.
//!
//! A thread meets a lock when that is registered, by its first acquire, or made anew.
//! A task that is driven by hand may be given locks of another validator, and meets them whenever it
//! acquires them.

use crate::acquire::Acquire;
use crate::cold::in_validator;
use crate::held::HeldLock;
use crate::map::LockMap;
use crate::mode::{Meta, Mode};
use crate::ops::{self, MayPanic};
use crate::site::Site;
use crate::task::Task;
use crate::validate;

/// Meets a lock that is about to be acquired.
#[track_caller]
pub(crate) fn acquired(task: &'static Task, map: &LockMap, wanted: Acquire<'_>) {
    if let Some(ids) = ops::ids(map, wanted) {
        meet(task, ops::entry_of(ids, wanted), MayPanic::of(wanted));
    }
}

/// Meets a lock that was made anew; one that was never acquired comes later.
#[track_caller]
pub(crate) fn renewed(task: &'static Task, map: &LockMap, site: Site) {
    if map.instance() != 0 {
        let lock = HeldLock {
            ids: map.ids(),
            key: 0,
            site,
            meta: Meta::waiting(Mode::Write),
        };
        meet(task, lock, MayPanic::No);
    }
}

#[track_caller]
fn meet(task: &'static Task, lock: HeldLock, may_panic: MayPanic) {
    let violations = in_validator(|| validate::meet(task.validator(), task, lock));
    ops::conclude(task, violations.unwrap_or_default(), may_panic);
}
