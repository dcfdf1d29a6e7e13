//! A raw mutex.

use ::lock_api::{RawMutex, RawMutexFair, RawMutexTimed};

use super::Validated;
use crate::engine::{Attempt, Kind, Mode};
use crate::lock_api::{Family, Mutex, Part};
use crate::lockdep::LockMap;

// SAFETY: what `R` locks and unlocks is exclusive, and nothing else decides here what is locked.
unsafe impl<R: RawMutex, F: Family, P: Part> RawMutex for Validated<R, F, P> {
    const INIT: Self = Self::of(
        LockMap::by_default(),
        Kind::of::<Mutex<Self, ()>>(),
        P::INIT,
        R::INIT,
    );

    type GuardMarker = R::GuardMarker;

    #[inline(always)]
    #[cfg_attr(feature = "validate", track_caller)]
    fn lock(&self) {
        self.acquire(Mode::Write, R::lock);
    }

    #[inline(always)]
    #[cfg_attr(feature = "validate", track_caller)]
    fn try_lock(&self) -> bool {
        self.tell_got(self.raw.try_lock(), Mode::Write, Attempt::Try)
    }

    #[inline(always)]
    unsafe fn unlock(&self) {
        self.release();
        // SAFETY: the caller holds the lock, which is that of `raw`.
        unsafe { self.raw.unlock() }
    }

    #[inline]
    fn is_locked(&self) -> bool {
        self.raw.is_locked()
    }
}

// SAFETY: as above.
unsafe impl<R: RawMutexFair, F: Family, P: Part> RawMutexFair for Validated<R, F, P> {
    #[inline]
    unsafe fn unlock_fair(&self) {
        self.release();
        // SAFETY: the caller holds the lock, which is that of `raw`.
        unsafe { self.raw.unlock_fair() }
    }

    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    unsafe fn bump(&self) {
        self.release();
        // SAFETY: the caller holds the lock, which is that of `raw`.
        self.acquire(Mode::Write, |raw| unsafe { raw.bump() });
    }
}

// SAFETY: as above.
unsafe impl<R: RawMutexTimed, F: Family, P: Part> RawMutexTimed for Validated<R, F, P> {
    type Duration = R::Duration;
    type Instant = R::Instant;

    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    fn try_lock_for(&self, timeout: R::Duration) -> bool {
        let got = self.raw.try_lock_for(timeout);
        self.tell_got(got, Mode::Write, Attempt::Timed)
    }

    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    fn try_lock_until(&self, timeout: R::Instant) -> bool {
        let got = self.raw.try_lock_until(timeout);
        self.tell_got(got, Mode::Write, Attempt::Timed)
    }
}
