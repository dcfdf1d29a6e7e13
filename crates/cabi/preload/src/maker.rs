//! Functions that make locks for others: `uv_mutex_init`, `CRYPTO_THREAD_lock_new`.
//!
//! Locks that such a function initialised have nothing in common but that: taken for one class, each pair of
//! them that is nested would be a lock taken twice. So they are of the class of who called it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use heldby_validator::Uncancelled;

use crate::{objects, start};

/// Those of libraries that many programs use.
const KNOWN: [&str; 17] = [
    // OpenSSL.
    "CRYPTO_THREAD_lock_new",
    // libuv.
    "uv_mutex_init",
    "uv_mutex_init_recursive",
    "uv_rwlock_init",
    // V8: complete objects, and parts of others.
    "_ZN2v84base5MutexC1Ev",
    "_ZN2v84base5MutexC2Ev",
    "_ZN2v84base14RecursiveMutexC1Ev",
    "_ZN2v84base14RecursiveMutexC2Ev",
    "_ZN2v84base11SharedMutexC1Ev",
    "_ZN2v84base11SharedMutexC2Ev",
    // The Apache Portable Runtime.
    "apr_thread_mutex_create",
    "apr_thread_rwlock_create",
    // The Netscape Portable Runtime.
    "PR_NewLock",
    "PR_NewMonitor",
    "PR_NewRWLock",
    // SDL.
    "SDL_CreateMutex",
    "SDL_CreateRWLock",
];

/// Those that the environment tells, between commas.
static MORE: OnceLock<String> = OnceLock::new();

/// Reads the environment, before the program can clear it.
pub(crate) fn look() {
    let more = std::env::var("HELDBY_LOCK_MAKERS").unwrap_or_default();
    // Nobody else sets it.
    let _ = MORE.set(more);
}

/// Whether a function of that name, as the linker has it, makes locks for others.
pub(crate) fn is_one(name: &[u8]) -> bool {
    let mut more = MORE.get().map_or("", String::as_str).split(',');
    let is_it = |one: &str| !one.is_empty() && one.as_bytes() == name;
    KNOWN.into_iter().any(is_it) || more.any(|one| is_it(one.trim()))
}

/// Whether the call that returns to `from` is in such a function.
///
/// # Cost
/// One load; where that call was not lately, the object's names are looked at, which are read once.
pub(crate) fn calls(from: usize) -> bool {
    /// What was found: the address, shifted by one, and whether it is.
    static FOUND: [AtomicUsize; 256] = [const { AtomicUsize::new(0) }; 256];
    let slot = &FOUND[(from >> 1) % FOUND.len()];
    // Relaxed, all: a word tells all that there is.
    let found = slot.load(Ordering::Relaxed);
    if found >> 1 == from {
        return found & 1 == 1;
    }
    if !start::runs() || objects::is_asked() {
        return false;
    }
    let _uncancelled = Uncancelled::begin();
    // A return address may lie behind the end of a function that calls last.
    let is_maker = objects::is_maker(from - 1);
    slot.store(from << 1 | usize::from(is_maker), Ordering::Relaxed);
    is_maker
}
