//! Where VMAs live: memory that is never anything else, and is used again at once.
//!
//! As the kernel's slab cache of VMAs (`SLAB_TYPESAFE_BY_RCU`): a reader that raced with `munmap` may
//! look at a VMA that is another one by now, but it always looks at a VMA.

use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::NonNull;

use crate::branches::Branches;
use crate::space::AddressSpace;
use crate::sync::{Mutex, MutexGuard, PoisonError};
use crate::vma::Vma;
use crate::vma_ref::VmaRef;
use crate::vma_spec::VmaSpec;

/// How many VMAs are made at once.
const CHUNK: usize = 64;

/// The memory of the VMAs of one or several address spaces; it goes with the last of these.
pub struct VmaPool<B> {
    slots: Mutex<Slots<B>>,
    branches: std::sync::Arc<Branches>,
}

struct Slots<B> {
    /// Never moved or freed before the pool is.
    chunks: Vec<Box<[Vma<B>]>>,
    /// The slots that are no VMA, the one that was given back last at the end.
    free: Vec<NonNull<Vma<B>>>,
}

// SAFETY: the pointers are into the chunks, which go wherever the pool goes; a slot that is free is
// used by whoever takes it out, under the mutex. What is in a slot may be used and dropped by any
// thread that has an address space of the pool.
unsafe impl<B: Send + Sync> Send for VmaPool<B> {}
// SAFETY: as above.
unsafe impl<B: Send + Sync> Sync for VmaPool<B> {}

impl<B> VmaPool<B> {
    /// Makes an empty pool.
    #[must_use]
    pub fn new() -> Self {
        Self {
            slots: Mutex::new(Slots {
                chunks: Vec::new(),
                free: Vec::new(),
            }),
            branches: std::sync::Arc::default(),
        }
    }

    /// How often the address spaces of this pool took each rare branch of the protocol.
    #[must_use]
    pub fn branches(&self) -> &std::sync::Arc<Branches> {
        &self.branches
    }

    fn slots(&self) -> MutexGuard<'_, Slots<B>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a slot that is no VMA, the one that was given back last.
    fn take(&self) -> NonNull<Vma<B>> {
        let mut slots = self.slots();
        if let Some(slot) = slots.free.pop() {
            return slot;
        }
        let Slots { chunks, free } = &mut *slots;
        chunks.push(std::iter::repeat_with(Vma::unused).take(CHUNK).collect());
        // Pointers into a box do not outlive a move of it, so they are taken where it stays.
        let made = chunks.last().into_iter().flatten();
        free.extend(made.rev().map(NonNull::from));
        free.pop().expect("the chunk is not empty")
    }

    fn give_back(&self, slot: NonNull<Vma<B>>) {
        self.slots().free.push(slot);
    }
}

impl<B> Default for VmaPool<B> {
    fn default() -> Self {
        Self::new()
    }
}

impl<B> fmt::Debug for VmaPool<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slots = self.slots();
        f.debug_struct("VmaPool")
            .field("vmas", &(slots.chunks.len() * CHUNK - slots.free.len()))
            .field("free", &slots.free.len())
            .finish_non_exhaustive()
    }
}

/// A VMA that is in no tree and belongs to whoever has this; its memory is used again when it is
/// dropped (`vm_area_free`).
///
/// [`MmapWriteGuard::vma_mark_attached`](crate::MmapWriteGuard::vma_mark_attached) maps it.
pub struct DetachedVma<'mm, B> {
    vma: VmaRef<'mm, B>,
}

impl<'mm, B> DetachedVma<'mm, B> {
    /// Makes a VMA of `mm` that is not mapped yet (`vm_area_alloc`).
    pub(crate) fn alloc(mm: &'mm AddressSpace<B>, spec: VmaSpec<B>) -> Self {
        let slot = mm.pool().take();
        // SAFETY: the slot lives as long as the pool, which `mm` keeps.
        let vma: &'mm Vma<B> = unsafe { slot.as_ref() };
        vma.lock.give_to(mm.mmap_lock());
        // SAFETY: the slot was free, so it is detached and nobody's but ours.
        unsafe { vma.become_vma(spec) };
        Self {
            vma: VmaRef::new(mm, vma),
        }
    }

    /// Takes over a VMA that was just detached.
    ///
    /// # Safety
    /// It is detached, the caller detached it, and this is done once.
    pub(crate) unsafe fn new(mm: &'mm AddressSpace<B>, vma: &'mm Vma<B>) -> Self {
        Self {
            vma: VmaRef::new(mm, vma),
        }
    }

    /// The VMA as a reference; it is stale once this ends or is mapped and unmapped again.
    #[must_use]
    pub fn as_ref(&self) -> VmaRef<'mm, B> {
        self.vma
    }

    /// Gives it up without ending it.
    pub(crate) fn into_ref(self) -> VmaRef<'mm, B> {
        ManuallyDrop::new(self).vma
    }

    /// Ends the VMA and hands out what it was backed by.
    #[must_use]
    pub fn into_backing(self) -> B {
        let vma = ManuallyDrop::new(self).vma;
        end(vma).expect("a VMA has a backing")
    }
}

/// Ends a VMA that is the caller's own.
fn end<B>(vma: VmaRef<'_, B>) -> Option<B> {
    // The backing's own drop is the host's code: it runs when the slot is free.
    // SAFETY: a detached VMA belongs to its `DetachedVma` alone, which ends here.
    let backing = unsafe { vma.cease() };
    vma.outlive_references();
    vma.mm().pool().give_back(NonNull::from(&*vma));
    backing
}

impl<B> Deref for DetachedVma<'_, B> {
    type Target = Vma<B>;

    fn deref(&self) -> &Vma<B> {
        &self.vma
    }
}

impl<B> Drop for DetachedVma<'_, B> {
    fn drop(&mut self) {
        drop(end(self.vma));
    }
}

impl<B> fmt::Debug for DetachedVma<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DetachedVma({:?})", **self)
    }
}
