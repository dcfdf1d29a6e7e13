//! What a task of tokio waits for, when validation is off.

use std::task::Poll;

use super::{AsyncTask, Here, Life, Mode, Slot};
use crate::engine::Lock;
use crate::lockdep::LockMap;

#[inline(always)]
pub(crate) fn first_poll<L: Lock + ?Sized, R>(
    _map: &LockMap,
    _mode: Mode,
    _here: Here,
    poll: impl FnOnce() -> Poll<R>,
) -> Poll<R> {
    poll()
}

#[inline(always)]
pub(crate) fn later_poll<L: Lock + ?Sized, R>(
    _map: &LockMap,
    _mode: Mode,
    _here: Here,
    poll: impl FnOnce() -> Poll<R>,
) -> Poll<R> {
    poll()
}

#[inline(always)]
pub(crate) fn block_on<L: Lock + ?Sized>(_map: &LockMap, _mode: Mode) -> Slot {
    Slot
}

#[inline(always)]
pub(crate) fn taken_awaited<L: Lock + ?Sized>(_map: &LockMap, _mode: Mode) {}

#[inline(always)]
pub(crate) fn permitted<L: Lock + ?Sized>(_map: &LockMap, _here: Here) {}

#[inline(always)]
pub(crate) fn suspends(_here: Here) {}

#[inline(always)]
pub(crate) fn downgrade(_map: &LockMap, _here: Here) {}

impl AsyncTask {
    #[inline(always)]
    pub(crate) fn spawned<F>(_name: Option<&str>, _future: &F) -> (Self, Life) {
        (Self, Life)
    }
}
