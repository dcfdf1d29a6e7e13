//! The Linux mmap lock and per-VMA lock in userspace, with `vma_assert_stabilised()`.
//!
//! An [`AddressSpace`] holds [`Vma`]s: address ranges with flags, a name and a backing.
//! Two locks keep a VMA stable, and either is enough:
//!
//! * the *mmap lock* of the whole address space: [`mmap_read_lock`], [`mmap_write_lock`];
//! * the *VMA lock* of one VMA: [`lock_vma_under_rcu`] read-locks it by address without touching the
//!   mmap lock, [`vma_start_write`] write-locks it under the mmap write lock.
//!
//! All VMA write locks end at once when the mmap write lock is released or downgraded.
//! Guards release what they hold, so attaching, detaching and the bulk release happen inside
//! [`MmapWriteGuard::insert`], [`MmapWriteGuard::remove`] and the guards' drop.
//!
//! Code that gets a bare `&Vma` says what it relies on by an assert such as
//! [`vma_assert_stabilised`]. With the feature `validate` the asserts know what the calling thread
//! holds and are exact; without it they read the lock words, which miss much but never raise a false
//! alarm, in builds with debug assertions only.
//!
//! # Without the lock in each VMA
//! The feature `per-vma-lock` is on by default. Without it [`lock_vma_under_rcu`] finds nothing,
//! speculation never begins, write-locking a VMA does nothing, and every assert about a VMA asks for
//! the mmap lock.
//!
//! # Source
//! Linux 7.0 `mm/mmap_lock.c`, `include/linux/mmap_lock.h`, and the series "mm: add and use
//! vma_assert_stabilised() helper".

#![cfg_attr(
    not(feature = "per-vma-lock"),
    expect(dead_code, reason = "nobody waits for the readers of a VMA")
)]

mod asserts;
mod branches;
mod derived;
#[cfg(feature = "per-vma-lock")]
mod exclude_readers;
mod fork;
mod interrupt;
mod lookup;
mod mmap_guard;
mod mmap_lock;
mod mmap_write;
mod planted;
mod pool;
mod refcnt;
mod report;
mod space;
mod stability;
mod sync;
#[cfg(test)]
mod tests;
mod tree;
mod vma;
mod vma_guard;
#[cfg(feature = "per-vma-lock")]
mod vma_lock;
#[cfg(not(feature = "per-vma-lock"))]
#[path = "vma_lock_off.rs"]
mod vma_lock;
mod vma_ref;
mod vma_spec;
mod wait;

pub use asserts::{
    anon_vma_name, mmap_assert_locked, mmap_assert_write_locked, vma_assert_attached,
    vma_assert_detached, vma_assert_locked, vma_assert_stabilised, vma_assert_write_locked,
    vma_flag_set_atomic,
};
pub use branches::{Branch, Branches};
pub use fork::{SINGLE_DEPTH_NESTING, fork};
pub use interrupt::{CancelToken, Interrupt, Interrupted};
pub use lookup::{
    Speculation, WalkError, lock_next_vma, lock_vma_under_rcu, mmap_lock_speculate_retry,
    mmap_lock_speculate_try_begin, vma_start_read,
};
pub use mmap_guard::{
    MmapLocked, MmapNonOwnerGuard, MmapReadGuard, MmapWriteGuard, mmap_read_lock,
    mmap_read_lock_killable, mmap_read_trylock, mmap_read_unlock, mmap_read_unlock_non_owner,
    mmap_write_downgrade, mmap_write_lock, mmap_write_lock_killable, mmap_write_lock_nested,
    mmap_write_unlock,
};
pub use mmap_write::{InsertError, vma_start_write, vma_start_write_killable};
pub use pool::{DetachedVma, VmaPool};
pub use refcnt::{
    RefCnt, RefCntState, VM_REFCNT_EXCLUDE_READERS_BIT, VM_REFCNT_EXCLUDE_READERS_FLAG,
    VM_REFCNT_LIMIT,
};
pub use space::AddressSpace;
pub use vma::Vma;
pub use vma_guard::{
    VmaReadGuard, VmaWriteRef, vma_end_read, vma_start_read_locked, vma_start_read_locked_nested,
};
pub use vma_ref::{AsVma, VmaRef};
pub use vma_spec::{AnonVmaName, VmFlags, VmaSpec};
