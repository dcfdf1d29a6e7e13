//! Write locks of many VMAs, and their release by one store, beside as many locks of parking_lot.

use std::io::{self, Write};
use std::time::Instant;

use heldby_mm::{MmapLocked, mmap_write_lock, mmap_write_unlock, vma_start_write};
use parking_lot::RawRwLock;
use parking_lot::lock_api::RawRwLock as _;

use crate::look_up::filled;
use crate::options::Options;
use crate::plot::{Plot, Series};

/// How many VMAs are write-locked.
const COUNTS: [usize; 9] = [1, 3, 10, 30, 100, 300, 1000, 3000, 10_000];

/// Of each address space; so there are fewer rounds where one takes long.
const LOCKS_IN_ALL_ROUNDS: usize = 600_000;

/// How many address spaces are locked in one span of time.
const SPACES: usize = 8;

/// What is measured, by column.
const COLUMNS: [&str; 4] = [
    "write-lock n VMAs",
    "release them all",
    "lock n RwLocks",
    "unlock n RwLocks",
];

/// The least nanoseconds of each column.
type Row = [f64; COLUMNS.len()];

pub(crate) fn print(options: &Options, out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "write-lock n VMAs under the mmap write lock, release them by its unlock: nanoseconds in all"
    )?;
    write!(out, "{:>6}", "n")?;
    COLUMNS
        .iter()
        .try_for_each(|name| write!(out, " {name:>18}"))?;
    writeln!(out)?;
    let mut rows = Vec::new();
    for count in COUNTS {
        let rounds = (LOCKS_IN_ALL_ROUNDS / count).clamp(30, 2000) as u32;
        let row = measure(count, options.rounds(rounds));
        write!(out, "{count:>6}")?;
        row.iter()
            .try_for_each(|time| write!(out, " {time:>18.1}"))?;
        writeln!(out)?;
        rows.push((count, row));
    }
    match &options.svg {
        Some(file) => std::fs::write(file, plot(&rows).to_string()),
        None => Ok(()),
    }
}

/// Locks and releases in `SPACES` address spaces at once, since one release is shorter than a tick of
/// many a clock.
fn measure(count: usize, rounds: u32) -> Row {
    let spaces: Vec<_> = (0..SPACES).map(|_| filled(count)).collect();
    let vmas: Vec<_> = spaces.iter().map(|mm| mmap_write_lock(mm).vmas()).collect();
    let locks: Vec<_> = (0..SPACES * count).map(|_| RawRwLock::INIT).collect();
    let mut least = [f64::INFINITY; COLUMNS.len()];
    for _ in 0..rounds {
        let mut mmaps: Vec<_> = spaces.iter().map(mmap_write_lock).collect();
        let begin = Instant::now();
        for (mmap, vmas) in mmaps.iter_mut().zip(&vmas) {
            for &vma in vmas {
                vma_start_write(mmap, vma);
            }
        }
        let locked = Instant::now();
        mmaps.drain(..).for_each(mmap_write_unlock);
        let released = Instant::now();
        locks.iter().for_each(|lock| lock.lock_exclusive());
        let raw_locked = Instant::now();
        // SAFETY: each was just locked.
        locks
            .iter()
            .for_each(|lock| unsafe { lock.unlock_exclusive() });
        let raw_released = Instant::now();

        let spans = [
            locked - begin,
            released - locked,
            raw_locked - released,
            raw_released - raw_locked,
        ];
        for (least, span) in least.iter_mut().zip(spans) {
            *least = least.min(span.as_secs_f64() * 1e9 / SPACES as f64);
        }
    }
    least
}

fn plot(rows: &[(usize, Row)]) -> Plot {
    let series = |column: usize| Series {
        name: COLUMNS[column],
        points: rows
            .iter()
            .map(|&(count, row)| (count as f64, row[column]))
            .collect(),
    };
    Plot {
        title: "Write locks of n VMAs, and their release by one store",
        x: "n",
        y: "nanoseconds",
        series: (0..COLUMNS.len()).map(series).collect(),
    }
}
