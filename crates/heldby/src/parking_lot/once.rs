//! `parking_lot::Once`, validated.

use std::fmt;

use super::OnceState;
use crate::engine::{self, Lock};
use crate::lockdep::{AsLockMap, LockMap};

/// Runs an initialiser once, as [`parking_lot::Once`].
///
/// It is held while its initialiser runs, and whoever could run it may have to wait for that, whether
/// it was run long ago or not.
#[cfg_attr(not(feature = "validate"), repr(transparent))]
pub struct Once {
    map: LockMap,
    inner: ::parking_lot::Once,
}

impl Once {
    /// Makes one that has not run anything.
    #[inline]
    #[track_caller]
    #[must_use]
    pub const fn new() -> Self {
        Self {
            map: LockMap::new(),
            inner: ::parking_lot::Once::new(),
        }
    }

    /// In what state it is. Waits for nobody.
    #[inline]
    pub fn state(&self) -> OnceState {
        self.inner.state()
    }

    /// Runs `f` if nothing was run before, and waits while another thread runs its initialiser.
    ///
    /// # Panics
    /// As [`parking_lot::Once::call_once`]: when an earlier initialiser
    /// panicked. When a violation is found and the policy is `panic`.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn call_once<F>(&self, f: F)
    where
        F: FnOnce(),
    {
        let look = engine::look::<Self>(&self.map, || self.inner.state().done());
        self.inner.call_once(move || look.initialise(f));
    }

    /// As [`call_once`](Self::call_once), also after an initialiser that panicked.
    ///
    /// # Panics
    /// When a violation is found and the policy is `panic`.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn call_once_force<F>(&self, f: F)
    where
        F: FnOnce(OnceState),
    {
        let look = engine::look::<Self>(&self.map, || self.inner.state().done());
        self.inner
            .call_once_force(move |state| look.initialise(|| f(state)));
    }
}

impl Lock for Once {
    #[cfg(feature = "validate")]
    const FAMILY: &'static str = "parking_lot::Once";
    #[cfg(feature = "validate")]
    const ROLE: heldby_validator::Role = heldby_validator::Role::Initialiser;
}

impl AsLockMap for Once {
    fn as_lock_map(&self) -> &LockMap {
        &self.map
    }
}

impl Default for Once {
    /// Makes one that has not run anything; its class is told as that of a defaulted
    /// [`sync::Mutex`](crate::sync::Mutex).
    #[track_caller]
    fn default() -> Self {
        Self {
            map: LockMap::by_default(),
            inner: ::parking_lot::Once::new(),
        }
    }
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
