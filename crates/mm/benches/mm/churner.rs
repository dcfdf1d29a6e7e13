//! The churner: holds the mmap write lock half the time, and changes regions that no fault is in.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use heldby_mm::{MmapLocked, MmapWriteGuard, VmFlags, mmap_write_lock, vma_start_write};

use crate::arena::{Arena, Backing, CHURNED, FAULTED, PAGE};
use crate::rounds::Span;

/// How long the churner holds the mmap write lock at a time: as long as it takes to unmap, map or
/// protect a few MiB.
const SECTION: Duration = Duration::from_micros(250);

/// What the churner has done.
pub(crate) struct Churned {
    pub(crate) span: Span,
    /// For how long it held the mmap write lock.
    pub(crate) held: Duration,
}

/// Changes regions until `stop`.
///
/// After each time it works without the lock, on the memory that it has mapped, until it has been
/// without it for as long, the wait for it included. It never sleeps, whatever lock the pagers use.
pub(crate) fn run(arena: &Arena, stop: &AtomicBool) -> Churned {
    let since = Instant::now();
    let mut held = Duration::ZERO;
    let mut regions = (FAULTED..FAULTED + CHURNED).cycle();
    // Relaxed: it is only a wish.
    while !stop.load(Ordering::Relaxed) {
        let asked = Instant::now();
        let mmap = mmap_write_lock(&arena.mm);
        let waited = asked.elapsed();
        let section = write_section(arena, mmap, &mut regions);
        held += section;
        work_for(arena, section.saturating_sub(waited));
    }
    let span = Span::since(since);
    Churned { span, held }
}

/// Replaces region after region and releases the mmap write lock; returns for how long it was held.
fn write_section(
    arena: &Arena,
    mut mmap: MmapWriteGuard<'_, Backing>,
    regions: &mut impl Iterator<Item = usize>,
) -> Duration {
    let acquired = Instant::now();
    while acquired.elapsed() < SECTION {
        let region = regions.next().expect("they are endless");
        replace(arena, &mut mmap, region);
    }
    drop(mmap);
    acquired.elapsed()
}

/// Unmaps `region`, maps it again, and takes and gives the right to read it.
fn replace(arena: &Arena, mmap: &mut MmapWriteGuard<'_, Backing>, region: usize) {
    let start = Arena::start(region);
    drop(mmap.remove(start).expect("the churner has mapped it"));
    arena.zap(region);
    mmap.insert(arena.spec(region))
        .expect("it was just unmapped");
    for (flags, readable) in [(VmFlags::VM_NONE, false), (VmFlags::VM_READ, true)] {
        let vma = mmap.vma_lookup(start).expect("it was just mapped");
        vma_start_write(mmap, vma).set_flags(flags);
        arena.protect(region, readable);
    }
}

/// Writes to the churner's pages for as long as `span`.
fn work_for(arena: &Arena, span: Duration) {
    let released = Instant::now();
    let pages = Arena::start(FAULTED)..Arena::start(FAULTED + CHURNED);
    let mut pages = pages.step_by(PAGE).cycle();
    while released.elapsed() < span {
        arena.write(pages.next().expect("they are endless"));
    }
}
