//! `std::sync::LazyLock`, validated.

use std::fmt;
use std::ops::Deref;
use std::panic::{RefUnwindSafe, UnwindSafe};

use crate::engine::{self, Lazy, Lock};
use crate::lockdep::LockMap;

/// A value that its first look makes, as [`std::sync::LazyLock`].
///
/// It is held while its initialiser runs, and each look acquires it for a moment, as with
/// [`OnceLock`](super::OnceLock).
///
/// # Cost
/// Without the feature `validate`: none, in size or time.
/// With it: 8 bytes and the initialiser's place beside the value, and one look-up for a look at what
/// is initialised.
///
/// # Example
/// ```
/// use heldby::sync::LazyLock;
///
/// static PRIMES: LazyLock<Vec<u32>> = LazyLock::new(|| {
///     let is_prime = |n: &u32| (2..*n).all(|by| n % by != 0);
///     (2..20).filter(is_prime).collect()
/// });
///
/// assert_eq!(PRIMES[..4], [2, 3, 5, 7]);
/// ```
#[cfg_attr(not(feature = "validate"), repr(transparent))]
pub struct LazyLock<T, F = fn() -> T> {
    map: LockMap,
    inner: Lazy<T, F>,
}

impl<T, F: FnOnce() -> T> LazyLock<T, F> {
    /// Makes a value that `initialiser` will make; its class is this place in the source and its
    /// type.
    #[inline]
    #[track_caller]
    pub const fn new(initialiser: F) -> Self {
        Self {
            map: LockMap::new(),
            inner: Lazy::new(initialiser),
        }
    }

    /// The value, made now if this is the first look.
    ///
    /// # Panics
    /// When the initialiser panics, now or before. When a violation is found and the policy is
    /// `panic`.
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn force(this: &Self) -> &T {
        let look = engine::look::<Self>(&this.map, || this.inner.is_initialised());
        this.inner.force(look)
    }
}

impl<T, F: FnOnce() -> T> Deref for LazyLock<T, F> {
    type Target = T;

    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    fn deref(&self) -> &T {
        Self::force(self)
    }
}

impl<T, F> Lock for LazyLock<T, F> {
    #[cfg(feature = "validate")]
    const FAMILY: &'static str = "std::sync::LazyLock";
    #[cfg(feature = "validate")]
    const ROLE: heldby_validator::Role = heldby_validator::Role::Initialiser;
}

// As std's, whatever it is made of.
impl<T: RefUnwindSafe + UnwindSafe, F: UnwindSafe> RefUnwindSafe for LazyLock<T, F> {}
impl<T: UnwindSafe, F: UnwindSafe> UnwindSafe for LazyLock<T, F> {}

impl<T: Default> Default for LazyLock<T> {
    /// Makes a value that will be the default one; its class is told as that of a defaulted
    /// [`Mutex`](super::Mutex).
    #[track_caller]
    fn default() -> Self {
        Self {
            map: LockMap::by_default(),
            inner: Lazy::new(T::default),
        }
    }
}

impl<T: fmt::Debug, F> fmt::Debug for LazyLock<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
