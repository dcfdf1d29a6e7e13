//! Locks that change hands: a hold that another task releases, or takes over.
//!
//! Only its owner writes a held stack, so a task that releases what another one holds cannot take it
//! off there. It posts that to the owner's mailbox instead, which the owner empties at its next event
//! off the hot path; whoever reads the owner's stack until then leaves out what was posted.
//!
//! Whose hold was released is told only where one task alone has one. Of several readers it could be
//! any, so from then on it is unknown which of them still holds the lock, and nothing is reported.
//!
//! # Orderings
//! The hot path must not look at the mailbox, so whoever posts makes the owner's next acquire miss:
//! it raises the flag and then empties the owner's cache of chains. The owner, which may be about to
//! learn a chain, looks at the flag after that. Both have a SeqCst fence in between, so either the
//! owner sees the flag and empties its cache itself, or what it learned is emptied with the rest.

use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::cold::{self, in_validator};
use crate::config::Profile;
use crate::context;
use crate::held::HeldLock;
use crate::map::LockMap;
use crate::mode::{Attempt, Meta, Mode};
use crate::ops;
use crate::registry;
use crate::rules::pin;
use crate::site::Site;
use crate::task::{Phase, Task, phase};
use crate::violation::Act;

/// What a task is told of the locks that it holds.
#[derive(Debug)]
pub(crate) struct Mailbox {
    has_post: AtomicBool,
    post: Mutex<Vec<Post>>,
    /// The locks of which it is unknown whether the task holds them; only its owner asks.
    unknown: Mutex<Vec<u32>>,
}

/// What happened to a lock, by its instance number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Post {
    /// A hold of it was released by another task.
    Released(u32),
    /// A hold of it was released, by this task or by another one that had one.
    Unknown(u32),
}

impl Mailbox {
    pub(crate) const fn new() -> Self {
        Self {
            has_post: AtomicBool::new(false),
            post: Mutex::new(Vec::new()),
            unknown: Mutex::new(Vec::new()),
        }
    }

    fn post(&self) -> MutexGuard<'_, Vec<Post>> {
        self.post.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unknown(&self) -> MutexGuard<'_, Vec<u32>> {
        self.unknown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn clear(&self) {
        // Relaxed: the task belongs to nobody now.
        self.has_post.store(false, Ordering::Relaxed);
        self.post().clear();
        self.unknown().clear();
    }

    /// What the task holds, for any thread: `held` without what was posted.
    pub(crate) fn without_posted(&self, mut held: Vec<HeldLock>) -> Vec<HeldLock> {
        // Acquire: pairs with the Release in `send`.
        if !self.has_post.load(Ordering::Acquire) {
            return held;
        }
        for post in self.post().iter() {
            match *post {
                Post::Unknown(instance) => held.retain(|lock| lock.instance() != instance),
                Post::Released(instance) => {
                    let newest = held.iter().rposition(|lock| lock.instance() == instance);
                    newest.into_iter().for_each(|newest| {
                        held.remove(newest);
                    });
                }
            }
        }
        held
    }

    /// Whether it is unknown if the task holds the lock; for its owner.
    pub(crate) fn is_unknown(&self, map: &LockMap) -> bool {
        let instance = map.instance();
        instance != 0 && self.unknown().contains(&instance)
    }
}

/// Tells a task something of a lock; see `# Orderings`.
fn send(task: &Task, post: Post) {
    task.mailbox.post().push(post);
    // Release: pairs with the Acquire in `without_posted` and `empty`.
    task.mailbox.has_post.store(true, Ordering::Release);
    // SeqCst: pairs with the fence in `settle`.
    fence(Ordering::SeqCst);
    task.chains.clear();
}

/// Sees to it that a task which has post comes here again; called by the owner when it has learned a
/// chain.
pub(crate) fn settle(task: &Task) {
    // SeqCst: pairs with the fence in `send`.
    fence(Ordering::SeqCst);
    // Relaxed: the fence orders it.
    if task.mailbox.has_post.load(Ordering::Relaxed) {
        task.chains.clear();
    }
}

/// Empties the mailbox of a task; by its owner.
pub(crate) fn empty(task: &'static Task) {
    // Acquire: pairs with the Release in `send`.
    if !task.mailbox.has_post.load(Ordering::Acquire) {
        return;
    }
    let post = in_validator(|| {
        let mut post = task.mailbox.post();
        // Relaxed: whoever raises it again has posted under the lock that is held here, or will.
        task.mailbox.has_post.store(false, Ordering::Relaxed);
        std::mem::take(&mut *post)
    });
    for post in post.unwrap_or_default() {
        match post {
            Post::Released(instance) => {
                take_off(task, instance);
            }
            Post::Unknown(instance) => {
                let held = std::iter::from_fn(|| take_off(task, instance)).count();
                let unknown = std::iter::repeat_n(instance, held);
                in_validator(|| task.mailbox.unknown().extend(unknown));
            }
        }
    }
}

/// Takes the newest hold of a lock off the stack, if there is one.
fn take_off(task: &'static Task, instance: u32) -> Option<HeldLock> {
    let is_it = |lock: &HeldLock| lock.instance() == instance && !lock.meta.is_hidden();
    let mut newest = task.held.newest_first();
    let (depth, lock) = newest.find(|(_, lock)| is_it(lock) && !lock.meta.is_waiting())?;
    pin::forget(task, &lock);
    task.held.remove(depth);
    ops::uncover(task, depth, &lock);
    Some(lock)
}

/// Gives a release of a lock that `task` does not hold to whoever holds it; false if nobody does.
///
/// In the profile `kernel` it is nobody's: there a lock is released by who took it.
pub(crate) fn released_for_another(task: &Task, map: &LockMap) -> bool {
    let instance = map.instance();
    let validator = task.validator();
    let kernel = validator.config.profile == Profile::Kernel;
    if instance == 0 || kernel || task.is_in_handler() {
        return false;
    }
    let mut unknown = task.mailbox.unknown();
    if let Some(own) = unknown.iter().position(|&known| known == instance) {
        unknown.swap_remove(own);
        return true;
    }
    drop(unknown);
    let given = in_validator(|| {
        let mut holders = registry::holding(validator, instance);
        // What a context interrupted is not its own to release.
        holders.retain(|(holder, _)| *holder != task);
        holders.retain(|(_, held)| held.iter().any(|lock| !lock.meta.is_waiting()));
        match holders.as_slice() {
            [] => return false,
            [(only, _)] => send(only, Post::Released(instance)),
            several => several
                .iter()
                .for_each(|(holder, _)| send(holder, Post::Unknown(instance))),
        }
        true
    });
    given.unwrap_or(false)
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
    empty(task);
    let Some((depth, lock)) = context::find(task, map) else {
        ops::not_held(task, map, Act::Release, Some(site));
        return None;
    };
    ops::take_off(task, depth, &lock, Some(site));
    Some(Disowned {
        ids: lock.ids & !HeldLock::PINNED,
        mode: lock.mode(),
        site: lock.site,
    })
}

/// As [`adopt`], by a task.
///
/// It waited for nothing, so no order leads into the lock; what it takes from now on comes after it.
pub(crate) fn give_to(task: &'static Task, hold: Disowned) {
    empty(task);
    let Disowned { ids, mode, site } = hold;
    let meta = Meta::held(mode, Attempt::Try);
    let lock = HeldLock {
        ids,
        key: 0,
        site,
        meta,
    };
    ops::push(task, lock.on(task.held.key()));
}
