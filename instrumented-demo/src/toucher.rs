//! The toucher: reads pages at random, judges them, and drops some of them again.
//!
//! It holds no lock while it touches a page, only a lease on the region: see `lease`.

use std::io;
use std::time::Instant;

use heldby_mm::{MmapLocked, lock_vma_under_rcu, mmap_read_lock};

use crate::cli::FaultLock;
use crate::generate::next_random;
use crate::job::Job;
use crate::lease::Shared;
use crate::page::{PAGE, Page, ZEROS, checksum};
use crate::tally::Latency;

/// Pages that are touched under one lease.
const BURST: usize = 16;

/// Reads pages until the load is over.
pub(crate) fn run(job: &Job, seed: u64) {
    let mut toucher = Toucher {
        job,
        dice: seed,
        latency: Latency::new(),
    };
    job.attempt("toucher", || toucher.run());
    job.tally.add_latency(&toucher.latency);
}

struct Toucher<'a> {
    job: &'a Job,
    dice: u64,
    latency: Latency,
}

/// How a touch went.
enum Touch {
    /// The page was there.
    Resident,
    /// A pager had to bring it.
    Faulted,
}

impl Toucher<'_> {
    fn run(&mut self) -> io::Result<()> {
        while !self.job.stopped() {
            let region = self.roll(self.job.layout.regions());
            match self.job.lease(region).share() {
                Some(share) => self.burst(region, &share)?,
                // A churner has it; there is another region to touch, or nothing to do.
                None => heldby::thread::yield_now(),
            }
        }
        Ok(())
    }

    /// Touches some pages; one that was there is dropped afterwards, so that it faults next time.
    fn burst(&mut self, region: usize, share: &Shared<'_>) -> io::Result<()> {
        let range = self.job.addresses(region, share.tenant);
        for _ in 0..BURST {
            let offset = self.roll(share.tenant.pages);
            let address = range.start + offset * PAGE;
            match self.touch(address, share.tenant.first_page + offset)? {
                Touch::Resident => evict(self.job, address)?,
                Touch::Faulted => {}
            }
        }
        Ok(())
    }

    /// Reads the page at `address`, where page `index` of the snapshot must be.
    fn touch(&mut self, address: usize, index: usize) -> io::Result<Touch> {
        let mut page: Page = ZEROS;
        let (residency, number) = self.job.residency(address);
        let before = residency.installs(number);
        let asked = Instant::now();
        self.job.touch(address, &mut page);
        let waited = asked.elapsed();
        let faulted = residency.installs(number) != before;
        if checksum(&page) != self.job.snapshot.checksum(index) && !self.job.failed() {
            let wrong = format!("{address:#x} does not show page {index} of the snapshot");
            return Err(io::Error::other(wrong));
        }
        if faulted {
            self.latency.record(waited);
        }
        Ok(if faulted {
            Touch::Faulted
        } else {
            Touch::Resident
        })
    }

    fn roll(&mut self, sides: usize) -> usize {
        (next_random(&mut self.dice) % sides as u64) as usize
    }
}

/// Drops a page of a VMA that one of its locks keeps stable, as madvise(MADV_DONTNEED) does.
fn evict(job: &Job, address: usize) -> io::Result<()> {
    match job.fault_lock {
        FaultLock::Vma => match lock_vma_under_rcu(&job.mm, address) {
            Some(_vma) => job.evict(address),
            // Somebody writes to the VMA; the page may as well stay.
            None => Ok(()),
        },
        FaultLock::Mmap => {
            let mm = mmap_read_lock(&job.mm);
            debug_assert!(
                mm.vma_lookup(address).is_some(),
                "our lease keeps {address:#x} mapped"
            );
            job.evict(address)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::sample;
    use crate::pager;

    /// Touches until the load ends, with one pager at work.
    fn touch_until_stopped(job: &Job) {
        heldby::thread::scope(|scope| {
            scope.spawn(|| pager::run(job));
            run(job, 0);
            job.backend.end();
        });
    }

    #[test]
    fn a_page_of_another_tenant_fails_the_run() {
        let job = sample(FaultLock::Vma);
        for region in 0..job.layout.regions() {
            let revoked = job.lease(region).revoke().expect("nobody has it");
            revoked.grant(job.layout.slice((region + 1) % job.layout.regions()));
        }
        touch_until_stopped(&job);
        assert!(job.failed());
    }

    #[test]
    fn the_right_pages_do_not() {
        for lock in [FaultLock::Vma, FaultLock::Mmap] {
            let job = sample(lock);
            heldby::thread::scope(|scope| {
                scope.spawn(|| touch_until_stopped(&job));
                while job.tally.evictions.get() < 100 && !job.stopped() {
                    heldby::thread::yield_now();
                }
                job.stop();
            });
            assert!(!job.failed());
            assert!(job.tally.faults.get() > 0);
        }
    }
}
