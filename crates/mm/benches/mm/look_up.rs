//! A look-up and a read lock, as a fault needs them, over several numbers of VMAs.

use std::hint::black_box;
use std::io::{self, Write};

use heldby_mm::{
    AddressSpace, MmapLocked, VmaSpec, lock_vma_under_rcu, mmap_read_lock, mmap_write_lock,
};

use crate::options::Options;
use crate::rounds::interleaved;

const ROUNDS: u32 = 400;

/// Look-ups in one timed round.
const LOOK_UPS: u32 = 4_000;

/// Bytes of one VMA.
const STEP: usize = 0x1000;

pub(crate) fn print(options: &Options, out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "look-up of an address + read lock + unlock: nanoseconds"
    )?;
    writeln!(
        out,
        "{:>6} {:>20} {:>20} {:>7}",
        "VMAs", "lock_vma_under_rcu", "under mmap_read_lock", "ratio"
    )?;
    for vmas in [1, 16, 1000] {
        let mm = filled(vmas);
        let mut by_vma = look_ups(vmas, |address| {
            drop(lock_vma_under_rcu(&mm, address).expect("nobody writes"));
        });
        let mut by_mmap = look_ups(vmas, |address| {
            let mmap = mmap_read_lock(&mm);
            black_box(mmap.vma_lookup(address).expect("it is mapped"));
        });
        let sides: [&mut dyn FnMut(u32); 2] = [&mut by_vma, &mut by_mmap];
        let [by_vma, by_mmap] = interleaved(options.rounds(ROUNDS), LOOK_UPS, sides);
        writeln!(
            out,
            "{vmas:>6} {by_vma:>20.2} {by_mmap:>20.2} {:>7.2}",
            by_vma / by_mmap
        )?;
    }
    Ok(())
}

/// An address space of `vmas` VMAs, side by side from address 0.
pub(crate) fn filled(vmas: usize) -> AddressSpace<usize> {
    let mm = AddressSpace::new();
    let mut mmap = mmap_write_lock(&mm);
    for index in 0..vmas {
        let range = index * STEP..(index + 1) * STEP;
        mmap.insert(VmaSpec::new(range, index))
            .expect("the range is free");
    }
    drop(mmap);
    mm
}

/// Looks addresses up that are spread over `vmas` VMAs.
fn look_ups(vmas: usize, look_up: impl Fn(usize)) -> impl FnMut(u32) {
    /// Coprime to the numbers of VMAs, so that all of them are met.
    const STRIDE: usize = 619;
    let mut index = 0;
    move |repeat| {
        for _ in 0..repeat {
            index = (index + STRIDE) % vmas;
            look_up(black_box(index * STEP + STEP / 2));
        }
    }
}
