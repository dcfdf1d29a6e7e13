//! The VMAs of an address space by address: a persistent map, so that a snapshot is one pointer.

use std::ops::Range;

use imbl::OrdMap;

use crate::sync::Arc;
use crate::vma::Vma;

/// The VMAs by their start; they do not overlap.
pub(crate) struct Tree<B>(OrdMap<usize, Arc<Vma<B>>>);

impl<B> Tree<B> {
    pub(crate) fn new() -> Self {
        Self(OrdMap::new())
    }

    /// The VMA that covers `addr`.
    #[inline]
    pub(crate) fn lookup(&self, addr: usize) -> Option<&Arc<Vma<B>>> {
        self.0
            .get_prev(&addr)
            .map(|(_, vma)| vma)
            .filter(|vma| vma.range().contains(&addr))
    }

    /// The first VMA that ends after `addr`.
    pub(crate) fn find(&self, addr: usize) -> Option<&Arc<Vma<B>>> {
        self.lookup(addr)
            .or_else(|| self.0.get_next(&addr).map(|(_, vma)| vma))
    }

    /// A VMA that has an address in common with `range`.
    pub(crate) fn overlapping(&self, range: &Range<usize>) -> Option<&Arc<Vma<B>>> {
        self.find(range.start)
            .filter(|vma| vma.range().start < range.end)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Vma<B>>> {
        self.0.values()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The tree with `vma` added; this one stays as it is.
    pub(crate) fn with(&self, vma: Arc<Vma<B>>) -> Self {
        Self(self.0.update(vma.range().start, vma))
    }

    /// The tree without the VMA that starts at `start`; this one stays as it is.
    pub(crate) fn without(&self, start: usize) -> Self {
        Self(self.0.without(&start))
    }
}

impl<B> Clone for Tree<B> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}
