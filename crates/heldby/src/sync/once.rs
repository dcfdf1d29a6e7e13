//! `std::sync::Once`, validated.

use std::fmt;

use super::OnceState;
use crate::engine::{self, Lock};
use crate::lockdep::LockMap;

/// Runs something once, as [`std::sync::Once`].
///
/// It is held while its initialiser runs. Whoever calls it, or waits for it, could have to wait for
/// that, and so acquires it for a moment: an initialiser that needs what the caller holds, or the
/// same `Once` again, is reported before anything waits.
///
/// # Cost
/// Without the feature `validate`: none, in size or time.
/// With it: 8 bytes, and one look-up for a call that finds it completed.
///
/// # Example
/// ```
/// use heldby::sync::Once;
///
/// static START: Once = Once::new();
///
/// let mut runs = 0;
/// START.call_once(|| runs += 1);
/// START.call_once(|| runs += 1);
/// assert!(START.is_completed());
/// assert_eq!(runs, 1);
/// ```
#[cfg_attr(not(feature = "validate"), repr(transparent))]
pub struct Once {
    map: LockMap,
    inner: std::sync::Once,
}

/// What a static [`Once`] starts as, as [`std::sync::ONCE_INIT`].
///
/// All that start so share a place in the source, so the place of the first call becomes part of the
/// class.
#[deprecated(since = "0.1.0", note = "use `Once::new()`, as with std")]
#[expect(
    clippy::declare_interior_mutable_const,
    reason = "std's is such a constant"
)]
pub const ONCE_INIT: Once = Once {
    map: LockMap::by_default(),
    inner: std::sync::Once::new(),
};

impl Once {
    /// Makes one that has not run; its class is this place in the source.
    #[expect(clippy::new_without_default, reason = "std::sync::Once has no Default")]
    #[inline]
    #[track_caller]
    #[must_use]
    pub const fn new() -> Self {
        Self {
            map: LockMap::new(),
            inner: std::sync::Once::new(),
        }
    }

    /// Runs `initialiser` if this is the first call; else waits for whoever runs it.
    ///
    /// # Panics
    /// As [`std::sync::Once::call_once`]: it is poisoned. When a violation is found and the policy is
    /// `panic`.
    #[inline]
    #[track_caller]
    pub fn call_once<F: FnOnce()>(&self, initialiser: F) {
        let look = engine::look::<Self>(&self.map, || self.inner.is_completed());
        self.inner.call_once(move || look.initialise(initialiser));
    }

    /// Runs `initialiser` as [`call_once`](Self::call_once), also if an earlier one panicked.
    ///
    /// # Panics
    /// When a violation is found and the policy is `panic`.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn call_once_force<F: FnOnce(&OnceState)>(&self, initialiser: F) {
        let look = engine::look::<Self>(&self.map, || self.inner.is_completed());
        self.inner
            .call_once_force(move |state| look.initialise(|| initialiser(state)));
    }

    /// Tells whether an initialiser has run to its end; that never waits, and is no event.
    #[inline]
    pub fn is_completed(&self) -> bool {
        self.inner.is_completed()
    }

    /// Waits until an initialiser has run to its end.
    ///
    /// # Panics
    /// As [`call_once`](Self::call_once).
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn wait(&self) {
        let _look = engine::look::<Self>(&self.map, || self.inner.is_completed());
        self.inner.wait();
    }

    /// Waits as [`wait`](Self::wait), whether or not an initialiser panicked.
    ///
    /// # Panics
    /// When a violation is found and the policy is `panic`.
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn wait_force(&self) {
        let _look = engine::look::<Self>(&self.map, || self.inner.is_completed());
        self.inner.wait_force();
    }
}

impl Lock for Once {
    #[cfg(feature = "validate")]
    const FAMILY: &'static str = "std::sync::Once";
    #[cfg(feature = "validate")]
    const ROLE: heldby_validator::Role = heldby_validator::Role::Initialiser;
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
