//! The command line.

use std::fmt;
use std::path::PathBuf;

/// What is shown for a wrong one.
pub(crate) const USAGE: &str = "\
usage: cargo bench -p heldby-mm -- [OPTIONS] [SECTION]..

sections: read, look-up, serve, write, fault; all of them if none is named
  --quick        few rounds, to see that it works; the figures mean nothing
  --pagers N     in `fault`: only this many pagers, not 1, 2, 4 and 8
  --svg FILE     draw `write` into FILE";

/// What to measure, and how long.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) sections: Vec<Section>,
    pub(crate) quick: bool,
    pub(crate) pagers: Vec<usize>,
    pub(crate) svg: Option<PathBuf>,
}

/// A table.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Section {
    /// Read locks alone.
    Read,
    /// Read locks with the look-up.
    LookUp,
    /// Faults on one thread.
    Serve,
    /// Write locks and their release.
    Write,
    /// Faults on several threads.
    Fault,
}

/// What is wrong with the command line.
#[derive(Debug)]
pub(crate) struct BadOption(String);

impl fmt::Display for BadOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Options {
    /// Reads the arguments, without the program's name.
    pub(crate) fn parse(mut args: impl Iterator<Item = String>) -> Result<Self, BadOption> {
        let mut options = Self {
            sections: Vec::new(),
            quick: false,
            pagers: vec![1, 2, 4, 8],
            svg: None,
        };
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| bad(&arg, "needs a value"));
            match arg.as_str() {
                // Cargo says so to every bench.
                "--bench" => {}
                "--quick" => options.quick = true,
                "--pagers" => options.pagers = vec![pagers(&value()?)?],
                "--svg" => options.svg = Some(value()?.into()),
                "read" => options.sections.push(Section::Read),
                "look-up" => options.sections.push(Section::LookUp),
                "serve" => options.sections.push(Section::Serve),
                "write" => options.sections.push(Section::Write),
                "fault" => options.sections.push(Section::Fault),
                _ => return Err(bad(&arg, "is unknown")),
            }
        }
        if options.sections.is_empty() {
            options.sections = vec![
                Section::Read,
                Section::LookUp,
                Section::Serve,
                Section::Write,
                Section::Fault,
            ];
        }
        Ok(options)
    }

    /// `full` rounds, or two.
    pub(crate) fn rounds(&self, full: u32) -> u32 {
        if self.quick { 2 } else { full }
    }
}

fn pagers(value: &str) -> Result<usize, BadOption> {
    match value.parse() {
        Ok(pagers @ 1..=256) => Ok(pagers),
        _ => Err(bad(value, "is not a number of pagers from 1 to 256")),
    }
}

fn bad(arg: &str, what: &str) -> BadOption {
    BadOption(format!("`{arg}` {what}"))
}
