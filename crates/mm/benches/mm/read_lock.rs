//! Read locks alone, uncontended, with the VMA at hand.

use std::hint::black_box;
use std::io::{self, Write};

use heldby_mm::{
    AddressSpace, MmapLocked, VmaSpec, mmap_read_lock, mmap_read_unlock, mmap_write_lock,
    vma_end_read, vma_start_read, vma_start_read_locked,
};
use parking_lot::RwLock;

use crate::options::Options;
use crate::rounds::interleaved;

const ROUNDS: u32 = 400;

/// Pairs in one timed round.
const PAIRS: u32 = 10_000;

pub(crate) fn print(options: &Options, out: &mut impl Write) -> io::Result<()> {
    let raw_lock = RwLock::new(());
    let mm = AddressSpace::new();
    let vma = {
        let mut mmap = mmap_write_lock(&mm);
        mmap.insert(VmaSpec::new(0x1000..0x2000, ()))
            .expect("the address space is empty")
    };
    let mut raw = repeated(|| drop(black_box(&raw_lock).read()));
    let mut by_vma = repeated(|| {
        let vma = vma_start_read(black_box(vma)).expect("nobody writes");
        vma_end_read(vma);
    });
    let mut by_vma_locked = |pairs: u32| {
        let mmap = mmap_read_lock(&mm);
        repeated(|| drop(vma_start_read_locked(&mmap, black_box(vma)).expect("nobody writes")))(
            pairs,
        );
    };
    let mut by_mmap = repeated(|| {
        let mmap = mmap_read_lock(black_box(&mm));
        black_box(mmap.mm());
        mmap_read_unlock(mmap);
    });

    let sides: [&mut dyn FnMut(u32); 4] = [&mut raw, &mut by_vma, &mut by_vma_locked, &mut by_mmap];
    let [raw, rows @ ..] = interleaved(options.rounds(ROUNDS), PAIRS, sides);
    writeln!(
        out,
        "read lock + unlock, uncontended: nanoseconds a pair, and the ratio to parking_lot"
    )?;
    writeln!(out, "{:44} {raw:>8.2}", "parking_lot::RwLock")?;
    let names = [
        "vma_start_read + vma_end_read",
        "vma_start_read_locked + vma_end_read",
        "mmap_read_lock + mmap_read_unlock",
    ];
    for (name, time) in names.into_iter().zip(rows) {
        writeln!(out, "{name:44} {time:>8.2} {:>7.2}", time / raw)?;
    }
    Ok(())
}

fn repeated(mut pair: impl FnMut()) -> impl FnMut(u32) {
    move |pairs| (0..pairs).for_each(|_| pair())
}
