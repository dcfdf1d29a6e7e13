//! The future of an acquire.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::engine::{self, Here, Lock, Mode};
use crate::lockdep::LockMap;

pin_project! {
    /// Waits for a lock of the type `L`, whose own future `inner` is.
    ///
    /// Dropping it gives up the wait; the lock is on no stack while it waits.
    pub(super) struct Acquire<'a, L: ?Sized, F> {
        map: &'a LockMap,
        mode: Mode,
        here: Here,
        asked: bool,
        #[pin]
        inner: F,
        lock: PhantomData<fn(&L)>,
    }
}

impl<'a, L: Lock + ?Sized, F: Future> Acquire<'a, L, F> {
    pub(super) fn new(map: &'a LockMap, mode: Mode, here: Here, inner: F) -> Self {
        Self {
            map,
            mode,
            here,
            asked: false,
            inner,
            lock: PhantomData,
        }
    }
}

impl<L: Lock + ?Sized, F: Future> Future for Acquire<'_, L, F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let (map, mode, here, inner) = (*this.map, *this.mode, *this.here, this.inner);
        match std::mem::replace(this.asked, true) {
            false => engine::first_poll::<L, _>(map, mode, here, || inner.poll(cx)),
            true => engine::later_poll::<L, _>(map, mode, here, || inner.poll(cx)),
        }
    }
}
