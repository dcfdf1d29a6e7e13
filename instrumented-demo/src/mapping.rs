//! The mappings: what is done to the VMAs of a region, under the mmap lock or one VMA lock.
//!
//! A region that is mapped is covered by one VMA or several, without a hole: anybody may split one,
//! or merge two that are alike. All VMAs of a region have one name, and each shows the part of the
//! snapshot that its place in the region tells.
//! Whatever takes pages or rights away needs the lease of the region; splits, merges and names do not,
//! so they go on beside touchers and pagers.

use std::io;
use std::ops::Range;

use heldby_mm::{
    MmapLocked, MmapWriteGuard, VmFlags, VmaRef, VmaSpec, anon_vma_name, lock_vma_under_rcu,
    mmap_read_lock, mmap_write_downgrade, mmap_write_lock, vma_flag_set_atomic, vma_start_write,
};

use crate::backend::{Access, Addresses};
use crate::job::{Backing, Job};
use crate::lease::Tenant;
use crate::page::PAGE;

impl Job {
    /// Maps `tenant` in the empty region `region`; the caller has its lease, or nobody can yet.
    pub(crate) fn map(&self, region: usize, tenant: Tenant) -> io::Result<()> {
        let range = self.addresses(region, tenant);
        let first_page = tenant.first_page;
        let spec = VmaSpec::new(range.clone(), Backing { first_page })
            .flags(VmFlags::VM_READ)
            .name(&format!("region {region}"));
        let mut mm = mmap_write_lock(&self.mm);
        self.backend.map(range)?;
        mm.insert(spec).map_err(io::Error::other)?;
        self.tally.maps.one();
        Ok(())
    }

    /// Unmaps `tenant` from region `region`, whose lease the caller has.
    ///
    /// The VMAs are detached under the write lock; their memory goes under the read lock, as munmap
    /// does.
    pub(crate) fn unmap(&self, region: usize, tenant: Tenant) -> io::Result<()> {
        let range = self.addresses(region, tenant);
        let mut mm = mmap_write_lock(&self.mm);
        for vma in covering(&mm, &range)? {
            drop(mm.vma_mark_detached(vma));
        }
        self.guard_of(region).clear();
        let _mm = mmap_write_downgrade(mm);
        self.tally.unmaps.one();
        self.residency_of(region)
            .unmap(|| self.backend.unmap(range))
    }

    /// Takes all rights away from `pages` of region `region` and gives them back; the caller has its
    /// lease.
    ///
    /// The part is split off, and merged back.
    pub(crate) fn protect(
        &self,
        region: usize,
        tenant: Tenant,
        pages: Range<usize>,
    ) -> io::Result<()> {
        let all = self.addresses(region, tenant);
        let range = all.start + pages.start * PAGE..all.start + pages.end * PAGE;
        for (access, flags) in [
            (Access::None, VmFlags::VM_NONE),
            (Access::Read, VmFlags::VM_READ),
        ] {
            let mut mm = mmap_write_lock(&self.mm);
            self.split_at(&mut mm, range.start);
            self.split_at(&mut mm, range.end);
            for vma in covering(&mm, &range)? {
                vma_start_write(&mut mm, vma).set_flags(flags);
            }
            self.backend.protect(range.clone(), access)?;
            self.merge_alike(&mut mm, &all);
            self.tally.protects.one();
        }
        Ok(())
    }

    /// Splits what is mapped at `address` there, if anything is, and looks at the lower part.
    pub(crate) fn split(&self, address: usize) -> io::Result<()> {
        let mut mm = mmap_write_lock(&self.mm);
        self.split_at(&mut mm, address);
        let mm = mmap_write_downgrade(mm);
        match mm.vma_lookup(address - 1) {
            Some(vma) if vma.range().end > address => Err(io::Error::other(format!(
                "the VMA {vma} was split at {address:#x}"
            ))),
            _ => Ok(()),
        }
    }

    /// Merges the VMAs of region `region` that are alike.
    pub(crate) fn merge(&self, region: usize) {
        let range = self.region_addresses(region);
        self.merge_alike(&mut mmap_write_lock(&self.mm), &range);
    }

    /// Renames what is mapped in region `region`, if anything is, and reads the name back.
    ///
    /// Pagers meet a write-locked VMA here, and wait for it.
    pub(crate) fn rename(&self, region: usize, name: &str) -> io::Result<()> {
        let range = self.region_addresses(region);
        let mut mm = mmap_write_lock(&self.mm);
        let vmas = vmas_in(&mm, &range);
        // In two steps: who reads in between finds no name, and tells.
        for &vma in &vmas {
            vma_start_write(&mut mm, vma).set_name(None);
        }
        for &vma in &vmas {
            vma_start_write(&mut mm, vma).set_name(Some(name));
            self.tally.renames.one();
        }
        let _mm = mmap_write_downgrade(mm);
        for vma in vmas {
            if anon_vma_name(&vma).is_none_or(|found| **found != *name) {
                let trouble = format!("the VMA {vma} was renamed beside a reader of the mmap lock");
                return Err(io::Error::other(trouble));
            }
        }
        Ok(())
    }

    /// Says that the page at `address` may be guarded, as madvise(MADV_GUARD_INSTALL) does: the flag
    /// is set under the VMA read lock alone.
    pub(crate) fn guard(&self, address: usize) {
        let Some(vma) = lock_vma_under_rcu(&self.mm, address) else {
            // Somebody writes to the VMA, or nothing is mapped; another page may as well be guarded.
            return;
        };
        vma_flag_set_atomic(&vma, VmFlags::VM_MAYBE_GUARD);
        if let Some((region, _)) = self.place(address) {
            self.guard_of(region).set(address);
        }
        self.tally.guards.one();
    }

    /// Reads all names, as `/proc/pid/maps` did; returns how many VMAs have one.
    pub(crate) fn list(&self) -> usize {
        let mm = mmap_read_lock(&self.mm);
        self.tally.listings.one();
        mm.vmas()
            .iter()
            .filter(|vma| anon_vma_name(*vma).is_some())
            .count()
    }

    /// Splits what is mapped at `address`, unless it begins there.
    #[track_caller]
    fn split_at(&self, mm: &mut MmapWriteGuard<'_, Backing>, address: usize) {
        let Some(vma) = mm.vma_lookup(address) else {
            return;
        };
        let pages = (address - vma.range().start) / PAGE;
        if pages > 0 {
            mm.split(vma, address, |lower| Backing {
                first_page: lower.first_page + pages,
            });
            self.tally.splits.one();
        }
    }

    /// Merges every two neighbours in `range` that are alike.
    #[track_caller]
    fn merge_alike(&self, mm: &mut MmapWriteGuard<'_, Backing>, range: &Addresses) {
        let mut at = range.start;
        while let Some(vma) = mm.find_vma(at).filter(|vma| vma.range().end < range.end) {
            let end = vma.range().end;
            match mm.vma_lookup(end) {
                Some(next) if are_alike(vma, next) => {
                    let next_page = mm.backing(vma).first_page + vma.range().len() / PAGE;
                    mm.merge_next(vma, |_, next| assert_eq!(next.first_page, next_page));
                    self.tally.merges.one();
                }
                _ => at = end,
            }
        }
    }
}

/// Whether two neighbours of one region differ in nothing that matters; guard flags add up.
fn are_alike(vma: VmaRef<'_, Backing>, next: VmaRef<'_, Backing>) -> bool {
    let readable = |vma: VmaRef<'_, _>| vma.vm_flags().contains(VmFlags::VM_READ);
    readable(vma) == readable(next)
}

/// The VMAs that begin in `range`, by address.
fn vmas_in<'mm>(
    mm: &impl MmapLocked<'mm, Backing>,
    range: &Addresses,
) -> Vec<VmaRef<'mm, Backing>> {
    let after = |at| mm.find_vma(at).filter(|vma| vma.range().start < range.end);
    std::iter::successors(after(range.start), |vma| after(vma.range().end)).collect()
}

/// The VMAs of `range`, which must cover it exactly.
fn covering<'mm>(
    mm: &impl MmapLocked<'mm, Backing>,
    range: &Addresses,
) -> io::Result<Vec<VmaRef<'mm, Backing>>> {
    let vmas = vmas_in(mm, range);
    let mut end = range.start;
    for vma in &vmas {
        if vma.range().start != end {
            break;
        }
        end = vma.range().end;
    }
    if end == range.end {
        return Ok(vmas);
    }
    Err(io::Error::other(format!(
        "no VMA begins at {end:#x}, though its lease is ours"
    )))
}
