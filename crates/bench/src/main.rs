//! Measures Heldby beside the locks that it wraps, all rungs of the ladder in one run.
//!
//! Each figure is the minimum over interleaved rounds, since a machine only ever adds time; ratios
//! are to the raw lock of the same run.
//! `cargo run --release -p heldby-bench` prints the table; with `HELDBY=off` the same table shows
//! what the run-time switch leaves.

mod ladder;
mod rounds;

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    match print(&mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: failed to print the table: {error}");
            ExitCode::from(2)
        }
    }
}

fn print(out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "nanoseconds a lock + unlock pair, and the ratio to the raw lock"
    )?;
    writeln!(
        out,
        "{:34} {:>8} {:>8} {:>7}",
        "work", "raw", "heldby", "ratio"
    )?;
    for row in ladder::rows() {
        let ratio = row.heldby / row.raw;
        writeln!(
            out,
            "{:34} {:>8.2} {:>8.2} {:>7.2}",
            row.work, row.raw, row.heldby, ratio
        )?;
    }
    Ok(())
}
