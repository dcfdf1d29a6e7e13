//! What must be locked here? The asserts of the mmap lock and of the per-VMA lock.
//!
//! | held by this thread       | mmap_assert_locked | vma_assert_locked | vma_assert_stabilised |
//! |---------------------------|--------------------|-------------------|-----------------------|
//! | mmap read                 | yes                | no                | yes                   |
//! | mmap write                | yes                | no                | yes                   |
//! | VMA read                  | no                 | yes               | yes                   |
//! | VMA write (so mmap write) | yes                | yes               | yes                   |
//! | nothing                   | no                 | no                | no                    |
//!
//! # Exact and approximate
//! With the validator the answer comes from the calling thread's held locks, and the table is exact.
//! Without it, or where ownership is unknown, an assert reads the lock words, and only in builds with
//! debug assertions. Anybody's hold passes then, so it misses mistakes while other threads are there;
//! but no hold of the caller can fail, since the words always show it.
//!
//! # Why no cleverer reading of the words
//! "More than one count, so somebody reads, so it must be me" fails for a writer beside a doomed
//! reader; "the mmap lock is held, so it must be by me" fails for a VMA reader beside any user of the
//! mmap lock. Whatever is concluded from the words alone either alarms without cause or misses.

use std::sync::Arc;

use heldby::{Held, Stability, held, stability};

use crate::mmap_lock::MmapLock;
use crate::refcnt::RefCnt;
use crate::report;
use crate::space::AddressSpace;
use crate::vma_ref::{AsVma, VmaRef};
use crate::vma_spec::{AnonVmaName, VmFlags};

/// Without a lock in each VMA, a VMA is locked by the mmap lock alone.
const PER_VMA_LOCK: bool = cfg!(feature = "per-vma-lock");

/// What the calling thread holds of an mmap lock.
///
/// A hold that nobody owns may be the one that the caller means.
#[inline]
fn held_mmap(mmap_lock: &MmapLock) -> Held {
    match held(mmap_lock.map()) {
        Held::No if mmap_lock.has_non_owner() => Held::Unknown,
        held => held,
    }
}

/// Asserts that this thread holds the mmap lock of `mm`, in any mode.
///
/// # Panics
/// When it fails, and either the policy is `panic` or the check is approximate.
#[inline]
#[track_caller]
pub fn mmap_assert_locked<B>(mm: &AddressSpace<B>) {
    match held_mmap(mm.mmap_lock()) {
        Held::Read | Held::Write => {}
        Held::No => heldby::assert_held!(*mm),
        Held::Unknown => approximate(
            || mm.mmap_lock().is_locked(),
            || "the mmap lock is not held",
        ),
    }
}

/// Asserts that this thread holds the mmap lock of `mm` for writing.
///
/// # Panics
/// As [`mmap_assert_locked`].
#[inline]
#[track_caller]
pub fn mmap_assert_write_locked<B>(mm: &AddressSpace<B>) {
    match held_mmap(mm.mmap_lock()) {
        Held::Write => {}
        Held::Read | Held::No => heldby::assert_held_write!(*mm),
        Held::Unknown => approximate(
            || mm.mmap_lock().is_write_locked(),
            || "the mmap lock is not held for writing",
        ),
    }
}

/// Asserts that this thread has write-locked `vma`: it holds the mmap write lock, and has called
/// [`vma_start_write`](crate::vma_start_write) under it.
///
/// # Panics
/// As [`mmap_assert_locked`].
#[inline]
#[track_caller]
pub fn vma_assert_write_locked(vma: &impl AsVma) {
    let vma = vma.as_vma();
    if !PER_VMA_LOCK {
        return mmap_assert_write_locked(vma.mm());
    }
    match held_mmap(vma.mm().mmap_lock()) {
        Held::Write if vma.lock.seq_is_current(vma.mm().mmap_lock()) => {}
        Held::Unknown => approximately_write_locked(vma),
        Held::No | Held::Read | Held::Write => report::not_write_locked(vma),
    }
}

/// Asserts that this thread has read-locked or write-locked `vma`; the mmap lock is not enough.
///
/// # Panics
/// As [`mmap_assert_locked`].
#[inline]
#[track_caller]
pub fn vma_assert_locked(vma: &impl AsVma) {
    let vma = vma.as_vma();
    if !PER_VMA_LOCK {
        return mmap_assert_locked(vma.mm());
    }
    match (held(&*vma), held_mmap(vma.mm().mmap_lock())) {
        (Held::Read | Held::Write, _) => {}
        (Held::No, Held::Write) if vma.lock.seq_is_current(vma.mm().mmap_lock()) => {}
        (Held::No, Held::No | Held::Read | Held::Write) => report::not_locked(vma),
        (Held::Unknown, _) | (_, Held::Unknown) => approximately_locked(vma),
    }
}

/// Asserts that `vma` is stable: this thread holds its lock or the mmap lock, in any mode.
///
/// # Panics
/// As [`mmap_assert_locked`].
///
/// # Source
/// Linux 7.0 `vma_assert_stabilised()`.
#[inline]
#[track_caller]
pub fn vma_assert_stabilised(vma: &impl AsVma) {
    let vma = vma.as_vma();
    assert_stabilised(vma, "vma_assert_stabilised");
}

/// As [`vma_assert_stabilised`], on behalf of `operation`.
#[inline]
#[track_caller]
fn assert_stabilised<B>(vma: VmaRef<'_, B>, operation: &'static str) {
    if !PER_VMA_LOCK {
        return mmap_assert_locked(vma.mm());
    }
    let mmap_lock = vma.mm().mmap_lock();
    let found = if mmap_lock.has_non_owner() {
        stability(vma.mm(), &vma)
    } else {
        heldby::assert_stabilised(&vma, || report::not_stabilised(vma, operation))
    };
    let is_unsure = match found {
        Stability::ByContainer | Stability::ByItem => false,
        Stability::Neither => mmap_lock.has_non_owner(),
        Stability::Unknown => true,
    };
    if is_unsure && !mmap_lock.is_locked() {
        approximately_locked(vma);
    }
}

/// Asserts that `vma` is in its address space's tree.
///
/// It reads the count, so it is meant for holders of the mmap write lock: for others the answer can
/// change at once.
///
/// # Panics
/// When it is detached, in builds with debug assertions.
#[inline]
#[track_caller]
pub fn vma_assert_attached(vma: &impl AsVma) {
    let vma = vma.as_vma();
    debug_assert_ne!(
        vma.vm_refcnt(),
        RefCnt::DETACHED,
        "the VMA {vma} is detached"
    );
}

/// Asserts that `vma` is in no tree, so that no reader can enter it. See [`vma_assert_attached`].
///
/// # Panics
/// When it is attached, in builds with debug assertions.
#[inline]
#[track_caller]
pub fn vma_assert_detached(vma: &impl AsVma) {
    let vma = vma.as_vma();
    debug_assert_eq!(
        vma.vm_refcnt(),
        RefCnt::DETACHED,
        "the VMA {vma} is attached"
    );
}

/// The name of `vma`, which must be stable: see [`vma_assert_stabilised`].
///
/// # Panics
/// As [`mmap_assert_locked`].
#[inline]
#[track_caller]
pub fn anon_vma_name(vma: &impl AsVma) -> Option<Arc<AnonVmaName>> {
    let vma = vma.as_vma();
    assert_stabilised(vma, "anon_vma_name");
    vma.name_unchecked()
}

/// Sets `flag` of `vma`, which must be stable, beside other threads that do the same
/// (`vma_set_atomic_flag`).
///
/// # Panics
/// When the flag is not [`VmFlags::VM_MAYBE_GUARD`], the one that nothing else writes; and as
/// [`mmap_assert_locked`].
#[track_caller]
pub fn vma_flag_set_atomic(vma: &impl AsVma, flag: VmFlags) {
    let vma = vma.as_vma();
    assert_eq!(
        flag,
        VmFlags::VM_MAYBE_GUARD,
        "only VM_MAYBE_GUARD is set without the write lock"
    );
    assert_stabilised(vma, "vma_flag_set_atomic");
    vma.set_flag_atomic(flag);
}

#[inline]
#[track_caller]
fn approximately_write_locked<B>(vma: VmaRef<'_, B>) {
    approximate(
        || vma.lock.seems_write_locked(vma.mm().mmap_lock()),
        || format!("the VMA {vma} is not write-locked"),
    );
}

#[inline]
#[track_caller]
fn approximately_locked<B>(vma: VmaRef<'_, B>) {
    approximate(
        || vma.lock.seems_locked(vma.mm().mmap_lock()),
        || format!("the VMA {vma} is not locked; vm_refcnt {}", vma.vm_refcnt()),
    );
}

/// Panics unless the lock words allow that the caller holds what it should.
///
/// Nothing is evaluated without debug assertions.
#[inline]
#[track_caller]
fn approximate<W: std::fmt::Display>(allow: impl FnOnce() -> bool, what: impl FnOnce() -> W) {
    if cfg!(debug_assertions) && !allow() {
        panic!(
            "{} (approximate check: nobody holds the lock so, by its lock word)",
            what()
        );
    }
}

#[cfg(all(test, any(debug_assertions, feature = "validate")))]
mod states;
