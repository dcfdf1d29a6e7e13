//! Guards that keep their lock alive.
//!
//! `lock_api` makes them from an `Arc` of its own lock, and acquires that by itself. So that a report
//! can end in a panic all the same, what blocks is checked before.

use std::mem::ManuallyDrop;
use std::sync::Arc;

use ::lock_api::{
    ArcMutexGuard, ArcReentrantMutexGuard, ArcRwLockReadGuard, ArcRwLockUpgradableReadGuard,
    ArcRwLockWriteGuard, GetThreadId, RawMutex, RawMutexTimed, RawRwLock, RawRwLockRecursive,
    RawRwLockRecursiveTimed, RawRwLockTimed, RawRwLockUpgrade, RawRwLockUpgradeTimed,
};

use super::{Family, Mutex, Reentrant, ReentrantMutex, RwLock, Upgradable, Validated};
use crate::engine::{Attempt, Mode};

/// Gives a lock the way from an `Arc` of it to one of `lock_api`'s.
macro_rules! inner {
    (impl[$($generics:tt)*] $lock:ty => $inner:ty) => {
        impl<$($generics)*> $lock {
            #[inline(always)]
            fn inner_arc(this: &Arc<Self>) -> ManuallyDrop<Arc<$inner>> {
                let inner = Arc::as_ptr(this) as *const $inner;
                // SAFETY: our lock is `lock_api`'s and nothing else, to the compiler as well; the count
                // of `this` stands for this one, which is never dropped.
                ManuallyDrop::new(unsafe { Arc::from_raw(inner) })
            }
        }
    };
}

inner!(impl[R, T: ?Sized] Mutex<R, T> => ::lock_api::Mutex<R, T>);
inner!(impl[R, T: ?Sized] RwLock<R, T> => ::lock_api::RwLock<R, T>);
inner!(impl[R, G, T: ?Sized] ReentrantMutex<R, G, T> => ::lock_api::ReentrantMutex<R, G, T>);

/// Makes methods that acquire a lock by those of the same name of `lock_api`'s.
macro_rules! arcs {
    ($(
        impl[$($generics:tt)*] $lock:ty {
            $(
                $(#[$doc:meta])*
                fn $name:ident($($timeout:ident: $time:ty)?) -> $guard:ty $(, asks $mode:ident)?;
            )*
        }
    )*) => {$(
        impl<$($generics)*> $lock {$(
            $(#[$doc])*
            #[inline]
            #[cfg_attr(feature = "validate", track_caller)]
            pub fn $name(self: &Arc<Self> $(, $timeout: $time)?) -> $guard {
                $(self.told().check(Mode::$mode);)?
                Self::inner_arc(self).$name($($timeout)?)
            }
        )*}
    )*};
}

/// The raw lock of a [`RwLock`].
type RawRw<R, F> = Validated<R, F, Upgradable<F>>;

arcs! {
    impl[R: RawMutex, F: Family, T: ?Sized] Mutex<Validated<R, F>, T> {
        /// As [`lock`](Self::lock), with a guard that keeps the mutex alive.
        fn lock_arc() -> ArcMutexGuard<Validated<R, F>, T>, asks Write;
        /// As `try_lock`, with a guard that keeps the mutex alive.
        fn try_lock_arc() -> Option<ArcMutexGuard<Validated<R, F>, T>>;
    }
    impl[R: RawMutexTimed, F: Family, T: ?Sized] Mutex<Validated<R, F>, T> {
        /// As `try_lock_for`, with a guard that keeps the mutex alive.
        fn try_lock_arc_for(timeout: R::Duration) -> Option<ArcMutexGuard<Validated<R, F>, T>>;
        /// As `try_lock_until`, with a guard that keeps the mutex alive.
        fn try_lock_arc_until(timeout: R::Instant) -> Option<ArcMutexGuard<Validated<R, F>, T>>;
    }
    impl[R: RawRwLock, F: Family, T: ?Sized] RwLock<RawRw<R, F>, T> {
        /// As [`read`](Self::read), with a guard that keeps the lock alive.
        fn read_arc() -> ArcRwLockReadGuard<RawRw<R, F>, T>, asks Read;
        /// As `try_read`, with a guard that keeps the lock alive.
        fn try_read_arc() -> Option<ArcRwLockReadGuard<RawRw<R, F>, T>>;
        /// As [`write`](Self::write), with a guard that keeps the lock alive.
        fn write_arc() -> ArcRwLockWriteGuard<RawRw<R, F>, T>, asks Write;
        /// As `try_write`, with a guard that keeps the lock alive.
        fn try_write_arc() -> Option<ArcRwLockWriteGuard<RawRw<R, F>, T>>;
    }
    impl[R: RawRwLockTimed, F: Family, T: ?Sized] RwLock<RawRw<R, F>, T> {
        /// As `try_read_for`, with a guard that keeps the lock alive.
        fn try_read_arc_for(timeout: R::Duration) -> Option<ArcRwLockReadGuard<RawRw<R, F>, T>>;
        /// As `try_read_until`, with a guard that keeps the lock alive.
        fn try_read_arc_until(timeout: R::Instant) -> Option<ArcRwLockReadGuard<RawRw<R, F>, T>>;
        /// As `try_write_for`, with a guard that keeps the lock alive.
        fn try_write_arc_for(timeout: R::Duration) -> Option<ArcRwLockWriteGuard<RawRw<R, F>, T>>;
        /// As `try_write_until`, with a guard that keeps the lock alive.
        fn try_write_arc_until(timeout: R::Instant) -> Option<ArcRwLockWriteGuard<RawRw<R, F>, T>>;
    }
    impl[R: RawRwLockRecursive, F: Family, T: ?Sized] RwLock<RawRw<R, F>, T> {
        /// As [`read_recursive`](Self::read_recursive), with a guard that keeps the lock alive.
        fn read_arc_recursive() -> ArcRwLockReadGuard<RawRw<R, F>, T>, asks Recursive;
        /// As `try_read_recursive`, with a guard that keeps the lock alive.
        fn try_read_recursive_arc() -> Option<ArcRwLockReadGuard<RawRw<R, F>, T>>;
    }
    impl[R: RawRwLockRecursiveTimed, F: Family, T: ?Sized] RwLock<RawRw<R, F>, T> {
        /// As `try_read_recursive_for`, with a guard that keeps the lock alive.
        fn try_read_arc_recursive_for(timeout: R::Duration) -> Option<ArcRwLockReadGuard<RawRw<R, F>, T>>;
        /// As `try_read_recursive_until`, with a guard that keeps the lock alive.
        fn try_read_arc_recursive_until(timeout: R::Instant) -> Option<ArcRwLockReadGuard<RawRw<R, F>, T>>;
    }
    impl[R: RawRwLockUpgrade, F: Family, T: ?Sized] RwLock<RawRw<R, F>, T> {
        /// As `try_upgradable_read`, with a guard that keeps the lock alive.
        fn try_upgradable_read_arc() -> Option<ArcRwLockUpgradableReadGuard<RawRw<R, F>, T>>;
    }
    impl[R: RawRwLockUpgradeTimed, F: Family, T: ?Sized] RwLock<RawRw<R, F>, T> {
        /// As `try_upgradable_read_for`, with a guard that keeps the lock alive.
        fn try_upgradable_read_arc_for(timeout: R::Duration) -> Option<ArcRwLockUpgradableReadGuard<RawRw<R, F>, T>>;
        /// As `try_upgradable_read_until`, with a guard that keeps the lock alive.
        fn try_upgradable_read_arc_until(timeout: R::Instant) -> Option<ArcRwLockUpgradableReadGuard<RawRw<R, F>, T>>;
    }
}

impl<R: RawRwLockUpgrade, F: Family, T: ?Sized> RwLock<RawRw<R, F>, T> {
    /// As [`upgradable_read`](Self::upgradable_read), with a guard that keeps the lock alive.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn upgradable_read_arc(self: &Arc<Self>) -> ArcRwLockUpgradableReadGuard<RawRw<R, F>, T> {
        self.told().part.check();
        self.told().check(Mode::Read);
        Self::inner_arc(self).upgradable_read_arc()
    }
}

/// The raw mutex of a [`ReentrantMutex`].
type RawRe<R, F> = Validated<R, F, Reentrant>;

impl<R: RawMutex, F: Family, G: GetThreadId, T: ?Sized> ReentrantMutex<RawRe<R, F>, G, T> {
    /// As [`lock`](Self::lock), with a guard that keeps the mutex alive.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn lock_arc(self: &Arc<Self>) -> ArcReentrantMutexGuard<RawRe<R, F>, G, T> {
        self.outermost(|| Self::inner_arc(self).lock_arc())
    }

    /// As [`try_lock`](Self::try_lock), with a guard that keeps the mutex alive.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn try_lock_arc(self: &Arc<Self>) -> Option<ArcReentrantMutexGuard<RawRe<R, F>, G, T>> {
        self.attempt(Attempt::Try, || Self::inner_arc(self).try_lock_arc())
    }
}

impl<R: RawMutexTimed, F: Family, G: GetThreadId, T: ?Sized> ReentrantMutex<RawRe<R, F>, G, T> {
    /// As [`try_lock_for`](Self::try_lock_for), with a guard that keeps the mutex alive.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn try_lock_arc_for(
        self: &Arc<Self>,
        timeout: R::Duration,
    ) -> Option<ArcReentrantMutexGuard<RawRe<R, F>, G, T>> {
        let lock = || Self::inner_arc(self).try_lock_arc_for(timeout);
        self.attempt(Attempt::Timed, lock)
    }

    /// As [`try_lock_until`](Self::try_lock_until), with a guard that keeps the mutex alive.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn try_lock_arc_until(
        self: &Arc<Self>,
        timeout: R::Instant,
    ) -> Option<ArcReentrantMutexGuard<RawRe<R, F>, G, T>> {
        let lock = || Self::inner_arc(self).try_lock_arc_until(timeout);
        self.attempt(Attempt::Timed, lock)
    }
}
