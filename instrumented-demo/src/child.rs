//! The child: what a copy of the address space must be.
//!
//! A fork copies at one moment, so in the child every region is either empty or whole: one slice, from
//! its beginning to its end, under one name. In the parent that is so between two operations only.

use std::io;

use heldby_mm::{Interrupt, MmapLocked, VmFlags, VmaReadGuard, anon_vma_name, mmap_write_lock};

use crate::job::{Backing, Job, Mm};
use crate::maps::{self, Met, wrong};

/// Walks `child` and compares it with what it can be, and with the backings that were `copied`.
pub(crate) fn check(job: &Job, child: &Mm, copied: &[Backing]) -> io::Result<()> {
    let mut copied = copied.iter();
    let mut before = None;
    let mut from = 0;
    while let Met::Vma(vma) = maps::next_vma(child, from, &Interrupt::never())? {
        from = vma.range().end;
        let expected = copied.next().map(|backing| backing.first_page);
        if expected != Some(vma.backing().first_page) {
            return Err(wrong(&vma, "is not backed by what was copied"));
        }
        // Outside of the arena a planted bug has mapped it.
        if job.place(vma.range().start).is_some() {
            before = Some(part_after(job, before, &vma)?);
        }
    }
    finish(before)?;
    match copied.next() {
        None => Ok(()),
        Some(lost) => Err(io::Error::other(format!("the child lacks {lost:?}"))),
    }
}

/// A region up to one of its VMAs.
struct Part {
    region: usize,
    first_page: usize,
    name: String,
    /// Where that VMA ends, and where the last one must.
    end: usize,
    whole: usize,
}

/// Judges a VMA by itself, and as what follows on `before`.
fn part_after(
    job: &Job,
    before: Option<Part>,
    vma: &VmaReadGuard<'_, Backing>,
) -> io::Result<Part> {
    let (region, slice) = maps::check_place(job, vma)?;
    let part = Part {
        region,
        first_page: slice.first_page,
        name: anon_vma_name(vma).map_or_else(String::new, |name| name.to_string()),
        end: vma.range().end,
        whole: job.addresses(region, slice).end,
    };
    if !(VmFlags::VM_READ | VmFlags::VM_MAYBE_GUARD).contains(vma.vm_flags()) {
        return Err(wrong(vma, "has a flag that nobody gave it"));
    }
    let start = vma.range().start;
    match before {
        Some(before) if before.region == region => {
            let goes_on = before.end == start
                && before.first_page == part.first_page
                && before.name == part.name;
            if !goes_on {
                return Err(wrong(vma, "does not go with the one before it"));
            }
        }
        before => {
            finish(before)?;
            if start != job.region_addresses(region).start {
                return Err(wrong(vma, "is not the first of its region"));
            }
        }
    }
    Ok(part)
}

/// Judges the last VMA of a region.
fn finish(last: Option<Part>) -> io::Result<()> {
    match last {
        Some(part) if part.end != part.whole => Err(io::Error::other(format!(
            "region {} of the child ends at {:#x} instead of {:#x}",
            part.region, part.end, part.whole
        ))),
        _ => Ok(()),
    }
}

/// Unmaps every other VMA: their memory is the parent's at once. The rest goes with the child.
pub(crate) fn unmap_half(child: &Mm) {
    let mut mm = mmap_write_lock(child);
    for vma in mm.vmas().into_iter().step_by(2) {
        drop(mm.vma_mark_detached(vma));
    }
}

#[cfg(test)]
mod tests {
    use heldby_mm::{fork, vma_start_write};

    use super::*;
    use crate::cli::FaultLock;
    use crate::job::sample;
    use crate::page::PAGE;

    /// Forks a job whose first region is in two parts, spoils the child, and judges it.
    #[track_caller]
    fn judge(spoil: impl FnOnce(&Job, &Mm, &mut Vec<Backing>), expected: Option<&str>) {
        let job = sample(FaultLock::Vma);
        let start = job.backend.base();
        job.split(start + PAGE).expect("it is mapped");
        job.guard(start);
        let mut copied = Vec::new();
        let child = fork(&job.mm, &Interrupt::never(), |backing| {
            copied.push(*backing);
            *backing
        });
        let child = child.expect("nothing interrupts it");
        spoil(&job, &child, &mut copied);
        let verdict = check(&job, &child, &copied).map_err(|error| error.to_string());
        match (verdict, expected) {
            (Ok(()), None) => {}
            (Err(error), Some(text)) if error.contains(text) => {}
            (verdict, expected) => panic!("{verdict:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn a_child_is_judged_by_what_its_parent_can_have_been() {
        judge(|_, _, _| (), None);
        judge(
            |job, _, _| job.rename(0, "the parent's alone").expect("it is mapped"),
            None,
        );
        judge(
            |_, _, copied| copied.truncate(copied.len() - 1),
            Some("is not backed by what was copied"),
        );
        judge(
            |_, _, copied| copied.push(copied[0]),
            Some("the child lacks Backing"),
        );
        judge(
            |job, child, copied| {
                let upper = job.backend.base() + PAGE;
                drop(mmap_write_lock(child).remove(upper));
                copied.remove(1);
            },
            Some("region 0 of the child ends at"),
        );
        judge(
            |job, child, copied| {
                drop(mmap_write_lock(child).remove(job.backend.base()));
                copied.remove(0);
            },
            Some("is not the first of its region"),
        );
        let write = |spoil: fn(&mut heldby_mm::VmaWriteRef<'_, Backing>)| {
            move |job: &Job, child: &Mm, _: &mut Vec<Backing>| {
                let mut mm = mmap_write_lock(child);
                let upper = mm.vma_lookup(job.backend.base() + PAGE);
                spoil(&mut vma_start_write(&mut mm, upper.expect("it is mapped")));
            }
        };
        judge(
            write(|vma| vma.set_name(Some("region 0, lot 7"))),
            Some("does not go with the one before it"),
        );
        judge(
            write(|vma| vma.set_name(None)),
            Some("has not the name of its region"),
        );
        judge(
            write(|vma| vma.set_flags(VmFlags::VM_EXEC)),
            Some("has a flag that nobody gave it"),
        );
    }

    #[test]
    fn what_a_child_unmaps_is_gone_from_the_child_alone() {
        let job = sample(FaultLock::Mmap);
        let child = fork(&job.mm, &Interrupt::never(), |backing| *backing);
        let child = child.expect("nothing interrupts it");
        unmap_half(&child);
        let regions = job.layout.regions();
        assert_eq!(mmap_write_lock(&child).vmas().len(), regions / 2);
        assert_eq!(job.list(), regions);
    }
}
