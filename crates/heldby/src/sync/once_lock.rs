//! `std::sync::OnceLock`, validated.

use std::fmt;

use crate::engine::{self, Lock};
use crate::lockdep::LockMap;

/// A cell that is written once, as [`std::sync::OnceLock`].
///
/// It is held while its initialiser runs. A look that could initialise it, such as
/// [`get_or_init`](Self::get_or_init), could have to wait for that, and so acquires it for a moment:
/// an initialiser that needs what the looker holds, or its own cell, is reported before anything
/// waits. [`get`](Self::get) never waits, and is no event.
///
/// # Cost
/// Without the feature `validate`: none, in size or time.
/// With it: 8 bytes, and one look-up for a look at an initialised cell.
///
/// # Example
/// ```
/// use heldby::sync::OnceLock;
///
/// static NAME: OnceLock<String> = OnceLock::new();
///
/// assert_eq!(NAME.get(), None);
/// assert_eq!(NAME.get_or_init(|| "first".to_owned()), "first");
/// assert_eq!(NAME.set("second".to_owned()), Err("second".to_owned()));
/// ```
#[cfg_attr(not(feature = "validate"), repr(transparent))]
pub struct OnceLock<T> {
    map: LockMap,
    inner: std::sync::OnceLock<T>,
}

impl<T> OnceLock<T> {
    /// Makes an empty cell; its class is this place in the source and its type.
    #[inline]
    #[track_caller]
    #[must_use]
    pub const fn new() -> Self {
        Self {
            map: LockMap::new(),
            inner: std::sync::OnceLock::new(),
        }
    }

    /// The value, if there is one.
    #[inline]
    pub fn get(&self) -> Option<&T> {
        self.inner.get()
    }

    /// The value, if there is one, to be changed.
    #[inline]
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.inner.get_mut()
    }

    /// Waits until there is a value.
    ///
    /// Seen of it is the wait for an initialiser that runs, and not the one for somebody to come and
    /// begin.
    ///
    /// # Panics
    /// When a violation is found and the policy is `panic`.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn wait(&self) -> &T {
        let _look = engine::look::<Self>(&self.map, || self.inner.get().is_some());
        self.inner.wait()
    }

    /// Gives the cell its value, and waits for an initialiser that runs meanwhile.
    ///
    /// # Errors
    /// As [`std::sync::OnceLock::set`]: there is a value; the new one is given back.
    ///
    /// # Panics
    /// When a violation is found and the policy is `panic`.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn set(&self, value: T) -> Result<(), T> {
        let _look = engine::look::<Self>(&self.map, || self.inner.get().is_some());
        self.inner.set(value)
    }

    /// The value; `initialiser` makes it if there is none.
    ///
    /// # Panics
    /// When `initialiser` does, and the cell stays empty. When a violation is found and the policy is
    /// `panic`.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn get_or_init<F: FnOnce() -> T>(&self, initialiser: F) -> &T {
        let look = engine::look::<Self>(&self.map, || self.inner.get().is_some());
        self.inner.get_or_init(move || look.initialise(initialiser))
    }

    /// Consumes the cell and returns its value.
    #[inline]
    pub fn into_inner(self) -> Option<T> {
        self.inner.into_inner()
    }

    /// Takes the value out, and leaves the cell empty.
    #[inline]
    pub fn take(&mut self) -> Option<T> {
        self.inner.take()
    }
}

impl<T> Lock for OnceLock<T> {
    #[cfg(feature = "validate")]
    const FAMILY: &'static str = "std::sync::OnceLock";
    #[cfg(feature = "validate")]
    const ROLE: heldby_validator::Role = heldby_validator::Role::Initialiser;
}

impl<T> Default for OnceLock<T> {
    /// Makes an empty cell; its class is told as that of a defaulted [`Mutex`](super::Mutex).
    #[track_caller]
    fn default() -> Self {
        Self {
            map: LockMap::by_default(),
            inner: std::sync::OnceLock::new(),
        }
    }
}

impl<T> From<T> for OnceLock<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self {
            map: LockMap::new(),
            inner: value.into(),
        }
    }
}

impl<T: Clone> Clone for OnceLock<T> {
    /// Makes another cell with the same value; all that one `#[derive(Clone)]` makes share a place, as
    /// defaulted ones do.
    #[track_caller]
    fn clone(&self) -> Self {
        Self {
            map: LockMap::by_default(),
            inner: self.inner.clone(),
        }
    }
}

impl<T: PartialEq> PartialEq for OnceLock<T> {
    fn eq(&self, other: &Self) -> bool {
        self.inner == other.inner
    }
}

impl<T: Eq> Eq for OnceLock<T> {}

impl<T: fmt::Debug> fmt::Debug for OnceLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
