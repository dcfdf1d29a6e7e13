//! A detach that a report ends half-way.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::sync::Arc;
use crate::vma_lock::StartRead;
use crate::{
    AddressSpace, MmapLocked, VmaSpec, mmap_write_lock, vma_start_read_locked, vma_start_write,
};

/// The policy of a process is `panic` in builds with debug assertions.
#[test]
fn what_unwinds_out_of_a_detach_keeps_the_mmap_lock_for_stray_readers() {
    let mm = AddressSpace::new();
    let mmap_lock = Arc::downgrade(mm.mmap_lock());
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let mut mmap = mmap_write_lock(&mm);
        for start in 0..2 {
            mmap.insert(VmaSpec::new(start..start + 1, ()))
                .expect("it is free");
        }
        let [first, second] = mmap.vmas()[..] else {
            panic!("there are two")
        };
        drop(mmap);
        let mut mmap = mmap_write_lock(&mm);
        vma_start_write(&mut mmap, second);
        // A reader that strayed in, and has not looked at the sequences again.
        assert_eq!(second.lock.enter(), StartRead::Locked);
        let _read = vma_start_read_locked(&mmap, first).expect("nobody writes it");
        drop(mmap.vma_mark_detached(second));
    }));
    unwound.expect_err("one VMA is read while another one is waited for");
    drop(mm);
    assert!(mmap_lock.upgrade().is_some(), "the mmap lock is freed");
}
