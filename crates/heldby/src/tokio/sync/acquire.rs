//! The future of an acquire.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::engine::{self, Awaiting, Here, Lock, Mode};
use crate::lockdep::LockMap;

pin_project! {
    /// Waits for a lock of the type `L`, whose own future `inner` is, and makes `guard` of what that gives.
    ///
    /// Dropping it gives up the wait; the lock is on no stack while it waits.
    pub(super) struct Acquire<'a, L: ?Sized, F, M> {
        map: &'a LockMap,
        mode: Mode,
        here: Here,
        is_first: bool,
        awaiting: Awaiting,
        #[pin]
        inner: F,
        guard: M,
        lock: PhantomData<fn(&L)>,
    }
}

impl<'a, L: Lock + ?Sized, F: Future, G, M: Fn(F::Output) -> G> Acquire<'a, L, F, M> {
    #[inline(always)]
    pub(super) fn new(map: &'a LockMap, mode: Mode, here: Here, inner: F, guard: M) -> Self {
        Self {
            map,
            mode,
            here,
            is_first: true,
            awaiting: Awaiting::none(),
            inner,
            guard,
            lock: PhantomData,
        }
    }
}

impl<L: Lock + ?Sized, F: Future, G, M: Fn(F::Output) -> G> Future for Acquire<'_, L, F, M> {
    type Output = G;

    #[inline(always)]
    #[cfg_attr(feature = "validate", track_caller)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<G> {
        let this = self.project();
        let (map, mode, here) = (*this.map, *this.mode, *this.here);
        let polling = engine::polls::<L>(map, mode, here, std::mem::take(this.is_first));
        match this.inner.poll(cx) {
            Poll::Ready(got) => {
                this.awaiting.end();
                polling.ready::<L>(map, mode, here);
                Poll::Ready((this.guard)(got))
            }
            Poll::Pending => {
                polling.pending(map, mode, here, this.awaiting);
                Poll::Pending
            }
        }
    }
}
