//! Ownership: who holds this lock?

use crate::lockdep::AsLockMap;

/// What the calling task holds of a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// It does not hold it.
    No,
    /// It holds it shared.
    Read,
    /// It holds it exclusively.
    Write,
    /// It cannot be told: validation is off, or the lock was released elsewhere.
    Unknown,
}

/// Tells what the calling thread holds of `lock`.
///
/// Meant for diagnostics: to check an invariant use [`assert_held!`](crate::assert_held), and do not
/// decide with it what the program does, since it answers [`Held::Unknown`] when validation is off.
///
/// # Cost
/// A scan of this thread's own held locks.
#[inline]
pub fn held<L: AsLockMap + ?Sized>(lock: &L) -> Held {
    imp::held(lock.as_lock_map())
}

/// Which hold an assertion expects.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    Any,
    Read,
    Write,
    Nothing,
}

/// Asserts a hold; `lock` is not evaluated when validation is off.
#[doc(hidden)]
#[inline(always)]
#[cfg_attr(feature = "validate", track_caller)]
pub fn assert_with<'a, L: AsLockMap + ?Sized + 'a>(lock: impl FnOnce() -> &'a L, expect: Expect) {
    imp::assert_with(lock, expect);
}

/// Asserts that this thread holds the lock, in any mode.
///
/// Not evaluated when validation is off; silent when ownership is [`Held::Unknown`].
///
/// # Panics
/// When it fails and the policy is `panic`; otherwise it is reported.
///
/// # Example
/// ```
/// use heldby::sync::RwLock;
///
/// struct Table {
///     lock: RwLock<()>,
/// }
///
/// impl Table {
///     /// The caller holds the lock.
///     fn grow(&self) {
///         heldby::assert_held_write!(self.lock);
///     }
/// }
///
/// let table = Table { lock: RwLock::new(()) };
/// let guard = table.lock.write().unwrap();
/// table.grow();
/// # drop(guard);
/// ```
#[macro_export]
macro_rules! assert_held {
    ($lock:expr) => {
        $crate::__private::assert_with(|| &$lock, $crate::__private::Expect::Any)
    };
}

/// Asserts that this thread holds the lock shared. See [`assert_held!`].
#[macro_export]
macro_rules! assert_held_read {
    ($lock:expr) => {
        $crate::__private::assert_with(|| &$lock, $crate::__private::Expect::Read)
    };
}

/// Asserts that this thread holds the lock exclusively. See [`assert_held!`].
#[macro_export]
macro_rules! assert_held_write {
    ($lock:expr) => {
        $crate::__private::assert_with(|| &$lock, $crate::__private::Expect::Write)
    };
}

/// Asserts that this thread does not hold the lock. See [`assert_held!`].
#[macro_export]
macro_rules! assert_not_held {
    ($lock:expr) => {
        $crate::__private::assert_with(|| &$lock, $crate::__private::Expect::Nothing)
    };
}

#[cfg(not(feature = "validate"))]
mod imp {
    use super::{AsLockMap, Expect, Held};
    use crate::lockdep::LockMap;

    #[inline(always)]
    pub(super) fn held(_map: &LockMap) -> Held {
        Held::Unknown
    }

    #[inline(always)]
    pub(super) fn assert_with<'a, L: AsLockMap + ?Sized + 'a>(
        _lock: impl FnOnce() -> &'a L,
        _expect: Expect,
    ) {
    }
}

#[cfg(feature = "validate")]
pub use imp::{Holder, holders};

#[cfg(feature = "validate")]
mod imp {
    use heldby_validator::{Site, Validator};

    use super::{AsLockMap, Expect, Held};
    use crate::lockdep::LockMap;

    pub(super) fn held(map: &LockMap) -> Held {
        match heldby_validator::held(map) {
            heldby_validator::Held::No => Held::No,
            heldby_validator::Held::Read => Held::Read,
            heldby_validator::Held::Write => Held::Write,
            heldby_validator::Held::Unknown => Held::Unknown,
        }
    }

    #[track_caller]
    pub(super) fn assert_with<'a, L: AsLockMap + ?Sized + 'a>(
        lock: impl FnOnce() -> &'a L,
        expect: Expect,
    ) {
        let expect = match expect {
            Expect::Any => heldby_validator::Expect::Any,
            Expect::Read => heldby_validator::Expect::Read,
            Expect::Write => heldby_validator::Expect::Write,
            Expect::Nothing => heldby_validator::Expect::Nothing,
        };
        heldby_validator::assert_held(lock().as_lock_map(), expect, Site::caller());
    }

    /// A thread that holds a lock, or waits for it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Holder {
        /// Its name.
        pub thread: String,
        /// How it holds the lock, or wants it.
        pub held: Held,
        /// It has not got it yet.
        pub waiting: bool,
    }

    /// The threads that hold `lock` now, or wait for it.
    ///
    /// Each thread is read at one moment, but not all at the same one.
    ///
    /// # Cost
    /// A look at every thread that ever acquired a lock, and a rest of a few microseconds, so that who
    /// asks again and again does not slow them; the threads themselves never wait for it.
    pub fn holders<L: AsLockMap + ?Sized>(lock: &L) -> Vec<Holder> {
        let inherited = heldby_validator::inherit();
        let validator = inherited.as_ref().unwrap_or_else(|| Validator::global());
        let holders = validator.holders(lock.as_lock_map()).into_iter();
        let held = |mode| match mode {
            heldby_validator::Mode::Write => Held::Write,
            heldby_validator::Mode::Read | heldby_validator::Mode::Recursive => Held::Read,
        };
        holders
            .map(|holder| Holder {
                thread: holder.thread,
                held: held(holder.mode),
                waiting: holder.waiting,
            })
            .collect()
    }
}
