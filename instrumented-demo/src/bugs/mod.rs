//! The planted bugs: each is committed in a small file whose head is the report that it must produce.
//!
//! The head holds the first report as it is without stacks (`HELDBY_STACKS=off`), since their depth
//! depends on the optimiser.
//! None of them hangs: the policy is `panic`, so the thread that is found out panics before it would
//! block, and the validator sees from the orders alone what could happen in another run.
//! But for those of `abba`, threads do not even meet: joins and channels order them.

mod abba;
mod double_release;
mod fault_under_vma_lock;
mod forgotten_release;
mod held_at_exit;
mod rw_cycle;
mod three_locks;
mod two_vmas;
mod unstable_name;
mod vma_then_mmap;
mod wrong_owner;

use std::ops::Range;

use heldby::thread::Builder;
use heldby_mm::{VmaReadGuard, VmaRef, VmaSpec, lock_vma_under_rcu, mmap_write_lock};

use crate::job::{Backing, Mm};

/// A bug that can be planted.
#[derive(Debug)]
pub(crate) struct Bug {
    /// What it is called on the command line.
    pub(crate) name: &'static str,
    /// The code of its report.
    pub(crate) code: &'static str,
    /// What is wrong, as a fragment.
    pub(crate) summary: &'static str,
    /// Commits it; the address space is free below [`FREE_END`].
    pub(crate) commit: fn(&Mm),
}

/// Every bug there is.
pub(crate) static ALL: &[Bug] = &[
    abba::BUG,
    rw_cycle::BUG,
    vma_then_mmap::BUG,
    unstable_name::BUG,
    wrong_owner::BUG,
    three_locks::BUG,
    forgotten_release::BUG,
    double_release::BUG,
    held_at_exit::BUG,
    two_vmas::BUG,
    fault_under_vma_lock::BUG,
];

/// The names of all bugs.
pub(crate) fn names() -> Vec<&'static str> {
    ALL.iter().map(|bug| bug.name).collect()
}

/// The bug called `name`, which the command line has checked.
pub(crate) fn find(name: &str) -> &'static Bug {
    ALL.iter()
        .find(|bug| bug.name == name)
        .expect("the command line takes known names only")
}

/// Below this address no arena begins.
const FREE_END: usize = 0x3000;

/// An address range that no arena uses, for bugs that need a VMA.
const PLOT: Range<usize> = 0x1000..0x2000;

/// Maps a VMA at [`PLOT`].
fn map_plot(mm: &Mm) -> VmaRef<'_, Backing> {
    map(mm, PLOT, "plot")
}

/// Read-locks the VMA at [`PLOT`], which a fork of the address space write-locks now and then.
#[track_caller]
fn read_lock_plot(mm: &Mm) -> VmaReadGuard<'_, Backing> {
    loop {
        if let Some(vma) = lock_vma_under_rcu(mm, PLOT.start) {
            return vma;
        }
        std::thread::yield_now();
    }
}

/// Maps a VMA called `name` below [`FREE_END`].
fn map<'mm>(mm: &'mm Mm, range: Range<usize>, name: &str) -> VmaRef<'mm, Backing> {
    let spec = VmaSpec::new(range, Backing { first_page: 0 }).name(name);
    mmap_write_lock(mm)
        .insert(spec)
        .expect("nothing else is mapped there")
}

/// Runs `body` on a thread called `name`, to its end.
///
/// A panic of it is the validator's doing: it stops the thread, and nothing else.
fn on_thread(name: &str, body: impl Fn() + Sync) {
    together([(name, &body)]);
}

/// What a thread of some name does.
type Part<'a> = (&'a str, &'a (dyn Fn() + Sync));

/// Runs each part on a thread of its own, all at once, to their ends; as [`on_thread`].
fn together<const PARTS: usize>(parts: [Part<'_>; PARTS]) {
    heldby::thread::scope(|scope| {
        let threads = parts.map(|(name, body)| {
            let thread = Builder::new().name(name.to_owned());
            thread
                .spawn_scoped(scope, body)
                .expect("the system has room for one more thread")
        });
        for thread in threads {
            let _ = thread.join();
        }
    });
}
