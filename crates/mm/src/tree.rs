//! The VMAs of an address space by address: a persistent map, so that a snapshot is one pointer.

use std::ops::Range;
use std::ptr::NonNull;

use imbl::OrdMap;

use crate::vma::Vma;

/// The VMAs by their start; they do not overlap.
///
/// A snapshot keeps none of them alive: their memory is the pool's, and may be another VMA by now.
/// So what a snapshot answers is a guess, unless the mmap lock is held.
pub(crate) struct Tree<B>(OrdMap<usize, Slot<B>>);

/// A VMA's memory.
struct Slot<B>(NonNull<Vma<B>>);

// SAFETY: a shared reference by another name; `Vma` is `Sync` where this asks for it.
unsafe impl<B: Send + Sync> Send for Slot<B> {}
// SAFETY: as above.
unsafe impl<B: Send + Sync> Sync for Slot<B> {}

impl<B> Clone for Slot<B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<B> Copy for Slot<B> {}

impl<B> Tree<B> {
    pub(crate) fn new() -> Self {
        Self(OrdMap::new())
    }

    /// The VMA that covers `addr`.
    ///
    /// # Safety
    /// Here and below: the pool of the VMAs outlives `'mm`.
    #[inline]
    pub(crate) unsafe fn lookup<'mm>(&self, addr: usize) -> Option<&'mm Vma<B>> {
        let (_, slot) = self.0.get_prev(&addr)?;
        // SAFETY: the caller says that the memory is there.
        let vma = unsafe { slot.vma() };
        vma.range().contains(&addr).then_some(vma)
    }

    /// The first VMA that ends after `addr`.
    ///
    /// # Safety
    /// As [`lookup`](Self::lookup).
    pub(crate) unsafe fn find<'mm>(&self, addr: usize) -> Option<&'mm Vma<B>> {
        // SAFETY: as the caller says.
        if let Some(covering) = unsafe { self.lookup(addr) } {
            return Some(covering);
        }
        let (_, slot) = self.0.get_next(&addr)?;
        // SAFETY: as the caller says.
        Some(unsafe { slot.vma() })
    }

    /// A VMA that has an address in common with `range`.
    ///
    /// # Safety
    /// As [`lookup`](Self::lookup).
    pub(crate) unsafe fn overlapping<'mm>(&self, range: &Range<usize>) -> Option<&'mm Vma<B>> {
        // SAFETY: as the caller says.
        let first = unsafe { self.find(range.start) };
        first.filter(|vma| vma.range().start < range.end)
    }

    /// All of them, by address.
    ///
    /// # Safety
    /// As [`lookup`](Self::lookup).
    pub(crate) unsafe fn iter<'t, 'mm>(&'t self) -> impl Iterator<Item = &'mm Vma<B>> + 't
    where
        B: 'mm,
        'mm: 't,
    {
        // SAFETY: as the caller says.
        self.0.values().map(|slot| unsafe { slot.vma() })
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The tree with `vma` added; this one stays as it is.
    pub(crate) fn with(&self, vma: &Vma<B>) -> Self {
        Self(self.0.update(vma.range().start, Slot(NonNull::from(vma))))
    }

    /// The tree without the VMA that starts at `start`; this one stays as it is.
    pub(crate) fn without(&self, start: usize) -> Self {
        Self(self.0.without(&start))
    }
}

impl<B> Slot<B> {
    /// # Safety
    /// The pool of the VMA outlives `'mm`.
    unsafe fn vma<'mm>(self) -> &'mm Vma<B> {
        // SAFETY: the memory is type-stable and there, as the caller says.
        unsafe { self.0.as_ref() }
    }
}
