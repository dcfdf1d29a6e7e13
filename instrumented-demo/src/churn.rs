//! The churner: maps, protects, names and unmaps regions while the others work.
//!
//! It revokes the lease of a region and lets it drain *before* it takes the mmap lock: see `lease`.

use std::io;

use crate::generate::next_random;
use crate::job::Job;
use crate::lease::Revoked;

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
    let regions = job.layout.regions() as u64;
    let region = (next_random(dice) % regions) as usize;
    match next_random(dice) % 8 {
        0..3 => {
            let slice = (next_random(dice) % regions) as usize;
            with_revoked(job, region, |revoked| replace(job, region, slice, revoked))
        }
        3..5 => with_revoked(job, region, |revoked| {
            let tenant = revoked.tenant;
            job.protect(region, tenant)?;
            revoked.grant(tenant);
            Ok(())
        }),
        5..7 => {
            job.rename(region, &format!("region {region}, lot {}", *dice % 1000));
            Ok(())
        }
        _ => {
            job.list();
            Ok(())
        }
    }
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
