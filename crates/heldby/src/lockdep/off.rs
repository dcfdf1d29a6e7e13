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
    /// Judge by the number that each lock has: lower before higher.
    ByOrder,
    /// Any order is fine.
    Nestable,
    /// Keep it on the held stack and check nothing.
    NoValidate,
    /// Do not even keep it on the held stack.
    NoTrack,
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

    /// Makes a class called `name` whose locks are nested in the order of a number; `order` is not
    /// called.
    pub const fn by_order(_name: &'static str, _order: fn(&LockMap) -> u64) -> Self {
        Self(())
    }

    /// Makes the same class; `derived` is not called.
    #[must_use]
    pub const fn derived(self, _derived: fn(Hold) -> Vec<DerivedHold>) -> Self {
        self
    }
}

/// Tells one lock from all others; nothing, since validation is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LockId(());

/// A hold by the calling thread; there is none, since validation is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold(());

impl Hold {
    /// The lock that is held.
    #[must_use]
    pub fn id(self) -> LockId {
        LockId(())
    }

    /// Whether it is held exclusively now.
    #[must_use]
    pub fn is_write(self) -> bool {
        false
    }
}

/// Something that is held because a lock is; never told, since validation is off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DerivedHold {
    /// What it is and how it is held.
    pub what: String,
    /// Where that was done.
    pub site: &'static std::panic::Location<'static>,
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

    /// What tells the lock from all others; nothing, since validation is off.
    #[inline(always)]
    #[must_use]
    pub fn id(&self) -> LockId {
        LockId(())
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
    seqcount_acquire seqcount_acquire_read
}

empty! {
    lock_release mutex_release spin_release rwlock_release rwsem_release
    seqcount_release lock_map_release
    lock_acquired lock_contended lock_downgrade lock_freed might_lock might_lock_read
    lock_map_acquire lock_map_acquire_try lock_map_acquire_read lock_map_acquire_tryread
    lock_map_sync lockdep_set_novalidate_class lockdep_set_notrack_class lock_set_novalidate_class
    lockdep_assert_held lockdep_assert_held_once lockdep_assert_not_held lockdep_assert_held_write
    lockdep_assert_held_read
}

/// Tells a pin from all others; nothing, since validation is off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PinCookie(());

/// Whether this thread holds a lock: never known, since validation is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockState {
    /// It does not.
    NotHeld,
    /// It does.
    Held,
    /// It cannot be told.
    Unknown,
}

macro_rules! empty_with {
    ($($name:ident($($type:ty),*) $(-> $result:ident)? $(= $value:expr)?;)*) => {$(
        /// Empty, since validation is off.
        #[inline(always)]
        pub fn $name($(_: $type),*) $(-> $result)? {
            $($value)?
        }
    )*};
}

empty_with! {
    mutex_acquire_nest(&LockMap, u32, bool, &LockMap);
    spin_acquire_nest(&LockMap, u32, bool, &LockMap);
    rwsem_acquire_nest(&LockMap, u32, bool, &LockMap);
    might_lock_nested(&LockMap, u32);
    lockdep_set_class(&LockMap, &'static LockKey);
    lock_set_class(&LockMap, &'static LockKey, u32);
    lock_set_subclass(&LockMap, u32);
    lockdep_pin_lock(&LockMap) -> PinCookie = PinCookie(());
    lockdep_repin_lock(&LockMap, PinCookie);
    lockdep_unpin_lock(&LockMap, PinCookie);
    lockdep_hardirq_enter();
    lockdep_hardirq_threaded();
    lockdep_hardirq_exit();
    lockdep_softirq_enter();
    lockdep_softirq_exit();
    lockdep_hardirqs_on();
    lockdep_hardirqs_off();
    lockdep_softirqs_on();
    lockdep_softirqs_off();
    lockdep_assert_irqs_enabled();
    lockdep_assert_irqs_disabled();
    lockdep_assert_in_irq();
    lockdep_assert_no_hardirq();
    lockdep_assert_in_softirq();
    lockdep_off();
    lockdep_on();
    lockdep_assert_none_held_once();
    debug_check_no_locks_held();
    debug_check_no_locks_freed(*const u8, usize);
    lock_is_held(&LockMap) -> LockState = LockState::Unknown;
    lock_is_held_type(&LockMap, i32) -> LockState = LockState::Unknown;
    lockdep_is_held(&LockMap) -> LockState = LockState::Unknown;
    lockdep_is_held_type(&LockMap, i32) -> LockState = LockState::Unknown;
}

/// Empty, since validation is off; `describe` is not called.
#[inline(always)]
pub fn not_stabilised(_describe: impl FnOnce() -> NotStabilised) {}
