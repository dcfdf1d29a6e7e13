//! What a VMA is told to be: its range, flags, name and backing.

use std::fmt;
use std::ops::{BitOr, Deref, Range};

/// The protection and sharing of a VMA.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VmFlags(pub(crate) u64);

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
    /// There may be guard regions inside. The one flag that
    /// [`vma_flag_set_atomic`](crate::vma_flag_set_atomic) sets; nothing clears it again.
    pub const VM_MAYBE_GUARD: Self = Self(16);

    /// Whether every flag of `other` is set.
    #[must_use]
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
pub struct AnonVmaName(pub(crate) Box<str>);

impl Deref for AnonVmaName {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// A range and a name, for example `0x7f31c0000000-0x7f31c0021000 "heap"`.
pub(crate) struct Described<'a>(pub(crate) Range<usize>, pub(crate) Option<&'a AnonVmaName>);

impl fmt::Display for Described<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(range, name) = self;
        write!(f, "{:#x}-{:#x}", range.start, range.end)?;
        match name {
            Some(name) => write!(f, " \"{}\"", &***name),
            None => Ok(()),
        }
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
