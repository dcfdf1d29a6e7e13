//! How a VMA is found and read-locked without the mmap lock.

use std::fmt;
use std::hint::spin_loop;

use crate::branches::Branch;
use crate::interrupt::{Interrupt, Interrupted};
use crate::mmap_guard::{MmapLocked, mmap_read_lock_killable};
use crate::space::AddressSpace;
use crate::sync::yield_point;
use crate::vma_guard::{VmaReadGuard, vma_start_read_locked};
use crate::vma_lock::StartRead;
use crate::vma_ref::VmaRef;

/// Finds the VMA that covers `addr` and read-locks it, without the mmap lock.
///
/// `None` means: use the mmap lock. There is no such VMA, or a writer is at it, or it has changed.
///
/// # Cost
/// A snapshot of the tree, a search in it, two read-modify-writes on the VMA until it is released; it
/// never blocks.
#[track_caller]
pub fn lock_vma_under_rcu<B>(mm: &AddressSpace<B>, addr: usize) -> Option<VmaReadGuard<'_, B>> {
    if !cfg!(feature = "per-vma-lock") {
        return None;
    }
    loop {
        // SAFETY: the address space keeps the pool.
        let vma = unsafe { mm.tree().lookup(addr) }?;
        yield_point();
        // SAFETY: the pool keeps the VMA's memory, whatever it is by now.
        match unsafe { vma.lock.vma_start_read(mm.mmap_lock()) } {
            StartRead::Locked => {
                // SAFETY: `vma_start_read` gave this thread a count of a VMA of `mm`.
                let guard = unsafe { VmaReadGuard::new(VmaRef::new(mm, vma)) };
                // It may have shrunk, or be used for another range, since the look-up.
                if guard.range().contains(&addr) {
                    return Some(guard);
                }
                mm.mmap_lock().count(Branch::RangeMismatch);
                return None;
            }
            StartRead::Refused => return None,
            StartRead::Detached => {
                // It has left the tree since the look-up, so a new one is without it.
                mm.mmap_lock().count(Branch::DetachedRetry);
                spin_loop();
            }
        }
    }
}

/// Read-locks a VMA that was found earlier, without the mmap lock, as the kernel's does. For the benches:
/// hosts look the VMA up, by [`lock_vma_under_rcu`].
#[doc(hidden)]
#[inline]
#[track_caller]
#[must_use]
pub fn vma_start_read<'mm, B>(vma: VmaRef<'mm, B>) -> Option<VmaReadGuard<'mm, B>> {
    let mm = vma.mm();
    // SAFETY: the address space keeps the pool, and that the memory.
    match unsafe { vma.lock.vma_start_read(mm.mmap_lock()) } {
        // SAFETY: `vma_start_read` gave this thread a count of a VMA of `mm`.
        StartRead::Locked => Some(unsafe { VmaReadGuard::new(VmaRef::new(mm, vma.vma())) }),
        StartRead::Refused | StartRead::Detached => None,
    }
}

/// Finds the first VMA that ends after `from` and read-locks it.
///
/// It does so without the mmap lock where it can, else it waits for that. Walk an address space by
/// going on from the end of the range that was found: each address that is mapped after every write
/// section of the while is met, and each VMA that is there all the while is met once, or again if it
/// has grown.
///
/// # Errors
/// The wait for the mmap lock was interrupted, the next VMA has as many readers as there can be, or
/// VMAs have no locks.
///
/// # Panics
/// When a violation is found and the policy is `panic`.
///
/// # Source
/// Linux 7.0 `lock_next_vma()`.
#[track_caller]
pub fn lock_next_vma<'mm, B>(
    mm: &'mm AddressSpace<B>,
    from: usize,
    interrupt: &Interrupt<'_>,
) -> Result<Option<VmaReadGuard<'mm, B>>, WalkError> {
    if !cfg!(feature = "per-vma-lock") {
        return Err(WalkError::NoVmaLock);
    }
    match next_without_mmap_lock(mm, from) {
        Next::Locked(guard) => Ok(Some(guard)),
        Next::End => Ok(None),
        Next::Unsure => next_under_mmap_lock(mm, from, interrupt),
    }
}

/// What comes after an address.
enum Next<'mm, B> {
    Locked(VmaReadGuard<'mm, B>),
    /// Nothing.
    End,
    /// Somebody is changing it.
    Unsure,
}

#[track_caller]
fn next_without_mmap_lock<B>(mm: &AddressSpace<B>, from: usize) -> Next<'_, B> {
    let mmap_lock = mm.mmap_lock();
    // SAFETY: the address space keeps the pool.
    let find = || unsafe { mm.tree().find(from) };
    loop {
        let speculation = mmap_lock.speculate();
        let unchanged = || speculation.is_some_and(|seq| mmap_lock.speculation_holds(seq));
        let Some(vma) = find() else {
            return if unchanged() { Next::End } else { Next::Unsure };
        };
        yield_point();
        // SAFETY: the pool keeps the VMA's memory, whatever it is by now.
        match unsafe { vma.lock.vma_start_read(mmap_lock) } {
            StartRead::Locked => {
                // SAFETY: `vma_start_read` gave this thread a count of a VMA of `mm`.
                let guard = unsafe { VmaReadGuard::new(VmaRef::new(mm, vma)) };
                let range = guard.range();
                // A VMA that is locked stays in the tree, but another one may come in between. The
                // gap counts only if no write section is on while it is seen: a writer that merges
                // or replaces VMAs goes through a tree without them.
                let is_still_first = || {
                    mmap_lock.speculate().is_some_and(|seq| {
                        find().is_some_and(|first| std::ptr::eq(first, vma))
                            && mmap_lock.speculation_holds(seq)
                    })
                };
                // It may lie behind by now.
                let is_next =
                    range.end > from && (range.start <= from || unchanged() || is_still_first());
                return if is_next {
                    Next::Locked(guard)
                } else {
                    Next::Unsure
                };
            }
            StartRead::Refused => return Next::Unsure,
            StartRead::Detached => {
                mmap_lock.count(Branch::DetachedRetry);
                spin_loop();
            }
        }
    }
}

#[cold]
#[track_caller]
fn next_under_mmap_lock<'mm, B>(
    mm: &'mm AddressSpace<B>,
    from: usize,
    interrupt: &Interrupt<'_>,
) -> Result<Option<VmaReadGuard<'mm, B>>, WalkError> {
    mm.mmap_lock().count(Branch::WalkFellBack);
    let mmap =
        mmap_read_lock_killable(mm, interrupt).map_err(|Interrupted| WalkError::Interrupted)?;
    let Some(next) = mmap.find_vma(from) else {
        return Ok(None);
    };
    // Nobody write-locks it under our lock, so it is refused only when the count is full.
    let locked = vma_start_read_locked(&mmap, next);
    locked.map(Some).ok_or(WalkError::TooManyReaders)
}

/// Why a walk cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WalkError {
    /// The wait for the mmap lock was interrupted (`-EINTR`).
    Interrupted,
    /// VMAs have no locks of their own in this build; walk under the mmap lock.
    NoVmaLock,
    /// The next VMA has as many readers as there can be; try later (`-EAGAIN`).
    TooManyReaders,
}

impl fmt::Display for WalkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Interrupted => "lock the next VMA: interrupted",
            Self::NoVmaLock => "lock the next VMA: VMAs have no locks in this build",
            Self::TooManyReaders => "lock the next VMA: it has too many readers",
        })
    }
}

impl std::error::Error for WalkError {}

/// A look at an address space without its mmap lock, begun by [`mmap_lock_speculate_try_begin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "the speculation holds only if it is asked at the end"]
pub struct Speculation(u64);

/// Begins to look at an address space without its mmap lock; `None` while a writer is at it.
#[must_use]
pub fn mmap_lock_speculate_try_begin<B>(mm: &AddressSpace<B>) -> Option<Speculation> {
    mm.mmap_lock().speculate().map(Speculation)
}

/// Whether what was seen since `speculation` began must be looked at again: a writer came.
#[must_use]
pub fn mmap_lock_speculate_retry<B>(mm: &AddressSpace<B>, speculation: Speculation) -> bool {
    !mm.mmap_lock().speculation_holds(speculation.0)
}
