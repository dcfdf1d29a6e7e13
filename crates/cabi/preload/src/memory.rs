//! Memory of our own.
//!
//! The program's `malloc` may take locks, which this library sees: jemalloc's are `pthread` mutexes. So
//! the engine must not need it while it looks at a lock, and takes its memory from the system.
//!
//! Blocks are powers of two from chunks that are never given back; large ones are mapped by themselves.
//! What allocates is the cold path alone, so one lock is enough.

use std::alloc::{GlobalAlloc, Layout};
use std::ptr::null_mut;

use crate::spin::Spin;

/// Blocks of at most this many bytes come from chunks.
const LARGEST: usize = 1 << (SMALLEST_POWER + CLASSES - 1);
const SMALLEST_POWER: usize = 4;
const CLASSES: usize = 13;
/// Bytes of a chunk.
const CHUNK: usize = 1 << 20;

/// The allocator of this library.
pub(crate) struct Memory;

/// A free block.
struct Free {
    next: *mut Free,
}

/// What is free.
pub(crate) struct Heap {
    free: [*mut Free; CLASSES],
    /// What is left of the newest chunk.
    rest: *mut u8,
    rest_bytes: usize,
}

// SAFETY: the blocks in it are no thread's own.
unsafe impl Send for Heap {}

pub(crate) static HEAP: Spin<Heap> = Spin::new(Heap {
    free: [null_mut(); CLASSES],
    rest: null_mut(),
    rest_bytes: 0,
});

impl Heap {
    fn take(&mut self, class: usize) -> *mut u8 {
        let free = self.free[class];
        if !free.is_null() {
            // SAFETY: what is in the list is a free block.
            self.free[class] = unsafe { (*free).next };
            return free.cast();
        }
        let bytes = 1 << (class + SMALLEST_POWER);
        if self.rest_bytes < bytes {
            self.rest = map(CHUNK);
            if self.rest.is_null() {
                self.rest_bytes = 0;
                return null_mut();
            }
            self.rest_bytes = CHUNK;
        }
        // From the end, so that a block is aligned to its size.
        self.rest_bytes -= bytes;
        self.rest_bytes &= !(bytes - 1);
        // SAFETY: the chunk has that many bytes.
        unsafe { self.rest.add(self.rest_bytes) }
    }

    fn give(&mut self, block: *mut u8, class: usize) {
        let block = block.cast::<Free>();
        // SAFETY: the block is the caller's, of at least 16 bytes, and not used any more.
        unsafe { (*block).next = self.free[class] };
        self.free[class] = block;
    }
}

fn map(bytes: usize) -> *mut u8 {
    let (access, kind) = (
        libc::PROT_READ | libc::PROT_WRITE,
        libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
    );
    // SAFETY: new memory, wherever there is room.
    let mapped = unsafe { libc::mmap(null_mut(), bytes, access, kind, -1, 0) };
    match mapped {
        libc::MAP_FAILED => null_mut(),
        mapped => mapped.cast(),
    }
}

/// The class of a block; `None` for one that is mapped by itself.
fn class_of(layout: Layout) -> Option<usize> {
    let bytes = layout.size().max(layout.align());
    let power = bytes.next_power_of_two().trailing_zeros() as usize;
    (bytes <= LARGEST).then(|| power.saturating_sub(SMALLEST_POWER))
}

// SAFETY: a block belongs to one caller until it is given back, and is aligned to a power of two that is
// no less than its size and its alignment; a mapped one is aligned to a page, and nothing here asks for
// more.
unsafe impl GlobalAlloc for Memory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match class_of(layout) {
            Some(class) => HEAP.with(|heap| heap.take(class)),
            None => map(layout.size()),
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        match class_of(layout) {
            Some(class) => HEAP.with(|heap| heap.give(block, class)),
            // SAFETY: it was mapped with this size.
            None => unsafe {
                libc::munmap(block.cast(), layout.size());
            },
        }
    }
}
