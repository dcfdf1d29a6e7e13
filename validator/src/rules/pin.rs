//! Pins: a hold that somebody counts on, and that must not be released under him.
//!
//! Whoever calls code that may drop a lock and take it again, and must not, pins the lock before and
//! unpins it after.
//! The entry on the held stack is marked, so that its release takes the slow path and no other one
//! pays for it; the cookies stand beside the stack.
//!
//! # Source
//! Linux `lock_pin_lock()`. Lockdep adds random numbers to a counter and notices a wrong cookie when
//! that falls below zero; here each cookie is known.

use std::sync::atomic::{AtomicU32, Ordering};

use heldby_model::Code;

use crate::class::ClassId;
use crate::cold::in_validator;
use crate::held::HeldLock;
use crate::map::LockMap;
use crate::ops::{self, MayPanic};
use crate::site::Site;
use crate::task::Task;
use crate::violation::{PinMisuse, Subject, Wrong};

/// Tells a pin from all others; whoever pinned a lock gives it back to unpin it.
///
/// The default one belongs to no pin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PinCookie(u32);

/// One pin of a task.
#[derive(Debug)]
pub(crate) struct Pin {
    lock: HeldLock,
    cookie: PinCookie,
    site: Site,
}

impl Pin {
    fn is_of(&self, lock: &HeldLock) -> bool {
        match self.lock.instance() {
            0 => self.lock.class_word() == lock.class_word(),
            instance => instance == lock.instance(),
        }
    }
}

/// Pins the oldest hold of a lock: that is the last one to go.
#[track_caller]
pub(crate) fn pin(task: &'static Task, map: &LockMap, site: Site) -> PinCookie {
    static COOKIES: AtomicU32 = AtomicU32::new(1);
    // Relaxed: a counter, nothing is ordered by it.
    let cookie = PinCookie(COOKIES.fetch_add(1, Ordering::Relaxed));
    match repin(task, map, cookie, site) {
        Outcome::Pinned => cookie,
        Outcome::NotHeld => PinCookie::default(),
    }
}

/// Whether a lock could be pinned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Pinned,
    NotHeld,
}

/// Pins a lock under a cookie that an earlier pin gave, after the lock was released and taken again.
#[track_caller]
pub(crate) fn repin(task: &'static Task, map: &LockMap, cookie: PinCookie, site: Site) -> Outcome {
    let Some((depth, lock)) = oldest(task, map) else {
        misuse(task, map, PinMisuse::PinNotHeld, site);
        return Outcome::NotHeld;
    };
    in_validator(|| task.pins().push(Pin { lock, cookie, site }));
    task.held.set_pinned(depth, true);
    Outcome::Pinned
}

/// Takes one pin off a lock.
#[track_caller]
pub(crate) fn unpin(task: &'static Task, map: &LockMap, cookie: PinCookie, site: Site) {
    let Some((depth, lock)) = oldest(task, map) else {
        misuse(task, map, PinMisuse::UnpinNotHeld, site);
        return;
    };
    let rest = in_validator(|| {
        let mut pins = task.pins();
        let is_it = |pin: &Pin| pin.cookie == cookie && pin.is_of(&lock);
        let found = pins.iter().rposition(is_it)?;
        pins.remove(found);
        Some(pins.iter().filter(|pin| pin.is_of(&lock)).count())
    });
    match rest.flatten() {
        Some(0) => task.held.set_pinned(depth, false),
        Some(_) => {}
        None => misuse(task, map, PinMisuse::WrongCookie, site),
    }
}

fn oldest(task: &Task, map: &LockMap) -> Option<(usize, HeldLock)> {
    let is_ours = ops::is_hold_of(map);
    let mut oldest_first = task.held.newest_first().rev();
    oldest_first.find(|(_, lock)| is_ours(lock) && !lock.meta.is_hidden())
}

#[track_caller]
fn misuse(task: &'static Task, map: &LockMap, misuse: PinMisuse, site: Site) {
    let subject = map.class().map(|class| Subject {
        class,
        mode: crate::Mode::Write,
    });
    let wrong = Wrong::Pin(misuse, map.unregistered_name());
    complain(task, wrong, subject, Some(site), MayPanic::Yes);
}

#[track_caller]
fn complain(
    task: &'static Task,
    wrong: Wrong,
    subject: Option<Subject>,
    site: Option<Site>,
    may_panic: MayPanic,
) {
    ops::complain(task, Code::Hb0105, wrong, subject, site, may_panic);
}

/// A pinned hold is released: says so, and forgets its pins.
pub(crate) fn released(task: &'static Task, lock: &HeldLock, site: Option<Site>) {
    let Some(pinned_at) = forget(task, lock) else {
        return;
    };
    let subject = Subject {
        class: ClassId::from_word(lock.class_word()),
        mode: lock.mode(),
    };
    let wrong = Wrong::Pin(PinMisuse::Released(pinned_at), None);
    complain(task, wrong, Some(subject), site, MayPanic::No);
}

/// Forgets the pins of a hold that goes, and tells where the newest of them was made.
pub(crate) fn forget(task: &Task, lock: &HeldLock) -> Option<Site> {
    if !lock.is_pinned() {
        return None;
    }
    in_validator(|| {
        let mut pins = task.pins();
        let newest = pins.iter().rfind(|pin| pin.is_of(lock)).map(|pin| pin.site);
        pins.retain(|pin| !pin.is_of(lock));
        newest
    })
    .flatten()
}
