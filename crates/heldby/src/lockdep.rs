//! Lock maps and the kernel-named hooks, for locks that Heldby does not wrap.
//!
//! A host with a lock of its own puts a [`LockMap`] beside it and calls the hooks where it acquires
//! and releases.
//! The names and arguments are those of Linux's `include/linux/lockdep.h`, less the instruction
//! pointer, which is the caller's place in the source.
//! All are empty when the feature `validate` is off.
//!
//! ```
//! use std::sync::atomic::{AtomicBool, Ordering};
//!
//! use heldby::lockdep::{LockMap, spin_acquire, spin_release};
//!
//! struct SpinLock {
//!     taken: AtomicBool,
//!     map: LockMap,
//! }
//!
//! impl SpinLock {
//!     fn lock(&self) {
//!         // Before it spins: an order that can deadlock is told and not suffered.
//!         spin_acquire(&self.map, 0, false);
//!         while self.taken.swap(true, Ordering::Acquire) {
//!             std::hint::spin_loop();
//!         }
//!     }
//!
//!     fn unlock(&self) {
//!         spin_release(&self.map);
//!         self.taken.store(false, Ordering::Release);
//!     }
//! }
//!
//! let lock = SpinLock {
//!     taken: AtomicBool::new(false),
//!     map: LockMap::named("frames"),
//! };
//! lock.lock();
//! heldby::assert_held!(lock.map);
//! lock.unlock();
//! heldby::assert_not_held!(lock.map);
//! ```
//!
//! # Derived holds
//! What ends with a lock, and has no release of its own, is told by the lock's class: see
//! [`LockKey::derived`]. Reports list it under the lock.
//!
//! ```
//! use std::cell::Cell;
//! use std::panic::Location;
//!
//! use heldby::lockdep::{DerivedHold, Hold, LockId, LockKey, LockMap};
//!
//! /// The region that was locked last: with which lock it ends, its start, and where.
//! type Region = (LockId, u64, &'static Location<'static>);
//!
//! thread_local! {
//!     static LAST: Cell<Option<Region>> = const { Cell::new(None) };
//! }
//!
//! static SPACE: LockKey = LockKey::new("space").derived(last_region);
//!
//! fn last_region(hold: Hold) -> Vec<DerivedHold> {
//!     let last = LAST.get().filter(|(lock, ..)| *lock == hold.id() && hold.is_write());
//!     let derived = last.map(|(_, start, site)| DerivedHold {
//!         what: format!("region {start:#x} write-locked"),
//!         site,
//!     });
//!     derived.into_iter().collect()
//! }
//!
//! /// The caller holds the lock of `space` for writing.
//! #[track_caller]
//! fn write_lock_region(space: &LockMap, start: u64) {
//!     LAST.set(Some((space.id(), start, Location::caller())));
//!     // ...
//! }
//! # write_lock_region(&LockMap::with_key(&SPACE), 0x1000);
//! ```

mod handed_over;
#[cfg(not(feature = "validate"))]
mod off;
#[cfg(feature = "validate")]
mod on;

#[cfg(not(feature = "validate"))]
pub use off::*;
#[cfg(feature = "validate")]
pub use on::*;

pub use handed_over::HandedOver;

/// A lock that carries a [`LockMap`].
pub trait AsLockMap {
    /// Its map.
    fn as_lock_map(&self) -> &LockMap;
}

impl AsLockMap for LockMap {
    #[inline(always)]
    fn as_lock_map(&self) -> &LockMap {
        self
    }
}

macro_rules! through_pointers {
    ($($pointer:ty),*) => {$(
        impl<L: AsLockMap + ?Sized> AsLockMap for $pointer {
            #[inline(always)]
            fn as_lock_map(&self) -> &LockMap {
                (**self).as_lock_map()
            }
        }
    )*};
}

through_pointers!(&L, Box<L>, std::rc::Rc<L>, std::sync::Arc<L>);

/// A guard that shows which lock it holds.
///
/// While it lives, its thread holds that lock: it is what a
/// [`Stabilised`](crate::Stabilised) is made from.
/// The guards of [`sync`](crate::sync) are such guards; a host implements it for its own.
pub trait Guard {
    /// The map of the lock that is held. When validation is off, some map.
    fn lock_map(&self) -> &LockMap;

    /// Takes the hold from this thread, to be [adopted](HandedOver::adopt) by another one.
    ///
    /// A guard that just goes to another thread is its first one's until it is dropped; then whose
    /// hold it was is found out, but where several read one lock that cannot be told.
    /// This is exact: nobody holds the lock in between, and who adopts it holds it.
    ///
    /// # Example
    /// ```
    /// # #[cfg(feature = "lock_api")] {
    /// use heldby::lock_api::{Mutex, RawMutex, Validated};
    /// use heldby::lockdep::Guard;
    ///
    /// /// Its guards may be dropped by another thread.
    /// fn pass_on<R: RawMutex<GuardMarker: Send> + Send + Sync>(frames: &Mutex<Validated<R>, u32>) {
    ///     std::thread::scope(|scope| {
    ///         let given = frames.lock().hand_over();
    ///         scope.spawn(|| {
    ///             let mut taken = given.adopt();
    ///             heldby::assert_held_write!(frames);
    ///             *taken += 1;
    ///         });
    ///     });
    /// }
    /// # }
    /// ```
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    fn hand_over(self) -> HandedOver<Self>
    where
        Self: Sized,
    {
        HandedOver::new(self)
    }
}

/// One acceptable way to keep an object stable, as [`not_stabilised`] reports it.
#[derive(Clone, Debug)]
pub struct Way {
    /// What would be enough, for example `mmap lock, read`.
    pub needed: &'static str,
    /// How that lock stands now.
    pub state: String,
    /// Whether the calling thread holds it so.
    pub held_by_us: bool,
}

/// Describes an object that none of its locks keeps stable, for [`not_stabilised`].
#[derive(Clone, Debug)]
pub struct NotStabilised {
    /// What it is, for example `VMA`.
    pub object: &'static str,
    /// Which one, for example `0x7f31c0000000-0x7f31c0021000 "heap"`.
    pub which: String,
    /// The operation that needed it stable, for example `anon_vma_name`.
    pub operation: &'static str,
    /// All ways that would have been enough.
    pub ways: Vec<Way>,
    /// What pre-empts the objections.
    pub notes: Vec<String>,
    /// What to change.
    pub help: Vec<String>,
}

/// Makes a static lock class with a name: `lock_class!(ROUTES, "routes");`.
///
/// Locks join it by `Mutex::with_class(&ROUTES, value)`.
///
/// # Example
/// ```
/// use heldby::sync::Mutex;
///
/// heldby::lock_class!(ROUTES, "routes");
/// static TABLE: Mutex<Vec<&str>> = Mutex::with_class(&ROUTES, Vec::new());
///
/// TABLE.lock().unwrap().push("/");
/// ```
#[macro_export]
macro_rules! lock_class {
    ($(#[$meta:meta])* $vis:vis $name:ident, $text:literal) => {
        $(#[$meta])*
        $vis static $name: $crate::lockdep::LockKey = $crate::lockdep::LockKey::new($text);
    };
}
