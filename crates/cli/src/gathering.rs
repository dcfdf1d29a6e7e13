//! Runs a program whose processes leave records, and puts these together.

mod before;
mod unrecorded;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::{Command, ExitStatus};

use heldby_model::{LockStat, StatOrder, render};

pub(crate) use before::clear;
use before::{Before, Settled, probe};
use unrecorded::Unrecorded;

use crate::declaration::Declaration;
use crate::failure::Failure;
use crate::merge::gather;
use crate::output::Printing;
use crate::{Verdict, note, preload, program, stat};

/// Where the records of one run go, and what is shown of them.
#[derive(Debug)]
pub(crate) struct Gathering {
    pub(crate) directory: PathBuf,
    pub(crate) printing: Printing,
    /// Whether statistics are kept, and shown behind the findings.
    pub(crate) stat: bool,
    /// The exit code where something is reported and the program itself ended well.
    pub(crate) reported: u8,
    /// The declared order whose known reports do not count.
    pub(crate) baseline: Option<PathBuf>,
}

impl Gathering {
    /// Runs `command` to its end, with records on, then reports what all its processes saw.
    ///
    /// A signal that ends the program ends us only after that. The verdict is that of the program, if it
    /// failed.
    pub(crate) fn run(&self, command: &mut Command) -> Result<Verdict, Failure> {
        let baseline = self
            .baseline
            .as_deref()
            .map(Declaration::read)
            .transpose()?;
        let failure = |error| Failure::Output {
            output: self.directory.display().to_string(),
            error,
        };
        // Better told before a run that takes an hour.
        probe(&self.directory).map_err(failure)?;
        let before = Before::set_aside(&self.directory).map_err(failure)?;
        // Its processes may go elsewhere.
        let directory = std::path::absolute(&self.directory);
        command
            .env("HELDBY_DIR", directory.as_ref().unwrap_or(&self.directory))
            // What each process finds is told once, in the end.
            .env("HELDBY_REPORTS", "record");
        if std::env::var_os("HELDBY").is_none() {
            command.env("HELDBY", "warn");
        }
        if self.stat {
            command.env("HELDBY_STAT", "1");
        }
        let unrecorded = Unrecorded::set_up(command);
        let status = match program::run(command) {
            Ok(status) => status,
            Err(error) => {
                before.settle().map_err(failure)?;
                let program = command.get_program().to_string_lossy().into_owned();
                return Err(Failure::Start { program, error });
            }
        };
        let verdict = match before.settle().map_err(failure)? {
            Settled::Replaced => self.report(baseline.as_ref())?,
            settled => {
                self.tell_of_none(command, &status, settled);
                Verdict::Clean
            }
        };
        match code(&status) {
            // Who finds nothing must have had a place to write it.
            0 if verdict == Verdict::Clean => {
                let whole = probe(&self.directory).and_then(|()| unrecorded.check());
                whole.map(|()| verdict).map_err(failure)
            }
            0 => Ok(verdict),
            failed => Ok(Verdict::Failed(failed)),
        }
    }

    /// Says that nothing was recorded, where the program does not say why by failing.
    fn tell_of_none(&self, command: &Command, status: &ExitStatus, settled: Settled) {
        if status.success() {
            let why = match preload::is_found() {
                true => preload::obstacle(command.get_program())
                    .unwrap_or_else(|| "none took two locks, or none could be checked".to_owned()),
                false => "does the program use heldby, with its feature `validate`?".to_owned(),
            };
            note(&format!("no process left a record: {why}"));
        }
        if settled == Settled::Back {
            note(&format!(
                "the records in `{}` are those of the run before",
                self.directory.display()
            ));
        }
    }

    fn report(&self, baseline: Option<&Declaration>) -> Result<Verdict, Failure> {
        let gathered = gather(std::slice::from_ref(&self.directory))?;
        let merged = &gathered.merged;
        let mut findings = merged.findings();
        let known = baseline.map(|baseline| baseline.take_known(merged, &mut findings));
        let verdict = self.printing.print(&findings, Some(merged))?;
        if let (Some(known), Some(file)) = (known.filter(|&known| known > 0), &self.baseline) {
            let reports = match known {
                1 => "1 known report".to_owned(),
                known => format!("{known} known reports"),
            };
            note(&format!("{reports}, accepted by `{}`", file.display()));
        }
        if self.stat {
            self.show(merged.lock_stats())?;
        }
        note(&format!(
            "{} in `{}`",
            match gathered.records {
                1 => "1 record".to_owned(),
                records => format!("{records} records"),
            },
            self.directory.display()
        ));
        if findings.reports.iter().any(|report| report.steps().is_ok()) {
            note(&format!(
                "to see whether it really hangs: heldby run --confirm {} -- CMD",
                self.directory.display()
            ));
        }
        Ok(match verdict {
            Verdict::Reported(_) => Verdict::Reported(self.reported),
            other => other,
        })
    }

    /// Prints statistics behind the findings; where these are for programs, to standard error.
    fn show(&self, mut stats: Vec<LockStat>) -> Result<(), Failure> {
        match self.printing.is_text() {
            true => stat::print(stats, StatOrder::Wait, None, stat::Format::Text),
            false => {
                StatOrder::Wait.sort(&mut stats);
                let _ = io::stderr().write_all(render::lock_stats(&stats).as_bytes());
                Ok(())
            }
        }
    }
}

/// The exit code as a shell tells it: 128 and the signal that ended the program.
pub(crate) fn code(status: &ExitStatus) -> u8 {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(status);
    #[cfg(not(unix))]
    let signal: Option<i32> = None;
    let code = status.code().or(signal.map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok())
        .unwrap_or(u8::MAX)
}
