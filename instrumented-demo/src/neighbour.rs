//! The neighbour: a small address space that uses the same memory for its VMAs, and changes all the
//! time.
//!
//! A VMA that the job unmaps is one of the neighbour's at once, and the other way round. So whoever
//! has looked one up meets another owner's VMA, and must leave it.

use std::io;

use heldby_mm::{
    MmapLocked, VmFlags, VmaSpec, anon_vma_name, lock_vma_under_rcu, mmap_write_downgrade,
    mmap_write_lock, vma_start_write,
};

use crate::backend::Addresses;
use crate::generate::next_random;
use crate::job::{Backing, Job, Mm};
use crate::page::PAGE;

/// Its VMAs, of one page each.
const LOTS: usize = 4;

/// Where they lie.
const BASE: usize = 0x1000_0000;

/// Backings that no snapshot has, so that nobody mistakes one for a page of it.
const FIRST_PAGE: usize = usize::MAX / 2;

/// Maps and unmaps until the load is over.
pub(crate) fn run(job: &Job, seed: u64) {
    let mut dice = seed;
    job.attempt("neighbour", || {
        while !job.stopped() {
            let lot = roll(&mut dice);
            // Two write sections, so that somebody else can take the memory in between.
            drop(mmap_write_lock(&job.neighbour).remove(addresses(lot).start));
            map(&job.neighbour, lot)?;
            job.tally.neighbour.one();
            heldby::thread::yield_now();
        }
        Ok(())
    });
}

/// Maps a lot, writes to all others, and reads the names under the same lock, downgraded.
fn map(mm: &Mm, lot: usize) -> io::Result<()> {
    let mut mm = mmap_write_lock(mm);
    mm.insert(spec(lot)).map_err(io::Error::other)?;
    for vma in mm.vmas() {
        vma_start_write(&mut mm, vma).set_flags(VmFlags::VM_READ);
    }
    let mm = mmap_write_downgrade(mm);
    match mm.vmas().iter().find(|vma| anon_vma_name(*vma).is_none()) {
        None => Ok(()),
        Some(nameless) => Err(io::Error::other(format!(
            "the neighbour's VMA {nameless} has no name"
        ))),
    }
}

/// Looks at one of its VMAs, if nobody writes to it; it must show what is the neighbour's.
pub(crate) fn look(job: &Job, dice: &mut u64) -> io::Result<()> {
    let lot = roll(dice);
    let Some(vma) = lock_vma_under_rcu(&job.neighbour, addresses(lot).start) else {
        return Ok(());
    };
    let shown = vma.backing().first_page;
    if shown == FIRST_PAGE + lot {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "lot {lot} of the neighbour shows page {shown}"
    )))
}

fn spec(lot: usize) -> VmaSpec<Backing> {
    let first_page = FIRST_PAGE + lot;
    VmaSpec::new(addresses(lot), Backing { first_page })
        .flags(VmFlags::VM_READ)
        .name(&format!("lot {lot}"))
}

fn addresses(lot: usize) -> Addresses {
    let start = BASE + lot * PAGE;
    start..start + PAGE
}

fn roll(dice: &mut u64) -> usize {
    (next_random(dice) % LOTS as u64) as usize
}
