//! The engine when validation is off: nothing, at no cost.

use std::marker::PhantomData;

use super::Lock;
use crate::lockdep::LockMap;

#[derive(Clone, Copy)]
pub(crate) enum Mode {
    Write,
    Read,
}

#[derive(Clone, Copy)]
pub(crate) enum Attempt {
    Try,
}

pub(crate) struct Slot;

impl Slot {
    #[inline(always)]
    pub(crate) fn acquired(self) {}
}

#[inline(always)]
pub(crate) fn acquire<L: Lock + ?Sized>(_map: &LockMap, _mode: Mode) -> Slot {
    Slot
}

#[inline(always)]
pub(crate) fn acquire_nested<L: Lock + ?Sized>(
    _map: &LockMap,
    _mode: Mode,
    _subclass: u32,
    _nest: Option<&LockMap>,
) -> Slot {
    Slot
}

#[inline(always)]
pub(crate) fn set_order<L: Lock + ?Sized>(_map: &LockMap, _order: u64) {}

#[inline(always)]
pub(crate) fn taken<L: Lock + ?Sized>(_map: &LockMap, _mode: Mode, _attempt: Attempt) {}

/// Not sent to another thread, as with validation on.
#[derive(Debug)]
pub(crate) struct Handler(PhantomData<*const ()>);

#[inline(always)]
pub(crate) fn enter_handler() -> Handler {
    Handler(PhantomData)
}

/// Not sent to another thread, as with validation on.
#[derive(Debug)]
pub(crate) struct Masked(PhantomData<*const ()>);

#[inline(always)]
pub(crate) fn mask_handlers() -> Masked {
    Masked(PhantomData)
}

pub(crate) struct Hold<'a>(PhantomData<&'a ()>);

impl<'a> Hold<'a> {
    #[inline(always)]
    pub(crate) fn new(_map: &'a LockMap) -> Self {
        Self(PhantomData)
    }

    #[inline(always)]
    pub(crate) fn suspend<L: Lock + ?Sized>(self) -> Suspended<'a> {
        Suspended(self)
    }
}

pub(crate) struct Suspended<'a>(Hold<'a>);

impl<'a> Suspended<'a> {
    #[inline(always)]
    pub(crate) fn awake<R>(&self, run: impl FnOnce() -> R) -> R {
        run()
    }

    #[inline(always)]
    pub(crate) fn resume(self) -> Hold<'a> {
        self.0
    }
}

pub(crate) struct Inherit;

impl Inherit {
    #[inline(always)]
    pub(crate) fn capture() -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn run<R>(self, body: impl FnOnce() -> R) -> R {
        body()
    }
}
