//! What is printed of the findings.
//!
//! The JSON object is the truth; the other formats are views of it, each in a file of its own, and may
//! leave out what their readers have no place for.

mod github;
mod place;
mod sarif;

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use clap::{Args, ValueEnum};
use heldby_model::render::{self, SourceFiles, TextOptions};
use heldby_model::{Findings, Report};
use serde::Serialize;

use crate::Verdict;
use crate::failure::Failure;
use crate::record::{Matching, Sorted};

/// How findings are printed, and where.
#[derive(Clone, Debug, Args)]
pub(crate) struct Printing {
    /// How the findings are printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// Where they are printed instead of standard output; text about a program that is run goes to
    /// standard error
    #[arg(long, value_name = "FILE")]
    findings: Option<PathBuf>,

    /// Standard output belongs to a program, unless other formats than text are asked for.
    #[arg(skip)]
    aside: bool,

    /// With `sarif` and `github`: what is pending or gated as well, as notes
    #[arg(long)]
    with_pending: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: every report, a line for each finding that is pending or gated, and a last line
    /// that counts the reports.
    Text,
    /// For programs: one JSON object.
    Json,
    /// For code scanning: SARIF 2.1.0.
    Sarif,
    /// For a step of GitHub Actions: annotations of the code.
    Github,
}

/// Where findings are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum To<'a> {
    Output,
    Error,
    File(&'a Path),
}

impl To<'_> {
    fn is_terminal(self) -> bool {
        match self {
            Self::Output => io::stdout().is_terminal(),
            Self::Error => io::stderr().is_terminal(),
            Self::File(_) => false,
        }
    }
}

/// What the views show.
struct Shown<'a> {
    findings: &'a Findings,
    with_pending: bool,
    matching: Matching,
    sources: SourceFiles,
}

impl Shown<'_> {
    /// What is pending or gated, if it is asked for.
    fn listed(&self) -> impl Iterator<Item = (&'static str, &Report)> {
        let lists = self.with_pending.then(|| lists(self.findings));
        lists.into_iter().flatten().flat_map(of_list)
    }

    /// What tells the report from others in whatever build.
    fn fingerprint(&self, report: &Report) -> String {
        self.matching.finding(report).fingerprint()
    }
}

/// What is no report yet, with what it is called.
fn lists(findings: &Findings) -> [(&'static str, &[Report]); 2] {
    [("pending", &findings.pending), ("gated", &findings.gated)]
}

fn of_list<'a>(
    (list, reports): (&'static str, &'a [Report]),
) -> impl Iterator<Item = (&'static str, &'a Report)> {
    reports.iter().map(move |report| (list, report))
}

impl Printing {
    /// The same for a program that is run: text goes to standard error, and leaves its output alone.
    pub(crate) fn aside(&self) -> Self {
        Self {
            aside: true,
            ..self.clone()
        }
    }

    /// Whether they are printed to standard output, for people.
    pub(crate) fn is_text(&self) -> bool {
        self.to() == To::Output && self.format == Format::Text
    }

    fn to(&self) -> To<'_> {
        match &self.findings {
            Some(file) => To::File(file),
            None if self.aside && self.format == Format::Text => To::Error,
            None => To::Output,
        }
    }

    /// Prints `findings`; those of `records` are known by what is the same in every build.
    ///
    /// A reader that closes its pipe early has seen enough: that is no failure.
    pub(crate) fn print(
        &self,
        findings: &Findings,
        records: Option<&Sorted>,
    ) -> Result<Verdict, Failure> {
        let shown = Shown {
            findings,
            with_pending: self.with_pending,
            matching: records.map(Matching::of).unwrap_or_default(),
            sources: sources(records),
        };
        self.deliver(|mut out| self.write(&shown, &mut out))?;
        match findings.reports.is_empty() {
            true => Ok(Verdict::Clean),
            false => Ok(Verdict::Reported(1)),
        }
    }

    /// Prints an answer that is no list of findings: by `text`, or as one JSON object.
    pub(crate) fn answer(
        &self,
        answer: &impl Serialize,
        text: impl FnOnce(TextOptions<'_>, &mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let sources = sources(None);
        let options = options(&sources, self.to().is_terminal());
        self.deliver(|mut out| match self.format {
            Format::Json => {
                serde_json::to_writer(&mut out, answer)?;
                writeln!(out)
            }
            Format::Text | Format::Sarif | Format::Github => text(options, out),
        })
    }

    /// Whether [`answer`](Self::answer) has a format to print in.
    ///
    /// # Errors
    /// It has not; with those that it knows.
    pub(crate) fn can_answer(&self) -> Result<(), Failure> {
        match self.format {
            Format::Text | Format::Json => Ok(()),
            Format::Sarif | Format::Github => Err(Failure::Arguments(
                "--confirm answers in no such --format; known: text json".to_owned(),
            )),
        }
    }

    /// Lets `write` write to where it was asked for, and all of that.
    fn deliver(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
        let whole = |out: &mut dyn Write| write(out).and_then(|()| out.flush());
        let (written, output) = match self.to() {
            To::Output => (whole(&mut BufWriter::new(io::stdout().lock())), None),
            To::Error => {
                let written = whole(&mut BufWriter::new(io::stderr().lock()));
                (written, Some("standard error".to_owned()))
            }
            To::File(path) => {
                let written = File::create(path).and_then(|file| whole(&mut BufWriter::new(file)));
                (written, Some(path.display().to_string()))
            }
        };
        match (written, output) {
            (Ok(()), _) => Ok(()),
            (Err(error), _) if self.findings.is_none() && is_broken_pipe(&error) => Ok(()),
            (Err(error), None) => Err(Failure::Write { error }),
            (Err(error), Some(output)) => Err(Failure::Output { output, error }),
        }
    }

    fn write(&self, shown: &Shown<'_>, out: &mut impl Write) -> io::Result<()> {
        match self.format {
            Format::Text => self.text(shown, out)?,
            Format::Json => {
                serde_json::to_writer(&mut *out, shown.findings)?;
                writeln!(out)?;
            }
            Format::Sarif => sarif::write(shown, out)?,
            Format::Github => github::write(shown, out)?,
        }
        out.flush()
    }

    fn text(&self, shown: &Shown<'_>, out: &mut impl Write) -> io::Result<()> {
        let options = options(&shown.sources, self.to().is_terminal());
        for report in &shown.findings.reports {
            writeln!(out, "{}", render::text(report, options))?;
        }
        for (list, report) in lists(shown.findings).into_iter().flat_map(of_list) {
            writeln!(out, "{list}: {}", render::one_line(report))?;
        }
        writeln!(out, "{}", count(shown.findings.reports.len()))
    }
}

fn is_broken_pipe(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
}

/// How reports are shown: with their source, and in colours where they go to a terminal.
pub(crate) fn options(sources: &SourceFiles, is_terminal: bool) -> TextOptions<'_> {
    TextOptions {
        sources: Some(sources),
        colour: render::wants_colour(is_terminal),
        ..TextOptions::default()
    }
}

/// The source of the programs that left the records, as far as it was not changed since they ran.
pub(crate) fn sources(records: Option<&Sorted>) -> SourceFiles {
    let processes = || records.into_iter().flat_map(|records| &records.processes);
    let executables = processes().map(|process| Path::new(&process.executable));
    let files = SourceFiles::around(executables);
    match processes().map(|process| process.started_ms).min() {
        Some(started) => files.unchanged_since(UNIX_EPOCH + Duration::from_millis(started)),
        None => files,
    }
}

fn count(reports: usize) -> String {
    match reports {
        0 => "clean".to_owned(),
        1 => "1 report".to_owned(),
        more => format!("{more} reports"),
    }
}

/// Checks that every format shows what `records` report, as JSON where that is promised, and that no
/// name moves a terminal's cursor.
#[cfg(any(test, fuzzing))]
pub(crate) fn check(records: &Sorted) {
    let shown = &Shown {
        findings: &records.findings(),
        with_pending: true,
        matching: Matching::of(records),
        sources: SourceFiles::default(),
    };
    for &format in Format::value_variants() {
        let printing = Printing {
            format,
            findings: None,
            aside: false,
            with_pending: true,
        };
        let mut text = Vec::new();
        let printed = printing.write(shown, &mut text);
        printed.expect("memory takes everything");
        let text = String::from_utf8(text).expect("it is UTF-8");
        let control = |c: char| c.is_control() && c != '\n';
        assert!(!text.contains(control), "{text:?}");
        if matches!(format, Format::Json | Format::Sarif) {
            let json = serde_json::from_str::<serde_json::Value>(&text);
            json.expect("it is JSON");
        }
    }
}
