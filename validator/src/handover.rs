//! Locks that change hands: a hold that another task releases, or takes over.
//!
//! Whose hold was released is told only where one task alone has one. Of several readers it could be
//! any, so from then on it is unknown which of them still holds the lock, and nothing is reported.

use crate::cold::{self, in_validator};
use crate::config::Profile;
use crate::context;
use crate::held::HeldLock;
use crate::lock_stat;
use crate::mailbox::{self, Post};
use crate::map::LockMap;
use crate::mode::{Attempt, Meta, Mode};
use crate::ops;
use crate::registry;
use crate::site::Site;
use crate::task::{Phase, Task, phase};
use crate::violation::Act;

/// Gives a release of a lock that `task` does not hold to whoever holds it; false if nobody does.
///
/// In the profile `kernel` it is nobody's: there a lock is released by who took it.
pub(crate) fn released_for_another(task: &Task, map: &LockMap) -> bool {
    let instance = map.instance();
    let kernel = task.validator().config.profile == Profile::Kernel;
    if instance == 0 || kernel || task.is_in_handler() {
        return false;
    }
    in_validator(|| is_given(task, instance)).unwrap_or(false)
}

fn is_given(task: &Task, instance: u32) -> bool {
    if task.mailbox.take_unknown(instance).is_some() {
        return true;
    }
    let validator = task.validator();
    if validator.leftovers.take(instance).is_some() {
        return true;
    }
    let mut holders = registry::holding(validator, instance);
    // What a context interrupted is not its own to release.
    holders.retain(|holder| holder.task != task);
    holders.retain(|holder| holder.held.iter().any(|lock| !lock.meta.is_waiting()));
    match holders.as_slice() {
        // The task may have ended meanwhile, and left it over. Or it is the hold of which another task was
        // told that it is unknown.
        [] => {
            let mut tasks = registry::of(validator);
            validator.leftovers.take(instance).is_some()
                || tasks.any(|task| task.mailbox.may_hold(instance))
        }
        [only] => {
            if mailbox::send(only.task, only.number, Post::Released(instance)) {
                lock_stat::released_by_another(validator, only.task, instance);
            } else {
                validator.leftovers.take(instance);
            }
            true
        }
        several => {
            for holder in several {
                mailbox::send(holder.task, holder.number, Post::Unknown(instance));
                lock_stat::lost(validator, holder.task, instance);
            }
            true
        }
    }
}

/// Whether a lock that is not on the stack of `task` is held in an arm of it, or by another task, which may
/// have given its guard away; how it is held there stays as it was.
///
/// In the profile `kernel` that is nothing to `task`.
pub(crate) fn is_anothers(task: &Task, map: &LockMap) -> bool {
    let (validator, instance) = (task.validator(), map.instance());
    let kernel = validator.config.profile == Profile::Kernel;
    let is_held = || {
        let holders = registry::holding(validator, instance);
        let mut held = holders.iter().flat_map(|holder| &holder.held);
        held.any(|lock| !lock.meta.is_waiting())
            || validator.leftovers.contains(instance)
            || registry::of(validator).any(|task| task.mailbox.may_hold(instance))
    };
    instance != 0 && !kernel && in_validator(is_held).unwrap_or(true)
}

/// A hold on its way from one task to another; nobody holds the lock meanwhile.
#[derive(Debug)]
#[must_use = "let another task adopt it"]
pub struct Disowned {
    ids: u64,
    mode: Mode,
    site: Site,
}

/// Takes the newest hold of a lock from the calling thread, to be adopted by another one; `None` if
/// the thread does not hold it, which is reported.
pub fn disown(map: &LockMap, site: Site) -> Option<Disowned> {
    match phase() {
        Phase::Active(task) => take_from(task, map, site),
        Phase::Fresh | Phase::Busy | Phase::Sink | Phase::Off => None,
    }
}

/// Gives a hold to the calling thread.
pub fn adopt(hold: Disowned) {
    if let Some(task) = cold::task() {
        give_to(task, hold);
    }
}

/// As [`disown`], by a task.
pub(crate) fn take_from(task: &'static Task, map: &LockMap, site: Site) -> Option<Disowned> {
    mailbox::empty(task);
    let lock = match context::find(task, map) {
        Some((depth, lock)) => {
            ops::take_off(task, depth, &lock, Some(site));
            Some(lock)
        }
        None => take_from_elsewhere(task, map, site),
    };
    if lock.is_none() && !is_anothers(task, map) {
        ops::not_held(task, map, Act::Release, Some(site));
    }
    lock.map(|lock| Disowned {
        ids: lock.ids & !HeldLock::MARKS,
        mode: lock.mode(),
        site: lock.site,
    })
}

/// The hold of a lock whose guard comes from another arm of the task, or from a task that has ended.
fn take_from_elsewhere(task: &'static Task, map: &LockMap, site: Site) -> Option<HeldLock> {
    let parked = ops::take_parked(task, map);
    parked
        .iter()
        .for_each(|lock| ops::ended(task, lock, Some(site)));
    let left = || in_validator(|| task.validator().leftovers.take(map.instance())).flatten();
    parked.or_else(left)
}

/// As [`adopt`], by a task.
///
/// It waited for nothing, so no order leads into the lock; what it takes from now on comes after it.
pub(crate) fn give_to(task: &'static Task, hold: Disowned) {
    mailbox::empty(task);
    let Disowned { ids, mode, site } = hold;
    let meta = Meta::held(mode, Attempt::Try);
    let lock = HeldLock {
        ids,
        key: 0,
        site,
        meta,
    };
    ops::push_counted(task, lock.on(task.held.key()), lock_stat::adopts);
}
