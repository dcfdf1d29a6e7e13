//! The proof that an item is stable, for the compiler.

use std::fmt;
use std::ops::Deref;

use super::{TwoLevel, imp};
use crate::lockdep::{AsLockMap, Guard};

/// Proof that a `T` stays as it is for `'a`: a guard of its own lock, or of its container's, is
/// borrowed for as long.
///
/// A function that takes one needs no assertion: there is no call of it without a hold, no way to end
/// the hold meanwhile, and none to write through that guard.
/// It may be lent to another thread if a `&T` may be. The hold that lasts is its maker's, so an
/// assertion on the other thread, which asks for a hold of its own, would fail.
///
/// With the feature `validate` it is checked, where a proof is made, that the guard is of the right
/// lock: of this very item, or of the container that it is in. The compiler cannot tell two trees
/// apart, so `unsafe` code must not rest on a proof alone.
///
/// # Cost
/// None: it is a `&T`. With `validate`, one comparison of addresses when it is made.
///
/// # Example
/// ```
/// # use std::sync::Arc;
/// # use std::sync::atomic::{AtomicU64, Ordering};
/// # use heldby::lockdep::{AsLockMap, LockMap};
/// # use heldby::sync::RwLock;
/// use heldby::{Stabilised, TwoLevel};
///
/// struct Page {
///     tree: Arc<RwLock<()>>,
///     latch: RwLock<Vec<u8>>,
///     /// Changed by who has written both locks, so stable for who holds one.
///     first_key: AtomicU64,
/// }
/// # impl AsLockMap for Page {
/// #     fn as_lock_map(&self) -> &LockMap {
/// #         self.latch.as_lock_map()
/// #     }
/// # }
/// # impl TwoLevel for Page {
/// #     type Container = RwLock<()>;
/// #     const ITEM_WRITE_IMPLIES_CONTAINER_WRITE: bool = true;
/// #     fn container(&self) -> &RwLock<()> {
/// #         &self.tree
/// #     }
/// # }
///
/// fn first_key(page: Stabilised<'_, Page>) -> u64 {
///     page.first_key.load(Ordering::Relaxed)
/// }
///
/// # let page = Page {
/// #     tree: Arc::new(RwLock::new(())),
/// #     latch: RwLock::new(Vec::new()),
/// #     first_key: AtomicU64::new(7),
/// # };
/// let tree = page.tree.read().unwrap();
/// let latch = page.latch.read().unwrap();
/// assert_eq!(first_key(Stabilised::by_container(&tree, &page)), 7);
/// drop(tree);
/// assert_eq!(first_key(Stabilised::by_item(&latch, &page)), 7);
/// ```
///
/// A proof cannot outlive its guard:
///
/// ```compile_fail,E0505
/// # use heldby::lockdep::{AsLockMap, LockMap};
/// # use heldby::sync::RwLock;
/// # use heldby::{Stabilised, TwoLevel};
/// # struct Page {
/// #     tree: RwLock<()>,
/// #     latch: RwLock<Vec<u8>>,
/// # }
/// # impl AsLockMap for Page {
/// #     fn as_lock_map(&self) -> &LockMap {
/// #         self.latch.as_lock_map()
/// #     }
/// # }
/// # impl TwoLevel for Page {
/// #     type Container = RwLock<()>;
/// #     const ITEM_WRITE_IMPLIES_CONTAINER_WRITE: bool = true;
/// #     fn container(&self) -> &RwLock<()> {
/// #         &self.tree
/// #     }
/// # }
/// # let page = Page {
/// #     tree: RwLock::new(()),
/// #     latch: RwLock::new(Vec::new()),
/// # };
/// let latch = page.latch.read().unwrap();
/// let proof = Stabilised::by_item(&latch, &page);
/// drop(latch);
/// drop(proof);
/// ```
#[repr(transparent)]
pub struct Stabilised<'a, T: ?Sized>(&'a T);

impl<'a, T: TwoLevel + ?Sized> Stabilised<'a, T> {
    /// Proves that `item` is stable by a guard of its container, held in any mode.
    ///
    /// # Panics
    /// With `validate`, when the guard is of another lock and the policy is `panic`; otherwise that
    /// is reported, as HB0201.
    #[inline(always)]
    #[must_use]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn by_container<G: Guard + ?Sized>(guard: &'a G, item: &'a T) -> Self {
        imp::expect_guard(item, || [guard.lock_map(), item.container().as_lock_map()]);
        Self(item)
    }

    /// Proves that `item` is stable by a guard of its own lock, held in any mode.
    ///
    /// # Panics
    /// As [`by_container`](Self::by_container).
    #[inline(always)]
    #[must_use]
    #[cfg_attr(feature = "validate", track_caller)]
    pub fn by_item<G: Guard + ?Sized>(guard: &'a G, item: &'a T) -> Self {
        imp::expect_guard(item, || [guard.lock_map(), item.as_lock_map()]);
        Self(item)
    }
}

impl<'a, T: ?Sized> Stabilised<'a, T> {
    /// The item, for as long as it is stable.
    ///
    /// An associated function, so that it hides no method of `T`.
    #[inline(always)]
    #[must_use]
    pub fn into_ref(this: Self) -> &'a T {
        this.0
    }
}

impl<T: ?Sized> Clone for Stabilised<'_, T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Stabilised<'_, T> {}

impl<T: ?Sized> Deref for Stabilised<'_, T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        self.0
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Stabilised<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stabilised").field(&self.0).finish()
    }
}
