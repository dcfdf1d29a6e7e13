//! Prints the table of `docs/performance.md`: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    heldby_bench::main(&[])
}
