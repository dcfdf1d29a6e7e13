//! What is printed of the findings.

use std::io::{self, Write};

use clap::ValueEnum;
use heldby_model::Findings;
use heldby_model::render::{self, TextOptions};

use crate::Verdict;
use crate::failure::Failure;

/// How findings are printed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Format {
    /// For people: every report, a line for each finding that is pending or gated, and a last line
    /// that counts the reports.
    Text,
    /// For programs: one JSON object.
    Json,
}

/// Prints `findings` to standard output.
///
/// A reader that closes its pipe early has seen enough: that is no failure.
pub(crate) fn print(findings: &Findings, format: Format) -> Result<Verdict, Failure> {
    match write(
        findings,
        format,
        &mut io::BufWriter::new(io::stdout().lock()),
    ) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Write { error }),
        _ if findings.reports.is_empty() => Ok(Verdict::Clean),
        _ => Ok(Verdict::Reported(1)),
    }
}

fn write(findings: &Findings, format: Format, out: &mut impl Write) -> io::Result<()> {
    match format {
        Format::Text => {
            for report in &findings.reports {
                writeln!(out, "{}", render::text(report, TextOptions::default()))?;
            }
            for (list, reports) in [("pending", &findings.pending), ("gated", &findings.gated)] {
                for report in reports {
                    writeln!(out, "{list}: {}", render::one_line(report))?;
                }
            }
            writeln!(out, "{}", count(findings.reports.len()))?;
        }
        Format::Json => {
            serde_json::to_writer(&mut *out, findings)?;
            writeln!(out)?;
        }
    }
    out.flush()
}

fn count(reports: usize) -> String {
    match reports {
        0 => "clean".to_owned(),
        1 => "1 report".to_owned(),
        more => format!("{more} reports"),
    }
}
