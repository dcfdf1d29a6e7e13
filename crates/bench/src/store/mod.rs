//! A load of the size of an application, with the validator and without.
//!
//! The host is compiled twice: over `std::sync`, which is what `heldby::sync` is when the feature is
//! off, and over `heldby::sync` with the feature.
//! What the run-time switch leaves is measured by a process with `HELDBY=off`.

use std::io;

use crate::options::Options;
use crate::rounds::{Work, interleaved};
use crate::sections::Lines;
use crate::verdict::Row;

mod raw;
mod validated;

/// Operations of one repetition.
const OPERATIONS: u32 = 2_000;

/// Both sides; `how` stands behind the work's name.
pub(crate) fn print(how: &str, options: &Options, out: &mut Lines<'_>) -> io::Result<()> {
    let mut raw = raw::host::Host::new();
    let mut validated = validated::host::Host::new();
    let mut sides = [
        Work::new(OPERATIONS, move |repeat| raw.serve(repeat * OPERATIONS)),
        Work::new(OPERATIONS, move |repeat| {
            validated.serve(repeat * OPERATIONS);
        }),
    ];
    let times = interleaved(options.rounds(500), &mut sides);
    let work = format!("store, an operation{how}");
    out.row(Row::new(&work, "raw", times[0], "ns"))?;
    let mut row = Row::new(&work, "heldby", times[1], "ns");
    row.ratio = Some(times[1] / times[0]);
    out.row(row)
}
