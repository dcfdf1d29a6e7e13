//! A VMA: one mapped range, its lock, and the fields that the lock protects.
//!
//! # Who may touch a field
//! Reading needs the VMA lock or the mmap lock of its address space, in any mode; writing needs the
//! VMA write lock, hence the mmap write lock, or that the VMA is detached and the caller's own.
//! Range, flags and name are atomic words, so reading them without a lock is a guess, never
//! undefined behaviour; [`anon_vma_name`](crate::anon_vma_name) and the asserts say when it is more.
//! The backing is any type, so it is reached through guards only:
//! [`VmaReadGuard::backing`](crate::VmaReadGuard::backing),
//! [`MmapLocked::backing`](crate::MmapLocked::backing) and
//! [`VmaWriteRef`](crate::VmaWriteRef).

use std::cell::UnsafeCell;
use std::fmt;
use std::ops::Range;
use std::panic::Location;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, AtomicUsize};

use arc_swap::ArcSwapOption;

use crate::refcnt::RefCnt;
use crate::sync::lockdep::{AsLockMap, LockMap};
use crate::sync::{AtomicU64, Ordering};
use crate::vma_lock::VmaLock;
use crate::vma_spec::{AnonVmaName, Described, VmFlags, VmaSpec};

/// One mapped range of an [`AddressSpace`](crate::AddressSpace), backed by a `B`.
///
/// Its memory is type-stable: it belongs to a [`VmaPool`](crate::VmaPool), and is used again for
/// another VMA as soon as this one is unmapped. A [`VmaRef`](crate::VmaRef) tells the two apart.
/// Having one says nothing about its being stable: see the asserts.
pub struct Vma<B> {
    pub(crate) lock: VmaLock,
    /// Which VMA the memory is: raised whenever one is detached, under its mmap write lock.
    generation: AtomicU64,
    vm_start: AtomicUsize,
    vm_end: AtomicUsize,
    vm_flags: AtomicU64,
    anon_name: ArcSwapOption<AnonVmaName>,
    /// Where it was write-locked last; `vm_lock_seq` tells in which write section.
    write_site: AtomicPtr<Location<'static>>,
    /// Some while the VMA is one.
    backing: UnsafeCell<Option<B>>,
}

// SAFETY: `&Vma` gives out `&B` to several threads at once (readers), hence `B: Sync`, and `&mut B`
// on any thread (the writer), hence `B: Send`; the backing is only reached by guards, under the
// rules of the module's head. All other fields are `Sync` by themselves.
unsafe impl<B: Send + Sync> Sync for Vma<B> {}

impl<B> Vma<B> {
    /// Makes the memory of a VMA that is none yet.
    pub(crate) fn unused() -> Self {
        Self {
            lock: VmaLock::new(),
            generation: AtomicU64::new(0),
            vm_start: AtomicUsize::new(0),
            vm_end: AtomicUsize::new(0),
            vm_flags: AtomicU64::new(0),
            anon_name: ArcSwapOption::empty(),
            write_site: AtomicPtr::new(ptr::null_mut()),
            backing: UnsafeCell::new(None),
        }
    }

    /// Makes it the VMA of `spec`.
    ///
    /// # Safety
    /// It is detached, and nobody else uses it.
    pub(crate) unsafe fn become_vma(&self, spec: VmaSpec<B>) {
        self.store_range(spec.range);
        self.store_name(spec.name.as_deref());
        // Relaxed: `vma_mark_attached` publishes it.
        self.vm_flags.store(spec.flags.0, Ordering::Relaxed);
        // SAFETY: no guard of this VMA is there, and the caller is alone with it.
        unsafe { *self.backing.get() = Some(spec.backing) };
    }

    /// Ends the VMA and hands its backing out; the memory may be another VMA afterwards.
    ///
    /// # Safety
    /// It is detached, and nobody else uses it.
    pub(crate) unsafe fn cease(&self) -> Option<B> {
        self.store_name(None);
        // SAFETY: no guard of this VMA is there, and the caller is alone with it.
        unsafe { (*self.backing.get()).take() }
    }

    /// Which VMA the memory is.
    pub(crate) fn generation(&self) -> u64 {
        // Relaxed: exact under the mmap lock or with a read count; a guess for anybody else.
        self.generation.load(Ordering::Relaxed)
    }

    /// Tells references to this VMA that it is detached; under its mmap write lock.
    pub(crate) fn outlive_references(&self) {
        self.generation
            .store(self.generation() + 1, Ordering::Relaxed);
    }

    /// The addresses that it covers; stable only under its lock or the mmap lock.
    #[inline]
    pub fn range(&self) -> Range<usize> {
        // Relaxed: ordered by the VMA lock or the mmap lock; without them it is a guess.
        self.vm_start.load(Ordering::Relaxed)..self.vm_end.load(Ordering::Relaxed)
    }

    /// The flags; stable only under its lock or the mmap lock.
    #[inline]
    pub fn vm_flags(&self) -> VmFlags {
        // Relaxed: as in `range`.
        VmFlags(self.vm_flags.load(Ordering::Relaxed))
    }

    /// The value of `vm_refcnt` now, for display; it can be another one at once.
    pub fn vm_refcnt(&self) -> RefCnt {
        self.lock.refcnt()
    }

    /// The name, whether or not anything keeps it stable.
    pub(crate) fn name_unchecked(&self) -> Option<Arc<AnonVmaName>> {
        self.anon_name.load_full()
    }

    /// What the range is backed by; for guards only.
    pub(crate) fn backing_ptr(&self) -> *mut Option<B> {
        self.backing.get()
    }

    /// Where it was write-locked last, if it ever was.
    pub(crate) fn write_site(&self) -> Option<&'static Location<'static>> {
        // Relaxed: places live for ever; which one is a guess without a lock.
        let site = self.write_site.load(Ordering::Relaxed);
        // SAFETY: null, or made from a reference that lives for ever.
        unsafe { site.as_ref() }
    }

    /// Keeps where it is write-locked; under the mmap write lock.
    pub(crate) fn store_write_site(&self, site: &'static Location<'static>) {
        let site = ptr::from_ref(site).cast_mut();
        // Relaxed: see `write_site`.
        self.write_site.store(site, Ordering::Relaxed);
    }

    /// Sets one flag beside other threads that do the same; the VMA is stable.
    pub(crate) fn set_flag_atomic(&self, flag: VmFlags) {
        // Relaxed: the end of the read lock or of the write section publishes it.
        self.vm_flags.fetch_or(flag.0, Ordering::Relaxed);
    }

    /// The caller holds the VMA write lock, or the VMA is its own, in the next three functions.
    pub(crate) fn store_flags(&self, flags: VmFlags) {
        let kept = self.vm_flags().0 & VmFlags::VM_MAYBE_GUARD.0;
        // Relaxed: the end of the write section publishes it.
        self.vm_flags.store(flags.0 | kept, Ordering::Relaxed);
    }

    pub(crate) fn store_range(&self, range: Range<usize>) {
        // Relaxed, both: the end of the write section publishes them.
        self.vm_start.store(range.start, Ordering::Relaxed);
        self.vm_end.store(range.end, Ordering::Relaxed);
    }

    pub(crate) fn store_name(&self, name: Option<&str>) {
        let name = name.map(|name| Arc::new(AnonVmaName(name.into())));
        self.anon_name.store(name);
    }
}

/// The lock map of the VMA lock, for `heldby::held` and its asserts.
///
/// A VMA *write* lock is not seen there; it is told by [`vma_assert_write_locked`].
///
/// [`vma_assert_write_locked`]: crate::vma_assert_write_locked
impl<B> AsLockMap for Vma<B> {
    fn as_lock_map(&self) -> &LockMap {
        self.lock.map()
    }
}

/// For example `0x7f31c0000000-0x7f31c0021000 "heap"`.
impl<B> fmt::Display for Vma<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name_unchecked();
        Described(self.range(), name.as_deref()).fmt(f)
    }
}

impl<B> fmt::Debug for Vma<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vma({self}, vm_refcnt {})", self.vm_refcnt())
    }
}
