//! `heldby run --confirm`: a program that is steered to a deadlock which was reported as possible.
//!
//! The engine in each process steers, by what [`choice`] found; [`watch`] follows their records, and
//! [`group`] ends them once they hang. What came of it is an [`Answer`].

mod answer;
mod choice;
mod group;
mod watch;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use heldby_model::{Findings, Report};

use crate::failure::Failure;
use crate::gathering::{clear, code};
use crate::output::Printing;
use crate::{Verdict, note};
use answer::Answer;
use group::{Ended, Group};
use watch::Records;

/// Where the records of such a run go, if nothing else is said.
pub(crate) const DIRECTORY: &str = "heldby-confirm";

/// What the engine reads, beside the records.
const FILE: &str = "confirm.json";

/// How often the records are looked at while the program runs.
const LOOK: Duration = Duration::from_millis(50);

/// A run that is steered.
#[derive(Debug)]
pub(crate) struct Confirming {
    pub(crate) report: PathBuf,
    pub(crate) number: Option<usize>,
    pub(crate) directory: PathBuf,
    pub(crate) printing: Printing,
    /// The exit code where the deadlock was reached.
    pub(crate) reported: u8,
    /// How long a thread is held back, unless the engine's own time will do.
    pub(crate) hold_ms: Option<u64>,
}

impl Confirming {
    /// Runs `command`, steered, until it ends or hangs, and says which.
    ///
    /// The verdict is that of the program, if it failed by itself.
    pub(crate) fn run(&self, command: &mut Command) -> Result<Verdict, Failure> {
        self.printing.can_answer()?;
        let report = choice::choose(&self.report, self.number)?;
        self.prepare(&report, command)?;
        let program = command.get_program().to_string_lossy().into_owned();
        let mut group = Group::start(command).map_err(|error| Failure::Start { program, error })?;
        let mut records = Records::of(&self.directory);
        let ended = loop {
            // Before the records, so that nothing which it wrote is missed.
            let ended = group.ended();
            records.look();
            if let Some(status) = ended {
                break Ended::ByItself(status);
            }
            if records.deadlock().is_some() {
                break group.end();
            }
            // A program tells nobody that it hangs.
            thread::sleep(LOOK);
        };
        let answer = Answer::of(report, &records);
        self.printing
            .answer(&answer, |options, out| answer.write(options, out))?;
        if ended == Ended::ByUs {
            note("the program hung for good; its processes were ended");
        }
        Ok(match ended {
            _ if answer.is_deadlock() => Verdict::Reported(self.reported),
            Ended::ByItself(status) if code(&status) != 0 => Verdict::Failed(code(&status)),
            Ended::ByItself(_) | Ended::ByUs => Verdict::Clean,
        })
    }

    /// Makes room for the records, and tells the program's processes what to do.
    fn prepare(&self, report: &Report, command: &mut Command) -> Result<(), Failure> {
        let failed = |error| Failure::Output {
            output: self.directory.display().to_string(),
            error,
        };
        if self.has_the_report() {
            return Err(Failure::Arguments(format!(
                "the report stands in `{}`, whose records go; choose another --records",
                self.directory.display()
            )));
        }
        clear(&self.directory).map_err(failed)?;
        fs::create_dir_all(&self.directory).map_err(failed)?;
        // Its processes may go elsewhere.
        let directory = self.directory.canonicalize().map_err(failed)?;
        let file = directory.join(FILE);
        write(&file, report).map_err(failed)?;
        command
            .env("HELDBY_DIR", &directory)
            .env("HELDBY_CONFIRM", file)
            .env("HELDBY_REPORTS", "record");
        if std::env::var_os("HELDBY").is_none() {
            command.env("HELDBY", "warn");
        }
        if let Some(hold_ms) = self.hold_ms {
            command.env("HELDBY_CONFIRM_MS", hold_ms.to_string());
        }
        Ok(())
    }

    /// Whether clearing the directory would take the report away.
    fn has_the_report(&self) -> bool {
        let (path, _) = choice::split(&self.report);
        let (Ok(report), Ok(directory)) = (path.canonicalize(), self.directory.canonicalize())
        else {
            return false;
        };
        report == directory || report.parent() == Some(&directory)
    }
}

fn write(file: &Path, report: &Report) -> io::Result<()> {
    let findings = Findings::new(vec![report.clone()], Vec::new(), Vec::new());
    fs::write(file, findings.to_json())
}
