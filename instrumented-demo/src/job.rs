//! The job: what all threads of a run share, and the operations on its address space.

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use heldby::sync::Mutex;
use heldby_mm::{
    AddressSpace, MmapLocked, VmFlags, VmaSpec, anon_vma_name, mmap_read_lock,
    mmap_write_downgrade, mmap_write_lock, vma_start_write,
};

use crate::backend::{Access, Addresses, Backend};
use crate::cli::FaultLock;
use crate::fault_queue;
use crate::layout::Layout;
use crate::lease::{Lease, Tenant, recover};
use crate::page::{PAGE, Page};
use crate::residency::Residency;
use crate::snapshot::Snapshot;
use crate::tally::Tally;

/// The address space of the pager, and of the bugs that are planted in it.
pub(crate) type Mm = AddressSpace<Backing>;

/// What a VMA is backed by: the snapshot, from a page on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backing {
    /// The page of the snapshot that lies at the VMA's start.
    pub(crate) first_page: usize,
}

/// Everything that pagers, touchers and churners share.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) snapshot: Snapshot,
    pub(crate) layout: Layout,
    pub(crate) backend: Box<dyn Backend>,
    pub(crate) fault_lock: FaultLock,
    pub(crate) mm: Mm,
    pub(crate) tally: Tally,
    regions: Vec<Region>,
    /// Says that the load is over: touchers and churners end.
    stop: AtomicBool,
    troubles: Mutex<Vec<String>>,
}

/// What belongs to one region besides its VMA.
#[derive(Debug)]
struct Region {
    lease: Lease,
    residency: Residency,
}

impl Job {
    /// Makes a job in which every slice is mapped at home.
    pub(crate) fn new(
        snapshot: Snapshot,
        layout: Layout,
        backend: Box<dyn Backend>,
        fault_lock: FaultLock,
    ) -> io::Result<Self> {
        let mut job = Self {
            regions: (0..layout.regions())
                .map(|i| Region::new(&layout, i))
                .collect(),
            snapshot,
            layout,
            backend,
            fault_lock,
            mm: Mm::new(),
            tally: Tally::new(),
            stop: AtomicBool::new(false),
            troubles: Mutex::named("troubles", Vec::new()),
        };
        for region in 0..layout.regions() {
            job.map(region, layout.slice(region))?;
        }
        // What it takes to begin is not part of the load.
        job.tally = Tally::new();
        Ok(job)
    }

    /// The lease on region `region`.
    pub(crate) fn lease(&self, region: usize) -> &Lease {
        &self.regions[region].lease
    }

    /// Where `tenant` lies while it is mapped in region `region`.
    pub(crate) fn addresses(&self, region: usize, tenant: Tenant) -> Addresses {
        self.layout.addresses(self.backend.base(), region, tenant)
    }

    /// Where the page at `address` is kept, and its number there.
    pub(crate) fn residency(&self, address: usize) -> (&Residency, usize) {
        let (region, page) = self.layout.page_at(address - self.backend.base());
        (&self.regions[region].residency, page)
    }

    /// Reads the page at `address`; the caller has a share of its region, and none of the locks that
    /// a pager may wait for.
    #[track_caller]
    pub(crate) fn touch(&self, address: usize, page: &mut Page) {
        fault_queue::wait_for_pager();
        self.backend.touch(address, page);
    }

    /// Drops the page at `address`, if it is there; the caller keeps its VMA stable.
    pub(crate) fn evict(&self, address: usize) -> io::Result<()> {
        let (residency, page) = self.residency(address);
        residency.evict(page, || {
            self.tally.evictions.one();
            self.backend.evict(address..address + PAGE)
        })
    }

    /// Maps `tenant` in the empty region `region`; the caller has its lease, or nobody can yet.
    pub(crate) fn map(&self, region: usize, tenant: Tenant) -> io::Result<()> {
        let range = self.addresses(region, tenant);
        let spec = VmaSpec::new(
            range.clone(),
            Backing {
                first_page: tenant.first_page,
            },
        )
        .flags(VmFlags::VM_READ)
        .name(&format!("region {region}"));
        let mut mm = mmap_write_lock(&self.mm);
        self.backend.map(range)?;
        mm.insert(spec).map_err(io::Error::other)?;
        self.tally.maps.one();
        Ok(())
    }

    /// Unmaps `tenant` from region `region`, whose lease the caller has.
    ///
    /// The VMA is detached under the write lock; its memory goes under the read lock, as munmap does.
    pub(crate) fn unmap(&self, region: usize, tenant: Tenant) -> io::Result<()> {
        let range = self.addresses(region, tenant);
        let mut mm = mmap_write_lock(&self.mm);
        mm.remove(range.start).ok_or_else(|| no_vma(&range))?;
        let _mm = mmap_write_downgrade(mm);
        self.tally.unmaps.one();
        self.regions[region]
            .residency
            .unmap(|| self.backend.unmap(range))
    }

    /// Takes all rights away from region `region` and gives them back; the caller has its lease.
    pub(crate) fn protect(&self, region: usize, tenant: Tenant) -> io::Result<()> {
        let range = self.addresses(region, tenant);
        for (access, flags) in [
            (Access::None, VmFlags::VM_NONE),
            (Access::Read, VmFlags::VM_READ),
        ] {
            let mut mm = mmap_write_lock(&self.mm);
            let vma = mm.vma_lookup(range.start).ok_or_else(|| no_vma(&range))?;
            vma_start_write(&mut mm, vma).set_flags(flags);
            self.backend.protect(range.clone(), access)?;
            self.tally.protects.one();
        }
        Ok(())
    }

    /// Renames what is mapped in region `region`, if anything is.
    ///
    /// No lease is needed: the pages stay. So pagers meet a write-locked VMA here, and wait for it.
    pub(crate) fn rename(&self, region: usize, name: &str) {
        let start = self.addresses(region, self.layout.slice(region)).start;
        let mut mm = mmap_write_lock(&self.mm);
        if let Some(vma) = mm.vma_lookup(start) {
            vma_start_write(&mut mm, vma).set_name(Some(name));
            self.tally.renames.one();
        }
    }

    /// Reads all names, as `/proc/pid/maps` does; returns how many VMAs have one.
    pub(crate) fn list(&self) -> usize {
        let mm = mmap_read_lock(&self.mm);
        self.tally.listings.one();
        mm.vmas()
            .iter()
            .filter(|vma| anon_vma_name(*vma).is_some())
            .count()
    }

    /// Whether the load is over.
    pub(crate) fn stopped(&self) -> bool {
        // Relaxed: it is only a wish; what threads did is ordered by their joins.
        self.stop.load(Ordering::Relaxed)
    }

    /// Ends the load.
    pub(crate) fn stop(&self) {
        // Relaxed: as in `stopped`.
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Notes that the run has failed, says so, and ends the load.
    pub(crate) fn fail(&self, trouble: String) {
        eprintln!("instrumented-demo: {trouble}");
        recover(self.troubles.lock()).push(trouble);
        self.stop();
    }

    /// Whether the run has failed.
    pub(crate) fn failed(&self) -> bool {
        !recover(self.troubles.lock()).is_empty()
    }

    /// Runs a piece of a thread's work; an error or a panic of it fails the run, not the process.
    ///
    /// The validator panics in the thread that it found out. Its guards unwind, and the peers that
    /// wait for them go on.
    pub(crate) fn attempt(&self, who: &str, work: impl FnOnce() -> io::Result<()>) {
        match catch_unwind(AssertUnwindSafe(work)) {
            Ok(Ok(())) => {}
            Ok(Err(error)) => self.fail(format!("the {who} failed: {error}")),
            Err(payload) => self.fail(format!("the {who} panicked: {}", panic_line(&*payload))),
        }
    }
}

impl Region {
    /// Makes region `index`, where its own slice is at home.
    fn new(layout: &Layout, index: usize) -> Self {
        Self {
            lease: Lease::new(layout.slice(index)),
            residency: Residency::new(layout.region_pages()),
        }
    }
}

fn no_vma(range: &Addresses) -> io::Error {
    io::Error::other(format!(
        "no VMA starts at {:#x}, though its lease is ours",
        range.start
    ))
}

/// The first line of what a thread panicked with.
fn panic_line(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
    text.and_then(|text| text.lines().next())
        .unwrap_or("with no message")
}

/// A job of 1 MiB in software, for tests.
#[cfg(test)]
pub(crate) fn sample(lock: FaultLock) -> Job {
    use crate::backend;
    use crate::cli::BackendChoice;
    use crate::source::Source;

    let mut source = Source::open(None, 1).expect("the folder for temporary files is writable");
    let snapshot = Snapshot::pack(&mut source).expect("it was just written");
    let layout = Layout::new(snapshot.pages());
    let backend = backend::open(BackendChoice::Software, layout.arena_bytes());
    Job::new(
        snapshot,
        layout,
        backend.expect("software is never refused"),
        lock,
    )
    .expect("memory never refuses")
}
