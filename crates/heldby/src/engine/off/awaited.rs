//! What a task of tokio waits for, when validation is off.

use super::{AsyncTask, Here, Mode, Slot};
use crate::engine::Lock;
use crate::lockdep::LockMap;

pub(crate) struct Polling;

#[inline(always)]
pub(crate) fn polls<L: Lock + ?Sized>(
    _map: &LockMap,
    _mode: Mode,
    _here: Here,
    _is_first: bool,
) -> Polling {
    Polling
}

impl Polling {
    #[inline(always)]
    pub(crate) fn ready<L: Lock + ?Sized>(self, _map: &LockMap, _mode: Mode, _here: Here) {}

    #[inline(always)]
    pub(crate) fn pending(
        self,
        _map: &LockMap,
        _mode: Mode,
        _here: Here,
        _awaiting: &mut Awaiting,
    ) {
    }
}

pub(crate) struct Awaiting;

impl Awaiting {
    #[inline(always)]
    pub(crate) fn none() -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn end(&mut self) {}
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
pub(crate) fn downgrade_awaited(_map: &LockMap, _here: Here) {}

impl AsyncTask {
    #[inline(always)]
    pub(crate) fn spawned<F>(_name: Option<&str>, _future: &F) -> (Self, TaskLife) {
        (Self, TaskLife)
    }
}

pub(crate) struct TaskLife;

impl TaskLife {
    #[inline(always)]
    pub(crate) fn join(&mut self, _here: Here) {}

    #[inline(always)]
    pub(crate) fn joined(&self) {}
}
