//! `tokio::sync::RwLock`, validated.

use std::future::Future;
use std::sync::Arc;

use ::tokio::sync::TryLockError;

use super::acquire::Acquire;
use super::owned::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard};
use crate::engine::{self, Here, Hold, Mode};
use crate::lockdep::{LockKey, LockMap};

/// A reader-writer lock for which tasks wait, as [`tokio::sync::RwLock`]: a reader queues behind a
/// waiting writer.
///
/// # Cost
/// Without the feature `validate`: none, in size or time.
/// With it: 8 bytes, and the validator's hot path at each acquire and release.
#[cfg_attr(not(feature = "validate"), repr(transparent))]
pub struct RwLock<T: ?Sized> {
    map: LockMap,
    inner: ::tokio::sync::RwLock<T>,
}

/// Holds an [`RwLock`] shared until it is dropped.
#[must_use = "if unused the RwLock will immediately unlock"]
#[clippy::has_significant_drop]
pub struct RwLockReadGuard<'a, T: ?Sized> {
    hold: Hold<'a>,
    inner: ::tokio::sync::RwLockReadGuard<'a, T>,
}

/// Holds an [`RwLock`] exclusively until it is dropped.
#[must_use = "if unused the RwLock will immediately unlock"]
#[clippy::has_significant_drop]
pub struct RwLockWriteGuard<'a, T: ?Sized> {
    hold: Hold<'a>,
    inner: ::tokio::sync::RwLockWriteGuard<'a, T>,
}

/// Holds an [`RwLock`] exclusively of which it shows a part, as [`tokio::sync::RwLockMappedWriteGuard`].
#[must_use = "if unused the RwLock will immediately unlock"]
#[clippy::has_significant_drop]
pub struct RwLockMappedWriteGuard<'a, T: ?Sized> {
    hold: Hold<'a>,
    inner: ::tokio::sync::RwLockMappedWriteGuard<'a, T>,
}

impl<T> RwLock<T> {
    /// Makes an unlocked lock; its class is this place in the source and its type.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Self::of(LockMap::new(), ::tokio::sync::RwLock::new(value))
    }

    /// As [`new`](Self::new), in a `static`.
    #[track_caller]
    pub const fn const_new(value: T) -> Self {
        Self::of(LockMap::new(), ::tokio::sync::RwLock::const_new(value))
    }

    /// As [`new`](Self::new), for `max_reads` readers at a time.
    ///
    /// # Panics
    /// As [`tokio::sync::RwLock::with_max_readers`].
    #[track_caller]
    pub fn with_max_readers(value: T, max_reads: u32) -> Self {
        let inner = ::tokio::sync::RwLock::with_max_readers(value, max_reads);
        Self::of(LockMap::new(), inner)
    }

    /// As [`with_max_readers`](Self::with_max_readers), in a `static`.
    #[track_caller]
    pub const fn const_with_max_readers(value: T, max_reads: u32) -> Self {
        let inner = ::tokio::sync::RwLock::const_with_max_readers(value, max_reads);
        Self::of(LockMap::new(), inner)
    }

    /// Makes an unlocked lock of the class `key`, which [`lock_class!`](crate::lock_class) makes.
    pub const fn with_class(key: &'static LockKey, value: T) -> Self {
        let inner = ::tokio::sync::RwLock::const_new(value);
        Self::of(LockMap::with_key(key), inner)
    }

    /// Makes an unlocked lock of the class called `name`.
    ///
    /// # Cost
    /// One look-up in the table of names; for a lock in a `static` use [`with_class`](Self::with_class).
    pub fn named(name: &str, value: T) -> Self {
        Self::of(LockMap::named(name), ::tokio::sync::RwLock::new(value))
    }

    const fn of(map: LockMap, inner: ::tokio::sync::RwLock<T>) -> Self {
        Self { map, inner }
    }

    /// Consumes the lock and returns what it protects.
    pub fn into_inner(self) -> T {
        self.inner.into_inner()
    }
}

/// Defines the acquires of one mode.
macro_rules! acquires {
    (
        $mode:ident, $how:literal,
        $wait:ident -> $guard:ident, $wait_owned:ident -> $owned:ident,
        $block:ident, $attempt:ident, $attempt_owned:ident
    ) => {
        #[doc = concat!("Acquires the lock ", $how, ", and waits until it can.")]
        ///
        /// An order that can deadlock is reported at the first poll, before the task waits.
        /// To give up is to drop the future.
        ///
        /// # Panics
        /// The first poll does when a violation is found and the policy is `panic`.
        #[inline]
        #[cfg_attr(feature = "validate", track_caller)]
        pub fn $wait(&self) -> impl Future<Output = $guard<'_, T>> {
            let guard = |inner| $guard::new(&self.map, inner);
            let inner = self.inner.$wait();
            Acquire::<Self, _, _>::new(&self.map, Mode::$mode, Here::caller(), inner, guard)
        }

        #[doc = concat!(
            "As [`", stringify!($wait), "`](Self::", stringify!($wait),
            "), by a guard that keeps the lock alive."
        )]
        ///
        /// # Panics
        /// As that.
        #[cfg_attr(feature = "validate", track_caller)]
        pub fn $wait_owned(self: Arc<Self>) -> impl Future<Output = $owned<T>>
        where
            T: 'static,
        {
            let here = Here::caller();
            async move {
                let guard = |inner| $guard::new(&self.map, inner);
                let inner = self.inner.$wait();
                let mode = Mode::$mode;
                let acquire = Acquire::<Self, _, _>::new(&self.map, mode, here, inner, guard);
                // SAFETY: the guard goes into one that keeps the lock alive.
                let guard = unsafe { acquire.await.unbound() };
                $owned::new(guard, self)
            }
        }

        #[doc = concat!(
            "Acquires the lock ", $how, ", and blocks the thread until it can; not in a task."
        )]
        ///
        /// # Panics
        /// When a violation is found and the policy is `panic`, and when called in a task.
        #[cfg_attr(feature = "validate", track_caller)]
        pub fn $block(&self) -> $guard<'_, T> {
            let slot = engine::block_on::<Self>(&self.map, Mode::$mode);
            $guard::new(&self.map, slot.block(|| self.inner.$block()))
        }

        #[doc = concat!("Acquires the lock ", $how, " if that is possible without waiting.")]
        ///
        /// # Errors
        /// It is not.
        #[inline]
        #[cfg_attr(feature = "validate", track_caller)]
        pub fn $attempt(&self) -> Result<$guard<'_, T>, TryLockError> {
            let inner = self.inner.$attempt()?;
            engine::taken_awaited::<Self>(&self.map, Mode::$mode);
            Ok($guard::new(&self.map, inner))
        }

        #[doc = concat!(
            "As [`", stringify!($attempt), "`](Self::", stringify!($attempt),
            "), by a guard that keeps the lock alive."
        )]
        ///
        /// # Errors
        /// As that.
        #[cfg_attr(feature = "validate", track_caller)]
        pub fn $attempt_owned(self: Arc<Self>) -> Result<$owned<T>, TryLockError>
        where
            T: 'static,
        {
            // SAFETY: the guard goes into one that keeps the lock alive.
            let guard = unsafe { self.$attempt()?.unbound() };
            Ok($owned::new(guard, self))
        }
    };
}

impl<T: ?Sized> RwLock<T> {
    acquires!(
        Read, "shared",
        read -> RwLockReadGuard, read_owned -> OwnedRwLockReadGuard,
        blocking_read, try_read, try_read_owned
    );

    acquires!(
        Write, "exclusively",
        write -> RwLockWriteGuard, write_owned -> OwnedRwLockWriteGuard,
        blocking_write, try_write, try_write_owned
    );

    /// Returns what the lock protects; it need not be held, since it is borrowed exclusively.
    pub fn get_mut(&mut self) -> &mut T {
        self.inner.get_mut()
    }
}

/// Defines how a guard is made, and how its lifetime is taken off.
macro_rules! guard_made {
    ($guard:ident) => {
        impl<'a, T: ?Sized> $guard<'a, T> {
            #[inline(always)]
            fn new(map: &'a LockMap, inner: ::tokio::sync::$guard<'a, T>) -> Self {
                let hold = Hold::new(map);
                Self { hold, inner }
            }

            /// The guard for as long as whoever asks sees to it that the lock lives.
            ///
            /// # Safety
            /// The lock outlives the guard.
            unsafe fn unbound(self) -> $guard<'static, T>
            where
                T: 'static,
            {
                // SAFETY: the types differ in a lifetime alone, for which the caller vouches.
                unsafe { std::mem::transmute::<Self, $guard<'static, T>>(self) }
            }
        }
    };
}

guard_made!(RwLockReadGuard);
guard_made!(RwLockWriteGuard);

/// Defines the parts of a guard, which are exclusive ones with `mut`.
macro_rules! guard_parts {
    ($guard:ident: $($mut:ident)? => $part:ident) => {
        impl<'a, T: ?Sized> $guard<'a, T> {
            /// Shows a part.
            pub fn map<U: ?Sized>(
                this: Self,
                part: impl FnOnce(&$($mut)? T) -> &$($mut)? U,
            ) -> $part<'a, U> {
                let Self { hold, inner } = this;
                let inner = ::tokio::sync::$guard::map(inner, part);
                $part { hold, inner }
            }

            /// As [`map`](Self::map), if there is such a part.
            ///
            /// # Errors
            /// The guard itself, if there is none.
            pub fn try_map<U: ?Sized>(
                this: Self,
                part: impl FnOnce(&$($mut)? T) -> Option<&$($mut)? U>,
            ) -> Result<$part<'a, U>, Self> {
                let Self { hold, inner } = this;
                match ::tokio::sync::$guard::try_map(inner, part) {
                    Ok(inner) => Ok($part { hold, inner }),
                    Err(inner) => Err(Self { hold, inner }),
                }
            }
        }
    };
}

guard_parts!(RwLockReadGuard: => RwLockReadGuard);
guard_parts!(RwLockWriteGuard: mut => RwLockMappedWriteGuard);
guard_parts!(RwLockMappedWriteGuard: mut => RwLockMappedWriteGuard);

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    /// Turns the exclusive hold into a shared one.
    #[must_use = "if unused the RwLock will immediately unlock"]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn downgrade(self) -> RwLockReadGuard<'a, T> {
        let Self { hold, inner } = self;
        engine::downgrade_awaited(hold.map(), Here::caller());
        let inner = inner.downgrade();
        RwLockReadGuard { hold, inner }
    }

    /// As [`downgrade`](Self::downgrade), and shows a part.
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn downgrade_map<U: ?Sized>(
        this: Self,
        part: impl FnOnce(&T) -> &U,
    ) -> RwLockReadGuard<'a, U> {
        RwLockReadGuard::map(this.downgrade(), part)
    }

    /// As [`downgrade_map`](Self::downgrade_map), if there is such a part.
    ///
    /// # Errors
    /// The guard itself, if there is none.
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn try_downgrade_map<U: ?Sized>(
        this: Self,
        part: impl FnOnce(&T) -> Option<&U>,
    ) -> Result<RwLockReadGuard<'a, U>, Self> {
        let here = Here::caller();
        let Self { hold, inner } = this;
        match ::tokio::sync::RwLockWriteGuard::try_downgrade_map(inner, part) {
            Ok(inner) => {
                engine::downgrade_awaited(hold.map(), here);
                Ok(RwLockReadGuard { hold, inner })
            }
            Err(inner) => Err(Self { hold, inner }),
        }
    }

    /// The guard as one of a part, which is the whole.
    #[must_use = "if unused the RwLock will immediately unlock"]
    pub fn into_mapped(this: Self) -> RwLockMappedWriteGuard<'a, T> {
        Self::map(this, |whole| whole)
    }
}

lock_of!(RwLock: ::tokio::sync::RwLock, "tokio::sync::RwLock");

guard_reads!(RwLockReadGuard);
guard_reads!(RwLockWriteGuard);
guard_writes!(RwLockWriteGuard);
guard_reads!(RwLockMappedWriteGuard);
guard_writes!(RwLockMappedWriteGuard);
