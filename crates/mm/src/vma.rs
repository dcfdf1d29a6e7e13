//! A VMA: one mapped range, its lock, and the fields that the lock protects.
//!
//! # Who may touch a field
//! Reading needs the VMA lock or the mmap lock of its address space, in any mode; writing needs the
//! VMA write lock, hence the mmap write lock.
//! Range, flags and name are atomic words, so reading them without a lock is a guess, never
//! undefined behaviour; [`anon_vma_name`](crate::anon_vma_name) and the asserts say when it is more.
//! The backing is any type, so it is reached through guards only:
//! [`VmaReadGuard::backing`](crate::VmaReadGuard::backing),
//! [`MmapLocked::backing`](crate::MmapLocked::backing) and
//! [`VmaWriteRef`](crate::VmaWriteRef).

use std::cell::UnsafeCell;
use std::fmt;
use std::ops::{BitOr, Deref, Range};
use std::sync::atomic::{AtomicUsize, Ordering};

use arc_swap::ArcSwapOption;
use heldby::lockdep::{AsLockMap, LockMap};

use crate::mmap_lock::MmapLock;
use crate::refcnt::RefCnt;
use crate::sync::{Arc, AtomicU64};
use crate::vma_lock::VmaLock;

/// The protection and sharing of a VMA.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VmFlags(u64);

impl VmFlags {
    /// No access at all.
    pub const VM_NONE: Self = Self(0);
    /// Pages may be read.
    pub const VM_READ: Self = Self(1);
    /// Pages may be written.
    pub const VM_WRITE: Self = Self(2);
    /// Pages may be executed.
    pub const VM_EXEC: Self = Self(4);
    /// Writes are seen by other mappings of the same object.
    pub const VM_SHARED: Self = Self(8);

    /// Whether every flag of `other` is set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for VmFlags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The name of an anonymous VMA, as `PR_SET_VMA_ANON_NAME` gives it.
#[derive(Debug, PartialEq, Eq)]
pub struct AnonVmaName(Box<str>);

impl Deref for AnonVmaName {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// What a new VMA is to be; [`MmapWriteGuard::insert`](crate::MmapWriteGuard::insert) makes it.
#[derive(Clone, Debug)]
pub struct VmaSpec<B> {
    pub(crate) range: Range<usize>,
    pub(crate) flags: VmFlags,
    pub(crate) name: Option<Box<str>>,
    pub(crate) backing: B,
}

impl<B> VmaSpec<B> {
    /// Describes a VMA over the addresses `range`, without access and name.
    pub fn new(range: Range<usize>, backing: B) -> Self {
        Self {
            range,
            flags: VmFlags::VM_NONE,
            name: None,
            backing,
        }
    }

    /// Sets its flags.
    #[must_use]
    pub fn flags(mut self, flags: VmFlags) -> Self {
        self.flags = flags;
        self
    }

    /// Sets its name.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        self.name = Some(name.into());
        self
    }
}

/// One mapped range of an [`AddressSpace`](crate::AddressSpace), backed by a `B`.
///
/// It is shared as `Arc<Vma<B>>`. Having one says nothing about its being stable: see the asserts.
pub struct Vma<B> {
    pub(crate) lock: VmaLock,
    vm_start: AtomicUsize,
    vm_end: AtomicUsize,
    vm_flags: AtomicU64,
    anon_name: ArcSwapOption<AnonVmaName>,
    backing: UnsafeCell<B>,
}

// SAFETY: `&Vma` gives out `&B` to several threads at once (readers), hence `B: Sync`, and `&mut B`
// on any thread (the writer), hence `B: Send`; `backing_ptr` is only dereferenced by guards, under
// the rules of the module's head. All other fields are `Sync` by themselves.
unsafe impl<B: Send + Sync> Sync for Vma<B> {}

impl<B> Vma<B> {
    pub(crate) fn new(mmap_lock: Arc<MmapLock>, spec: VmaSpec<B>) -> Self {
        Self {
            lock: VmaLock::new(mmap_lock),
            vm_start: AtomicUsize::new(spec.range.start),
            vm_end: AtomicUsize::new(spec.range.end),
            vm_flags: AtomicU64::new(spec.flags.0),
            anon_name: ArcSwapOption::from_pointee(spec.name.map(AnonVmaName)),
            backing: UnsafeCell::new(spec.backing),
        }
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
    pub(crate) fn backing_ptr(&self) -> *mut B {
        self.backing.get()
    }

    /// The caller holds the VMA write lock in the next three functions.
    pub(crate) fn store_flags(&self, flags: VmFlags) {
        // Relaxed: the end of the write section publishes it.
        self.vm_flags.store(flags.0, Ordering::Relaxed);
    }

    pub(crate) fn store_end(&self, end: usize) {
        // Relaxed: the end of the write section publishes it.
        self.vm_end.store(end, Ordering::Relaxed);
    }

    pub(crate) fn store_name(&self, name: Option<&str>) {
        self.anon_name
            .store(name.map(|name| Arc::new(AnonVmaName(name.into()))));
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
        let Range { start, end } = self.range();
        write!(f, "{start:#x}-{end:#x}")?;
        match self.name_unchecked() {
            Some(name) => write!(f, " \"{}\"", &**name),
            None => Ok(()),
        }
    }
}

impl<B> fmt::Debug for Vma<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vma({self}, vm_refcnt {})", self.vm_refcnt())
    }
}
