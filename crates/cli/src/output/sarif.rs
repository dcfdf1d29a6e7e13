//! Findings as SARIF 2.1.0, as code scanning reads it: one run, a rule for each code in it, a result for
//! each report.
//!
//! Every report is an error: it fails the run, whether some interleaving goes wrong or this one did.
//! What is pending or gated is a note, and only there when asked for.
//! Files are told from the root of the sources, `%SRCROOT%`; a place outside of them is told by its
//! whole path.

mod flow;
mod log;
mod rules;

use std::collections::BTreeMap;
use std::io::{self, Write};

use heldby_model::render::{Mark, marks, printable};
use heldby_model::{Code, Report, Site};

use self::log::{
    ArtifactLocation, BaseId, Driver, Frame, Location, Log, LogicalLocation, Message, Outcome,
    PhysicalLocation, Region, Run, Stack, Tool,
};
use super::Shown;
use super::place::{is_in_sources, primary, uri};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

const SOURCES: &str = "%SRCROOT%";

/// What a result is the same by in another build.
const FINGERPRINT: &str = "heldbyFinding/v1";

/// Writes the log on one line.
pub(super) fn write(shown: &Shown<'_>, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &log(shown))?;
    writeln!(out)
}

fn log(shown: &Shown<'_>) -> Log {
    let reports = shown.findings.reports.iter().map(|report| (None, report));
    let listed = shown.listed().map(|(list, report)| (Some(list), report));
    let all: Vec<_> = reports.chain(listed).collect();
    let mut codes: Vec<_> = all.iter().map(|(_, report)| report.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let results = all
        .iter()
        .map(|&(list, report)| result(shown, list, report, &codes));
    Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run {
            results: results.collect(),
            tool: Tool {
                driver: Driver {
                    name: "Heldby",
                    semantic_version: env!("CARGO_PKG_VERSION"),
                    rules: codes.iter().copied().map(rules::rule).collect(),
                },
            },
            column_kind: "unicodeCodePoints",
            original_uri_base_ids: BTreeMap::from([(SOURCES, sources())]),
        }],
    }
}

fn sources() -> BaseId {
    BaseId {
        description: message("The root of the sources that were built.".to_owned()),
    }
}

fn result(shown: &Shown<'_>, list: Option<&str>, report: &Report, codes: &[Code]) -> Outcome {
    let marks = marks(report);
    let place = primary(report);
    let function = match place == &report.site {
        true => report.function.as_deref(),
        false => None,
    };
    let related = (1..).zip(&marks).map(|(id, mark)| Location {
        id: Some(id),
        ..of_mark(mark)
    });
    Outcome {
        rule_id: report.code.as_str(),
        rule_index: codes.partition_point(|&code| code < report.code),
        level: if list.is_none() { "error" } else { "note" },
        message: message(text(report, list)),
        locations: [location(place, function, None)],
        related_locations: related.collect(),
        code_flows: flow::flow(&marks).map(|flow| [flow]),
        stacks: stack(report).map(|stack| [stack]),
        partial_fingerprints: BTreeMap::from([(FINGERPRINT, shown.fingerprint(report))]),
    }
}

/// What was found, by whom, what pre-empts the objections, and what to change.
fn text(report: &Report, list: Option<&str>) -> String {
    let list = list.map(|list| format!("{list}: ")).unwrap_or_default();
    let (title, thread, site) = (&report.title, &report.thread, &report.site);
    let first = printable(&format!("{list}{title}, at {site}, thread `{thread}`"));
    let notes = report.notes.iter().map(|note| format!("note: {note}"));
    let help = report.help.iter().map(|help| format!("help: {help}"));
    let lines = notes.chain(help).map(|line| printable(&line));
    let lines: Vec<_> = std::iter::once(first).chain(lines).collect();
    lines.join("\n")
}

fn of_mark(mark: &Mark) -> Location {
    location(&mark.site, mark.function.as_deref(), Some(&mark.text))
}

fn location(site: &Site, function: Option<&str>, text: Option<&str>) -> Location {
    Location {
        id: None,
        physical_location: Some(PhysicalLocation {
            artifact_location: ArtifactLocation {
                uri: uri(&site.file),
                uri_base_id: is_in_sources(site).then_some(SOURCES),
            },
            region: Region {
                start_line: site.line.max(1),
                start_column: site.column.max(1),
            },
        }),
        logical_locations: function.map(|name| [logical(name)]),
        message: text.map(|text| message(text.to_owned())),
    }
}

fn logical(function: &str) -> LogicalLocation {
    LogicalLocation {
        fully_qualified_name: printable(function),
        kind: "function",
    }
}

fn stack(report: &Report) -> Option<Stack> {
    let frame = |frame: &heldby_model::Frame| Frame {
        location: match &frame.site {
            Some(site) => location(site, Some(&frame.function), None),
            None => Location {
                id: None,
                physical_location: None,
                logical_locations: Some([logical(&frame.function)]),
                message: None,
            },
        },
    };
    (!report.stack.is_empty()).then(|| Stack {
        frames: report.stack.iter().map(frame).collect(),
    })
}

/// A plain text: what looks like a link in a name is none.
fn message(text: String) -> Message {
    Message {
        text: text.replace("](", "] ("),
        markdown: None,
    }
}
