//! `heldby merge`: several records into one.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::failure::Failure;
use crate::output::Printing;
use crate::record::Gathered;
use crate::{Verdict, note};

/// Put the records of several processes together, and find what no single one saw
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Merge {
    /// Where the record goes; nothing is written without it
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    #[command(flatten)]
    printing: Printing,

    /// Records, and directories of them
    #[arg(value_name = "DIR", required = true)]
    records: Vec<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  HELDBY_DIR=target/heldby cargo test --features heldby/validate
  heldby merge target/heldby -o tests.jsonl

  Records that were merged can be merged again; the order does not matter:
    heldby merge monday.jsonl tuesday.jsonl -o week.jsonl

Exit status:
  0  clean
  1  reported, by a process or by all of them together
  2  bad input, or nowhere to write";

impl Merge {
    /// Reads, writes, searches, prints.
    pub(crate) fn run(&self) -> Result<Verdict, Failure> {
        let gathered = gather(&self.records)?;
        if let Some(output) = &self.output {
            let write = |file| gathered.merged.write(&mut BufWriter::new(file));
            replace(output, write)?;
        }
        let merged = &gathered.merged;
        self.printing.print(&merged.findings(), Some(merged))
    }
}

/// Reads records, and says what of them could not be read.
///
/// # Errors
/// When a path cannot be read, or none of them holds a record.
pub(crate) fn gather(paths: &[PathBuf]) -> Result<Gathered, Failure> {
    let gathered = Gathered::from(paths)?;
    for trouble in gathered.troubles.first() {
        note(&trouble.to_string());
    }
    match gathered.troubles.more() {
        0 => {}
        more => note(&format!("skipped {more} more")),
    }
    if gathered.records == 0 {
        let paths: Vec<_> = paths
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        return Err(Failure::NoRecord(paths));
    }
    Ok(gathered)
}

/// Writes a file that is whole or as it was before.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn replace(
    output: &Path,
    write: impl FnOnce(File) -> io::Result<()>,
) -> Result<(), Failure> {
    write_beside(output, write).map_err(|error| Failure::Output {
        output: output.display().to_string(),
        error,
    })
}

/// Writes beside the file first, so that what was there stays whole when the disk is full.
fn write_beside(output: &Path, write: impl FnOnce(File) -> io::Result<()>) -> io::Result<()> {
    if output.exists() && !output.is_file() {
        return File::create(output).and_then(write);
    }
    let mut beside = output.as_os_str().to_owned();
    beside.push(format!(".{}", std::process::id()));
    let beside = PathBuf::from(beside);
    let written = File::create(&beside)
        .and_then(write)
        .and_then(|()| std::fs::rename(&beside, output));
    if written.is_err() {
        // What is half written is of no use to anyone.
        let _ = std::fs::remove_file(&beside);
    }
    written
}
