//! `cargo heldby patch`: a validated `parking_lot` and a validated `tokio` beneath every crate of a
//! project, whose code stays as it is.
//!
//! Cargo takes a package of ours, which has the name and the version of the real one, for all crates of
//! the tree; it is the facade's source over the real package, which it takes by its path in the
//! registry's folder. So no crate is touched, and no lock file but for as long as the run lasts.

mod folder;
mod lockfile;
mod resolution;
mod shim;
mod tree;

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use clap::Args;

use crate::Verdict;
use crate::cargo::{metadata, program};
use crate::failure::Failure;
use crate::gathering::Gathering;
use crate::note;
use crate::output::Printing;
use lockfile::Lockfile;
use tree::Tree;

/// The project that cargo is run on, and how.
#[derive(Debug, Args)]
pub(crate) struct Patch {
    /// The folder of Heldby's own source, where the project does not depend on it and it is not where
    /// this program was built
    #[arg(long, value_name = "DIR")]
    heldby: Option<PathBuf>,

    /// A declared order, made by `heldby order`: the reports that it accepts are counted, and do not fail
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,

    /// Count how long locks are waited for and held, and print that behind the findings
    #[arg(long)]
    stat: bool,

    #[command(flatten)]
    printing: Printing,
}

pub(crate) const EXAMPLES: &str = "\
Examples:
  cargo heldby patch -- test
  cargo heldby patch -- run --bin server -- --port 8080
  cargo heldby patch --stat -- nextest run --workspace

What cargo does stands behind `--`. Cargo.lock is put back when it has ended.
Validated are the locks of parking_lot 0.12, and the locks and tasks of tokio 1.51 and newer.
Not seen: locks of std in dependencies, and what uses parking_lot_core alone, such as dashmap.

Exit status:
  0  clean
  1  reported, by a process or by all of them together
  2  bad arguments, or nothing to patch
  cargo's own, where it failed";

impl Patch {
    /// Makes the packages, runs cargo with them, gathers, reports.
    ///
    /// `passed_on` is what stands behind the options: `--`, and cargo's arguments.
    pub(crate) fn run(&self, passed_on: &[OsString]) -> Result<Verdict, Failure> {
        let Some((subcommand, arguments)) = passed_on.get(1..).and_then(<[_]>::split_first) else {
            return Err(Failure::Arguments(
                "`cargo heldby patch` needs what cargo is to do: `-- test`, for example".to_owned(),
            ));
        };
        let lock = |tree: &Tree| Lockfile::of(&tree.workspace, &tree.target);
        // What an earlier run that was killed has left would be taken for the project's own.
        let told = metadata(&["--no-deps"])?;
        lock(&Tree::roots(&told)?).restore()?;
        let tree = Tree::of(&metadata(&[])?)?;
        let source = self.source(&tree)?;
        tree.left.iter().for_each(|why| note(why));
        let config = shim::write_packages(&tree, &source)?;
        let gathering = Gathering {
            directory: tree.target.join("heldby"),
            printing: self.printing.clone(),
            stat: self.stat,
            reported: 1,
            baseline: self.baseline.clone(),
        };
        let kept = lock(&tree).keep()?;
        resolution::resolve(&tree, &config, &kept)?;
        let mut command = Command::new(program());
        // An external subcommand hands the option to cargo itself, behind its own subcommand.
        match subcommand.to_str() {
            Some("nextest") => {
                let (own, rest) = arguments.split_at(arguments.len().min(1));
                command.arg(subcommand).args(own);
                command.arg("--config").arg(&config).args(rest);
            }
            _ => {
                command.arg("--config").arg(&config);
                command.arg(subcommand).args(arguments);
            }
        }
        let verdict = gathering.run(&mut command);
        kept.put_back()?;
        verdict
    }

    /// Where the facade's source is.
    fn source(&self, tree: &Tree) -> Result<PathBuf, Failure> {
        let facade = |root: PathBuf| root.join("crates/heldby");
        let built_from = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../heldby"));
        let source = match (&self.heldby, &tree.heldby) {
            (Some(named), _) => facade(named.clone()),
            (None, Some(used)) => used.clone(),
            (None, None) => built_from(),
        };
        fs::canonicalize(&source).map_err(|_| {
            Failure::Patch(format!(
                "the source of heldby is not at `{}`; --heldby DIR tells where it is",
                source.display()
            ))
        })
    }
}
