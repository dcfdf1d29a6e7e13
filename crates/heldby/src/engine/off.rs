//! The engine when validation is off: nothing, at no cost.

#[cfg(feature = "tokio")]
mod awaited;
#[cfg(feature = "lock_api")]
mod raw;
mod tasks;
#[cfg(feature = "parking_lot")]
mod waits;

#[cfg(feature = "tokio")]
pub(crate) use awaited::*;
#[cfg(feature = "lock_api")]
pub(crate) use raw::*;
pub(crate) use tasks::{AsyncTask, Bounded, Branch};
#[cfg(feature = "parking_lot")]
pub(crate) use waits::*;

use std::fmt;
use std::marker::PhantomData;
use std::sync::LazyLock;
use std::sync::mpsc::{SendError, SyncSender};
use std::time::Duration;

use super::Lock;
use crate::lockdep::LockMap;

#[derive(Clone, Copy)]
pub(crate) enum Mode {
    Write,
    Read,
    #[cfg(feature = "lock_api")]
    Recursive,
}

#[derive(Clone, Copy)]
pub(crate) enum Attempt {
    Try,
    #[cfg(feature = "lock_api")]
    Timed,
}

pub(crate) struct Slot;

impl Slot {
    #[inline(always)]
    pub(crate) fn acquired(self) {}

    #[inline(always)]
    pub(crate) fn block<R>(self, block: impl FnOnce() -> R) -> R {
        block()
    }
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
    pub(crate) fn map(&self) -> &'a LockMap {
        static NONE: LockMap = LockMap::new();
        &NONE
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

#[inline(always)]
pub(crate) fn unchecked<R>(run: impl FnOnce() -> R) -> R {
    run()
}

#[inline(always)]
pub(crate) fn waits<E: Lock + ?Sized>(_map: &LockMap, _given_up: &Hold<'_>) -> Option<Duration> {
    None
}

#[inline(always)]
pub(crate) fn blocked<E: Lock + ?Sized>(_map: &LockMap, _given_up: &Suspended<'_>) {}

#[inline(always)]
pub(crate) fn signals<E: Lock + ?Sized>(_map: &LockMap) {}

pub(crate) struct Look;

#[inline(always)]
pub(crate) fn look<C: Lock + ?Sized>(
    _map: &LockMap,
    _is_initialised: impl FnOnce() -> bool,
) -> Look {
    Look
}

impl Look {
    #[inline(always)]
    pub(crate) fn initialise<R>(self, run: impl FnOnce() -> R) -> R {
        run()
    }
}

#[repr(transparent)]
pub(crate) struct Lazy<T, F>(LazyLock<T, F>);

impl<T, F: FnOnce() -> T> Lazy<T, F> {
    #[inline(always)]
    pub(crate) const fn new(initialiser: F) -> Self {
        Self(LazyLock::new(initialiser))
    }

    #[inline(always)]
    pub(crate) fn is_initialised(&self) -> bool {
        false
    }

    #[inline(always)]
    pub(crate) fn force(&self, _look: Look) -> &T {
        LazyLock::force(&self.0)
    }
}

impl<T: fmt::Debug, F> fmt::Debug for Lazy<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[derive(Clone)]
pub(crate) struct Channel;

impl Channel {
    #[inline(always)]
    pub(crate) fn unbounded() -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn bounded() -> Self {
        Self
    }
}

#[inline(always)]
pub(crate) fn send<C: Lock, T>(
    _channel: &Channel,
    to: &SyncSender<T>,
    value: T,
) -> Result<(), SendError<T>> {
    to.send(value)
}

#[inline(always)]
pub(crate) fn receives<C: Lock>(_channel: &Channel) {}

#[derive(Debug)]
pub(crate) struct Carried;

impl Carried {
    #[inline(always)]
    pub(crate) fn from_this_thread(_map: &LockMap) -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn arrive(self) {}
}

#[derive(Clone, Copy)]
pub(crate) struct Here;

impl Here {
    #[inline(always)]
    pub(crate) fn caller() -> Self {
        Self
    }
}

pub(crate) struct Inherit;

impl Inherit {
    #[inline(always)]
    pub(crate) fn capture<F>(_body: &F) -> (Self, Life) {
        (Self, Life)
    }

    #[inline(always)]
    pub(crate) fn run<R>(self, body: impl FnOnce() -> R) -> R {
        body()
    }
}

pub(crate) struct Life;

impl Life {
    #[inline(always)]
    pub(crate) fn join(&self, _here: Here) {}

    #[inline(always)]
    pub(crate) fn joined(&self) {}
}

#[inline(always)]
pub(crate) fn spawned_in<S>(_scope: &S, _life: &Life) {}

pub(crate) struct OpenScope;

impl OpenScope {
    #[inline(always)]
    pub(crate) fn new<S>(_scope: &S) -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn join(self, _here: Here) -> Joined {
        Joined
    }
}

pub(crate) struct Joined;

impl Joined {
    #[inline(always)]
    pub(crate) fn ended(self) {}
}
