//! `toucher` waits for `pager`, which waits for `mapper`, which waits for `toucher`'s VMA.
//!
//! The page is not really missing: the annotations alone tell of the wait.
//!
//! ```text
//! error[HB0002]: possible deadlock: `fault_queue`, `mmap_lock` and `vm_lock` form a lock cycle
//!   --> instrumented-demo/src/bugs/fault_under_vma_lock.rs:75:9, thread `toucher`
//!
//!   `toucher` wants   `fault_queue` for writing   .../src/bugs/fault_under_vma_lock.rs:75
//!   while holding     `vm_lock` for reading       .../src/bugs/fault_under_vma_lock.rs:74
//!   but dependencies 1 and 2 below lead from `fault_queue` to `vm_lock`.
//!
//!   How it can hang:
//!         `pager`                        `mapper`            `toucher`
//!         -------                        --------            ---------
//!     1   recursive read(fault_queue)
//!     2                                  write(mmap_lock)
//!     3                                                      read(vm_lock)
//!     4   read(mmap_lock)                                                          blocked by 2
//!     5                                  write(vm_lock)                            blocked by 3
//!     6                                                      write(fault_queue)    blocked by 1
//!
//!   The cycle, oldest dependency first:
//!     1   fault_queue (recursive read) -> mmap_lock (read)   first seen 0 ms ago, thread `pager`
//!           held       fault_queue   instrumented-demo/src/bugs/fault_under_vma_lock.rs:69
//!           acquired   mmap_lock     instrumented-demo/src/bugs/fault_under_vma_lock.rs:71
//!     2   mmap_lock (write) -> vm_lock (write)               first seen 0 ms ago, thread `mapper`
//!           held       mmap_lock     instrumented-demo/src/bugs/fault_under_vma_lock.rs:64
//!           acquired   vm_lock       instrumented-demo/src/bugs/fault_under_vma_lock.rs:66
//!     3   vm_lock (read) -> fault_queue (write)              new, this acquire
//!           held       vm_lock       instrumented-demo/src/bugs/fault_under_vma_lock.rs:74
//!           acquired   fault_queue   instrumented-demo/src/bugs/fault_under_vma_lock.rs:75
//!
//!   note: dependency 1 only reads `mmap_lock`, and it still counts: the write held in 2 blocks it.
//!   note: dependency 3 only reads `vm_lock`, and it still counts: a held read blocks the write in 2.
//!   note: dependency 1 only reads `fault_queue`, and it still counts: a held read blocks the write in
//!         3.
//!   note: nothing hung in this run. All 3 dependencies were seen, so some run can hang.
//!   note: `pager` was joined before `toucher` got here: it hangs only where the two can meet.
//!   note: `mmap_lock` is a rwsem (1 instance), `vm_lock` a lock (1 instance), `fault_queue` a map (1
//!         instance).
//!   help: take `fault_queue` before `vm_lock` at .../src/bugs/fault_under_vma_lock.rs:75, as
//!         .../src/bugs/fault_under_vma_lock.rs:71 and .../src/bugs/fault_under_vma_lock.rs:66 do,  ...
//!
//!   Held by `toucher`: 1. `vm_lock` (read) instrumented-demo/src/bugs/fault_under_vma_lock.rs:74
//! ```

use heldby_mm::{MmapLocked, mmap_read_lock, mmap_write_lock, vma_start_write};

use super::{Bug, PLOT, map_plot, on_thread, read_lock_plot};
use crate::fault_queue::{self, Serving};
use crate::job::Mm;

pub(super) const BUG: Bug = Bug {
    name: "fault-under-vma-lock",
    code: "HB0002",
    summary: "a page is touched under a VMA read lock, which its pager may have to wait for",
    commit,
};

fn commit(mm: &Mm) {
    map_plot(mm);
    on_thread("mapper", || {
        let mut mm = mmap_write_lock(mm);
        let vma = mm.vma_lookup(PLOT.start).expect("it was just mapped");
        vma_start_write(&mut mm, vma).set_name(Some("renamed plot"));
    });
    on_thread("pager", || {
        let _serving = Serving::begin();
        // As it must when a writer is at the VMA.
        let _mm = mmap_read_lock(mm);
    });
    on_thread("toucher", || {
        let _vma = read_lock_plot(mm);
        fault_queue::wait_for_pager();
    });
}
