//! `cargo heldby`: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    heldby_cli::cargo_heldby()
}
