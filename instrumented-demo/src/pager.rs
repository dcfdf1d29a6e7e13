//! The pager: serves faults.
//!
//! It finds the VMA of the fault, keeps it stable by *one* of its two locks, unpacks the page from
//! the VMA's backing and installs it.
//! It never touches the arena itself: it would wait for itself.

use std::io;

use heldby_mm::{MmapLocked, VmaRef, anon_vma_name, lock_vma_under_rcu, mmap_read_lock};

use crate::backend::{Contents, Fill, Next};
use crate::cli::FaultLock;
use crate::fault_queue::Serving;
use crate::job::{Backing, Job};
use crate::page::{PAGE, Page, ZEROS};
use crate::residency::Install;
use crate::snapshot::Unpacked;

/// Serves faults until the run is over.
///
/// A fault that cannot be served fails the run, but the pager goes on: somebody waits for it.
pub(crate) fn run(job: &Job) {
    let mut page = ZEROS;
    while let Next::Fault(address) = job.backend.next_fault() {
        job.tally.faults.one();
        let _serving = Serving::begin();
        let mut fault = Fault {
            job,
            address,
            state: State::Unserved,
        };
        job.attempt("pager", || fault.serve(&mut page));
    }
}

/// A fault that this pager has taken from the queue.
///
/// A fault is never lost: see its drop.
struct Fault<'a> {
    job: &'a Job,
    address: usize,
    state: State,
}

/// How far a fault got.
#[derive(Clone, Copy)]
enum State {
    /// Nothing was installed; after a panic it stays so.
    Unserved,
    /// The page is there.
    Served,
    /// It cannot be served.
    Refused,
}

impl Fault<'_> {
    fn serve(&mut self, page: &mut Page) -> io::Result<()> {
        let filled = match self.job.fault_lock {
            FaultLock::Vma => self.serve_under_vma_lock(page),
            FaultLock::Mmap => self.serve_under_mmap_lock(page),
        };
        self.state = if filled.is_ok() {
            State::Served
        } else {
            State::Refused
        };
        filled
    }

    fn serve_under_vma_lock(&self, page: &mut Page) -> io::Result<()> {
        if let Some(vma) = lock_vma_under_rcu(&self.job.mm, self.address) {
            return self.fill(vma.vma(), *vma.backing(), page);
        }
        self.job.tally.fallbacks.one();
        self.serve_under_mmap_lock(page)
    }

    /// Finds no VMA if the fault is stale: two touchers missed one page, one fill woke both, and
    /// they and their region were gone before this pager came to the second fault.
    fn serve_under_mmap_lock(&self, page: &mut Page) -> io::Result<()> {
        let mm = mmap_read_lock(&self.job.mm);
        let Some(vma) = mm.vma_lookup(self.address) else {
            self.job.tally.stale.one();
            return Ok(());
        };
        self.fill(vma, *mm.backing(vma), page)
    }

    /// Installs the page from `backing`; the caller keeps `vma` stable by either lock.
    fn fill(&self, vma: VmaRef<'_, Backing>, backing: Backing, page: &mut Page) -> io::Result<()> {
        if anon_vma_name(&vma).is_none() {
            return Err(io::Error::other(format!("the VMA {vma} has no name")));
        }
        let index = backing.first_page + (self.address - vma.range().start) / PAGE;
        let contents = match self.job.snapshot.unpack(index, page) {
            Unpacked::Hole => Contents::Zeros,
            Unpacked::Page => Contents::Page(page),
        };
        let (residency, page) = self.job.residency(self.address);
        match residency.install(page, || self.install(vma, contents))? {
            Install::Done => {}
            Install::Needless => {
                // Nobody should wait for a page that is there; waking nobody is harmless.
                self.job.backend.wake(self.address);
                self.job.tally.stale.one();
            }
        }
        Ok(())
    }

    fn install(&self, vma: VmaRef<'_, Backing>, contents: Contents<'_>) -> io::Result<()> {
        if let Contents::Zeros = contents {
            self.job.tally.holes.one();
        }
        loop {
            match self.job.backend.fill(self.address, contents)? {
                Fill::Installed => return Ok(()),
                Fill::AlreadyThere => {
                    self.job.tally.already_there.one();
                    return Ok(());
                }
                Fill::Again => {
                    self.job.tally.again.one();
                    heldby::thread::yield_now();
                }
                Fill::Gone => {
                    let gone = format!("nothing is mapped at {:#x} of the VMA {vma}", self.address);
                    return Err(io::Error::other(gone));
                }
            }
        }
    }
}

impl Drop for Fault<'_> {
    fn drop(&mut self) {
        match self.state {
            // The toucher's load faults again, and is served by a pager that does not panic.
            State::Unserved => self.job.backend.wake(self.address),
            State::Served => {}
            // The run has failed; nobody shall wait for a page any more.
            State::Refused => self.job.backend.abandon(),
        }
    }
}

#[cfg(test)]
mod tests {
    use heldby_mm::{mmap_write_lock, vma_start_write};

    use super::*;
    use crate::job::sample;

    fn serve(job: &Job, address: usize) -> io::Result<()> {
        Fault {
            job,
            address,
            state: State::Unserved,
        }
        .serve(&mut [0; PAGE])
    }

    /// The backend is the judge of the locks: it knows what is really mapped.
    #[test]
    fn a_page_for_an_unmapped_region_is_refused() {
        for lock in [FaultLock::Vma, FaultLock::Mmap] {
            let job = sample(lock);
            let range = job.addresses(0, job.layout.slice(0));
            serve(&job, range.start).expect("it is mapped");
            job.evict(range.start).expect("memory never refuses");
            job.backend
                .unmap(range.clone())
                .expect("memory never refuses");
            let error = serve(&job, range.start).expect_err("nothing is mapped");
            assert!(
                error.to_string().contains("nothing is mapped at"),
                "{error}"
            );

            mmap_write_lock(&job.mm)
                .remove(range.start)
                .expect("the VMA is there");
            serve(&job, range.start).expect("a stale fault is nobody's fault");
            assert_eq!(job.tally.stale.get(), 1);
        }
    }

    #[test]
    fn a_fault_on_a_write_locked_vma_waits_for_the_mmap_lock() {
        let job = sample(FaultLock::Vma);
        let start = job.addresses(0, job.layout.slice(0)).start;
        let mut mm = mmap_write_lock(&job.mm);
        let vma = mm.vma_lookup(start).expect("it is mapped");
        vma_start_write(&mut mm, vma);
        heldby::thread::scope(|scope| {
            let pager = scope.spawn(|| serve(&job, start));
            while job.tally.fallbacks.get() == 0 {
                heldby::thread::yield_now();
            }
            assert!(!pager.is_finished());
            drop(mm);
            pager
                .join()
                .expect("it does not panic")
                .expect("it is mapped");
        });
    }
}
