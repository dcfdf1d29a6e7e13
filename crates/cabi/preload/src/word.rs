//! The word of a lock: what we keep of it, in the lock itself or in the [`table`](crate::table).
//!
//! | word | meaning | who changes it |
//! | --- | --- | --- |
//! | 0 | nothing is known: made by a static initialiser | whoever asks first, by compare-exchange |
//! | `..10` | the address behind the call that initialised it, shifted by 2 | the same |
//! | odd | a [`LockMap`] that is registered | whoever initialises or destroys the lock |
//!
//! An even word is never given to the engine, which has other ideas of them.

use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};

use heldby_validator::{Held, LockMap, LockType, Site, Uncancelled, is_kept_out};

use crate::{caller, name, objects, start};

const MADE: u64 = 0b10;

/// The map in a word, if the lock is known.
#[inline(always)]
pub(crate) fn known(word: &AtomicU64) -> Option<&LockMap> {
    // Relaxed: an odd word is its own message, as for the engine.
    // SAFETY: an odd word is a registered map, which is one word, see the table.
    (word.load(Ordering::Relaxed) & 1 == 1)
        .then(|| unsafe { &*std::ptr::from_ref(word).cast::<LockMap>() })
}

/// The map in a word; `None` while the engine has not started, and for a lock that nobody used before where
/// the thread [is kept out](is_kept_out): it would not be met. `from` is where the lock is used.
pub(crate) fn map<'a>(
    word: &'a AtomicU64,
    lock: usize,
    lock_type: &'static LockType,
    from: usize,
) -> Option<&'a LockMap> {
    known(word).or_else(|| register(word, lock, lock_type, from))
}

#[cold]
#[inline(never)]
fn register<'a>(
    word: &'a AtomicU64,
    lock: usize,
    lock_type: &'static LockType,
    from: usize,
) -> Option<&'a LockMap> {
    if !start::is_started() || objects::is_asked() || is_kept_out() {
        return None;
    }
    // The names are read from files.
    let _uncancelled = Uncancelled::begin();
    // Relaxed: the word is its own message.
    let before = word.load(Ordering::Relaxed);
    let made = (before & 0b11 == MADE).then_some((before >> 2) as usize);
    let map = name::map(lock, made, || caller::of_host(from), lock_type);
    // SAFETY: both are one word; the map goes on to live in the lock.
    let ids = unsafe { mem::transmute::<LockMap, u64>(map) };
    // Release: what the engine keeps of the map is there for whoever sees the word.
    let put = word.compare_exchange(before, ids, Ordering::Release, Ordering::Relaxed);
    let map = known(word)?;
    match put {
        Ok(_) => heldby_validator::introduce(map, site(from)),
        // SAFETY: nobody else has seen this one.
        Err(_) => drop(unsafe { mem::transmute::<u64, LockMap>(ids) }),
    }
    Some(map)
}

/// Whether nothing is known of a lock.
pub(crate) fn is_empty(word: &AtomicU64) -> bool {
    // Relaxed: it is its own message.
    word.load(Ordering::Relaxed) == 0
}

/// The lock is initialised by a call that returns to `from`.
///
/// What was in its memory before may be anything, so it counts only if the calling thread holds such a
/// lock. In the child of a fork that is how an allocator gives back what it took before the fork.
pub(crate) fn made(word: &AtomicU64, before: u64, from: usize) {
    let stale = AtomicU64::new(before);
    if let Some(map) = known(&stale).filter(|map| heldby_validator::held(map) == Held::Write) {
        match start::is_forked() {
            true => heldby_validator::release_at(map, site(from)),
            false => heldby_validator::freed(map, site(from)),
        }
    }
    let made = caller::of_maker(from) as u64;
    // Relaxed: the program orders the initialisation before every use.
    word.store(made << 2 | MADE, Ordering::Relaxed);
}

/// The lock is destroyed by a call that returns to `from`.
pub(crate) fn destroyed(word: &AtomicU64, from: usize) {
    // Relaxed: the program orders every use before the destruction.
    let ids = word.swap(0, Ordering::Relaxed);
    if ids & 1 == 1 {
        // SAFETY: an odd word is a registered map, and it was taken out of the lock.
        let map = unsafe { mem::transmute::<u64, LockMap>(ids) };
        heldby_validator::freed(&map, site(from));
    }
}

/// A call that returns to `from` was to destroy the lock and did not, since that is held.
pub(crate) fn destroyed_in_vain(map: &LockMap, from: usize) {
    if heldby_validator::held(map) != Held::No {
        heldby_validator::reinit(map, site(from));
    }
}

/// Where the program is, for an event of a lock.
#[inline(always)]
pub(crate) fn site(from: usize) -> Site {
    Site::returning_to(from)
}
