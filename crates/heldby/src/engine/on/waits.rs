//! Waits whose mutex keeps its guard: the wait gives it up and takes it back by itself.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use heldby_validator::{Event, Site};

use super::raw::Kind;
use super::{Lock, LockMap, TypeOf};

#[track_caller]
fn event<E: Lock>(map: &LockMap) -> Event<'_> {
    Event {
        map,
        lock_type: TypeOf::<E>::LOCK_TYPE,
        site: Site::caller(),
    }
}

/// As [`waits`](super::waits), of a mutex that is held by whatever guard.
#[track_caller]
pub(crate) fn waits_under<E: Lock>(map: &LockMap, mutex: &LockMap) -> Option<Duration> {
    heldby_validator::waits(event::<E>(map), Some(mutex))
}

/// As [`blocked`](super::blocked), of such a mutex.
#[track_caller]
pub(crate) fn blocked_under<E: Lock>(map: &LockMap, mutex: &LockMap) {
    heldby_validator::blocked(event::<E>(map), Some(mutex));
}

/// A mutex that its holder gave up to wait: on the held stack, but not held. It is held again when
/// this goes, whether the wait ended or unwinds.
pub(crate) struct GivenUp<'a>(&'a LockMap);

impl<'a> GivenUp<'a> {
    /// Releases the mutex, and checks the acquire that follows the wait. Never panics, since the wait
    /// leaves the mutex to its guard.
    #[track_caller]
    pub(crate) fn new(mutex: &'a LockMap, kind: Kind) -> Self {
        heldby_validator::release(mutex);
        heldby_validator::reacquires(mutex, kind.again(), Site::caller());
        Self(mutex)
    }

    /// Says that the wait is over, and the mutex is held again.
    #[inline(always)]
    pub(crate) fn woken(self) {}
}

impl Drop for GivenUp<'_> {
    fn drop(&mut self) {
        heldby_validator::set_waiting(self.0, false);
    }
}

/// How often an event was signalled.
#[derive(Debug)]
pub(crate) struct Signals(AtomicUsize);

impl Signals {
    pub(crate) const fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    #[inline]
    pub(crate) fn add(&self) {
        // Relaxed: a waiter looks again and again until it sees it.
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn count(&self) -> usize {
        // Relaxed: see `add`.
        self.0.load(Ordering::Relaxed)
    }
}
