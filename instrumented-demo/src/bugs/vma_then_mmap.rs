//! `faulter` waits for the mmap lock under a VMA read lock, which the writer `mapper` waits for.
//!
//! ```text
//! error[HB0001]: possible deadlock: `mmap_lock` and `vm_lock` are locked in opposite orders
//!   --> instrumented-demo/src/bugs/vma_then_mmap.rs:65:19, thread `faulter`
//!    |
//! 64 |         let _vma = read_lock_plot(mm);
//!    |                    -------------- while holding `vm_lock` for reading
//! 65 |         let _mm = mmap_read_lock(mm);
//!    |                   ^^^^^^^^^^^^^^ `faulter` wants `mmap_lock` for reading
//!
//!   but `mapper` once took `vm_lock` while holding `mmap_lock` for writing (dependency 1 below).
//!
//!   How it can hang:
//!
//!         `mapper`            `faulter`
//!         --------            ---------
//!     1   write(mmap_lock)
//!     2                       read(vm_lock)
//!     3   write(vm_lock)                         blocked by 2
//!     4                       read(mmap_lock)    blocked by 1
//!
//!   The cycle, oldest dependency first:
//!
//!     1   mmap_lock (write) -> vm_lock (write)   first seen 0 ms ago, thread `mapper`
//!           held       mmap_lock   instrumented-demo/src/bugs/vma_then_mmap.rs:59
//!           acquired   vm_lock     instrumented-demo/src/bugs/vma_then_mmap.rs:61
//!     2   vm_lock (read) -> mmap_lock (read)     new, this acquire
//!           held       vm_lock     instrumented-demo/src/bugs/vma_then_mmap.rs:64
//!           acquired   mmap_lock   instrumented-demo/src/bugs/vma_then_mmap.rs:65
//!
//!   note: dependency 2 only reads `vm_lock`, and it still counts: a held read blocks the write in 1.
//!   note: dependency 2 only reads `mmap_lock`, and it still counts: the write held in 1 blocks it.
//!   note: nothing hung in this run. Both orders were seen, so some run can hang.
//!   note: `mapper` was joined before `faulter` got here: it hangs only where the two can meet.
//!   note: `mmap_lock` is a rwsem (1 instance), `vm_lock` a lock (1 instance).
//!   help: take `mmap_lock` before `vm_lock` at .../src/bugs/vma_then_mmap.rs:65, as
//!         .../src/bugs/vma_then_mmap.rs:61 does, or drop the `vm_lock` guard before
//!         .../src/bugs/vma_then_mmap.rs:65.
//!
//!   Held by `faulter`: 1. `vm_lock` (read) instrumented-demo/src/bugs/vma_then_mmap.rs:64
//! ```

use heldby_mm::{MmapLocked, mmap_read_lock, mmap_write_lock, vma_start_write};

use super::{Bug, PLOT, map_plot, on_thread, read_lock_plot};
use crate::job::Mm;

pub(super) const BUG: Bug = Bug {
    name: "vma-then-mmap",
    code: "HB0001",
    summary: "the mmap lock is waited for under a VMA read lock, against a writer",
    commit,
};

fn commit(mm: &Mm) {
    map_plot(mm);
    on_thread("mapper", || {
        let mut mm = mmap_write_lock(mm);
        let vma = mm.vma_lookup(PLOT.start).expect("it was just mapped");
        vma_start_write(&mut mm, vma).set_name(Some("renamed plot"));
    });
    on_thread("faulter", || {
        let _vma = read_lock_plot(mm);
        let _mm = mmap_read_lock(mm);
    });
}
