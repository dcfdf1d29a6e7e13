//! The arena: regions of pages in software, what they are backed by, and how a fault is served.

use heldby_mm::{
    AddressSpace, MmapLocked, VmFlags, VmaRef, VmaSpec, lock_vma_under_rcu, mmap_read_lock,
    mmap_write_lock, vma_assert_stabilised,
};
use parking_lot::Mutex;

pub(crate) const PAGE: usize = 4096;
pub(crate) type Page = [u8; PAGE];

/// Pages of a region, which is one VMA.
const REGION_PAGES: usize = 64;
const REGION_BYTES: usize = REGION_PAGES * PAGE;

/// Regions that faults are raised in.
pub(crate) const FAULTED: usize = 16;
/// Regions that the churner maps and unmaps, behind the others.
pub(crate) const CHURNED: usize = 8;

/// Where the arena is said to start; nothing is there, addresses are only names.
const BASE: usize = 0x1000_0000;

/// The lock that keeps a VMA stable while a fault on it is served.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FaultLock {
    /// The VMA's own read lock; the mmap lock only where that is refused.
    Vma,
    /// The mmap read lock.
    Mmap,
}

/// The address of a page at random, in a region that faults are raised in.
pub(crate) fn any_page(dice: &mut u64) -> usize {
    // Marsaglia, "Xorshift RNGs", 2003.
    *dice ^= *dice << 13;
    *dice ^= *dice >> 7;
    *dice ^= *dice << 17;
    BASE + *dice as usize % (FAULTED * REGION_PAGES) * PAGE
}

/// What a VMA is backed by: the snapshot, from a page on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backing {
    first_page: usize,
}

pub(crate) struct Arena {
    pub(crate) mm: AddressSpace<Backing>,
    snapshot: Vec<Page>,
    frames: Vec<Mutex<Frame>>,
}

/// One page of the arena; its lock is the innermost one, as the page-table lock is in the kernel.
pub(crate) struct Frame {
    page: Page,
    readable: bool,
}

impl Arena {
    /// Makes an arena in which every region is mapped.
    pub(crate) fn new() -> Self {
        let frame = |_| {
            Mutex::new(Frame {
                page: [0; PAGE],
                readable: true,
            })
        };
        let this = Self {
            mm: AddressSpace::new(),
            snapshot: (0..FAULTED * REGION_PAGES)
                .map(|page| [page as u8; PAGE])
                .collect(),
            frames: (0..(FAULTED + CHURNED) * REGION_PAGES).map(frame).collect(),
        };
        let mut mmap = mmap_write_lock(&this.mm);
        for region in 0..FAULTED + CHURNED {
            mmap.insert(this.spec(region)).expect("the arena is empty");
        }
        drop(mmap);
        this
    }

    /// Where region `region` lies.
    pub(crate) fn start(region: usize) -> usize {
        BASE + region * REGION_BYTES
    }

    /// Region `region`, as it is mapped.
    pub(crate) fn spec(&self, region: usize) -> VmaSpec<Backing> {
        let start = Self::start(region);
        let backing = Backing {
            first_page: region % FAULTED * REGION_PAGES,
        };
        VmaSpec::new(start..start + REGION_BYTES, backing).flags(VmFlags::VM_READ)
    }

    /// Serves a fault at `address`; `page` is where it is unpacked.
    pub(crate) fn serve(&self, lock: FaultLock, address: usize, page: &mut Page) {
        match lock {
            FaultLock::Vma => match lock_vma_under_rcu(&self.mm, address) {
                Some(vma) => self.fill(vma.vma(), *vma.backing(), address, page),
                None => self.serve_under_mmap_lock(address, page),
            },
            FaultLock::Mmap => self.serve_under_mmap_lock(address, page),
        }
    }

    fn serve_under_mmap_lock(&self, address: usize, page: &mut Page) {
        let mmap = mmap_read_lock(&self.mm);
        let vma = mmap.vma_lookup(address).expect("nobody unmaps it");
        self.fill(vma, *mmap.backing(vma), address, page);
    }

    /// Unpacks a page and installs it; the caller keeps `vma` stable by either lock.
    fn fill(&self, vma: VmaRef<'_, Backing>, backing: Backing, address: usize, page: &mut Page) {
        vma_assert_stabilised(&vma);
        let index = backing.first_page + (address - vma.range().start) / PAGE;
        // In place of the decompression.
        page.copy_from_slice(&self.snapshot[index]);
        self.frame(address).lock().page = *page;
    }

    /// Drops the pages of `region` and clears them, since a page is never handed out as it was.
    pub(crate) fn zap(&self, region: usize) {
        self.frames_of(region)
            .for_each(|frame| frame.lock().page.fill(0));
    }

    /// Changes what may be done with the pages of `region`.
    pub(crate) fn protect(&self, region: usize, readable: bool) {
        self.frames_of(region)
            .for_each(|frame| frame.lock().readable = readable);
    }

    /// Writes to the page at `address`, as whoever mapped it would.
    pub(crate) fn write(&self, address: usize) {
        let mut frame = self.frame(address).lock();
        assert!(frame.readable, "the churner has made it readable again");
        frame.page.fill(1);
    }

    fn frame(&self, address: usize) -> &Mutex<Frame> {
        &self.frames[(address - BASE) / PAGE]
    }

    fn frames_of(&self, region: usize) -> impl Iterator<Item = &Mutex<Frame>> {
        let first = region * REGION_PAGES;
        self.frames[first..first + REGION_PAGES].iter()
    }
}
