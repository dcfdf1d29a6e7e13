//! The final comparison: every byte that is mapped, and every byte of the source.

use std::io;

use crate::churn;
use crate::job::Job;
use crate::lease::Tenant;
use crate::page::{PAGE, ZEROS};
use crate::source::Source;

/// What the comparison came to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Comparison {
    /// Bytes compared.
    pub(crate) bytes: u64,
    /// Pages that differ.
    pub(crate) differing: u64,
}

/// Compares what the regions show with the source, then sends every slice home and compares that.
///
/// Runs when touchers and churners have ended, with the pagers at work.
/// What was mapped during the load is judged as it is; after that, every slice is mapped somewhere.
pub(crate) fn compare(job: &Job, source: &mut Source) -> io::Result<Comparison> {
    let mut comparison = Comparison::default();
    for region in 0..job.layout.regions() {
        let home = job.layout.slice(region);
        if region_tenant(job, region)? != home {
            compare_region(job, region, source, &mut comparison)?;
            let revoked = job
                .lease(region)
                .revoke()
                .ok_or_else(|| still_revoked(region))?;
            churn::replace(job, region, region, revoked)?;
        }
        compare_region(job, region, source, &mut comparison)?;
    }
    Ok(comparison)
}

/// Unmaps everything.
pub(crate) fn tear_down(job: &Job) -> io::Result<()> {
    for region in 0..job.layout.regions() {
        let revoked = job
            .lease(region)
            .revoke()
            .ok_or_else(|| still_revoked(region))?;
        job.unmap(region, revoked.tenant)?;
    }
    Ok(())
}

fn region_tenant(job: &Job, region: usize) -> io::Result<Tenant> {
    let share = job
        .lease(region)
        .share()
        .ok_or_else(|| still_revoked(region))?;
    Ok(share.tenant)
}

fn compare_region(
    job: &Job,
    region: usize,
    source: &mut Source,
    comparison: &mut Comparison,
) -> io::Result<()> {
    let share = job
        .lease(region)
        .share()
        .ok_or_else(|| still_revoked(region))?;
    let start = job.addresses(region, share.tenant).start;
    let (mut mapped, mut expected) = (ZEROS, ZEROS);
    for offset in 0..share.tenant.pages {
        let index = share.tenant.first_page + offset;
        source.read_page(index, &mut expected)?;
        job.touch(start + offset * PAGE, &mut mapped);
        comparison.differing += u64::from(mapped != expected);
        comparison.bytes += source.page_len(index) as u64;
    }
    Ok(())
}

fn still_revoked(region: usize) -> io::Error {
    io::Error::other(format!(
        "region {region} is still revoked, though every churner has ended"
    ))
}
