//! `lock_api::ReentrantMutex`, validated.

use std::fmt;
use std::ops::{Deref, DerefMut};

use ::lock_api::{GetThreadId, RawMutex, RawMutexTimed, ReentrantMutexGuard};

use super::part::sealed::Part;
use super::{Family, Reentrant, Validated};
use crate::engine::{self, Attempt, Kind, Lock, Mode};
use crate::lockdep::{AsLockMap, LockKey, LockMap};

/// A mutex that one thread may lock again, as
/// [`lock_api::ReentrantMutex`], to which it dereferences.
///
/// `R` is a [`Validated`] raw mutex that is [`Reentrant`]. The guards are `lock_api`'s.
///
/// The outermost lock of a thread is an acquire as that of a [`Mutex`](super::Mutex), and held until
/// its last guard goes. The locks inside of it wait for nobody, so no order comes from them.
///
/// # Cost
/// That of [`Validated`]; a lock inside of another one costs what it costs in `lock_api`.
#[repr(transparent)]
pub struct ReentrantMutex<R, G, T: ?Sized>(pub(super) ::lock_api::ReentrantMutex<R, G, T>);

/// The raw mutex of a [`ReentrantMutex`].
type Raw<R, F> = Validated<R, F, Reentrant>;

impl<R: RawMutex, F: Family, G: GetThreadId, T> ReentrantMutex<Raw<R, F>, G, T> {
    /// Makes an unlocked mutex; its class is this place in the source and its type.
    #[inline]
    #[track_caller]
    pub const fn new(value: T) -> Self {
        Self::of(LockMap::new(), value)
    }

    /// Makes an unlocked mutex of the class `key`, which [`lock_class!`](crate::lock_class) makes.
    #[inline]
    pub const fn with_class(key: &'static LockKey, value: T) -> Self {
        Self::of(LockMap::with_key(key), value)
    }

    /// Makes an unlocked mutex of the class called `name`.
    ///
    /// # Cost
    /// One look-up in the table of names; for a lock in a `static` use [`with_class`](Self::with_class).
    #[inline]
    pub fn named(name: &str, value: T) -> Self {
        Self::of(LockMap::named(name), value)
    }

    const fn of(map: LockMap, value: T) -> Self {
        let raw = Validated::of(map, Kind::of::<Self>(), Reentrant::INIT, R::INIT);
        Self::from_raw(raw, G::INIT, value)
    }
}

impl<R, G, T> ReentrantMutex<R, G, T> {
    /// Makes a mutex around a raw one, and what tells threads apart.
    #[inline]
    pub const fn from_raw(raw_mutex: R, get_thread_id: G, value: T) -> Self {
        let inner = ::lock_api::ReentrantMutex::from_raw(raw_mutex, get_thread_id, value);
        Self(inner)
    }

    /// Makes a mutex around a raw one, as [`from_raw`](Self::from_raw).
    #[inline]
    pub const fn const_new(raw_mutex: R, get_thread_id: G, value: T) -> Self {
        Self::from_raw(raw_mutex, get_thread_id, value)
    }
}

impl<R: RawMutex, G: GetThreadId, T> ReentrantMutex<R, G, T> {
    /// Consumes the mutex and returns what it protects.
    #[inline]
    pub fn into_inner(self) -> T {
        self.0.into_inner()
    }
}

impl<R: RawMutex, F: Family, G: GetThreadId, T: ?Sized> ReentrantMutex<Raw<R, F>, G, T> {
    /// Acquires the mutex, and blocks while another thread holds it.
    ///
    /// # Panics
    /// When a violation is found and the policy is `panic`.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn lock(&self) -> ReentrantMutexGuard<'_, Raw<R, F>, G, T> {
        self.outermost(|| self.0.lock())
    }

    /// Acquires the mutex if that is possible without blocking.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn try_lock(&self) -> Option<ReentrantMutexGuard<'_, Raw<R, F>, G, T>> {
        self.attempt(Attempt::Try, || self.0.try_lock())
    }

    /// Makes an acquire of the inner mutex, and tells of it if it is the outermost one.
    #[inline(always)]
    #[cfg_attr(feature = "validate", track_caller)]
    pub(super) fn outermost<L>(&self, lock: impl FnOnce() -> L) -> L {
        if !self.is_told() {
            return lock();
        }
        let slot = self.told().ask(Mode::Write);
        let guard = engine::told(lock);
        slot.acquired();
        guard
    }

    /// As [`outermost`](Self::outermost), of an attempt that gives up.
    #[inline(always)]
    #[cfg_attr(feature = "validate", track_caller)]
    pub(super) fn attempt<L>(
        &self,
        attempt: Attempt,
        lock: impl FnOnce() -> Option<L>,
    ) -> Option<L> {
        if !self.is_told() {
            return lock();
        }
        let guard = engine::told(lock)?;
        engine::got(&self.told().map, self.told().kind, Mode::Write, attempt);
        Some(guard)
    }

    /// Whether an acquire is told: one that is the outermost of its thread.
    #[inline(always)]
    fn is_told(&self) -> bool {
        cfg!(feature = "validate") && !self.0.is_owned_by_current_thread()
    }

    #[inline(always)]
    fn told(&self) -> &Raw<R, F> {
        // SAFETY: here it is only asked.
        unsafe { self.0.raw() }
    }
}

impl<R: RawMutexTimed, F: Family, G: GetThreadId, T: ?Sized> ReentrantMutex<Raw<R, F>, G, T> {
    /// Acquires the mutex if that is possible before `timeout` has passed.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn try_lock_for(
        &self,
        timeout: R::Duration,
    ) -> Option<ReentrantMutexGuard<'_, Raw<R, F>, G, T>> {
        self.attempt(Attempt::Timed, || self.0.try_lock_for(timeout))
    }

    /// Acquires the mutex if that is possible before the moment `timeout`.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn try_lock_until(
        &self,
        timeout: R::Instant,
    ) -> Option<ReentrantMutexGuard<'_, Raw<R, F>, G, T>> {
        self.attempt(Attempt::Timed, || self.0.try_lock_until(timeout))
    }
}

impl<R, G, T: ?Sized> Deref for ReentrantMutex<R, G, T> {
    type Target = ::lock_api::ReentrantMutex<R, G, T>;

    #[inline(always)]
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<R, G, T: ?Sized> DerefMut for ReentrantMutex<R, G, T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<R, F: Family, G, T: ?Sized> Lock for ReentrantMutex<Raw<R, F>, G, T> {
    #[cfg(feature = "validate")]
    const FAMILY: &'static str = F::REENTRANT_MUTEX;
}

impl<R: RawMutex, F: Family, G: GetThreadId, T: ?Sized> AsLockMap
    for ReentrantMutex<Raw<R, F>, G, T>
{
    fn as_lock_map(&self) -> &LockMap {
        &self.told().map
    }
}

impl<R: RawMutex, F: Family, G: GetThreadId, T> From<T> for ReentrantMutex<Raw<R, F>, G, T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<R: RawMutex, F: Family, G: GetThreadId, T: Default> Default
    for ReentrantMutex<Raw<R, F>, G, T>
{
    /// Makes a mutex around the default value; its class is told as that of a defaulted
    /// [`sync::Mutex`](crate::sync::Mutex).
    #[track_caller]
    fn default() -> Self {
        Self::of(LockMap::by_default(), T::default())
    }
}

impl<R: RawMutex, G: GetThreadId, T: ?Sized + fmt::Debug> fmt::Debug for ReentrantMutex<R, G, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
