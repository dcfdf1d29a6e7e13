//! Which report is to be confirmed.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use heldby_model::record::RecordHeader;
use heldby_model::{Findings, Report};

use crate::failure::Failure;
use crate::merge::gather;
use crate::record::LONGEST_LINE;

/// Candidates that an error lists.
const LISTED: usize = 8;

/// The file or directory that an argument names, and the number behind its `#`.
pub(super) fn split(argument: &Path) -> (PathBuf, Option<usize>) {
    let whole = || (argument.to_owned(), None);
    if argument.exists() {
        return whole();
    }
    let text = argument.to_str().and_then(|text| text.rsplit_once('#'));
    text.and_then(|(path, number)| Some((path.into(), Some(number.parse().ok()?))))
        .unwrap_or_else(whole)
}

/// A report with the number that chooses it.
struct Numbered {
    number: usize,
    report: Report,
}

/// The report that `argument` and `number` name, or the only one that can be confirmed.
///
/// # Errors
/// When there is none, or none of that number, or more than one: with what there is.
pub(super) fn choose(argument: &Path, number: Option<usize>) -> Result<Report, Failure> {
    let (path, behind) = split(argument);
    let failed = |why: String| Failure::Confirm {
        input: path.display().to_string(),
        why,
    };
    let reports = reports(&path)?;
    let known = known(&reports);
    let mut chosen = reports.into_iter();
    let mut chosen = match number.or(behind) {
        Some(number) => {
            let named = chosen.find(|numbered| numbered.number == number);
            let missing = || failed(format!("there is no report {number}; {known}"));
            return confirmable(named.ok_or_else(missing)?, failed);
        }
        None => chosen.filter(Numbered::can_be_confirmed),
    };
    match (chosen.next(), chosen.next()) {
        (Some(only), None) => Ok(only.report),
        (Some(_), Some(_)) => Err(failed(format!("{known}; choose with --report N"))),
        (None, _) => Err(failed(known)),
    }
}

fn confirmable(chosen: Numbered, failed: impl Fn(String) -> Failure) -> Result<Report, Failure> {
    let Numbered { number, report } = chosen;
    match report.steps() {
        Ok(_) => Ok(report),
        Err(why) => Err(failed(format!(
            "report {number}: {why}; HB0001 and HB0002 can be confirmed"
        ))),
    }
}

/// What records report, or what is in a file of findings: numbered as they are listed, and those of one
/// record as it numbers them.
fn reports(path: &Path) -> Result<Vec<Numbered>, Failure> {
    let failed = |error| Failure::Read {
        input: path.display().to_string(),
        error,
    };
    let listed = |reports: Vec<Report>| {
        let numbered = (1..).zip(reports);
        numbered.map(|(number, report)| Numbered { number, report })
    };
    let is_directory = fs::metadata(path).map_err(failed)?.is_dir();
    let header = header(path);
    if is_directory || header.is_some() {
        let listed = listed(gather(&[path.to_owned()])?.merged.findings().reports);
        return Ok(match header {
            Some(header) if header.processes.len() == 1 => {
                listed.map(Numbered::with_number_of_record).collect()
            }
            _ => listed.collect(),
        });
    }
    let text = fs::read_to_string(path).map_err(failed)?;
    let findings = Findings::from_json(&text).map_err(|_| {
        let why = "it is no record, and not what `heldby report --format json` prints";
        Failure::Confirm {
            input: path.display().to_string(),
            why: why.to_owned(),
        }
    })?;
    Ok(listed(findings.reports).collect())
}

/// The first line of a record; of any other file there is none.
fn header(path: &Path) -> Option<RecordHeader> {
    let mut line = String::new();
    let bounded = File::open(path).ok()?.take(LONGEST_LINE);
    BufReader::new(bounded).read_line(&mut line).ok()?;
    RecordHeader::from_line(&line).ok()
}

impl Numbered {
    fn can_be_confirmed(&self) -> bool {
        self.report.steps().is_ok()
    }

    /// With its number in its record, if it tells that.
    fn with_number_of_record(self) -> Self {
        let place = self.report.record.as_ref();
        Self {
            number: place.map_or(self.number, |place| place.number as usize),
            report: self.report,
        }
    }
}

/// What there is to choose from, in one line.
fn known(reports: &[Numbered]) -> String {
    let candidates = reports
        .iter()
        .filter(|numbered| numbered.can_be_confirmed());
    let candidates: Vec<_> = candidates.collect();
    if candidates.is_empty() {
        let codes = reports.iter().map(|numbered| numbered.report.code.as_str());
        let codes: BTreeSet<_> = codes.collect();
        return match codes.into_iter().collect::<Vec<_>>().as_slice() {
            [] => "it reports nothing".to_owned(),
            codes => format!(
                "HB0001 and HB0002 can be confirmed, and it reports {}",
                codes.join(" ")
            ),
        };
    }
    let listed = candidates.iter().take(LISTED).map(|numbered| {
        let Numbered { number, report } = numbered;
        let locks = report.locks.join("`, `");
        format!("{number} ({} `{locks}` at {})", report.code, report.site)
    });
    let listed: Vec<_> = listed.collect();
    let more = match candidates.len().saturating_sub(LISTED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("known: {}{more}", listed.join(", "))
}
