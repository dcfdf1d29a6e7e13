//! The hooks when validation is off: empty.

use super::NotStabilised;

/// What a lock instance carries; nothing, since validation is off.
#[derive(Debug, Default)]
pub struct LockMap(());

/// A static lock class; only its place in the source, since validation is off.
#[derive(Debug)]
pub struct LockKey(());

/// What the class does about two of its locks nested; not used, since validation is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClassPolicy {
    /// Judge by instance: any order that stays the same is fine.
    ByInstance,
    /// Report any nesting, as lockdep does.
    Forbid,
}

impl LockKey {
    /// Makes a class called `name`.
    pub const fn new(_name: &'static str) -> Self {
        Self(())
    }

    /// Makes a class called `name` with a policy of its own.
    pub const fn with_policy(_name: &'static str, _policy: ClassPolicy) -> Self {
        Self(())
    }
}

impl LockMap {
    /// Makes a map whose class is this place in the source.
    #[inline(always)]
    pub const fn new() -> Self {
        Self(())
    }

    /// Makes a map of the class `key`.
    #[inline(always)]
    pub const fn with_key(_key: &'static LockKey) -> Self {
        Self(())
    }

    /// Makes a map of the class called `name`.
    #[inline(always)]
    pub fn named(_name: &str) -> Self {
        Self(())
    }

    #[inline(always)]
    pub(crate) const fn by_default() -> Self {
        Self(())
    }
}

macro_rules! empty_acquire {
    ($($name:ident)*) => {$(
        /// Empty, since validation is off.
        #[inline(always)]
        pub fn $name(_map: &LockMap, _subclass: u32, _trylock: bool) {}
    )*};
}

macro_rules! empty {
    ($($name:ident)*) => {$(
        /// Empty, since validation is off.
        #[inline(always)]
        pub fn $name(_map: &LockMap) {}
    )*};
}

empty_acquire! {
    lock_acquire_exclusive lock_acquire_shared lock_acquire_shared_recursive
    mutex_acquire spin_acquire rwlock_acquire rwlock_acquire_read rwsem_acquire rwsem_acquire_read
}

empty! {
    lock_release mutex_release spin_release rwlock_release rwsem_release
    lock_acquired lock_contended lock_downgrade lock_freed might_lock might_lock_read
}

/// Empty, since validation is off; `describe` is not called.
#[inline(always)]
pub fn not_stabilised(_describe: impl FnOnce() -> NotStabilised) {}
