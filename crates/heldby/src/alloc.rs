//! A global allocator that takes locks.

use std::alloc::{GlobalAlloc, Layout};

use crate::engine;

/// An allocator whose own locks the validator leaves alone.
///
/// The validator allocates, so it keeps out of the allocator: it finds out by itself which locks an
/// allocator takes. An allocator that takes some lock only on rare occasions can hide it; wrapped
/// in this type it cannot, and nothing that it does is looked at.
///
/// ```
/// use std::alloc::System;
///
/// #[global_allocator]
/// static ALLOCATOR: heldby::alloc::Unchecked<System> = heldby::alloc::Unchecked(System);
/// ```
///
/// # Cost
/// Without the feature `validate`: none. With it: a few stores to thread-locals for each call.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(not(feature = "validate"), repr(transparent))]
pub struct Unchecked<A>(pub A);

// SAFETY: each call is handed on as it came.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Unchecked<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller's.
        engine::unchecked(|| unsafe { self.0.alloc(layout) })
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as the caller's.
        engine::unchecked(|| unsafe { self.0.dealloc(block, layout) });
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller's.
        engine::unchecked(|| unsafe { self.0.alloc_zeroed(layout) })
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as the caller's.
        engine::unchecked(|| unsafe { self.0.realloc(block, layout, size) })
    }
}
