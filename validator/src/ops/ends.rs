//! The ends of locks and tasks, and the places where nothing may be held.

use heldby_model::Code;

use super::{MayPanic, complain, find};
use crate::class::ClassId;
use crate::cold::in_validator;
use crate::held::HeldLock;
use crate::instance::ADDRESS;
use crate::leftovers;
use crate::lock_stat;
use crate::mailbox;
use crate::map::LockMap;
use crate::meet;
use crate::rules::pin;
use crate::site::Site;
use crate::task::Task;
use crate::violation::{Subject, Wrong};

/// The memory of a lock goes; what the task holds of it goes as well.
pub(crate) fn freed(task: &'static Task, map: &LockMap, site: Option<Site>) {
    mailbox::empty(task);
    if let Some((depth, lock)) = find(task, map) {
        freed_while_held(task, lock, site);
        lock_stat::forgotten(task, lock.instance());
        pin::forget(task, &lock);
        task.held.remove(depth);
    }
    forget_instance(task, map);
}

/// The memory of a range goes; so does what the task holds of the locks in it.
pub(crate) fn freed_range(task: &'static Task, from: usize, bytes: usize, site: Site) {
    mailbox::empty(task);
    let held: Vec<_> = task.held.newest_first().collect();
    for (depth, lock) in held {
        let address = ADDRESS.get(lock.instance());
        let offset = address.and_then(|address| (address as usize).checked_sub(from));
        if offset.is_some_and(|offset| offset < bytes) {
            freed_while_held(task, lock, Some(site));
            lock_stat::forgotten(task, lock.instance());
            pin::forget(task, &lock);
            task.held.remove(depth);
        }
    }
}

/// A lock is made anew; if it is held, it stays the lock that it was.
pub(crate) fn reinit(task: &'static Task, map: &LockMap, site: Site) {
    mailbox::empty(task);
    match find(task, map) {
        Some((_, lock)) => freed_while_held(task, lock, Some(site)),
        None => {
            forget_instance(task, map);
            map.renew();
            meet::renewed(task, map, site);
        }
    }
}

fn freed_while_held(task: &'static Task, lock: HeldLock, site: Option<Site>) {
    let class = ClassId::from_word(lock.class_word());
    let subject = Subject {
        class,
        mode: lock.mode(),
    };
    complain(
        task,
        Code::Hb0102,
        Wrong::Freed,
        Some(subject),
        site,
        MayPanic::No,
    );
}

pub(super) fn forget_instance(task: &'static Task, map: &LockMap) {
    let instance = map.instance();
    if instance != 0 {
        let class = ClassId::from_word(map.ids() as u32);
        in_validator(|| {
            class
                .siblings()
                .for_each(|class| task.validator().forget_instance(class, instance));
        });
    }
}

/// The task ends: a lock that threads wait for must not be held any more. The guard of one that futures
/// wait for may be somebody else's by now.
pub(crate) fn exit(task: &'static Task, site: Option<Site>) {
    leftovers::leave(task);
    if complain_of_held(
        task,
        Code::Hb0103,
        Wrong::ExitWithHeldLock,
        site,
        MayPanic::No,
    ) {
        task.held.clear();
        in_validator(|| {
            lock_stat::close(task);
            task.pins().clear();
        });
    }
}

/// Reports if the task holds anything, by the code `code`.
#[track_caller]
pub(crate) fn assert_none_held(task: &'static Task, code: Code, site: Site) {
    complain_of_held(task, code, Wrong::HeldAtCheck, Some(site), MayPanic::Yes);
}

/// Complains of all that the task holds; false if that is nothing.
#[track_caller]
fn complain_of_held(
    task: &'static Task,
    code: Code,
    wrong: fn(Vec<HeldLock>) -> Wrong,
    site: Option<Site>,
    may_panic: MayPanic,
) -> bool {
    mailbox::empty(task);
    let mut held: Vec<_> = task.held.shown().collect();
    held.retain(|lock| !lock.meta.is_waiting());
    held.reverse();
    let Some(newest) = held.last() else {
        return false;
    };
    let class = ClassId::from_word(newest.class_word());
    let subject = Subject {
        class,
        mode: newest.mode(),
    };
    let site = site.or(Some(newest.site));
    complain(task, code, wrong(held), Some(subject), site, may_panic);
    true
}
