//! The command line.

use std::fmt;
use std::path::PathBuf;

/// What is shown for a wrong one.
pub(crate) const USAGE: &str = "\
usage: cargo run --release -p heldby-bench -- [OPTIONS] [SECTION]..

sections: ladder, pairs, threads, nesting, registry, off, held, cells, others, tasks, learn, memory,
dump, store; all of them if none is named
  --quick        few rounds, without the rivals, to see that it works; the figures mean nothing
  --no-rivals    leave the rivals out
  --json FILE    write the table into FILE as well
  --svg DIR      draw the plots into DIR";

/// What to measure, and how long.
#[derive(Debug, Default)]
pub(crate) struct Options {
    pub(crate) sections: Vec<String>,
    pub(crate) quick: bool,
    pub(crate) no_rivals: bool,
    pub(crate) json: Option<PathBuf>,
    pub(crate) svg: Option<PathBuf>,
    /// The section that this process is to run for its parent.
    pub(crate) child: Option<String>,
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
        let mut options = Self::default();
        while let Some(arg) = args.next() {
            let mut value = || {
                args.next()
                    .ok_or_else(|| BadOption(format!("`{arg}` needs a value")))
            };
            match arg.as_str() {
                "--quick" => options.quick = true,
                "--no-rivals" => options.no_rivals = true,
                "--json" => options.json = Some(value()?.into()),
                "--svg" => options.svg = Some(value()?.into()),
                "--child" => options.child = Some(value()?),
                section if crate::sections::NAMES.contains(&section) => options.sections.push(arg),
                _ => return Err(BadOption(format!("`{arg}` is unknown"))),
            }
        }
        Ok(options)
    }

    /// Whether the rivals are measured as well.
    pub(crate) fn has_rivals(&self) -> bool {
        !self.no_rivals && !self.quick
    }

    /// `full` rounds, or two.
    pub(crate) fn rounds(&self, full: u32) -> u32 {
        if self.quick { 2 } else { full }
    }

    /// `full` of something, or a hundredth.
    pub(crate) fn size(&self, full: usize) -> usize {
        if self.quick { full / 100 } else { full }
    }
}
