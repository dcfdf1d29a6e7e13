//! What other tasks tell one of the locks that it holds.
//!
//! Only its owner writes a held stack, so a task that releases what another one holds cannot take it
//! off there. It posts that to the owner's mailbox instead, which the owner empties at its next event
//! off the hot path; whoever reads the owner's stack until then leaves out what was posted.
//!
//! # Invariants
//! - The box is locked by who is inside the validator alone, so no fork leaves it locked.
//! - The flag is raised while there is post, and changes while the box is locked.
//! - A hold goes from the stack while the box is locked, and what was posted of it goes with it. So
//!   whoever has locked the box sees both or neither. Likewise for a hold that is parked, or put back.
//!
//! # Orderings
//! The hot path must not look at the mailbox, so whoever posts makes the owner's next acquire miss:
//! it raises the flag and then empties the owner's cache of chains. The owner, which may be about to
//! learn a chain, looks at the flag after that. Both have a SeqCst fence in between, so either the
//! owner sees the flag and empties its cache itself, or what it learned is emptied with the rest.
//!
//! Who reads the stack does not lock an empty box. The flag is taken down with Release, so who sees it
//! down sees a stack from which everything was taken off that had been posted before. Nor does it for a
//! task that has never parked a hold; whoever sees that one is gone from the stack sees that this is no such
//! task any more.

use crate::arm_mark;
use crate::cold::in_validator;
use crate::held::HeldLock;
use crate::leftovers;
use crate::lock_stat;
use crate::ops;
use crate::rules::pin;
use crate::sync::{AtomicBool, Mutex, MutexGuard, Ordering, PoisonError, const_fn, fence};
use crate::task::Task;

/// What a task is told of the locks that it holds.
#[derive(Debug)]
pub(crate) struct Mailbox {
    has_post: AtomicBool,
    letters: Mutex<Letters>,
    /// Some lock is in [`Letters::unknown`]; only for the owner.
    has_unknown: AtomicBool,
    /// The task has moved holds between its stack and what it has beside that.
    has_moved: AtomicBool,
}

/// What the box holds, and what came of it.
#[derive(Debug, Default)]
struct Letters {
    /// Number of the task that the box is of; 0 in the pool.
    owner: u32,
    /// Oldest first.
    post: Vec<Post>,
    /// The locks of which it is unknown whether the task holds them, once for each hold that it had.
    unknown: Vec<u32>,
}

/// What happened to a lock, by its instance number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Post {
    /// A hold of it was released by another task.
    Released(u32),
    /// A hold of it was released, by this task or by another one that had one.
    Unknown(u32),
}

impl Mailbox {
    const_fn! {
        pub(crate) fn new() -> Self {
            Self {
                has_post: AtomicBool::new(false),
                letters: Mutex::new(Letters { owner: 0, post: Vec::new(), unknown: Vec::new() }),
                has_unknown: AtomicBool::new(false),
                has_moved: AtomicBool::new(false),
            }
        }
    }

    fn letters(&self) -> MutexGuard<'_, Letters> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is post; for the owner.
    #[inline(always)]
    pub(crate) fn has_post(&self) -> bool {
        // Relaxed: who must be seen has ordered its post before this.
        self.has_post.load(Ordering::Relaxed)
    }

    /// Whether it is unknown of some lock if the task holds it; for the owner.
    #[inline(always)]
    pub(crate) fn has_unknown(&self) -> bool {
        // Relaxed: the owner's own.
        self.has_unknown.load(Ordering::Relaxed)
    }

    /// The box is that of the task `number` from now on.
    pub(crate) fn open(&self, number: u32) {
        self.letters().owner = number;
    }

    /// The task ends, and the box is nobody's: what was posted and has not been looked at, oldest first.
    pub(crate) fn close(&self) -> Vec<Post> {
        let mut letters = self.letters();
        // Relaxed, all: the task belongs to nobody now.
        self.has_post.store(false, Ordering::Relaxed);
        self.has_unknown.store(false, Ordering::Relaxed);
        self.has_moved.store(false, Ordering::Relaxed);
        std::mem::take(&mut *letters).post
    }

    /// Whether it is unknown if the task holds the lock; for its owner.
    pub(crate) fn is_unknown(&self, instance: u32) -> bool {
        // Relaxed: the owner's own.
        self.has_unknown.load(Ordering::Relaxed)
            && in_validator(|| self.letters().unknown.contains(&instance)).unwrap_or(true)
    }

    /// Whether the task may hold the lock, and it cannot be told; for any task, inside the validator.
    pub(crate) fn may_hold(&self, instance: u32) -> bool {
        let letters = self.letters();
        letters.unknown.contains(&instance) || letters.post.contains(&Post::Unknown(instance))
    }

    /// Takes the release of a lock for that of a hold of which nothing is known, if there is one; by
    /// the owner, inside the validator.
    pub(crate) fn take_unknown(&self, instance: u32) -> Option<u32> {
        let unknown = &mut self.letters().unknown;
        let at = unknown.iter().position(|&known| known == instance)?;
        let taken = unknown.swap_remove(at);
        // Relaxed: the owner's own.
        self.has_unknown
            .store(!unknown.is_empty(), Ordering::Relaxed);
        Some(taken)
    }
}

/// Tells the task `number` something of a lock; false if it has ended. Inside the validator.
pub(crate) fn send(task: &Task, number: u32, post: Post) -> bool {
    let mut letters = task.mailbox.letters();
    if letters.owner != number {
        return false;
    }
    letters.post.push(post);
    // Relaxed: the fence orders it for the owner, and the lock for whoever else sees it raised.
    task.mailbox.has_post.store(true, Ordering::Relaxed);
    drop(letters);
    // SeqCst: pairs with the fence in `settle`.
    fence(Ordering::SeqCst);
    task.chains.clear();
    true
}

/// Sees to it that a task which has post comes to [`empty`]; called by the owner when it has learned
/// a chain.
pub(crate) fn settle(task: &Task) {
    // SeqCst: pairs with the fence in `send`.
    fence(Ordering::SeqCst);
    // Relaxed: the fence orders it.
    if task.mailbox.has_post.load(Ordering::Relaxed) {
        task.chains.clear();
    }
}

/// What a task holds, as any thread sees it at one moment; what cannot be told is left out. What is on no
/// stack comes first, so that the last one tells what the task's thread waits for. Inside the validator.
pub(crate) fn held(task: &Task) -> Vec<HeldLock> {
    let held = || {
        let mut held = task.awaits.all();
        held.extend(task.parked.all());
        held.extend(task.held.snapshot().unwrap_or_default());
        held
    };
    // Relaxed: the fence of `HeldStack::try_snapshot` pairs with the Release in `take_next`, and a
    // stack from before that is read again.
    if !task.mailbox.has_post.load(Ordering::Relaxed) {
        let held = held();
        // Relaxed: the fence of `HeldStack::try_snapshot` orders it behind the stack.
        if !task.mailbox.has_moved.load(Ordering::Relaxed) {
            return held;
        }
    }
    // Locked before the stack is read, so that nothing is taken off in between.
    let letters = task.mailbox.letters();
    let mut held = held();
    for post in &letters.post {
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

/// Moves holds of a task from its stack to what it has beside that, or back; by the owner, inside the
/// validator.
pub(crate) fn moving<R>(task: &Task, moves: impl FnOnce() -> R) -> R {
    // Relaxed: ordered by the Release of the stack's change.
    task.mailbox.has_moved.store(true, Ordering::Relaxed);
    let _letters = task.mailbox.letters();
    moves()
}

/// Empties the mailbox of a task, as far as the thread may enter the validator; by its owner.
pub(crate) fn empty(task: &'static Task) {
    // Relaxed: only the owner takes the flag down, and it locks the box if it is raised.
    while task.mailbox.has_post.load(Ordering::Relaxed) {
        match in_validator(|| take_next(task)) {
            Some(Next::Gone(depth, lock)) => ops::uncover(task, depth, &lock),
            Some(Next::Nothing) => {}
            None => return,
        }
    }
}

/// What one step of emptying a box comes to.
enum Next {
    /// A lock went from this depth of the stack.
    Gone(usize, HeldLock),
    Nothing,
}

/// Takes the oldest post out of the box, and off the stack what it tells of; of several holds one at
/// a time, since what is above each is looked at.
fn take_next(task: &Task) -> Next {
    let mailbox = &task.mailbox;
    let mut letters = mailbox.letters();
    let next = match letters.post.first().copied() {
        Some(Post::Released(instance)) => {
            letters.post.remove(0);
            take_off(task, instance)
        }
        Some(Post::Unknown(instance)) => match take_off(task, instance) {
            Next::Nothing => {
                letters.post.remove(0);
                lock_stat::lost_meanwhile(task, instance);
                Next::Nothing
            }
            gone @ Next::Gone(..) => {
                letters.unknown.push(instance);
                // Relaxed: the owner's own.
                mailbox.has_unknown.store(true, Ordering::Relaxed);
                gone
            }
        },
        None => Next::Nothing,
    };
    if letters.post.is_empty() {
        // Release: pairs with the fence that follows the load in `held`.
        mailbox.has_post.store(false, Ordering::Release);
    }
    next
}

/// Takes the newest hold of a lock off the stack, if there is one.
fn take_off(task: &Task, instance: u32) -> Next {
    let is_it = |lock: &HeldLock| lock.instance() == instance && !lock.meta.is_hidden();
    let mut newest = task.held.newest_first();
    match newest.find(|(_, lock)| is_it(lock) && !lock.meta.is_waiting()) {
        Some((depth, lock)) => {
            pin::forget(task, &lock);
            task.held.remove(depth);
            Next::Gone(depth, lock)
        }
        None => {
            if arm_mark::take_parked(task, instance).is_none() {
                // The task is about to end, and has left it over.
                leftovers::release(task, instance);
            }
            Next::Nothing
        }
    }
}
