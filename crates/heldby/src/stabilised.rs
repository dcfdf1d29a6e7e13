//! Container lock or item lock: an item that either of two locks keeps stable.
//!
//! A *container* has a lock, and so has each *item* in it: an address space and its VMAs, a tree and
//! its pages, a table and its sessions.
//! Whoever holds one of the two, in any mode, sees the item as it is; so whoever changes it keeps the
//! holders of both away.
//!
//! | code that is given | says so by | which costs |
//! | --- | --- | --- |
//! | the item alone | [`stabilised!`](crate::stabilised) | a scan of its thread's holds, with `validate` |
//! | a [`Stabilised`] | its argument | nothing: the guard is borrowed |
//!
//! # Why by thread
//! A lock's state tells that somebody holds it, not who. An assertion on the two states alone passes
//! on the hold of a stranger, which can end at any time; `docs/design/stabilised.md` shows that no
//! cleverer reading of them is right.

mod proof;

use crate::lockdep::{self, AsLockMap, NotStabilised};
use crate::{Held, held};

pub use proof::Stabilised;

/// An item of a container, which its own lock or the container's keeps stable.
///
/// The item's own lock is the one that it carries as [`AsLockMap`].
///
/// # Example
/// ```
/// use std::sync::Arc;
///
/// use heldby::TwoLevel;
/// use heldby::lockdep::{AsLockMap, LockMap};
/// use heldby::sync::{Mutex, RwLock};
///
/// struct Session {
///     table: Arc<RwLock<()>>,
///     peer: Mutex<String>,
/// }
///
/// impl AsLockMap for Session {
///     fn as_lock_map(&self) -> &LockMap {
///         self.peer.as_lock_map()
///     }
/// }
///
/// impl TwoLevel for Session {
///     type Container = RwLock<()>;
///     const ITEM_WRITE_IMPLIES_CONTAINER_WRITE: bool = false;
///
///     fn container(&self) -> &RwLock<()> {
///         &self.table
///     }
/// }
///
/// let session = Session {
///     table: Arc::new(RwLock::named("sessions", ())),
///     peer: Mutex::named("session", "net-3".into()),
/// };
/// let table = session.table.read().unwrap();
/// heldby::stabilised!(session);
/// # drop(table);
/// ```
pub trait TwoLevel: AsLockMap {
    /// What carries the lock of the container; its [`LockMap`](crate::lockdep::LockMap) if there is
    /// nothing else.
    type Container: AsLockMap + ?Sized;

    /// Whether whoever locks the item for writing holds the container for writing, as the lock of a
    /// VMA asks for.
    ///
    /// Reports say so. Where the write lock of an item has no event of its own, because it ends with
    /// the container's, this is what makes the assertions exact all the same.
    const ITEM_WRITE_IMPLIES_CONTAINER_WRITE: bool;

    /// The container that the item is in.
    fn container(&self) -> &Self::Container;

    /// What reports call the item, for example `page 7`; the name of its lock if it is `None`.
    ///
    /// Asked for a report only, when none of the two locks is held.
    fn describe(&self) -> Option<String> {
        None
    }
}

macro_rules! through_pointers {
    ($($pointer:ty),*) => {$(
        impl<T: TwoLevel + ?Sized> TwoLevel for $pointer {
            type Container = T::Container;
            const ITEM_WRITE_IMPLIES_CONTAINER_WRITE: bool =
                T::ITEM_WRITE_IMPLIES_CONTAINER_WRITE;

            #[inline(always)]
            fn container(&self) -> &T::Container {
                (**self).container()
            }

            fn describe(&self) -> Option<String> {
                (**self).describe()
            }
        }
    )*};
}

through_pointers!(&T, Box<T>, std::rc::Rc<T>, std::sync::Arc<T>);

/// What keeps an item stable for the calling thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stability {
    /// It holds the container.
    ByContainer,
    /// It holds the item's own lock, and as far as is known not the container.
    ByItem,
    /// It holds neither.
    Neither,
    /// It cannot be told: validation is off, or one of the locks was released elsewhere.
    Unknown,
}

/// Tells which of two locks keeps an item stable for the calling thread.
///
/// Meant for diagnostics and for assertions of a host's own: see [`held`](crate::held).
///
/// # Cost
/// A scan of this thread's own held locks; two if it does not hold the container.
#[inline]
pub fn stability<C, I>(container: &C, item: &I) -> Stability
where
    C: AsLockMap + ?Sized,
    I: AsLockMap + ?Sized,
{
    let container = held(container);
    if matches!(container, Held::Read | Held::Write) {
        return Stability::ByContainer;
    }
    match (container, held(item)) {
        (_, Held::Read | Held::Write) => Stability::ByItem,
        (Held::No, Held::No) => Stability::Neither,
        _ => Stability::Unknown,
    }
}

/// Asserts that `item` is stable, as [`stabilised!`](crate::stabilised) does, and reports in the
/// caller's words if it is not.
///
/// For a lock that knows more of itself than its map does, such as a count of readers. `describe`
/// runs only when this thread holds neither lock. Where the answer is [`Stability::Unknown`] the
/// caller may still look at its own lock words, and must then pass whatever they do not rule out.
///
/// # Panics
/// When it fails and the policy is `panic`; otherwise it is reported.
#[inline]
#[cfg_attr(feature = "validate", track_caller)]
pub fn assert_stabilised<T: TwoLevel + ?Sized>(
    item: &T,
    describe: impl FnOnce() -> NotStabilised,
) -> Stability {
    let stability = stability(item.container(), item);
    if stability == Stability::Neither {
        lockdep::not_stabilised(describe);
    }
    stability
}

/// Asserts that this thread holds the lock of a container or that of an item in it, in any mode.
///
/// `stabilised!(container, item)` is given both; `stabilised!(item)` finds the container of a
/// [`TwoLevel`] by itself.
/// The container is asked first, then the item. Not evaluated when validation is off; silent when
/// ownership of either is [`Held::Unknown`](crate::Held::Unknown).
///
/// # Panics
/// When it fails and the policy is `panic`; otherwise it is reported, as HB0201.
///
/// # Source
/// Linux 7.0 `vma_assert_stabilised()`.
///
/// # Example
/// ```
/// use heldby::sync::{Mutex, RwLock};
///
/// let (tree, page) = (RwLock::named("tree", ()), Mutex::named("page", 7));
/// {
///     let _page = page.lock().unwrap();
///     heldby::stabilised!(tree, page);
/// }
/// let _tree = tree.read().unwrap();
/// heldby::stabilised!(tree, page);
/// ```
#[macro_export]
macro_rules! stabilised {
    ($item:expr $(,)?) => {
        $crate::__private::assert_item(|| &$item)
    };
    ($container:expr, $item:expr $(,)?) => {
        $crate::__private::assert_levels(|| (&$container, &$item))
    };
}

/// Asserts what [`stabilised!`](crate::stabilised) does of two locks; they are not evaluated when
/// validation is off.
#[doc(hidden)]
#[inline(always)]
#[cfg_attr(feature = "validate", track_caller)]
pub fn assert_levels<'a, C, I>(levels: impl FnOnce() -> (&'a C, &'a I))
where
    C: AsLockMap + ?Sized + 'a,
    I: AsLockMap + ?Sized + 'a,
{
    imp::assert_levels(levels);
}

/// As [`assert_levels`], of an item that knows its container.
#[doc(hidden)]
#[inline(always)]
#[cfg_attr(feature = "validate", track_caller)]
pub fn assert_item<'a, T: TwoLevel + ?Sized + 'a>(item: impl FnOnce() -> &'a T) {
    imp::assert_item(item);
}

#[cfg(not(feature = "validate"))]
mod imp {
    use super::{AsLockMap, TwoLevel};
    use crate::lockdep::LockMap;

    #[inline(always)]
    pub(super) fn assert_levels<'a, C, I>(_levels: impl FnOnce() -> (&'a C, &'a I))
    where
        C: AsLockMap + ?Sized + 'a,
        I: AsLockMap + ?Sized + 'a,
    {
    }

    #[inline(always)]
    pub(super) fn assert_item<'a, T: TwoLevel + ?Sized + 'a>(_item: impl FnOnce() -> &'a T) {}

    #[inline(always)]
    pub(super) fn expect_guard<'a, T: TwoLevel + ?Sized>(
        _item: &T,
        _locks: impl FnOnce() -> [&'a LockMap; 2],
    ) {
    }
}

#[cfg(feature = "validate")]
mod imp {
    use heldby_validator::{Site, Unstabilised};

    use super::{AsLockMap, Stability, TwoLevel, stability};
    use crate::lockdep::LockMap;

    #[track_caller]
    pub(super) fn assert_levels<'a, C, I>(levels: impl FnOnce() -> (&'a C, &'a I))
    where
        C: AsLockMap + ?Sized + 'a,
        I: AsLockMap + ?Sized + 'a,
    {
        let (container, item) = levels();
        if stability(container, item) == Stability::Neither {
            let levels = heldby_validator::TwoLevel {
                container: container.as_lock_map(),
                item: item.as_lock_map(),
                which: None,
                item_write_implies_container_write: false,
            };
            report(levels, Unstabilised::NeitherHeld);
        }
    }

    #[track_caller]
    pub(super) fn assert_item<'a, T: TwoLevel + ?Sized + 'a>(item: impl FnOnce() -> &'a T) {
        let item = item();
        if stability(item.container(), item) == Stability::Neither {
            report(levels(item), Unstabilised::NeitherHeld);
        }
    }

    /// Reports a guard that is of `given` where one of `wanted` would prove that `item` is stable.
    #[inline]
    #[track_caller]
    pub(super) fn expect_guard<'a, T: TwoLevel + ?Sized>(
        item: &T,
        locks: impl FnOnce() -> [&'a LockMap; 2],
    ) {
        let [given, wanted] = locks();
        if !std::ptr::eq(given, wanted) {
            report(levels(item), Unstabilised::WrongGuard { given, wanted });
        }
    }

    /// An item in the engine's words.
    fn levels<T: TwoLevel + ?Sized>(item: &T) -> heldby_validator::TwoLevel<'_> {
        heldby_validator::TwoLevel {
            container: item.container().as_lock_map(),
            item: item.as_lock_map(),
            which: item.describe(),
            item_write_implies_container_write: T::ITEM_WRITE_IMPLIES_CONTAINER_WRITE,
        }
    }

    #[cold]
    #[track_caller]
    fn report(levels: heldby_validator::TwoLevel<'_>, why: Unstabilised<'_>) {
        heldby_validator::item_not_stabilised(levels, why, Site::caller());
    }
}
