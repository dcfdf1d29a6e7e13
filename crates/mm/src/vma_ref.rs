//! A reference to a VMA that knows when the VMA is another one.

use std::fmt;
use std::ops::Deref;

use crate::pool::DetachedVma;
use crate::refcnt::RefCnt;
use crate::space::AddressSpace;
use crate::vma::Vma;
use crate::vma_guard::{VmaReadGuard, VmaWriteRef};

/// A VMA, as it was found in an address space.
///
/// It may be unmapped at any time, and its memory used again; then this reference is *stale*. That
/// can be told for certain under the mmap lock of its address space.
pub struct VmaRef<'mm, B> {
    mm: &'mm AddressSpace<B>,
    vma: &'mm Vma<B>,
    generation: u64,
}

impl<'mm, B> VmaRef<'mm, B> {
    /// What `vma` is now.
    pub(crate) fn new(mm: &'mm AddressSpace<B>, vma: &'mm Vma<B>) -> Self {
        let generation = vma.generation();
        Self {
            mm,
            vma,
            generation,
        }
    }

    /// The address space in which it was found.
    #[must_use]
    pub fn mm(self) -> &'mm AddressSpace<B> {
        self.mm
    }

    /// The memory of the VMA.
    pub(crate) fn vma(self) -> &'mm Vma<B> {
        self.vma
    }

    /// Whether the VMA has been unmapped since, so that this may look at another one.
    #[must_use]
    pub fn is_stale(self) -> bool {
        self.vma.generation() != self.generation
    }

    /// Checks that it is a mapped VMA of `mm`, which is locked.
    ///
    /// # Panics
    /// When it is stale, detached, or of another address space.
    #[track_caller]
    pub(crate) fn expect_in(self, mm: &AddressSpace<B>) {
        let vma = self.vma;
        assert!(
            std::ptr::eq(self.mm, mm),
            "the VMA {vma} belongs to another address space"
        );
        assert!(
            !self.is_stale(),
            "the VMA was unmapped since it was found; its memory is {vma} now"
        );
        assert_ne!(
            vma.vm_refcnt(),
            RefCnt::DETACHED,
            "the VMA {vma} is detached"
        );
    }
}

impl<B> Clone for VmaRef<'_, B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<B> Copy for VmaRef<'_, B> {}

impl<B> Deref for VmaRef<'_, B> {
    type Target = Vma<B>;

    fn deref(&self) -> &Vma<B> {
        self.vma
    }
}

/// As the VMA.
impl<B> fmt::Display for VmaRef<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.vma.fmt(f)
    }
}

impl<B> fmt::Debug for VmaRef<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VmaRef({:?})", self.vma)
    }
}

mod sealed {
    pub trait Sealed {}
}

/// Whatever names one VMA of an address space: a [`VmaRef`], a [`VmaReadGuard`], a [`VmaWriteRef`], a
/// [`DetachedVma`].
pub trait AsVma: sealed::Sealed {
    /// What the VMA is backed by.
    type Backing;

    /// The VMA.
    fn as_vma(&self) -> VmaRef<'_, Self::Backing>;
}

macro_rules! as_vma {
    ($($type:ident: |$this:ident| $vma:expr;)*) => {$(
        impl<B> sealed::Sealed for $type<'_, B> {}

        impl<B> AsVma for $type<'_, B> {
            type Backing = B;

            #[inline]
            fn as_vma(&self) -> VmaRef<'_, B> {
                let $this = self;
                $vma
            }
        }
    )*};
}

as_vma! {
    VmaRef: |this| *this;
    VmaReadGuard: |this| this.vma();
    VmaWriteRef: |this| this.vma();
    DetachedVma: |this| this.as_ref();
}

impl<V: sealed::Sealed> sealed::Sealed for &V {}

impl<V: AsVma> AsVma for &V {
    type Backing = V::Backing;

    #[inline]
    fn as_vma(&self) -> VmaRef<'_, V::Backing> {
        (**self).as_vma()
    }
}
