//! `mover` keeps the source of a move stable by its VMA lock, and waits for the readers of the target.
//!
//! The class of VMA locks is declared never to nest, so this is told from one thread alone.
//!
//! ```text
//! error[HB0003]: possible deadlock: two locks of class `vm_lock` are nested in no known order
//!   --> instrumented-demo/src/bugs/two_vmas.rs:63:9, thread `mover`
//!    |
//! 62 | ...   let _source = vma_start_read_locked(&mm, source).expect("nobody writes to it any more");
//!    |                     --------------------- while holding `vm_lock #4` for reading
//! 63 | ...   vma_start_write(&mut mm, target).set_name(Some("moved"));
//!    |       ^^^^^^^^^^^^^^^ `mover` wants `vm_lock #5` for writing
//!
//!   How it can hang:
//!
//!         `mover`                               another thread
//!         -------                               --------------
//!     1   read(vm_lock #4)    two_vmas.rs:62
//!     2                                         read(vm_lock #5)
//!     3   write(vm_lock #5)   two_vmas.rs:63                         blocked by 2
//!     4                                         write(vm_lock #4)    blocked by 1
//!
//!   The dependency:
//!
//!     1   vm_lock #4 (read) -> vm_lock #5 (write)   new, this acquire
//!           held       vm_lock #4   instrumented-demo/src/bugs/two_vmas.rs:62
//!           acquired   vm_lock #5   instrumented-demo/src/bugs/two_vmas.rs:63
//!
//!   note: a thread that nests two locks of `vm_lock` the other way round can meet this one; both hang.
//!   note: `vm_lock` is a lock (2 instances, #4 and #5 here: any two can meet).
//!   help: take locks of class `vm_lock` in one order at instrumented-demo/src/bugs/two_vmas.rs:63 and
//!         everywhere else, such as by address or index.
//!   help: if an order is kept, say so: a level by `lock_nested`, a held lock that keeps all others out
//!         by `lock_nest_lock`, a number by the policy `ByOrder`.
//!
//!   Held by `mover`:
//!     1. `mmap_lock` (lock)   instrumented-demo/src/bugs/two_vmas.rs:61
//!     2. `vm_lock` (read)     instrumented-demo/src/bugs/two_vmas.rs:62
//! ```

use std::ops::Range;

use heldby_mm::{mmap_write_lock, vma_start_read_locked, vma_start_write};

use super::{Bug, FREE_END, PLOT, map, map_plot, on_thread};
use crate::job::Mm;

pub(super) const BUG: Bug = Bug {
    name: "two-vmas",
    code: "HB0003",
    summary: "a VMA is write-locked by a thread that reads another one",
    commit,
};

const TARGET: Range<usize> = PLOT.end..FREE_END;

fn commit(mm: &Mm) {
    let source = map_plot(mm);
    let target = map(mm, TARGET, "target");
    on_thread("mover", || {
        let mut mm = mmap_write_lock(mm);
        let _source = vma_start_read_locked(&mm, source).expect("nobody writes to it any more");
        vma_start_write(&mut mm, target).set_name(Some("moved"));
    });
}
