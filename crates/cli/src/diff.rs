//! `heldby diff`: what a change of the program did to its lock order.

pub(crate) mod news;
mod show;

use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::Verdict;
use crate::declaration::Declaration;
use crate::failure::Failure;
use crate::merge::gather;
use crate::output::{options, sources};

use news::News;

/// Tell which classes, dependencies and inversions are new since other records, or beside a declared order
///
/// Locks are matched by name, those without one by file, type and order in the file, so that lines that
/// only moved are not new.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Diff {
    /// How it is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// End with 0 where the order has only grown: no inversion is new
    #[arg(long)]
    allow_new_dependencies: bool,

    /// The records before, a file or a directory of them; or a declared order, a file that is called
    /// `*.toml`
    #[arg(value_name = "BASE")]
    base: PathBuf,

    /// The records after
    #[arg(value_name = "NEW")]
    new: PathBuf,
}

const EXAMPLES: &str = "\
Examples:
  heldby diff main.jsonl target/heldby
  heldby diff heldby-order.toml target/heldby
  heldby diff --format markdown main.jsonl branch.jsonl >>\"$GITHUB_STEP_SUMMARY\"

Exit status:
  0  no inversion is new, and every dependency is declared
  1  some is new; or some dependency is not declared, where an order is
  2  bad input, or nowhere to write";

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people: a line for each class and dependency, and the reports.
    Text,
    /// For a review: a table.
    Markdown,
    /// For programs: one JSON object.
    Json,
}

impl Diff {
    /// Reads, compares, prints.
    pub(crate) fn run(&self) -> Result<Verdict, Failure> {
        let is_declared = Declaration::is_called(&self.base);
        let read = |file| gather(std::slice::from_ref(file));
        let (news, new) = match is_declared {
            true => {
                let base = Declaration::read(&self.base)?;
                let new = read(&self.new)?.merged;
                (News::beside(&base, &new), new)
            }
            false => {
                let base = read(&self.base)?.merged;
                let new = read(&self.new)?.merged;
                (News::between(&base, &new), new)
            }
        };
        let sources = sources(Some(&new));
        let may_grow = !is_declared || self.allow_new_dependencies;
        let mut out = BufWriter::new(io::stdout().lock());
        let written = match self.format {
            Format::Text => news.text(options(&sources, io::stdout().is_terminal()), &mut out),
            Format::Markdown => news.markdown(options(&sources, false), &mut out),
            Format::Json => serde_json::to_writer(&mut out, &news)
                .map_err(io::Error::from)
                .and_then(|()| writeln!(out)),
        };
        match written.and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Failure::Write { error })
            }
            _ if news.reports.is_empty() && (may_grow || news.dependencies.is_empty()) => {
                Ok(Verdict::Clean)
            }
            _ => Ok(Verdict::Reported(1)),
        }
    }
}
