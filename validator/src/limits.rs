//! Every capacity of the engine: its unit, why it is what it is, and what happens past it.

use std::time::Duration;

use std::sync::atomic::{AtomicBool, Ordering};

use crate::sink;

/// Says once in the process that a capacity was passed, and what is not checked from then on.
#[derive(Debug)]
pub(crate) struct Passed(AtomicBool);

impl Passed {
    pub(crate) const fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Never called with the graph locked, since it writes.
    pub(crate) fn say(&self, text: &str) {
        // Relaxed: nothing is ordered by it.
        if !self.0.swap(true, Ordering::Relaxed) {
            sink::say(text);
        }
    }
}

/// Held locks that live inside a [`Task`](crate::task::Task); more go to heap blocks.
///
/// Past it an acquire takes the slow path, and nothing else changes.
pub(crate) const INLINE_HELD: usize = 64;

/// Locks below a wanted one that are looked at without an allocation.
///
/// Past it there is one, which the search of a graph of so many dependencies outweighs.
pub(crate) const FEW_HELD: usize = 4;

/// Chain keys that the cache of a task has room for at first, a power of two; 4 KiB a thread.
///
/// Past it a key is found in the table that all tasks of a validator share, and the cache grows.
pub(crate) const TASK_CHAINS: usize = 512;

/// How many times as many keys the cache of a task has room for when it grows, a power of two.
pub(crate) const TASK_CHAINS_GROWTH: usize = 4;

/// Chain keys that the cache of a task grows to in such steps; 256 KiB for a thread that walks thousands
/// of chains.
///
/// Past it the less recent of three keys in each other's way is looked up again.
pub(crate) const MAX_TASK_CHAINS: usize = TASK_CHAINS * TASK_CHAINS_GROWTH.pow(3);

/// Chain keys that all tasks of a validator share, a power of two; 512 KiB, touched as it fills.
///
/// A chain has eight places in it. When all are taken one is overwritten, and its chain is validated
/// again when it comes back.
pub(crate) const SHARED_CHAINS: usize = 1 << 16;

/// Heap blocks of held locks that a task can have; each doubles what there is.
///
/// They hold 2^25 locks; what is taken past that passes through unseen.
pub(crate) const SPILL_BLOCKS: usize = 19;

/// Frames that are captured of a stack, the facade's few among them.
pub(crate) const STACK_FRAMES: usize = 14;

/// Host frames of a stack that a report carries.
pub(crate) const REPORT_FRAMES: usize = 8;

/// Subclasses that a class can have, as in lockdep.
///
/// A higher number is taken as the highest one.
pub(crate) const SUBCLASSES: u32 = 8;

/// How long a wait for an event lasts before a cycle through it is taken as a deadlock.
///
/// A wait that ends is over in milliseconds, even on a loaded machine; one that does not can wait a
/// second longer for its report. Until then the cycle is pending.
pub(crate) const LONG_WAIT: Duration = Duration::from_secs(1);

/// The shortest and the longest time between two looks of the watchdog, which else looks four times
/// within its limit.
///
/// A limit below four times the shorter one is told later than asked for. A ring is told within three
/// looks after the limit, so within a second of it, on a machine that lets the watchdog run.
pub(crate) const WATCHDOG_LOOKS: [Duration; 2] =
    [Duration::from_millis(10), Duration::from_millis(250)];

/// How long a thread is held back at a dependency of the report that is to be confirmed, unless
/// `HELDBY_CONFIRM_MS` says otherwise.
///
/// Past it the thread goes on.
pub(crate) const CONFIRM_PATIENCE: Duration = Duration::from_secs(1);

/// The limit of the watchdog where a report is to be confirmed and no other is asked for.
///
/// Nothing but a ring matters then, and that is there once all threads came together.
pub(crate) const CONFIRM_WATCHDOG: Duration = Duration::from_millis(200);

/// Times that a dependency is seen until threads are held back at its powers of two alone.
///
/// A start-up that makes one order thousands of times takes seconds longer and not hours, and the last
/// thread of it is not the last that is held back.
pub(crate) const ALWAYS_HELD: u64 = 8;

/// Times that threads are held back in vain at a dependency.
///
/// Past it they go on at once; whoever arrives last still closes the ring.
pub(crate) const MOST_HELD: u64 = 32;

/// Joins that a validator remembers, for the note that two threads never ran at the same time.
///
/// Past it the oldest is forgotten, and a report through it lacks that note.
pub(crate) const KEPT_JOINS: usize = 1_024;

/// Chains of signal handlers that wait to be validated, in the whole process.
///
/// Past it a chain is left out, and is met again when the handler runs again.
pub(crate) const DEFERRED_CHAINS: usize = 32;

/// Entries of one such chain: the context, its masks and its locks.
///
/// A handler that holds more is not checked from there on.
pub(crate) const DEFERRED_ENTRIES: usize = 8;

/// Parts of a table of what is kept of single locks, each with a lock of its own; a power of two.
///
/// It limits nothing but how many threads can write to the table at a time.
pub(crate) const NOTE_SHARDS: usize = 16;

/// Places of contentions that a thread counts apart for each class and mode: where it waited, and where
/// the lock was held meanwhile, as in lockstat.
///
/// Past it they are counted together, as other places.
pub(crate) const STAT_SITES: usize = 8;

/// Kinds of interrupt-like contexts, the named ones and those of a host: the bits of a set of them.
///
/// Past it no new kind is made, see [`ContextKind::named`](crate::ContextKind::named).
pub(crate) const CONTEXTS: usize = 8;

/// Lock classes that the global allocator can take without the validator getting in its way.
///
/// Past it one line is said; locks of the other classes are treated as the host's own.
pub(crate) const ALLOCATOR_CLASSES: usize = 64;

/// Times that the allocator is probed again because a lock was asked for inside the validator.
///
/// A signal handler can be the one that asks. Past it, only new classes lead to a probe.
pub(crate) const ALLOCATOR_SUSPICIONS: u32 = 16;

/// Reports that a validator keeps for [`Validator::reports`](crate::Validator::reports).
///
/// Past it reports still go to the sinks, but are not kept.
pub(crate) const KEPT_REPORTS: usize = 1_000;
