//! A copy of an address space.

use crate::interrupt::{Interrupt, Interrupted};
use crate::mmap_guard::{
    MmapLocked, MmapWriteGuard, mmap_write_lock_killable, mmap_write_lock_nested,
};
use crate::mmap_write::vma_start_write_killable;
use crate::space::AddressSpace;
use crate::vma_spec::VmaSpec;

/// The subclass of a lock that is taken inside another one of its class.
pub const SINGLE_DEPTH_NESTING: u32 = 1;

/// Makes a copy of `mm`, in the same pool, with all its VMAs as they are at one moment (`dup_mmap`).
///
/// `copy` makes the backing of each VMA in the child; it runs while both address spaces are
/// write-locked.
///
/// # Errors
/// A wait was interrupted: for the mmap lock, or for the readers of a VMA. There is no child then.
///
/// # Panics
/// When a violation is found and the policy is `panic`.
#[track_caller]
pub fn fork<B>(
    mm: &AddressSpace<B>,
    interrupt: &Interrupt<'_>,
    mut copy: impl FnMut(&mut B) -> B,
) -> Result<AddressSpace<B>, Interrupted> {
    let mut parent = mmap_write_lock_killable(mm, interrupt)?;
    let child = AddressSpace::new_in(mm.pool().clone());
    let mut into = mmap_write_lock_nested(&child, SINGLE_DEPTH_NESTING);
    let copied = copy_vmas(&mut parent, &mut into, interrupt, &mut copy);
    drop(into);
    // Before a child that was not finished goes, which takes its mmap lock again.
    drop(parent);
    copied.map(|()| child)
}

/// Maps a copy of every VMA of `parent` in `child`, or of some if it is interrupted.
#[track_caller]
fn copy_vmas<B>(
    parent: &mut MmapWriteGuard<'_, B>,
    child: &mut MmapWriteGuard<'_, B>,
    interrupt: &Interrupt<'_>,
    copy: &mut impl FnMut(&mut B) -> B,
) -> Result<(), Interrupted> {
    // Not in a closure, which would be the place that is reported.
    for vma in parent.vmas() {
        let mut vma = vma_start_write_killable(parent, vma, interrupt)?;
        let spec = VmaSpec {
            range: vma.range(),
            flags: vma.vm_flags(),
            name: vma.name_unchecked().map(|name| name.0.clone()),
            backing: copy(vma.backing_mut()),
        };
        child
            .insert(spec)
            .expect("the parent's VMAs do not overlap");
    }
    Ok(())
}
