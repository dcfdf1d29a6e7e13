//! `heldby graph`: the learned order as a picture.

mod cycles;
mod drawing;
mod layers;
mod page;
mod places;
mod read;

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use heldby_model::{GraphSnapshot, render};

pub(crate) use self::read::{GraphError, is_dump, of_dump};
use crate::Verdict;
use crate::failure::Failure;
use crate::input::Input;

/// Show the graph of records, or one that `HELDBY_DUMP=FILE.json` wrote: for Graphviz, as JSON, or as
/// a page
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Graph {
    /// What is written; without it the ending of OUT tells, and `dot` is the default
    #[arg(long, value_enum)]
    format: Option<Format>,

    /// Short for `--format html`
    #[arg(long, conflicts_with = "format")]
    html: bool,

    /// Where it is written instead of standard output
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,

    /// The graph, a record or a directory of records; `-` is a graph on standard input
    #[arg(value_name = "FILE|DIR")]
    input: Input,
}

const EXAMPLES: &str = "\
Examples:
  A program writes its graph when it exits:
    HELDBY_DUMP=graph.json target/debug/program

  The graph as one page to look at in a browser; it loads nothing from a network:
    heldby graph graph.json -o graph.html

  What all processes of a test run saw:
    heldby graph target/heldby -o graph.html

  A drawing of Graphviz:
    heldby graph graph.json | dot -Tsvg -o graph.svg

Exit status:
  0  written
  2  bad input, or nowhere to write";

/// A form of the graph, as it is written on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// the language of Graphviz
    Dot,
    /// what was read
    Json,
    /// one page that shows cycles, places and threads
    Html,
}

impl Graph {
    /// Reads, draws, writes.
    pub(crate) fn run(&self) -> Result<Verdict, Failure> {
        let format = self.format()?;
        let graph = read::graph(&self.input)?;
        let text = match format {
            Format::Dot => render::dot(&graph),
            Format::Json => graph.to_json() + "\n",
            Format::Html => self.page(&graph),
        };
        self.write(&text)?;
        Ok(Verdict::Clean)
    }

    fn format(&self) -> Result<Format, Failure> {
        let asked = if self.html {
            Some(Format::Html)
        } else {
            self.format
        };
        if let Some(asked) = asked {
            return Ok(asked);
        }
        let ending = self.output.as_deref().and_then(|path| path.extension());
        match ending.and_then(OsStr::to_str) {
            Some("html" | "htm") => Ok(Format::Html),
            Some("json") => Ok(Format::Json),
            // A text of that name would pass for the picture until somebody opens it.
            Some(picture @ ("svg" | "png" | "pdf" | "jpg" | "jpeg" | "gif" | "ps" | "webp")) => {
                Err(Failure::Arguments(format!(
                    "no `{picture}` is drawn here; known: dot, json, html; a picture is drawn by \
                     Graphviz: heldby graph ... | dot -T{picture} -o {}",
                    self.output.as_deref().unwrap_or(Path::new("")).display()
                )))
            }
            _ => Ok(Format::Dot),
        }
    }

    fn page(&self, graph: &GraphSnapshot) -> String {
        page::html(&drawing::Drawing::of(graph, self.input.name()))
    }

    /// Writes `text`; a reader that closes its pipe early has seen enough.
    fn write(&self, text: &str) -> Result<(), Failure> {
        match &self.output {
            Some(path) => fs::write(path, text).map_err(|error| Failure::Output {
                output: path.display().to_string(),
                error,
            }),
            None => match io::stdout().lock().write_all(text.as_bytes()) {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                    Err(Failure::Write { error })
                }
                _ => Ok(()),
            },
        }
    }
}
