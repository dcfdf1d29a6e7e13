//! Guards that keep their lock alive.
//!
//! Each is a guard that borrows the lock, behind which the lock is kept: fields are dropped in their
//! order.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::{
    MappedMutexGuard, Mutex, MutexGuard, RwLock, RwLockMappedWriteGuard, RwLockReadGuard,
    RwLockWriteGuard,
};
use crate::lockdep::{Guard, LockMap};

/// Defines an owned guard of `$lock`, of the part `$shown` of what that protects.
macro_rules! owned {
    (
        $(#[$doc:meta])*
        $name:ident<$($param:ident $(= $default:ident)?),+>:
        $guard:ident<$shown:ident> of $lock:ident, by $of:ident
    ) => {
        $(#[$doc])*
        #[must_use = "if unused the lock will immediately be released"]
        #[clippy::has_significant_drop]
        pub struct $name<$($param: ?Sized + 'static $(= $default)?),+> {
            guard: $guard<'static, $shown>,
            lock: Arc<$lock<T>>,
        }

        impl<$($param: ?Sized + 'static),+> $name<$($param),+> {
            /// A guard of `lock`, which it keeps alive.
            pub(super) fn new(guard: $guard<'static, $shown>, lock: Arc<$lock<T>>) -> Self {
                Self { guard, lock }
            }

            /// The lock that it holds.
            #[must_use]
            pub fn $of(this: &Self) -> &Arc<$lock<T>> {
                &this.lock
            }
        }

        impl<$($param: ?Sized + 'static),+> Deref for $name<$($param),+> {
            type Target = $shown;

            #[inline(always)]
            fn deref(&self) -> &$shown {
                &self.guard
            }
        }

        impl<$($param: ?Sized + 'static),+> Guard for $name<$($param),+> {
            #[inline(always)]
            fn lock_map(&self) -> &LockMap {
                self.guard.lock_map()
            }
        }

        impl<$($param: ?Sized + 'static),+> fmt::Debug for $name<$($param),+>
        where
            $shown: fmt::Debug,
        {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<$($param: ?Sized + 'static),+> fmt::Display for $name<$($param),+>
        where
            $shown: fmt::Display,
        {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }
    };
}

/// Defines the parts of an owned guard, which are exclusive ones with `mut`; tokio asks of some that they
/// are sized.
macro_rules! parts {
    (
        $name:ident<$($param:ident),+>: [$($mut:ident)?] $guard:ident<$shown:ident>
        => $part:ident[$($sized:tt)+]
    ) => {
        impl<$($param: ?Sized + 'static),+> $name<$($param),+> {
            /// Shows a part.
            pub fn map<$($sized)+>(
                this: Self,
                part: impl FnOnce(&$($mut)? $shown) -> &$($mut)? V,
            ) -> $part<T, V> {
                $part::new($guard::map(this.guard, part), this.lock)
            }

            /// As [`map`](Self::map), if there is such a part.
            ///
            /// # Errors
            /// The guard itself, if there is none.
            pub fn try_map<$($sized)+>(
                this: Self,
                part: impl FnOnce(&$($mut)? $shown) -> Option<&$($mut)? V>,
            ) -> Result<$part<T, V>, Self> {
                let Self { guard, lock } = this;
                match $guard::try_map(guard, part) {
                    Ok(guard) => Ok($part::new(guard, lock)),
                    Err(guard) => Err(Self { guard, lock }),
                }
            }
        }
    };
}

/// Defines what an exclusive owned guard has besides.
macro_rules! exclusive {
    (
        $name:ident<$($param:ident),+>: $guard:ident<$shown:ident>
        => $part:ident[$($sized:tt)+]
    ) => {
        parts!($name<$($param),+>: [mut] $guard<$shown> => $part[$($sized)+]);

        impl<$($param: ?Sized + 'static),+> DerefMut for $name<$($param),+> {
            #[inline(always)]
            fn deref_mut(&mut self) -> &mut $shown {
                &mut self.guard
            }
        }
    };
}

owned! {
    /// Holds a [`Mutex`] and keeps it alive, as [`tokio::sync::OwnedMutexGuard`].
    OwnedMutexGuard<T>: MutexGuard<T> of Mutex, by mutex
}
exclusive!(OwnedMutexGuard<T>: MutexGuard<T> => OwnedMappedMutexGuard[V: ?Sized + 'static]);

owned! {
    /// Holds a [`Mutex`] of which it shows a part, as [`tokio::sync::OwnedMappedMutexGuard`].
    OwnedMappedMutexGuard<T, U = T>: MappedMutexGuard<U> of Mutex, by mutex
}
exclusive!(OwnedMappedMutexGuard<T, U>: MappedMutexGuard<U> => OwnedMappedMutexGuard[V: 'static]);

owned! {
    /// Holds an [`RwLock`] exclusively and keeps it alive, as [`tokio::sync::OwnedRwLockWriteGuard`].
    OwnedRwLockWriteGuard<T>: RwLockWriteGuard<T> of RwLock, by rwlock
}
exclusive!(
    OwnedRwLockWriteGuard<T>: RwLockWriteGuard<T>
    => OwnedRwLockMappedWriteGuard[V: ?Sized + 'static]
);

owned! {
    /// Holds an [`RwLock`] exclusively of which it shows a part, as
    /// [`tokio::sync::OwnedRwLockMappedWriteGuard`].
    OwnedRwLockMappedWriteGuard<T, U = T>: RwLockMappedWriteGuard<U> of RwLock, by rwlock
}
exclusive!(
    OwnedRwLockMappedWriteGuard<T, U>: RwLockMappedWriteGuard<U>
    => OwnedRwLockMappedWriteGuard[V: ?Sized + 'static]
);

owned! {
    /// Holds an [`RwLock`] shared and keeps it alive, as [`tokio::sync::OwnedRwLockReadGuard`].
    OwnedRwLockReadGuard<T, U = T>: RwLockReadGuard<U> of RwLock, by rwlock
}
parts!(
    OwnedRwLockReadGuard<T, U>: [] RwLockReadGuard<U>
    => OwnedRwLockReadGuard[V: ?Sized + 'static]
);

impl<T: ?Sized + 'static> OwnedRwLockWriteGuard<T> {
    /// Turns the exclusive hold into a shared one.
    #[must_use = "if unused the lock will immediately be released"]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn downgrade(self) -> OwnedRwLockReadGuard<T> {
        OwnedRwLockReadGuard::new(self.guard.downgrade(), self.lock)
    }

    /// As [`downgrade`](Self::downgrade), and shows a part.
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn downgrade_map<V: ?Sized + 'static>(
        this: Self,
        part: impl FnOnce(&T) -> &V,
    ) -> OwnedRwLockReadGuard<T, V> {
        let guard = RwLockWriteGuard::downgrade_map(this.guard, part);
        OwnedRwLockReadGuard::new(guard, this.lock)
    }

    /// As [`downgrade_map`](Self::downgrade_map), if there is such a part.
    ///
    /// # Errors
    /// The guard itself, if there is none.
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn try_downgrade_map<V: ?Sized + 'static>(
        this: Self,
        part: impl FnOnce(&T) -> Option<&V>,
    ) -> Result<OwnedRwLockReadGuard<T, V>, Self> {
        let Self { guard, lock } = this;
        match RwLockWriteGuard::try_downgrade_map(guard, part) {
            Ok(guard) => Ok(OwnedRwLockReadGuard::new(guard, lock)),
            Err(guard) => Err(Self { guard, lock }),
        }
    }

    /// The guard as one of a part, which is the whole.
    #[must_use = "if unused the lock will immediately be released"]
    pub fn into_mapped(this: Self) -> OwnedRwLockMappedWriteGuard<T> {
        Self::map(this, |whole| whole)
    }
}
