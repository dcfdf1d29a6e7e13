//! The job: what all threads of a run share.
//!
//! What they do to its address space is in `mapping`.

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use heldby::sync::Mutex;
use heldby_mm::AddressSpace;

use crate::backend::{Addresses, Backend};
use crate::cli::FaultLock;
use crate::fault_queue;
use crate::forker::Canceller;
use crate::guards::Guard;
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
    /// Another address space, whose VMAs use the same memory as those of `mm`.
    pub(crate) neighbour: Mm,
    pub(crate) canceller: Canceller,
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
    guard: Guard,
}

impl Job {
    /// Makes a job in which every slice is mapped at home.
    pub(crate) fn new(
        snapshot: Snapshot,
        layout: Layout,
        backend: Box<dyn Backend>,
        fault_lock: FaultLock,
    ) -> io::Result<Self> {
        let mm = Mm::new();
        let mut job = Self {
            regions: (0..layout.regions())
                .map(|i| Region::new(&layout, i))
                .collect(),
            snapshot,
            layout,
            backend,
            fault_lock,
            neighbour: Mm::new_in(mm.pool().clone()),
            canceller: Canceller::new(),
            mm,
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

    /// All addresses that region `region` may take.
    pub(crate) fn region_addresses(&self, region: usize) -> Addresses {
        self.layout.region_addresses(self.backend.base(), region)
    }

    /// The region in which `address` lies, and the page there; `None` outside the arena.
    pub(crate) fn place(&self, address: usize) -> Option<(usize, usize)> {
        let offset = address.checked_sub(self.backend.base())?;
        (offset < self.layout.arena_bytes()).then(|| self.layout.page_at(offset))
    }

    /// Where the page at `address` is kept, and its number there.
    pub(crate) fn residency(&self, address: usize) -> (&Residency, usize) {
        let (region, page) = self.layout.page_at(address - self.backend.base());
        (&self.regions[region].residency, page)
    }

    /// The pages of region `region` that are installed.
    pub(crate) fn residency_of(&self, region: usize) -> &Residency {
        &self.regions[region].residency
    }

    /// The guard page of region `region`.
    pub(crate) fn guard_of(&self, region: usize) -> &Guard {
        &self.regions[region].guard
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
            guard: Guard::none(),
        }
    }
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
