//! The command lines of Heldby: `heldby`, and `cargo heldby` for a cargo project.
//!
//! Every command ends with 0 when it found nothing, 1 when it reports, and 2 when it could not do
//! what it was asked to: then one line on standard error says what, where, and what it knows
//! instead.

mod cargo;
mod confirm;
mod declaration;
mod diff;
mod explain;
mod failure;
mod gathering;
mod graph;
mod input;
mod merge;
mod order;
mod output;
mod patch;
mod preload;
mod program;
mod record;
mod replay;
mod report;
mod run;
mod stat;
#[cfg(target_os = "linux")]
mod unchecked;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser, Subcommand};
use heldby_model::render::printable;

use crate::failure::Failure;

/// Proves from single runs that locks can deadlock.
#[derive(Debug, Parser)]
#[command(name = "heldby", version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  cargo heldby test
  heldby report target/heldby
  heldby explain HB0001
  heldby help diff";

#[derive(Debug, Subcommand)]
enum Command {
    Replay(replay::Replay),
    Merge(merge::Merge),
    Report(report::Report),
    Run(run::Run),
    Stat(stat::Stat),
    Diff(diff::Diff),
    Order(order::Order),
    Graph(graph::Graph),
    Explain(explain::Explain),
}

/// What a command that did its work has to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// Nothing is reported.
    Clean,
    /// Something is; the exit code.
    Reported(u8),
    /// What was run ended with this exit code.
    Failed(u8),
}

/// What the fuzz target `record` asks of bytes that it makes up.
///
/// # Panics
/// When something does not hold that must hold of any bytes.
#[cfg(fuzzing)]
pub fn check_record(bytes: &[u8]) {
    record::any_record::check(bytes);
}

/// Runs `heldby` with the arguments of this process.
#[must_use]
pub fn heldby() -> ExitCode {
    finish(match Cli::try_parse().map(|cli| cli.command) {
        Ok(Command::Replay(replay)) => replay.run(),
        Ok(Command::Merge(merge)) => merge.run(),
        Ok(Command::Report(report)) => report.run(),
        Ok(Command::Run(run)) => run.run(),
        Ok(Command::Stat(stat)) => stat.run(),
        Ok(Command::Diff(diff)) => diff.run(),
        Ok(Command::Order(order)) => order.run(),
        Ok(Command::Graph(graph)) => graph.run(),
        Ok(Command::Explain(explain)) => explain.run(),
        // Help and version, which are longer than a line.
        Err(error) if is_help(&error) => error.exit(),
        Err(error) => Err(Failure::Arguments(complaint(&error))),
    })
}

/// Runs `cargo heldby` with the arguments of this process.
#[must_use]
pub fn cargo_heldby() -> ExitCode {
    // Cargo passes the name of the command on.
    let arguments = std::env::args_os().enumerate();
    let arguments = arguments.filter(|(at, argument)| *at != 1 || argument != "heldby");
    let mut arguments: Vec<_> = arguments.map(|(_, argument)| argument).collect();
    // What stands behind `--` is not cargo's either.
    let end = arguments.iter().position(|argument| argument == "--");
    let passed_on = arguments.split_off(end.unwrap_or(arguments.len()));
    finish(match cargo::Cli::try_parse_from(arguments) {
        Ok(cli) => cli.run(&passed_on),
        Err(error) if is_help(&error) => error.exit(),
        Err(error) => Err(Failure::Arguments(complaint(&error))),
    })
}

fn finish(outcome: Result<Verdict, Failure>) -> ExitCode {
    match outcome {
        Ok(Verdict::Clean) => ExitCode::SUCCESS,
        Ok(Verdict::Reported(code)) => ExitCode::from(code),
        Ok(Verdict::Failed(code)) => ExitCode::from(code),
        Err(failure) => {
            tell(&failure);
            ExitCode::from(2)
        }
    }
}

fn is_help(error: &clap::Error) -> bool {
    !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
}

/// Puts what clap says into one line, without what it always says, with the known commands.
fn complaint(error: &clap::Error) -> String {
    let text = error.to_string();
    let lines = text.lines().map(str::trim);
    let said = lines.filter(|line| !line.is_empty() && !line.starts_with("For more information"));
    let line = said.collect::<Vec<_>>().join("; ").replace(":; ", ": ");
    let line = line.strip_prefix("error: ").unwrap_or(&line).to_owned();
    if error.kind() != ErrorKind::InvalidSubcommand {
        return line;
    }
    let cli = Cli::command();
    let known: Vec<_> = cli.get_subcommands().map(clap::Command::get_name).collect();
    format!("{line}; known: {}", known.join(" "))
}

/// Says on standard error why a command failed; the exit code stands even when nobody listens.
fn tell(failure: &Failure) {
    let _ = writeln!(io::stderr(), "error: {}", printable(&failure.to_string()));
}

/// Says on standard error what is worth knowing, and changes no exit code.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr(), "note: {}", printable(text));
}

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory as _};

    #[test]
    fn every_command_has_examples() {
        for mut command in [super::Cli::command(), super::cargo::Cli::command()] {
            command.build();
            check(&mut command);
        }
    }

    fn check(command: &mut Command) {
        let help = command.render_long_help().to_string();
        assert!(help.contains("\nExamples:\n"), "{help}");
        let subcommands = command.get_subcommands_mut();
        let ours = subcommands.filter(|subcommand| subcommand.get_name() != "help");
        ours.for_each(check);
    }
}
