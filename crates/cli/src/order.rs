//! `heldby order`: the observed lock order as a declaration.

mod layering;
mod observed;
#[cfg(test)]
mod tests;

use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::Args;
use heldby_model::declared::{Accepted, DeclaredLock, DeclaredOrder, Known};

use crate::declaration::Declaration;
use crate::failure::Failure;
use crate::merge::{gather, replace};
use crate::{Verdict, note};

use observed::Observed;

/// Print the lock order that records saw as a declaration, to be kept beside the code
///
/// Layers come outermost first: while a lock of one layer is held, locks of the layers below it may be
/// taken. What does not fit, and every report, is listed as accepted.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Order {
    /// Where the declaration goes; what a file that is there declares is kept, and what is new is added
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Begin anew, and keep nothing of what the file declares
    #[arg(long, requires = "output")]
    fresh: bool,

    /// Records, and directories of them
    #[arg(value_name = "FILE|DIR", required = true)]
    records: Vec<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  cargo heldby test
  heldby order target/heldby -o heldby-order.toml

  The file is checked in. What a change adds to the order is then told, and fails:
    heldby diff heldby-order.toml target/heldby

  It can be enforced while the program runs:
    HELDBY_ORDER=$PWD/heldby-order.toml cargo test --features heldby/validate

Exit status:
  0  written
  2  bad input, or nowhere to write";

impl Order {
    /// Reads, declares, writes.
    pub(crate) fn run(&self) -> Result<Verdict, Failure> {
        let records = gather(&self.records)?.merged;
        let known = match &self.output {
            Some(output) if output.is_file() && !self.fresh => Declaration::read(output)?.order,
            _ => DeclaredOrder::default(),
        };
        let known = Declaration::new(known);
        let order = extended(&known, &Observed::of(&records, &known.beside(&records)));
        let text = order.to_string();
        match &self.output {
            Some(output) => {
                replace(output, |mut file| file.write_all(text.as_bytes()))?;
                note(&summary(&order, &output.display().to_string()));
            }
            None => match io::stdout().lock().write_all(text.as_bytes()) {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                    return Err(Failure::Write { error });
                }
                _ => {}
            },
        }
        Ok(Verdict::Clean)
    }
}

/// The declaration, with what was observed beyond it.
///
/// What is declared stays so: no lock that it names changes places with another one.
fn extended(known: &Declaration, observed: &Observed) -> DeclaredOrder {
    let order = &known.order;
    let layered = layering::extend(&order.layers, &observed.dependencies);
    let dependency = |(from, to)| Known::Dependency { from, to };
    let against = layered.against.into_iter().map(dependency);
    let new = against.chain(observed.reports.iter().cloned());
    let new = new.map(|what| Accepted { what, reason: None });
    let mut accepted: Vec<_> = order.accepted.iter().cloned().chain(new).collect();
    accepted.sort_by(|one, other| key(&one.what).cmp(&key(&other.what)));
    let mut layers = layered.layers;
    for lock in layers.iter_mut().flatten() {
        if let Some(seen) = observed.locks.get(lock) {
            // Where its line is now.
            *lock = seen.clone();
        }
    }
    DeclaredOrder {
        unlisted: order.unlisted,
        layers,
        accepted,
    }
}

/// Where an entry stands in the list.
fn key(what: &Known) -> (&'static str, Vec<&DeclaredLock>, Option<&String>) {
    match what {
        Known::Dependency { from, to } => ("", vec![from, to], None),
        Known::Report { code, locks, file } => {
            (code.as_str(), locks.iter().collect(), file.as_ref())
        }
    }
}

fn summary(order: &DeclaredOrder, output: &str) -> String {
    let of = |count: usize, one: &str, more: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {more}"),
    };
    let is_dependency = |entry: &&Accepted| matches!(entry.what, Known::Dependency { .. });
    let dependencies = order.accepted.iter().filter(is_dependency).count();
    format!(
        "{} in {}, {} and {} accepted, in `{output}`",
        of(order.layers.iter().flatten().count(), "lock", "locks"),
        of(order.layers.len(), "layer", "layers"),
        of(dependencies, "dependency", "dependencies"),
        of(order.accepted.len() - dependencies, "report", "reports"),
    )
}

/// Checks that `records` tell nothing new beside the order that is declared of them, and that it is
/// read as it is written.
#[cfg(any(test, fuzzing))]
pub(crate) fn check(records: &crate::record::Sorted) {
    let nothing = Declaration::new(DeclaredOrder::default());
    let order = extended(&nothing, &Observed::of(records, &nothing.beside(records)));
    let read = DeclaredOrder::read(&order.to_string(), "order.toml");
    assert_eq!(read.as_ref(), Ok(&order), "{order}");
    let news = crate::diff::news::News::beside(&Declaration::new(order), records);
    let counts = [
        news.classes.len(),
        news.dependencies.len(),
        news.reports.len(),
    ];
    assert_eq!(counts, [0; 3], "{news:?}");
}
