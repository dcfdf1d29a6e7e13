//! Locks that the global allocator takes.
//!
//! The validator allocates, so it must not run on a thread that is inside the allocator with a lock
//! of it: the thread would wait for itself, or for another one that waits for the validator.
//! Nobody has to say which locks these are. The validator *probes*: it allocates and frees, and
//! what is asked for meanwhile is the allocator's. Its class passes through unseen from that moment
//! on, and so does what is locked under it. `docs/design/re-entry.md` tells why nothing hangs.
//!
//! Signals are blocked during a probe, so that no handler's lock is taken for the allocator's.

mod met;

use std::alloc::{Layout, alloc, dealloc};
use std::cell::Cell;
use std::hint::black_box;
#[cfg(unix)]
use std::mem::MaybeUninit;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::cold::in_validator;
use crate::limits::ALLOCATOR_SUSPICIONS;
use crate::map::LockMap;
use crate::sink;
use crate::task::{self, Phase, Task};
use met::{Added, Look, Met, class_of};

static MET: Met = Met::new();
/// How often a lock was asked for inside the validator, without a probe and not met yet; up to
/// [`ALLOCATOR_SUSPICIONS`] such events lead to a probe each.
static SUSPICIONS: AtomicU32 = AtomicU32::new(0);
/// How many of [`SUSPICIONS`] were followed by a probe.
static SETTLED: AtomicU32 = AtomicU32::new(0);

thread_local! {
    /// This thread probes the allocator.
    static PROBES: Cell<bool> = const { Cell::new(false) };
    /// Locks of the allocator that this thread asked for or holds, unseen.
    static INSIDE: Cell<u32> = const { Cell::new(0) };
}

/// A lock is asked for while the validator runs on this thread: by the allocator, or by the handler
/// of a signal that came in between.
///
/// Neither waits nor allocates.
pub(crate) fn asked_inside(map: &LockMap) {
    let class = class_of(map.ids());
    if PROBES.get() {
        add(class);
    } else if !MET.has(class) && SUSPICIONS.load(Ordering::Relaxed) < ALLOCATOR_SUSPICIONS {
        // Relaxed, both: a count of hints, nothing is ordered by it.
        SUSPICIONS.fetch_add(1, Ordering::Relaxed);
    }
}

/// The lock that came from `origin` is now of the class `ids`.
pub(crate) fn registered(origin: u64, ids: u64) {
    if MET.has(origin) {
        add(class_of(ids));
    }
}

fn add(class: u64) {
    match MET.add(class) {
        Added::Yes | Added::Known | Added::Full { first: false } => {}
        Added::Full { first: true } => sink::say_plainly(
            "heldby: the allocator takes locks of more than 64 classes; a lock of another one can \
             make the validator hang\n",
        ),
    }
}

/// Whether the validator keeps out of this acquire by the calling thread, whose task is `task`: a
/// lock of the allocator is asked for, or is held.
///
/// If so, the acquire is counted, and [`release`] takes it off the count.
pub(crate) fn keeps_out(task: Option<&Task>, map: &LockMap) -> bool {
    let asked_for = match MET.look(map.word()) {
        Look::NothingMet => return false,
        Look::Other => false,
        Look::Met => true,
    };
    if asked_for {
        INSIDE.set(INSIDE.get().saturating_add(1));
    }
    let out = asked_for || is_inside(task);
    if out {
        task::pass_through();
    }
    out
}

/// Whether a lock that has its class is one of the allocator's.
pub(crate) fn owns(map: &LockMap) -> bool {
    MET.has(class_of(map.ids()))
}

/// Takes a lock that passed through off the count.
pub(crate) fn release(map: &LockMap) {
    if INSIDE.get() > 0 && owns(map) {
        INSIDE.set(INSIDE.get() - 1);
    }
}

/// Whether the calling thread is inside the allocator, so that nothing may be allocated.
pub(crate) fn has_this_thread() -> bool {
    let task = match task::phase() {
        Phase::Active(task) => Some(task),
        Phase::Fresh | Phase::Busy | Phase::Sink | Phase::Off => None,
    };
    !MET.is_empty() && is_inside(task)
}

/// A lock of a met class can stand on a stack: it was pushed before, or its chain was known.
fn is_inside(task: Option<&Task>) -> bool {
    let on_stack = |task: &Task| {
        let mut held = task.held.newest_first();
        held.any(|(_, lock)| MET.has(u64::from(lock.class_word())))
    };
    INSIDE.get() > 0 || task.is_some_and(on_stack)
}

/// Looks which locks the allocator needs at this moment: takes a block of each size class and gives
/// it back. The validator runs on this thread.
pub(crate) fn probe() {
    let _probing = Probing::start();
    SIZES.for_each(|power| drop(Block::new(1 << power)));
}

/// As [`probe`], with enough blocks to empty and to fill what an allocator keeps at hand.
pub(crate) fn probe_thoroughly() {
    let _probing = Probing::start();
    for power in SIZES {
        let blocks: [_; 64] =
            std::array::from_fn(|at| (power <= 12 || at < 2).then(|| Block::new(1 << power)));
        drop(blocks);
    }
}

/// Probes again if there is a reason to. The thread must hold no lock, as it could wait for that.
pub(crate) fn settle(task: &Task) {
    // Relaxed, all: hints, nothing is ordered by them.
    let suspicions = SUSPICIONS.load(Ordering::Relaxed);
    let is_new = SETTLED.load(Ordering::Relaxed) != suspicions;
    if is_new && task.held.depth() == 0 {
        SETTLED.store(suspicions, Ordering::Relaxed);
        in_validator(probe_thoroughly);
    }
}

/// The size classes that are probed, as powers of two.
const SIZES: RangeInclusive<u32> = 4..=16;

/// A block of the global allocator.
struct Block(*mut u8, Layout);

impl Block {
    fn new(size: usize) -> Self {
        let layout = Layout::from_size_align(size, 8).expect("a power of two and an alignment");
        // SAFETY: the size is not zero.
        Self(black_box(unsafe { alloc(layout) }), layout)
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: the block came from `alloc` with this layout.
            unsafe { dealloc(self.0, self.1) }
        }
    }
}

/// A probe is on: this thread handles no signal.
struct Probing {
    #[cfg(unix)]
    signals: libc::sigset_t,
}

impl Probing {
    fn start() -> Self {
        #[cfg(unix)]
        let signals = {
            let (mut all, mut before) = (MaybeUninit::uninit(), MaybeUninit::uninit());
            // SAFETY: both sets live here; the first is filled, and the call that reads it writes
            // the second.
            unsafe {
                libc::sigfillset(all.as_mut_ptr());
                libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
                before.assume_init()
            }
        };
        PROBES.set(true);
        Self {
            #[cfg(unix)]
            signals,
        }
    }
}

impl Drop for Probing {
    fn drop(&mut self) {
        PROBES.set(false);
        #[cfg(unix)]
        // SAFETY: the set is the one that the thread had; the old one is not asked for.
        unsafe {
            libc::pthread_sigmask(libc::SIG_SETMASK, &self.signals, std::ptr::null_mut());
        }
    }
}
