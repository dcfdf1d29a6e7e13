//! Holds to build up and asserts to ask, shared by the table tests.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;

use heldby_mm::*;

pub(crate) const START: usize = 0x1000;
pub(crate) const PAGE: usize = 0x1000;
pub(crate) type Mm = AddressSpace<u32>;

/// What a thread holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    Nothing,
    MmapRead,
    MmapWrite,
    VmaRead,
    VmaWrite,
}

pub(crate) const HOLDS: [Hold; 5] = [
    Hold::Nothing,
    Hold::MmapRead,
    Hold::MmapWrite,
    Hold::VmaRead,
    Hold::VmaWrite,
];

impl Hold {
    /// Whether another thread can hold `other` meanwhile.
    pub(crate) fn allows(self, other: Hold) -> bool {
        use Hold::*;
        !matches!(
            (self, other),
            (MmapRead | MmapWrite | VmaWrite, MmapWrite | VmaWrite)
                | (MmapWrite | VmaWrite, MmapRead)
                | (VmaRead, VmaWrite)
                | (VmaWrite, VmaRead)
        )
    }

    /// Runs `body` while the calling thread holds this.
    pub(crate) fn during(self, mm: &Mm, body: impl FnOnce()) {
        match self {
            Hold::Nothing => body(),
            Hold::MmapRead => {
                let _mmap = mmap_read_lock(mm);
                body();
            }
            Hold::MmapWrite => {
                let _mmap = mmap_write_lock(mm);
                body();
            }
            Hold::VmaRead => {
                let _vma = lock_vma_under_rcu(mm, START).expect("no writer is there");
                body();
            }
            Hold::VmaWrite => {
                let mut mmap = mmap_write_lock(mm);
                let vma = mmap.vma_lookup(START).expect("it is mapped");
                vma_start_write(&mut mmap, vma);
                body();
            }
        }
    }
}

/// Makes an address space with one VMA a page from [`START`] on for each backing.
pub(crate) fn space<B>(backings: impl IntoIterator<Item = B>) -> AddressSpace<B> {
    let mm = AddressSpace::new();
    let mut mmap = mmap_write_lock(&mm);
    for (nth, backing) in backings.into_iter().enumerate() {
        let start = START + nth * PAGE;
        mmap.insert(VmaSpec::new(start..start + PAGE, backing))
            .expect("they do not overlap");
    }
    drop(mmap);
    mm
}

/// Whether the VMA at `addr` can be read-locked now.
pub(crate) fn is_lockable<B>(mm: &AddressSpace<B>, addr: usize) -> bool {
    lock_vma_under_rcu(mm, addr).is_some()
}

/// Makes an address space with one VMA, named `heap`, at [`START`].
pub(crate) fn one_vma() -> Mm {
    let mm = Mm::new();
    let spec = VmaSpec::new(START..START + PAGE, 7).name("heap");
    mmap_write_lock(&mm)
        .insert(spec)
        .expect("the address space is empty");
    mm
}

/// Whether `assert` raises an alarm while this thread holds `mine` and another one `others`.
pub(crate) fn alarms(mine: Hold, others: Hold, assert: fn(&Mm, VmaRef<'_, u32>)) -> bool {
    let (mut panicked, mut reported) = (false, false);
    let scenario = || {
        let mm = one_vma();
        let vma = mm.vma_lookup_unlocked(START).expect("it is mapped");
        let (ready, is_ready) = mpsc::channel();
        // Dropped at the end, and by a panic too, so that the other thread always ends.
        let (stay, is_over) = mpsc::channel::<()>();
        heldby::thread::scope(|scope| {
            let (mm, stay) = (&mm, stay);
            scope.spawn(move || {
                others.during(mm, || {
                    ready.send(()).expect("somebody waits for it");
                    is_over.recv().expect_err("nothing is ever sent");
                });
            });
            is_ready.recv().expect("the other thread has its hold");
            mine.during(mm, || {
                panicked = catch_unwind(AssertUnwindSafe(|| assert(mm, vma))).is_err();
            });
            drop(stay);
        });
    };
    run(scenario, &mut reported);
    panicked || reported
}

#[cfg(feature = "validate")]
fn run(scenario: impl FnOnce(), reported: &mut bool) {
    *reported = !heldby::test::check(scenario).is_empty();
}

#[cfg(not(feature = "validate"))]
fn run(scenario: impl FnOnce(), _reported: &mut bool) {
    scenario();
}
