//! Waits of `parking_lot` when validation is off: they tell nothing.

use std::marker::PhantomData;
use std::time::Duration;

use super::{Kind, Lock, LockMap};

#[inline(always)]
pub(crate) fn waits_under<E: Lock>(_map: &LockMap, _mutex: &LockMap) -> Option<Duration> {
    None
}

#[inline(always)]
pub(crate) fn blocked_under<E: Lock>(_map: &LockMap, _mutex: &LockMap) {}

pub(crate) struct GivenUp<'a>(PhantomData<&'a ()>);

impl<'a> GivenUp<'a> {
    #[inline(always)]
    pub(crate) fn new(_mutex: &'a LockMap, _kind: Kind) -> Self {
        Self(PhantomData)
    }

    #[inline(always)]
    pub(crate) fn woken(self) {}
}

#[derive(Debug)]
pub(crate) struct Signals;

impl Signals {
    pub(crate) const fn new() -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn add(&self) {}

    #[inline(always)]
    pub(crate) fn count(&self) -> usize {
        0
    }
}
