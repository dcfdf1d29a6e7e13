//! `namer` holds nothing; a check of the lock words alone would pass, since somebody holds the lock.
//!
//! ```text
//! error[HB0201]: VMA not stabilised: 0x1000-0x2000 "plot" read in anon_vma_name
//!   --> instrumented-demo/src/bugs/unstable_name.rs:53:36, thread `namer`
//!    |
//! 53 |         on_thread("namer", || drop(anon_vma_name(&vma)));
//!    |                                    ^^^^^^^^^^^^^
//!
//!   needed, one of     state now                                       held by us
//!   mmap lock, read    held for reading by `maps-reader`               no
//!   mmap lock, write   not held                                        no
//!   VMA lock, read     vm_refcnt 1: attached, no reader                no
//!   VMA lock, write    not write-locked (seq 1, mm 2; unlocked read)   no
//!
//!   note: someone holds the mmap lock, but not this thread: it can go away at any time.
//!   note: Without the validator this assert would have passed.
//!   help: find the VMA with lock_vma_under_rcu(mm, addr), or hold mmap_read_lock(mm), before
//!         anon_vma_name.
//!
//!   Held by `namer`: nothing
//! ```

use std::sync::mpsc;

use heldby::thread::Builder;
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
    let (locked, wait_until_locked) = mpsc::channel::<()>();
    let (named, wait_until_named) = mpsc::channel::<()>();
    heldby::thread::scope(|scope| {
        let reader = Builder::new().name("maps-reader".to_owned());
        let reader = reader.spawn_scoped(scope, move || {
            let _mm = mmap_read_lock(mm);
            drop(locked);
            let _ = wait_until_named.recv();
        });
        reader.expect("the system has room for one more thread");
        // Both channels carry nothing; their hanging up is the message.
        let _ = wait_until_locked.recv();
        on_thread("namer", || drop(anon_vma_name(&vma)));
        drop(named);
    });
}
