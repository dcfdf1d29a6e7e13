//! Hosts whose global allocator takes instrumented locks.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

use heldby::alloc::Unchecked;
use heldby::sync::{Mutex, MutexGuard};
use heldby::{held, thread};

use crate::Test;
use crate::process::{End, Host, run};

/// What the allocator of this binary does; each host chooses first of all.
static KIND: AtomicU8 = AtomicU8::new(PLAIN);

/// Takes no lock.
const PLAIN: u8 = 0;
/// Takes one lock each time.
const ONE: u8 = 1;
/// Takes two nested locks each time.
const NESTED: u8 = 2;
/// As [`NESTED`], in a wrapper that tells it.
const TOLD: u8 = 4;
/// Takes no lock but where a size class runs empty or full, and then two nested ones.
const CACHED: u8 = 3;
static CENTRAL: Mutex<()> = Mutex::new(());
static PAGES: Mutex<()> = Mutex::new(());

#[derive(Debug)]
struct Locking;

/// How many blocks of each size class a cache holds.
const BATCH: u32 = 4;

/// The blocks that stand ready, by the power of two of their size.
static READY: [AtomicU32; usize::BITS as usize] =
    [const { AtomicU32::new(0) }; usize::BITS as usize];
/// A lock for each size class; all are of one class.
static SIZES: [Mutex<()>; usize::BITS as usize] = [const { Mutex::new(()) }; usize::BITS as usize];

type Locks = Option<(MutexGuard<'static, ()>, Option<MutexGuard<'static, ()>>)>;

/// Takes what an allocation of this kind takes. A poisoned lock would be a panic in the allocator.
fn lock(size: usize, gives_back: bool) -> Locks {
    let nested = |outer: &'static Mutex<()>| Some((outer.lock().ok()?, Some(PAGES.lock().ok()?)));
    // Relaxed, all of them: nothing is ordered by the counts.
    match KIND.load(Ordering::Relaxed) {
        ONE => Some((CENTRAL.lock().ok()?, None)),
        NESTED | TOLD => nested(&CENTRAL),
        CACHED => {
            let class = size.next_power_of_two().ilog2() as usize;
            let (enough, step) = match gives_back {
                true => (READY[class].load(Ordering::Relaxed) < BATCH, 1),
                false => (READY[class].load(Ordering::Relaxed) > 0, u32::MAX),
            };
            if enough {
                READY[class].fetch_add(step, Ordering::Relaxed);
                return None;
            }
            let locks = nested(&SIZES[class]);
            READY[class].store(BATCH / 2, Ordering::Relaxed);
            locks
        }
        _ => None,
    }
}

// SAFETY: all memory is the system allocator's; the locks around it change nothing.
unsafe impl GlobalAlloc for Locking {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _locks = lock(layout.size(), false);
        // SAFETY: as the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let _locks = lock(layout.size(), true);
        // SAFETY: as the caller's.
        unsafe { System.dealloc(block, layout) }
    }
}

/// An allocator that is [`Unchecked`] or not, as the host chose.
struct Chosen;

// SAFETY: all memory is the system allocator's.
unsafe impl GlobalAlloc for Chosen {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller's.
        unsafe {
            match KIND.load(Ordering::Relaxed) {
                TOLD => Unchecked(Locking).alloc(layout),
                _ => Locking.alloc(layout),
            }
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as the caller's.
        unsafe {
            match KIND.load(Ordering::Relaxed) {
                TOLD => Unchecked(Locking).dealloc(block, layout),
                _ => Locking.dealloc(block, layout),
            }
        }
    }
}

#[global_allocator]
static ALLOCATOR: Chosen = Chosen;

/// How many threads allocate at the same time.
const THREADS: usize = 4;
/// How many new classes and chains each of them makes.
const ROUNDS: usize = 50;

/// New classes and new chains, known ones, and allocations under all of them.
fn work(thread: usize) {
    let shared = Mutex::named("shared", Vec::new());
    for round in 0..ROUNDS {
        let fresh = Mutex::named(&format!("fresh {thread} {round}"), String::new());
        let mut shared = shared.lock().unwrap();
        fresh.lock().unwrap().push_str("allocated under two locks");
        shared.push(Box::new(round));
    }
}

fn host_allocates(kind: u8) {
    // Relaxed, as in `lock`.
    KIND.store(kind, Ordering::Relaxed);
    thread::scope(|scope| {
        for number in 0..THREADS {
            scope.spawn(move || work(number));
        }
    });
    // What is no lock of the allocator is still checked.
    let (a, b) = (Mutex::named("a", 0), Mutex::named("b", 0));
    drop((a.lock(), b.lock()));
    drop((b.lock(), a.lock()));
    drop(CENTRAL.lock());
    KIND.store(PLAIN, Ordering::Relaxed);
    print!("{:?} went on", held(&CENTRAL));
}

fn host_one() {
    host_allocates(ONE);
}

fn host_nested() {
    host_allocates(NESTED);
}

fn host_cached() {
    host_allocates(CACHED);
}

fn host_told() {
    host_allocates(TOLD);
}

/// The validator was at work before the allocator took its first lock.
fn host_late() {
    host_allocates(PLAIN);
    for kind in [ONE, NESTED, CACHED] {
        let outer = Mutex::named("held", 0);
        let _held = outer.lock();
        host_allocates(kind);
    }
}

pub(crate) const HOSTS: &[Host] = &[
    ("one", host_one),
    ("nested", host_nested),
    ("cached", host_cached),
    ("told", host_told),
    ("late", host_late),
];

pub(crate) const TESTS: &[Test] = &[
    ("an_allocator_may_take_locks", || {
        for stacks in ["edges", "off"] {
            for host in ["one", "nested", "cached", "told"] {
                let ended = run(host, &[("HELDBY", "warn"), ("HELDBY_STACKS", stacks)]);
                ended
                    .ends(End::Code(0))
                    .prints("No went on")
                    .reports(&["HB0001"])
                    .complains(&[]);
            }
        }
    }),
    ("an_allocator_may_begin_to_take_locks", || {
        let ended = run("late", &[("HELDBY", "warn")]);
        ended.ends(End::Code(0)).reports(&["HB0001"]).complains(&[]);
        ended.prints(&"No went on".repeat(4));
    }),
    ("an_allocator_may_take_locks_in_every_policy", || {
        for host in ["nested", "cached", "told"] {
            let rows = [("panic", End::Code(101)), ("abort", End::Abort)];
            for (policy, end) in rows {
                run(host, &[("HELDBY", policy)])
                    .ends(end)
                    .reports(&["HB0001"]);
            }
            run(host, &[("HELDBY", "off")])
                .ends(End::Code(0))
                .is_silent();
        }
    }),
];
