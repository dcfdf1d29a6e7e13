//! `tokio::sync::Semaphore`, validated: who has permits is known, and no order is learned of it.
//!
//! Any task may add a permit, so a wait for one need not be for those who have some.

use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;

use ::tokio::sync::{AcquireError, TryAcquireError};

use crate::engine::{self, Here, Hold, Lock};
use crate::lockdep::{AsLockMap, Guard, LockMap};

/// A counting semaphore for which tasks wait, as [`tokio::sync::Semaphore`].
///
/// A permit counts as a shared hold of it, so [`held`](crate::held()) and
/// [`assert_held!`](crate::assert_held) tell; a wait for one is checked against nothing.
///
/// # Cost
/// Without the feature `validate`: none, in size or time.
/// With it: 8 bytes, and the stores of one entry for each permit.
#[cfg_attr(not(feature = "validate"), repr(transparent))]
pub struct Semaphore {
    map: LockMap,
    inner: ::tokio::sync::Semaphore,
}

/// Permits of a [`Semaphore`], until it is dropped.
#[must_use = "if unused the permits are given back at once"]
#[clippy::has_significant_drop]
pub struct SemaphorePermit<'a> {
    hold: Hold<'a>,
    inner: ::tokio::sync::SemaphorePermit<'a>,
    semaphore: &'a Semaphore,
}

/// Permits of a [`Semaphore`] that they keep alive, as [`tokio::sync::OwnedSemaphorePermit`].
#[must_use = "if unused the permits are given back at once"]
#[clippy::has_significant_drop]
pub struct OwnedSemaphorePermit {
    permit: SemaphorePermit<'static>,
    semaphore: Arc<Semaphore>,
}

/// Waits for permits, and tells where the task suspends.
async fn wait<F: Future>(here: Here, permits: F) -> F::Output {
    let mut permits = pin!(permits);
    std::future::poll_fn(|cx| {
        let result = permits.as_mut().poll(cx);
        if result.is_pending() {
            engine::suspends(here);
        }
        result
    })
    .await
}

impl Semaphore {
    /// The most permits there can be.
    pub const MAX_PERMITS: usize = ::tokio::sync::Semaphore::MAX_PERMITS;

    /// Makes a semaphore; its class is this place in the source.
    ///
    /// # Panics
    /// As [`tokio::sync::Semaphore::new`].
    #[must_use]
    #[track_caller]
    pub fn new(permits: usize) -> Self {
        Self {
            map: LockMap::new(),
            inner: ::tokio::sync::Semaphore::new(permits),
        }
    }

    /// As [`new`](Self::new), in a `static`.
    ///
    /// # Panics
    /// As [`new`](Self::new).
    #[must_use]
    #[track_caller]
    pub const fn const_new(permits: usize) -> Self {
        Self {
            map: LockMap::new(),
            inner: ::tokio::sync::Semaphore::const_new(permits),
        }
    }

    /// Makes a semaphore of the class called `name`.
    ///
    /// # Panics
    /// As [`new`](Self::new).
    #[must_use]
    pub fn named(name: &str, permits: usize) -> Self {
        Self {
            map: LockMap::named(name),
            inner: ::tokio::sync::Semaphore::new(permits),
        }
    }

    /// How many permits there are now.
    pub fn available_permits(&self) -> usize {
        self.inner.available_permits()
    }

    /// Adds permits.
    ///
    /// # Panics
    /// As [`tokio::sync::Semaphore::add_permits`].
    pub fn add_permits(&self, n: usize) {
        self.inner.add_permits(n);
    }

    /// Takes permits away for good, and returns how many there were to take.
    pub fn forget_permits(&self, n: usize) -> usize {
        self.inner.forget_permits(n)
    }

    /// Acquires a permit, and waits until it can.
    ///
    /// # Errors
    /// The semaphore is closed.
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn acquire(&self) -> impl Future<Output = Result<SemaphorePermit<'_>, AcquireError>> {
        self.acquire_many(1)
    }

    /// Acquires `n` permits, and waits until it can.
    ///
    /// # Errors
    /// The semaphore is closed.
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn acquire_many(
        &self,
        n: u32,
    ) -> impl Future<Output = Result<SemaphorePermit<'_>, AcquireError>> {
        let here = Here::caller();
        async move {
            let inner = wait(here, self.inner.acquire_many(n)).await?;
            Ok(self.permit(here, inner))
        }
    }

    /// Acquires a permit if that is possible without waiting.
    ///
    /// # Errors
    /// There is none, or the semaphore is closed.
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn try_acquire(&self) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        self.try_acquire_many(1)
    }

    /// Acquires `n` permits if that is possible without waiting.
    ///
    /// # Errors
    /// There are not so many, or the semaphore is closed.
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn try_acquire_many(&self, n: u32) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        let inner = self.inner.try_acquire_many(n)?;
        Ok(self.permit(Here::caller(), inner))
    }

    /// As [`acquire`](Self::acquire), of a permit that keeps the semaphore alive.
    ///
    /// # Errors
    /// As [`acquire`](Self::acquire).
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn acquire_owned(
        self: Arc<Self>,
    ) -> impl Future<Output = Result<OwnedSemaphorePermit, AcquireError>> {
        self.acquire_many_owned(1)
    }

    /// As [`acquire_many`](Self::acquire_many), of permits that keep the semaphore alive.
    ///
    /// # Errors
    /// As [`acquire_many`](Self::acquire_many).
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn acquire_many_owned(
        self: Arc<Self>,
        n: u32,
    ) -> impl Future<Output = Result<OwnedSemaphorePermit, AcquireError>> {
        let here = Here::caller();
        async move {
            let inner = wait(here, self.inner.acquire_many(n)).await?;
            // SAFETY: the permit goes into one that keeps the semaphore alive.
            let permit = unsafe { self.permit(here, inner).unbound() };
            Ok(OwnedSemaphorePermit::new(permit, self))
        }
    }

    /// As [`try_acquire`](Self::try_acquire), of a permit that keeps the semaphore alive.
    ///
    /// # Errors
    /// As [`try_acquire`](Self::try_acquire).
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn try_acquire_owned(self: Arc<Self>) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        self.try_acquire_many_owned(1)
    }

    /// As [`try_acquire_many`](Self::try_acquire_many), of permits that keep the semaphore alive.
    ///
    /// # Errors
    /// As [`try_acquire_many`](Self::try_acquire_many).
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn try_acquire_many_owned(
        self: Arc<Self>,
        n: u32,
    ) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        // SAFETY: the permit goes into one that keeps the semaphore alive.
        let permit = unsafe { self.try_acquire_many(n)?.unbound() };
        Ok(OwnedSemaphorePermit::new(permit, self))
    }

    /// Ends all waits; there are no new permits from now on.
    pub fn close(&self) {
        self.inner.close();
    }

    /// Tells whether the semaphore is closed.
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    #[cfg_attr(feature = "validate", track_caller)]
    fn permit<'a>(
        &'a self,
        here: Here,
        inner: ::tokio::sync::SemaphorePermit<'a>,
    ) -> SemaphorePermit<'a> {
        engine::permitted::<Self>(&self.map, here);
        SemaphorePermit {
            hold: Hold::new(&self.map),
            inner,
            semaphore: self,
        }
    }
}

impl<'a> SemaphorePermit<'a> {
    /// Takes the permits away for good.
    pub fn forget(self) {
        self.inner.forget();
    }

    /// Adds the permits of `other`.
    ///
    /// # Panics
    /// The two are of different semaphores.
    pub fn merge(&mut self, other: Self) {
        self.inner.merge(other.inner);
    }

    /// Takes `n` permits out of these; `None` if there are not so many.
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn split(&mut self, n: usize) -> Option<Self> {
        let inner = self.inner.split(n)?;
        Some(self.semaphore.permit(Here::caller(), inner))
    }

    /// How many they are.
    #[must_use]
    pub fn num_permits(&self) -> usize {
        self.inner.num_permits()
    }

    /// The semaphore that they are of.
    #[must_use]
    pub fn semaphore(&self) -> &'a Semaphore {
        self.semaphore
    }

    /// The permits for as long as whoever asks sees to it that the semaphore lives.
    ///
    /// # Safety
    /// The semaphore outlives them.
    unsafe fn unbound(self) -> SemaphorePermit<'static> {
        // SAFETY: the types differ in a lifetime alone, for which the caller vouches.
        unsafe { std::mem::transmute::<Self, SemaphorePermit<'static>>(self) }
    }
}

impl OwnedSemaphorePermit {
    fn new(permit: SemaphorePermit<'static>, semaphore: Arc<Semaphore>) -> Self {
        Self { permit, semaphore }
    }

    /// Takes the permits away for good.
    pub fn forget(self) {
        self.permit.forget();
    }

    /// Adds the permits of `other`.
    ///
    /// # Panics
    /// The two are of different semaphores.
    pub fn merge(&mut self, other: Self) {
        self.permit.merge(other.permit);
    }

    /// Takes `n` permits out of these; `None` if there are not so many.
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn split(&mut self, n: usize) -> Option<Self> {
        let permit = self.permit.split(n)?;
        Some(Self::new(permit, Arc::clone(&self.semaphore)))
    }

    /// How many they are.
    #[must_use]
    pub fn num_permits(&self) -> usize {
        self.permit.num_permits()
    }

    /// The semaphore that they are of.
    #[must_use]
    pub fn semaphore(&self) -> &Arc<Semaphore> {
        &self.semaphore
    }
}

impl Lock for Semaphore {
    #[cfg(feature = "validate")]
    const FAMILY: &'static str = "tokio::sync::Semaphore";
}

impl AsLockMap for Semaphore {
    fn as_lock_map(&self) -> &LockMap {
        &self.map
    }
}

impl Guard for SemaphorePermit<'_> {
    fn lock_map(&self) -> &LockMap {
        self.hold.map()
    }
}

impl Guard for OwnedSemaphorePermit {
    fn lock_map(&self) -> &LockMap {
        self.permit.lock_map()
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl fmt::Debug for SemaphorePermit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl fmt::Debug for OwnedSemaphorePermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.permit.fmt(f)
    }
}
