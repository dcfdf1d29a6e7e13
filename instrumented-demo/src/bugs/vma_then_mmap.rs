use heldby_mm::{MmapLocked, lock_vma_under_rcu, mmap_read_lock, mmap_write_lock, vma_start_write};

use super::{Bug, PLOT, map_plot, on_thread};
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
        vma_start_write(&mut mm, &vma).set_name(Some("renamed plot"));
    });
    on_thread("faulter", || {
        let _vma = lock_vma_under_rcu(mm, PLOT.start).expect("nobody writes to it any more");
        let _mm = mmap_read_lock(mm);
    });
}
