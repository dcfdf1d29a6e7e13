//! `cargo heldby`: a cargo project's tests, or its program, under validation.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use clap::{Args, Parser, Subcommand};
use serde_json::Value;

use crate::Verdict;
use crate::failure::Failure;
use crate::gathering::Gathering;
use crate::output::Printing;
use crate::patch::{self, Patch};

/// Runs a cargo project under validation, and reports what all its processes saw.
#[derive(Debug, Parser)]
#[command(name = "cargo heldby", bin_name = "cargo heldby", version, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Cargo,
}

const EXAMPLES: &str = "\
Examples:
  cargo heldby test --nextest --workspace
  cargo heldby help test";

#[derive(Debug, Subcommand)]
enum Cargo {
    /// Run the tests with the feature, gather the records of all test processes, report
    #[command(after_long_help = TEST)]
    Test(Test),
    /// Run the program with the feature, gather the records of all its processes, report
    #[command(after_long_help = RUN)]
    Run(Options),
    /// Run cargo with a validated parking_lot and tokio beneath every crate of the project, gather, report
    #[command(after_long_help = patch::EXAMPLES)]
    Patch(Patch),
}

#[derive(Debug, Args)]
struct Test {
    /// Run them with cargo-nextest, each in a process of its own
    ///
    /// No stacks are kept, unless HELDBY_STACKS is set: each process would read all debug information
    /// for the first one.
    #[arg(long)]
    nextest: bool,

    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Args)]
struct Options {
    /// The features that switch validation on
    #[arg(long, value_name = "FEATURES", default_value = "heldby/validate")]
    features: String,

    /// A declared order, made by `heldby order`: the reports that it accepts are counted, and do not fail
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,

    #[command(flatten)]
    printing: Printing,

    /// Count how long locks are waited for and held, and print that behind the findings; to standard
    /// error, if these are not text on standard output
    #[arg(long)]
    stat: bool,

    /// Arguments for cargo, and behind `--` for what it runs
    #[arg(
        value_name = "ARGS",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    arguments: Vec<OsString>,
}

const TEST: &str = "\
Examples:
  cargo heldby test
  cargo heldby test --nextest --workspace
  cargo heldby test --baseline heldby-order.toml
  cargo heldby test --features validate -p server -- --test-threads=1
  cargo heldby test --format sarif --findings heldby.sarif

Exit status:
  0    clean
  1    reported, by a process or by all of them together
  2    bad arguments, or nowhere to write
  101  the tests failed, or did not build; nextest has codes of its own";

const RUN: &str = "\
Examples:
  cargo heldby run --bin server -- --port 8080
  cargo heldby run --stat --release --bin server

Exit status:
  0  clean
  1  reported
  2  bad arguments, or nowhere to write
  the program's own, where it did not end well";

impl Cli {
    /// Runs cargo with `passed_on` behind its arguments, gathers, reports.
    pub(crate) fn run(&self, passed_on: &[OsString]) -> Result<Verdict, Failure> {
        let (cargo, options, per_test): (&[&str], _, _) = match &self.command {
            Cargo::Test(test) if test.nextest => (&["nextest", "run"], &test.options, true),
            Cargo::Test(test) => (&["test"], &test.options, false),
            Cargo::Run(options) => (&["run"], options, false),
            Cargo::Patch(patch) => return patch.run(passed_on),
        };
        let printing = match &self.command {
            Cargo::Run(_) => options.printing.aside(),
            _ => options.printing.clone(),
        };
        let gathering = Gathering {
            directory: target_directory()?.join("heldby"),
            printing,
            stat: options.stat,
            reported: 1,
            baseline: options.baseline.clone(),
        };
        let mut command = Command::new(program());
        command
            .args(cargo)
            .args(["--features", &options.features])
            .args(&options.arguments)
            .args(passed_on);
        if per_test && std::env::var_os("HELDBY_STACKS").is_none() {
            command.env("HELDBY_STACKS", "off");
        }
        gathering.run(&mut command)
    }
}

/// The cargo that runs this, else the one on the path.
pub(crate) fn program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// What cargo tells of the project of the current directory.
pub(crate) fn metadata(options: &[&str]) -> Result<Value, Failure> {
    let program = program();
    let output = Command::new(&program)
        .args(["metadata", "--format-version=1"])
        .args(options)
        .output()
        .map_err(|error| Failure::Start {
            program: program.to_string_lossy().into_owned(),
            error,
        })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let why = said.lines().next().unwrap_or("it does not say why");
        return Err(Failure::Metadata(
            why.trim_start_matches("error: ").to_owned(),
        ));
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|error| Failure::Metadata(format!("its answer is no JSON: {error}")))
}

/// Where cargo builds the project of the current directory.
fn target_directory() -> Result<PathBuf, Failure> {
    let metadata = metadata(&["--no-deps"])?;
    let unknown = || Failure::Metadata("its answer has no `target_directory`".to_owned());
    let directory = metadata["target_directory"].as_str();
    directory.map(PathBuf::from).ok_or_else(unknown)
}
