//! `lock_api`'s guards show which lock they hold.

use ::lock_api::{
    GetThreadId, MutexGuard, RawMutex, RawRwLock, RawRwLockUpgrade, ReentrantMutexGuard,
    RwLockReadGuard, RwLockUpgradableReadGuard, RwLockWriteGuard,
};

use super::{Family, Part, Upgradable, Validated};
use crate::lockdep::{AsLockMap, Guard, LockMap};

macro_rules! guards {
    ($(impl[$($generics:tt)*] $guard:ty, $lock:path;)*) => {$(
        impl<$($generics)*> Guard for $guard {
            #[inline(always)]
            fn lock_map(&self) -> &LockMap {
                // SAFETY: here it is only asked.
                unsafe { $lock(self).raw() }.as_lock_map()
            }
        }
    )*};
}

guards! {
    impl[R: RawMutex, F: Family, P: Part, T: ?Sized]
        MutexGuard<'_, Validated<R, F, P>, T>, MutexGuard::mutex;
    impl[R: RawMutex, F: Family, P: Part, G: GetThreadId, T: ?Sized]
        ReentrantMutexGuard<'_, Validated<R, F, P>, G, T>, ReentrantMutexGuard::remutex;
    impl[R: RawRwLock, F: Family, P: Part, T: ?Sized]
        RwLockReadGuard<'_, Validated<R, F, P>, T>, RwLockReadGuard::rwlock;
    impl[R: RawRwLock, F: Family, P: Part, T: ?Sized]
        RwLockWriteGuard<'_, Validated<R, F, P>, T>, RwLockWriteGuard::rwlock;
    impl[R: RawRwLockUpgrade, F: Family, T: ?Sized]
        RwLockUpgradableReadGuard<'_, Validated<R, F, Upgradable<F>>, T>,
        RwLockUpgradableReadGuard::rwlock;
}

#[cfg(feature = "arc_lock")]
mod shared {
    use ::lock_api::{
        ArcMutexGuard, ArcReentrantMutexGuard, ArcRwLockReadGuard, ArcRwLockUpgradableReadGuard,
        ArcRwLockWriteGuard,
    };

    use super::*;

    guards! {
        impl[R: RawMutex, F: Family, P: Part, T: ?Sized]
            ArcMutexGuard<Validated<R, F, P>, T>, ArcMutexGuard::mutex;
        impl[R: RawMutex, F: Family, P: Part, G: GetThreadId, T: ?Sized]
            ArcReentrantMutexGuard<Validated<R, F, P>, G, T>, ArcReentrantMutexGuard::remutex;
        impl[R: RawRwLock, F: Family, P: Part, T: ?Sized]
            ArcRwLockReadGuard<Validated<R, F, P>, T>, ArcRwLockReadGuard::rwlock;
        impl[R: RawRwLock, F: Family, P: Part, T: ?Sized]
            ArcRwLockWriteGuard<Validated<R, F, P>, T>, ArcRwLockWriteGuard::rwlock;
        impl[R: RawRwLockUpgrade, F: Family, T: ?Sized]
            ArcRwLockUpgradableReadGuard<Validated<R, F, Upgradable<F>>, T>,
            ArcRwLockUpgradableReadGuard::rwlock;
    }
}
