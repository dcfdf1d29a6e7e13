//! The pager: serves faults.
//!
//! It finds the VMA of the fault, keeps it stable by *one* of its two locks, unpacks the page from
//! the VMA's backing and installs it.
//! It never touches the arena itself: it would wait for itself.

use std::io;
use std::sync::atomic::Ordering;

use heldby_mm::{MmapLocked, Vma, anon_vma_name, lock_vma_under_rcu, mmap_read_lock};

use crate::backend::{Contents, Fill, Next};
use crate::cli::FaultLock;
use crate::job::{Backing, Job};
use crate::page::{PAGE, Page, ZEROS};
use crate::snapshot::Unpacked;

/// Serves faults until the run is over.
///
/// A fault that cannot be served fails the run, but the pager goes on: somebody waits for it.
pub(crate) fn run(job: &Job) {
    let mut page = ZEROS;
    while let Next::Fault(address) = job.backend.next_fault() {
        job.tally.faults.one();
        job.attempt("pager", || {
            Fault {
                job,
                address,
                served: false,
            }
            .serve(&mut page)
        });
    }
}

/// A fault that this pager has taken from the queue.
///
/// Dropped before it is served, as by a panic, it wakes its toucher, whose load faults again: a
/// fault is never lost.
struct Fault<'a> {
    job: &'a Job,
    address: usize,
    served: bool,
}

impl Fault<'_> {
    fn serve(mut self, page: &mut Page) -> io::Result<()> {
        let filled = match self.job.fault_lock {
            FaultLock::Vma => self.serve_under_vma_lock(page),
            FaultLock::Mmap => self.serve_under_mmap_lock(page),
        };
        if filled.is_err() {
            self.job.backend.abandon();
        }
        self.served = filled.is_ok();
        filled
    }

    fn serve_under_vma_lock(&self, page: &mut Page) -> io::Result<()> {
        if let Some(vma) = lock_vma_under_rcu(&self.job.mm, self.address) {
            return self.fill(&vma, *vma.backing(), page);
        }
        self.job.tally.fallbacks.one();
        self.serve_under_mmap_lock(page)
    }

    fn serve_under_mmap_lock(&self, page: &mut Page) -> io::Result<()> {
        let mm = mmap_read_lock(&self.job.mm);
        let vma = mm.vma_lookup(self.address).ok_or_else(|| {
            io::Error::other(format!("{:#x} was touched where no VMA is", self.address))
        })?;
        self.fill(&vma, *mm.backing(&vma), page)
    }

    /// Installs the page from `backing`; the caller keeps `vma` stable by either lock.
    fn fill(&self, vma: &Vma<Backing>, backing: Backing, page: &mut Page) -> io::Result<()> {
        if anon_vma_name(vma).is_none() {
            return Err(io::Error::other(format!("the VMA {vma} has no name")));
        }
        let index = backing.first_page + (self.address - vma.range().start) / PAGE;
        let contents = match self.job.snapshot.unpack(index, page) {
            Unpacked::Hole => Contents::Zeros,
            Unpacked::Page => Contents::Page(page),
        };
        self.count(contents);
        self.install(vma, contents)
    }

    /// Counts the fill before it wakes the toucher, who tells by it that it has waited.
    fn count(&self, contents: Contents<'_>) {
        if let Contents::Zeros = contents {
            self.job.tally.holes.one();
        }
        // Release: partner of the toucher's Acquire load.
        self.job.fills(self.address).fetch_add(1, Ordering::Release);
    }

    fn install(&self, vma: &Vma<Backing>, contents: Contents<'_>) -> io::Result<()> {
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
        if !self.served {
            self.job.backend.wake(self.address);
        }
    }
}
