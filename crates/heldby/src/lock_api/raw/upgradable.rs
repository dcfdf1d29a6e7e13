//! A raw reader-writer lock with upgradable readers.
//!
//! An upgradable read is held as two: [`Upgradable`] says how, and why that is exact.

use ::lock_api::{
    RawRwLockUpgrade, RawRwLockUpgradeDowngrade, RawRwLockUpgradeFair, RawRwLockUpgradeTimed,
};

use super::Validated;
use crate::engine::{self, Attempt, Mode};
use crate::lock_api::{Family, Upgradable};

impl<R, F: Family> Validated<R, F, Upgradable<F>> {
    /// Tells of an attempt at an upgradable read, if it got the lock.
    #[inline(always)]
    #[cfg_attr(feature = "validate", track_caller)]
    fn tell_got_upgradable(&self, got: bool, attempt: Attempt) -> bool {
        if self.tell_got(got, Mode::Read, attempt) {
            self.part.got();
        }
        got
    }

    /// Tells of an attempt at an upgrade, if it got the lock.
    #[inline(always)]
    #[cfg_attr(feature = "validate", track_caller)]
    fn tell_upgraded(&self, got: bool, attempt: Attempt) -> bool {
        if got {
            self.release_upgradable();
        }
        self.tell_got(got, Mode::Write, attempt)
    }

    #[inline(always)]
    fn release_upgradable(&self) {
        self.part.release();
        self.release();
    }
}

// SAFETY: what `R` locks and unlocks excludes as it says, and nothing else decides here what is
// locked.
unsafe impl<R: RawRwLockUpgrade, F: Family> RawRwLockUpgrade for Validated<R, F, Upgradable<F>> {
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    fn lock_upgradable(&self) {
        self.part.check_again();
        self.acquire(Mode::Read, R::lock_upgradable);
        self.part.got();
    }

    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    fn try_lock_upgradable(&self) -> bool {
        self.tell_got_upgradable(self.raw.try_lock_upgradable(), Attempt::Try)
    }

    #[inline]
    unsafe fn unlock_upgradable(&self) {
        self.release_upgradable();
        // SAFETY: the caller holds the lock so, which is that of `raw`.
        unsafe { self.raw.unlock_upgradable() }
    }

    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    unsafe fn upgrade(&self) {
        self.release_upgradable();
        let slot = engine::ask_again(&self.map, self.kind, Mode::Write);
        // It keeps the part while it waits, which is no order from the part to the lock: no reader
        // waits for one who upgrades but behind that one's own wait.
        self.part.got();
        // SAFETY: the caller holds the lock so, which is that of `raw`.
        unsafe { self.raw.upgrade() }
        slot.acquired();
        self.part.release();
    }

    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    unsafe fn try_upgrade(&self) -> bool {
        // SAFETY: the caller holds the lock so, which is that of `raw`.
        let got = unsafe { self.raw.try_upgrade() };
        self.tell_upgraded(got, Attempt::Try)
    }
}

// SAFETY: as above.
unsafe impl<R: RawRwLockUpgradeFair, F: Family> RawRwLockUpgradeFair
    for Validated<R, F, Upgradable<F>>
{
    #[inline]
    unsafe fn unlock_upgradable_fair(&self) {
        self.release_upgradable();
        // SAFETY: the caller holds the lock so, which is that of `raw`.
        unsafe { self.raw.unlock_upgradable_fair() }
    }

    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    unsafe fn bump_upgradable(&self) {
        self.release_upgradable();
        self.part.check_again();
        // SAFETY: the caller holds the lock so, which is that of `raw`.
        self.acquire(Mode::Read, |raw| unsafe { raw.bump_upgradable() });
        self.part.got();
    }
}

// SAFETY: as above.
unsafe impl<R: RawRwLockUpgradeDowngrade, F: Family> RawRwLockUpgradeDowngrade
    for Validated<R, F, Upgradable<F>>
{
    #[inline]
    unsafe fn downgrade_upgradable(&self) {
        self.part.release();
        // SAFETY: the caller holds the lock so, which is that of `raw`.
        unsafe { self.raw.downgrade_upgradable() }
    }

    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    unsafe fn downgrade_to_upgradable(&self) {
        self.part.got();
        engine::downgrade(&self.map);
        // SAFETY: the caller holds the lock exclusively, which is that of `raw`.
        unsafe { self.raw.downgrade_to_upgradable() }
    }
}

// SAFETY: as above.
unsafe impl<R: RawRwLockUpgradeTimed, F: Family> RawRwLockUpgradeTimed
    for Validated<R, F, Upgradable<F>>
{
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    fn try_lock_upgradable_for(&self, timeout: R::Duration) -> bool {
        let got = self.raw.try_lock_upgradable_for(timeout);
        self.tell_got_upgradable(got, Attempt::Timed)
    }

    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    fn try_lock_upgradable_until(&self, timeout: R::Instant) -> bool {
        let got = self.raw.try_lock_upgradable_until(timeout);
        self.tell_got_upgradable(got, Attempt::Timed)
    }

    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    unsafe fn try_upgrade_for(&self, timeout: R::Duration) -> bool {
        // SAFETY: the caller holds the lock so, which is that of `raw`.
        let got = unsafe { self.raw.try_upgrade_for(timeout) };
        self.tell_upgraded(got, Attempt::Timed)
    }

    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    unsafe fn try_upgrade_until(&self, timeout: R::Instant) -> bool {
        // SAFETY: the caller holds the lock so, which is that of `raw`.
        let got = unsafe { self.raw.try_upgrade_until(timeout) };
        self.tell_upgraded(got, Attempt::Timed)
    }
}
