//! Raw locks when validation is off: they tell nothing.

use super::{Attempt, Lock, LockMap, Mode, Slot};

#[derive(Clone, Copy)]
pub(crate) struct Kind;

impl Kind {
    pub(crate) const fn of<L: Lock + ?Sized>() -> Self {
        Self
    }
}

#[inline(always)]
pub(crate) fn ask(_map: &LockMap, _kind: Kind, _mode: Mode) -> Slot {
    Slot
}

#[inline(always)]
pub(crate) fn ask_again(_map: &LockMap, _kind: Kind, _mode: Mode) -> Slot {
    Slot
}

#[inline(always)]
pub(crate) fn check(_map: &LockMap, _kind: Kind, _mode: Mode) {}

#[inline(always)]
pub(crate) fn check_again(_map: &LockMap, _kind: Kind, _mode: Mode) {}

#[inline(always)]
pub(crate) fn ask_nested(
    _map: &LockMap,
    _kind: Kind,
    _mode: Mode,
    _subclass: u32,
    _nest: Option<&LockMap>,
) -> Slot {
    Slot
}

#[inline(always)]
pub(crate) fn got(_map: &LockMap, _kind: Kind, _mode: Mode, _attempt: Attempt) {}

#[inline(always)]
pub(crate) fn set_order_of(_map: &LockMap, _kind: Kind, _order: u64) {}

#[inline(always)]
pub(crate) fn release(_map: &LockMap) {}

#[inline(always)]
pub(crate) fn downgrade(_map: &LockMap) {}

#[inline(always)]
pub(crate) fn told<R>(acquire: impl FnOnce() -> R) -> R {
    acquire()
}

#[inline(always)]
pub(crate) fn is_told() -> bool {
    true
}
