//! Measures the memory-map locks: fault handling, the locks alone, and the bulk release.
//!
//! Both sides of every figure are measured in one run, in turn; what is printed is the best round of
//! each, since a machine only ever adds time.
//! `cargo bench -p heldby-mm` prints everything, `docs/performance.md` tells what it means.

mod arena;
mod churner;
mod fault;
mod look_up;
mod options;
mod plot;
mod read_lock;
mod rounds;
mod serve;
mod write_lock;

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use options::{Options, Section};

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("error: {error}\n\n{}", options::USAGE);
            return ExitCode::from(2);
        }
    };
    match print(&options, &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: failed to print the tables: {error}");
            ExitCode::from(2)
        }
    }
}

fn print(options: &Options, out: &mut impl Write) -> io::Result<()> {
    for &section in &options.sections {
        match section {
            Section::Read => read_lock::print(options, out)?,
            Section::LookUp => look_up::print(options, out)?,
            Section::Serve => serve::print(options, out)?,
            Section::Write => write_lock::print(options, out)?,
            Section::Fault => fault::print(options, out)?,
        }
        writeln!(out)?;
    }
    Ok(())
}
