use std::sync::mpsc;

use heldby_mm::{anon_vma_name, mmap_read_lock};

use super::{Bug, map_plot, on_thread};
use crate::job::Mm;

pub(super) const BUG: Bug = Bug {
    name: "unstable-name",
    code: "HB0201",
    summary: "a VMA's name is read with no lock held, while another thread holds the mmap lock",
    commit,
};

fn commit(mm: &Mm) {
    let vma = map_plot(mm);
    let (locked, wait_until_locked) = mpsc::channel();
    let (named, wait_until_named) = mpsc::channel::<()>();
    heldby::thread::scope(|scope| {
        scope.spawn(move || {
            let _mm = mmap_read_lock(mm);
            drop(locked);
            let _ = wait_until_named.recv();
        });
        let _ = wait_until_locked.recv() as Result<(), _>;
        on_thread("namer", || drop(anon_vma_name(&vma)));
        drop(named);
    });
}
