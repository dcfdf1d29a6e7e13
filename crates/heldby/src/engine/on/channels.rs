//! Channels with bounds: a send that finds no room waits for a receive.

use std::sync::Arc;
use std::sync::mpsc::{SendError, SyncSender, TrySendError};
use std::thread;
use std::time::{Duration, Instant};

use heldby_validator::{Event, Site};

use super::TypeOf;
use crate::engine::Lock;
use crate::lockdep::LockMap;

/// What both ends of a channel share; nothing, if a send never waits.
#[derive(Clone)]
pub(crate) struct Channel(Option<Arc<LockMap>>);

/// How long a send that is suspected to hang pauses before it looks for room again.
const PAUSE: Duration = Duration::from_millis(1);

impl Channel {
    pub(crate) fn unbounded() -> Self {
        Self(None)
    }

    #[track_caller]
    pub(crate) fn bounded() -> Self {
        Self(Some(Arc::new(LockMap::new())))
    }

    #[track_caller]
    fn event<C: Lock>(&self) -> Option<Event<'_>> {
        let map = self.0.as_deref()?;
        let lock_type = TypeOf::<C>::LOCK_TYPE;
        let site = Site::caller();
        Some(Event {
            map,
            lock_type,
            site,
        })
    }
}

/// Sends, and tells of the wait if there is no room.
#[track_caller]
pub(crate) fn send<C: Lock, T>(
    channel: &Channel,
    to: &SyncSender<T>,
    value: T,
) -> Result<(), SendError<T>> {
    match to.try_send(value) {
        Err(TrySendError::Full(value)) => wait_for_room::<C, T>(channel, to, value),
        Err(TrySendError::Disconnected(value)) => Err(SendError(value)),
        Ok(()) => Ok(()),
    }
}

#[track_caller]
fn wait_for_room<C: Lock, T>(
    channel: &Channel,
    to: &SyncSender<T>,
    mut value: T,
) -> Result<(), SendError<T>> {
    let Some(event) = channel.event::<C>() else {
        return to.send(value);
    };
    if let Some(limit) = heldby_validator::waits(event, None) {
        // std has no send with a time, so this asks again and again.
        let started = Instant::now();
        while started.elapsed() < limit {
            thread::sleep(PAUSE);
            match to.try_send(value) {
                Err(TrySendError::Full(again)) => value = again,
                Err(TrySendError::Disconnected(value)) => return Err(SendError(value)),
                Ok(()) => return Ok(()),
            }
        }
        heldby_validator::blocked(event, None);
    }
    to.send(value)
}

/// Says that the thread receives, which ends the wait of a sender.
#[track_caller]
pub(crate) fn receives<C: Lock>(channel: &Channel) {
    if let Some(event) = channel.event::<C>() {
        heldby_validator::signals(event);
    }
}
