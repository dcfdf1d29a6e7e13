//! The churner: maps, protects, names, splits, merges, guards and unmaps regions while the others work.
//!
//! Where pages or rights go, it revokes the lease of the region and lets it drain *before* it takes the
//! mmap lock: see `lease`.

use std::io;
use std::ops::Range;

use crate::generate::next_random;
use crate::job::Job;
use crate::lease::Revoked;
use crate::page::PAGE;

/// Changes regions until the load is over.
pub(crate) fn run(job: &Job, seed: u64) {
    let mut dice = seed;
    job.attempt("churner", || {
        while !job.stopped() {
            step(job, &mut dice)?;
        }
        Ok(())
    });
}

/// Does one thing to one region.
fn step(job: &Job, dice: &mut u64) -> io::Result<()> {
    let region = roll(dice, job.layout.regions());
    match roll(dice, 16) {
        0..4 => {
            let slice = roll(dice, job.layout.regions());
            with_revoked(job, region, |revoked| replace(job, region, slice, revoked))
        }
        4..8 => with_revoked(job, region, |revoked| {
            let tenant = revoked.tenant;
            job.protect(region, tenant, part(dice, tenant.pages))?;
            revoked.grant(tenant);
            Ok(())
        }),
        8..10 => job.rename(region, &format!("region {region}, lot {}", *dice % 1000)),
        10..13 => job.split(any_page(job, region, dice)),
        13 => {
            job.merge(region);
            Ok(())
        }
        14 => {
            job.guard(any_page(job, region, dice));
            Ok(())
        }
        _ => {
            job.list();
            Ok(())
        }
    }
}

/// Some pages of `pages` in a row, or all of them.
fn part(dice: &mut u64, pages: usize) -> Range<usize> {
    let [one, other] = [(); 2].map(|()| roll(dice, pages));
    if one == other {
        0..pages
    } else {
        one.min(other)..one.max(other)
    }
}

/// The address of a page of `region`; nothing need be mapped there.
fn any_page(job: &Job, region: usize, dice: &mut u64) -> usize {
    job.region_addresses(region).start + roll(dice, job.layout.region_pages()) * PAGE
}

fn roll(dice: &mut u64, sides: usize) -> usize {
    (next_random(dice) % sides as u64) as usize
}

/// Revokes the lease on `region` for `work`; does nothing if another churner was faster.
fn with_revoked(
    job: &Job,
    region: usize,
    work: impl FnOnce(Revoked<'_>) -> io::Result<()>,
) -> io::Result<()> {
    job.lease(region).revoke().map_or(Ok(()), work)
}

/// Unmaps what is in `region` and maps slice `slice` there.
pub(crate) fn replace(
    job: &Job,
    region: usize,
    slice: usize,
    revoked: Revoked<'_>,
) -> io::Result<()> {
    let next = job.layout.slice(slice);
    job.unmap(region, revoked.tenant)?;
    job.map(region, next)?;
    revoked.grant(next);
    Ok(())
}
