//! Waits that are not for a lock.

use std::time::Duration;

use heldby_validator::{Event, Site};

use super::{Hold, Suspended, TypeOf};
use crate::engine::Lock;
use crate::lockdep::LockMap;

#[track_caller]
fn event<E: Lock + ?Sized>(map: &LockMap) -> Event<'_> {
    Event {
        map,
        lock_type: TypeOf::<E>::LOCK_TYPE,
        site: Site::caller(),
    }
}

/// Says that the thread is about to wait for an event, and gives up a mutex meanwhile; tells for how
/// long to wait at first, if not for ever.
#[track_caller]
pub(crate) fn waits<E: Lock + ?Sized>(map: &LockMap, given_up: &Hold<'_>) -> Option<Duration> {
    heldby_validator::waits(event::<E>(map), Some(given_up.0))
}

/// Says that the wait has lasted for as long as [`waits`] told.
#[track_caller]
pub(crate) fn blocked<E: Lock + ?Sized>(map: &LockMap, given_up: &Suspended<'_>) {
    heldby_validator::blocked(event::<E>(map), Some(given_up.0.0));
}

/// Says that the thread ends the wait of others.
#[track_caller]
pub(crate) fn signals<E: Lock + ?Sized>(map: &LockMap) {
    heldby_validator::signals(event::<E>(map));
}
