//! A fault on one thread, with nobody beside it: what the choice of the lock, or the validator, adds.

use std::io::{self, Write};

use crate::arena::{Arena, FaultLock, PAGE, any_page};
use crate::options::Options;
use crate::rounds::interleaved;

const ROUNDS: u32 = 2_000;

/// Faults in one timed round: short, so that other programs spare some rounds.
const FAULTS: u32 = 1_000;

pub(crate) fn print(options: &Options, out: &mut impl Write) -> io::Result<()> {
    let arena = Arena::new();
    let mut vma = faults(&arena, FaultLock::Vma);
    let mut mmap = faults(&arena, FaultLock::Mmap);
    let sides: [&mut dyn FnMut(u32); 2] = [&mut vma, &mut mmap];
    let [vma, mmap] = interleaved(options.rounds(ROUNDS), FAULTS, sides);
    writeln!(out, "a fault on one thread: nanoseconds")?;
    writeln!(
        out,
        "{:>20} {:>20} {:>7}",
        "VMA read lock", "mmap read lock", "ratio"
    )?;
    writeln!(out, "{vma:>20.1} {mmap:>20.1} {:>7.2}", vma / mmap)
}

fn faults(arena: &Arena, lock: FaultLock) -> impl FnMut(u32) {
    let mut dice = 1;
    let mut page = [0; PAGE];
    move |repeat| {
        for _ in 0..repeat {
            arena.serve(lock, any_page(&mut dice), &mut page);
        }
    }
}
