//! Raw locks: they tell of themselves, whoever acquires them.

use std::cell::Cell;

use heldby_validator::LockType;

use super::{Attempt, Lock, LockMap, Mode, Site, Slot};

/// The lock type that a raw lock is to the engine.
#[derive(Clone, Copy)]
pub(crate) struct Kind(&'static LockTypes);

/// One type, as it is acquired for the host, and as the code of a lock acquires it again.
struct LockTypes {
    asked: LockType,
    again: LockType,
}

struct TypesOf<L: Lock + ?Sized>(std::marker::PhantomData<L>);

impl<L: Lock + ?Sized> TypesOf<L> {
    const LOCK_TYPES: &'static LockTypes = &LockTypes {
        asked: LockType::sleeping::<L>(L::FAMILY),
        again: LockType {
            unwinds: false,
            ..LockType::sleeping::<L>(L::FAMILY)
        },
    };
}

impl Kind {
    pub(crate) const fn of<L: Lock + ?Sized>() -> Self {
        Self(TypesOf::<L>::LOCK_TYPES)
    }

    /// For an acquire that must not panic.
    #[cfg(feature = "parking_lot")]
    pub(super) fn again(self) -> &'static LockType {
        &self.0.again
    }
}

/// Checks an acquire, before it blocks; a report may end in a panic.
#[inline(always)]
#[track_caller]
pub(crate) fn ask(map: &LockMap, kind: Kind, mode: Mode) -> Slot {
    heldby_validator::acquire(map, &kind.0.asked, mode, Site::caller())
}

/// As [`ask`], and never panics: the caller's caller takes the lock for held when this is over.
#[inline(always)]
#[track_caller]
pub(crate) fn ask_again(map: &LockMap, kind: Kind, mode: Mode) -> Slot {
    heldby_validator::acquire(map, &kind.0.again, mode, Site::caller())
}

/// Checks that a lock may be waited for, which is not held afterwards; a report may end in a panic.
#[inline(always)]
#[track_caller]
pub(crate) fn check(map: &LockMap, kind: Kind, mode: Mode) {
    heldby_validator::might_lock(map, &kind.0.asked, mode, Site::caller());
}

/// As [`check`], and never panics.
#[inline(always)]
#[track_caller]
pub(crate) fn check_again(map: &LockMap, kind: Kind, mode: Mode) {
    heldby_validator::might_lock(map, &kind.0.again, mode, Site::caller());
}

/// As [`ask`], in a subclass or under a nest lock.
#[track_caller]
pub(crate) fn ask_nested(
    map: &LockMap,
    kind: Kind,
    mode: Mode,
    subclass: u32,
    nest: Option<&LockMap>,
) -> Slot {
    let wanted = heldby_validator::Acquire {
        subclass,
        nest,
        ..heldby_validator::Acquire::new(&kind.0.asked, mode, Site::caller())
    };
    heldby_validator::acquire_as(map, wanted)
}

/// Tells that a lock was got by an attempt that gives up. Never panics.
#[inline(always)]
#[track_caller]
pub(crate) fn got(map: &LockMap, kind: Kind, mode: Mode, attempt: Attempt) {
    heldby_validator::taken(map, &kind.0.again, mode, attempt, Site::caller());
}

#[track_caller]
pub(crate) fn set_order_of(map: &LockMap, kind: Kind, order: u64) {
    heldby_validator::set_order(map, &kind.0.asked, order, Site::caller());
}

#[inline(always)]
pub(crate) fn release(map: &LockMap) {
    heldby_validator::release(map);
}

/// Tells that a lock which is held exclusively is held shared from now on.
#[track_caller]
pub(crate) fn downgrade(map: &LockMap) {
    heldby_validator::downgrade(map, Site::caller());
}

thread_local! {
    /// The next acquire on this thread was told by who makes it.
    static IS_TOLD: Cell<bool> = const { Cell::new(false) };
}

/// Acquires a lock that was told already, by code that tells it as well.
pub(crate) fn told<R>(acquire: impl FnOnce() -> R) -> R {
    IS_TOLD.set(true);
    let result = acquire();
    IS_TOLD.set(false);
    result
}

/// Whether the acquire that is made now was told already.
pub(crate) fn is_told() -> bool {
    IS_TOLD.replace(false)
}
