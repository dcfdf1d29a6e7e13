//! A raw reader-writer lock.

use ::lock_api::{
    RawRwLock, RawRwLockDowngrade, RawRwLockFair, RawRwLockRecursive, RawRwLockRecursiveTimed,
    RawRwLockTimed,
};

use super::Validated;
use crate::engine::{self, Attempt, Kind, Mode};
use crate::lock_api::{Family, Part, RwLock};
use crate::lockdep::LockMap;

// SAFETY: what `R` locks and unlocks excludes as it says, and nothing else decides here what is
// locked.
unsafe impl<R: RawRwLock, F: Family, P: Part> RawRwLock for Validated<R, F, P> {
    const INIT: Self = Self::of(
        LockMap::by_default(),
        Kind::of::<RwLock<Self, ()>>(),
        P::INIT,
        R::INIT,
    );

    type GuardMarker = R::GuardMarker;

    #[inline(always)]
    #[cfg_attr(feature = "validate", track_caller)]
    fn lock_shared(&self) {
        self.acquire(Mode::Read, R::lock_shared);
    }

    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    fn try_lock_shared(&self) -> bool {
        self.tell_got(self.raw.try_lock_shared(), Mode::Read, Attempt::Try)
    }

    #[inline(always)]
    unsafe fn unlock_shared(&self) {
        self.release();
        // SAFETY: the caller holds the lock so, which is that of `raw`.
        unsafe { self.raw.unlock_shared() }
    }

    #[inline(always)]
    #[cfg_attr(feature = "validate", track_caller)]
    fn lock_exclusive(&self) {
        self.acquire(Mode::Write, R::lock_exclusive);
    }

    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    fn try_lock_exclusive(&self) -> bool {
        self.tell_got(self.raw.try_lock_exclusive(), Mode::Write, Attempt::Try)
    }

    #[inline(always)]
    unsafe fn unlock_exclusive(&self) {
        self.release();
        // SAFETY: the caller holds the lock so, which is that of `raw`.
        unsafe { self.raw.unlock_exclusive() }
    }

    #[inline]
    fn is_locked(&self) -> bool {
        self.raw.is_locked()
    }

    #[inline]
    fn is_locked_exclusive(&self) -> bool {
        self.raw.is_locked_exclusive()
    }
}

// SAFETY: as above.
unsafe impl<R: RawRwLockFair, F: Family, P: Part> RawRwLockFair for Validated<R, F, P> {
    #[inline]
    unsafe fn unlock_shared_fair(&self) {
        self.release();
        // SAFETY: the caller holds the lock so, which is that of `raw`.
        unsafe { self.raw.unlock_shared_fair() }
    }

    #[inline]
    unsafe fn unlock_exclusive_fair(&self) {
        self.release();
        // SAFETY: the caller holds the lock so, which is that of `raw`.
        unsafe { self.raw.unlock_exclusive_fair() }
    }

    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    unsafe fn bump_shared(&self) {
        self.release();
        // SAFETY: the caller holds the lock so, which is that of `raw`.
        self.acquire(Mode::Read, |raw| unsafe { raw.bump_shared() });
    }

    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    unsafe fn bump_exclusive(&self) {
        self.release();
        // SAFETY: the caller holds the lock so, which is that of `raw`.
        self.acquire(Mode::Write, |raw| unsafe { raw.bump_exclusive() });
    }
}

// SAFETY: as above.
unsafe impl<R: RawRwLockDowngrade, F: Family, P: Part> RawRwLockDowngrade for Validated<R, F, P> {
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    unsafe fn downgrade(&self) {
        engine::downgrade(&self.map);
        // SAFETY: the caller holds the lock exclusively, which is that of `raw`.
        unsafe { self.raw.downgrade() }
    }
}

// SAFETY: as above.
unsafe impl<R: RawRwLockTimed, F: Family, P: Part> RawRwLockTimed for Validated<R, F, P> {
    type Duration = R::Duration;
    type Instant = R::Instant;

    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    fn try_lock_shared_for(&self, timeout: R::Duration) -> bool {
        let got = self.raw.try_lock_shared_for(timeout);
        self.tell_got(got, Mode::Read, Attempt::Timed)
    }

    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    fn try_lock_shared_until(&self, timeout: R::Instant) -> bool {
        let got = self.raw.try_lock_shared_until(timeout);
        self.tell_got(got, Mode::Read, Attempt::Timed)
    }

    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    fn try_lock_exclusive_for(&self, timeout: R::Duration) -> bool {
        let got = self.raw.try_lock_exclusive_for(timeout);
        self.tell_got(got, Mode::Write, Attempt::Timed)
    }

    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    fn try_lock_exclusive_until(&self, timeout: R::Instant) -> bool {
        let got = self.raw.try_lock_exclusive_until(timeout);
        self.tell_got(got, Mode::Write, Attempt::Timed)
    }
}

// SAFETY: as above.
unsafe impl<R: RawRwLockRecursive, F: Family, P: Part> RawRwLockRecursive for Validated<R, F, P> {
    #[inline(always)]
    #[cfg_attr(feature = "validate", track_caller)]
    fn lock_shared_recursive(&self) {
        self.acquire(Mode::Recursive, R::lock_shared_recursive);
    }

    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    fn try_lock_shared_recursive(&self) -> bool {
        let got = self.raw.try_lock_shared_recursive();
        self.tell_got(got, Mode::Recursive, Attempt::Try)
    }
}

// SAFETY: as above.
unsafe impl<R: RawRwLockRecursiveTimed, F: Family, P: Part> RawRwLockRecursiveTimed
    for Validated<R, F, P>
{
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    fn try_lock_shared_recursive_for(&self, timeout: R::Duration) -> bool {
        let got = self.raw.try_lock_shared_recursive_for(timeout);
        self.tell_got(got, Mode::Recursive, Attempt::Timed)
    }

    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    fn try_lock_shared_recursive_until(&self, timeout: R::Instant) -> bool {
        let got = self.raw.try_lock_shared_recursive_until(timeout);
        self.tell_got(got, Mode::Recursive, Attempt::Timed)
    }
}
