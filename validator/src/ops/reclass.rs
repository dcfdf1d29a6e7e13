//! The class and the order of a lock, told after it was made.

use super::ends::forget_instance;
use super::{MayPanic, conclude, find, not_held};
use crate::class::ClassId;
use crate::cold::in_validator;
use crate::instance::ORDER;
use crate::lock_type::LockType;
use crate::mailbox;
use crate::map::LockMap;
use crate::site::Site;
use crate::task::Task;
use crate::validate;
use crate::violation::Act;

/// Gives a lock its place in the order of its class.
pub(crate) fn set_order(map: &LockMap, lock_type: &'static LockType, order: u64, site: Site) {
    let ids = map.register(lock_type, || site, Some(order));
    // It may have been registered before.
    ids.into_iter()
        .for_each(|ids| ORDER.set((ids >> 32) as u32, order));
}

/// Moves a held lock to a subclass of its own class, or of `to`, whose locks its map belongs to from
/// now on; what that makes of the order of what is held is checked.
///
/// # Source
/// Linux `lock_set_class()`.
#[track_caller]
pub(crate) fn set_class(
    task: &'static Task,
    map: &LockMap,
    to: Option<ClassId>,
    subclass: u32,
    site: Site,
) {
    mailbox::empty(task);
    let (Some((depth, _)), Some(class)) = (find(task, map), map.class()) else {
        not_held(task, map, Act::SetClass, Some(site));
        return;
    };
    let to = to.unwrap_or(class);
    if to != class {
        forget_instance(task, map);
    }
    let violations = in_validator(|| {
        if to != class {
            map.set_class(to);
        }
        task.held.set_class(depth, to.subclass(subclass).word());
        validate::reclassed(task.validator(), task, depth)
    });
    mailbox::settle(task);
    conclude(task, violations.unwrap_or_default(), MayPanic::Yes);
}
