//! The maps reader: walks the address space VMA by VMA, as `/proc/pid/maps` does, and judges each.
//!
//! It holds one VMA read lock at a time, and none while it goes on: the walk may have to wait for the
//! mmap lock.

use std::io;
use std::time::{Duration, Instant};

use heldby_mm::{Interrupt, VmFlags, VmaReadGuard, WalkError, anon_vma_name, lock_next_vma};

use crate::generate::next_random;
use crate::job::{Backing, Job, Mm};
use crate::lease::Tenant;
use crate::neighbour;
use crate::page::PAGE;

/// Maps readers in a run with churn: two of them can be doomed by one writer.
pub(crate) const READERS: u64 = 2;

/// How long a walk waits for the mmap lock before it thinks again.
const PATIENCE: Duration = Duration::from_micros(500);

/// Looks at the neighbour after each walk.
const LOOKS: usize = 16;

/// Walks until the load is over.
pub(crate) fn run(job: &Job, seed: u64) {
    let mut dice = seed;
    job.attempt("maps reader", || {
        while !job.stopped() {
            walk(job)?;
            for _ in 0..LOOKS {
                neighbour::look(job, &mut dice)?;
            }
            if next_random(&mut dice).is_multiple_of(4) {
                job.canceller.cancel();
            }
            heldby::thread::yield_now();
        }
        Ok(())
    });
}

/// Meets every VMA of the job that is there all the while.
fn walk(job: &Job) -> io::Result<()> {
    let mut next = 0;
    loop {
        match next_vma(&job.mm, next, &Interrupt::at(Instant::now() + PATIENCE))? {
            Met::Vma(vma) => {
                judge(job, &vma)?;
                next = vma.range().end;
            }
            Met::End => break,
            Met::Interrupted if job.stopped() => break,
            Met::Interrupted => {}
        }
    }
    job.tally.walks.one();
    Ok(())
}

/// What a step of a walk met.
pub(crate) enum Met<'mm> {
    Vma(VmaReadGuard<'mm, Backing>),
    End,
    Interrupted,
}

/// Goes one step from the address `from` on.
#[track_caller]
pub(crate) fn next_vma<'mm>(
    mm: &'mm Mm,
    from: usize,
    interrupt: &Interrupt<'_>,
) -> io::Result<Met<'mm>> {
    match lock_next_vma(mm, from, interrupt) {
        Ok(Some(vma)) => Ok(Met::Vma(vma)),
        Ok(None) => Ok(Met::End),
        Err(WalkError::Interrupted) => Ok(Met::Interrupted),
        Err(error) => Err(io::Error::other(error)),
    }
}

/// Compares a VMA that is read-locked with what its place says it must be.
fn judge(job: &Job, vma: &VmaReadGuard<'_, Backing>) -> io::Result<()> {
    let range = vma.range();
    let Some((region, _)) = job.place(range.start) else {
        // A planted bug has mapped it.
        return Ok(());
    };
    check_place(job, vma)?;
    if job.guard_of(region).is_in(&range) && !vma.vm_flags().contains(VmFlags::VM_MAYBE_GUARD) {
        return Err(wrong(vma, "has lost its guard flag"));
    }
    Ok(())
}

/// Checks that a VMA of the arena shows what it may show there, and returns its region and the slice
/// that it is a part of.
pub(crate) fn check_place(
    job: &Job,
    vma: &VmaReadGuard<'_, Backing>,
) -> io::Result<(usize, Tenant)> {
    let range = vma.range();
    let (region, page) = job
        .place(range.start)
        .ok_or_else(|| wrong(vma, "is not in the arena"))?;
    if range.end > job.region_addresses(region).end {
        return Err(wrong(vma, "covers more than its region"));
    }
    let first_page = vma.backing().first_page.checked_sub(page);
    let slice = first_page
        .and_then(|first_page| job.layout.slice_at(first_page))
        .ok_or_else(|| wrong(vma, "shows a slice from its middle"))?;
    if page + range.len() / PAGE > slice.pages {
        return Err(wrong(vma, "is longer than its slice"));
    }
    let is_own = |name: &str| {
        let rest = name.strip_prefix(&format!("region {region}"));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(','))
    };
    if !anon_vma_name(vma).is_some_and(|name| is_own(&name)) {
        return Err(wrong(vma, "has not the name of its region"));
    }
    Ok((region, slice))
}

/// Says what is wrong with a VMA.
pub(crate) fn wrong(vma: &VmaReadGuard<'_, Backing>, what: &str) -> io::Error {
    let (vma, backing) = (&**vma, vma.backing());
    io::Error::other(format!("the VMA {vma}, backed by {backing:?}, {what}"))
}

#[cfg(test)]
mod tests {
    use heldby_mm::{MmapLocked, mmap_write_lock, vma_start_write};

    use super::*;
    use crate::cli::FaultLock;
    use crate::job::sample;

    #[test]
    fn a_guard_flag_survives_whatever_is_done_to_its_vma() {
        let job = sample(FaultLock::Vma);
        let start = job.backend.base();
        job.split(start + 8 * PAGE).expect("it is mapped");
        job.guard(start + 9 * PAGE);
        walk(&job).expect("the flag is there");
        let revoked = job.lease(0).revoke().expect("nobody has it");
        job.protect(0, revoked.tenant, 4..12).expect("it is mapped");
        walk(&job).expect("the two parts are one");
        assert_eq!(job.list(), job.layout.regions());
    }

    #[test]
    fn a_vma_that_is_not_what_its_place_says_is_found() {
        type Spoil = fn(&Job);
        let rows: [(Spoil, &str); 3] = [
            (
                |job| job.guard_of(0).set(job.backend.base()),
                "has lost its guard flag",
            ),
            (
                |job| job.rename(0, "region 1").expect("it is mapped"),
                "has not the name of its region",
            ),
            (
                |job| {
                    let mut mm = mmap_write_lock(&job.mm);
                    let vma = mm.vma_lookup(job.backend.base()).expect("it is mapped");
                    vma_start_write(&mut mm, vma).backing_mut().first_page = 1;
                },
                "shows a slice from its middle",
            ),
        ];
        for (spoil, expected) in rows {
            let job = sample(FaultLock::Vma);
            spoil(&job);
            let error = walk(&job).expect_err(expected).to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
