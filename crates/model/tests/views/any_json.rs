//! What must hold of any bytes read as JSON; the fuzz target `json` asks the same of bytes that it
//! makes up.

use heldby_model::render::{TextOptions, dot, lock_stats, marks, one_line, text, threads};
use heldby_model::{Findings, GraphSnapshot, Report};

/// Checks that `bytes` are refused, or read as data that reads back and has every view.
pub(crate) fn check(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        GraphSnapshot::from_json(text).iter().for_each(snapshot);
    }
    serde_json::from_slice(bytes).iter().for_each(findings);
    serde_json::from_slice(bytes).iter().for_each(report);
}

fn snapshot(snapshot: &GraphSnapshot) {
    let back = GraphSnapshot::from_json(&snapshot.to_json()).expect("a snapshot is read back");
    assert_eq!(&back, snapshot);
    printable(&dot(snapshot));
    if !snapshot.lock_stats.is_empty() {
        printable(&lock_stats(&snapshot.lock_stats));
    }
    if !snapshot.threads.is_empty() {
        printable(&threads(snapshot));
    }
}

fn findings(findings: &Findings) {
    let back: Findings = serde_json::from_str(&findings.to_json()).expect("findings are read back");
    assert_eq!(&back, findings);
    let listed = [&findings.reports, &findings.pending, &findings.gated];
    listed.into_iter().flatten().for_each(views);
}

fn report(report: &Report) {
    let text = serde_json::to_string(report).expect("a report becomes JSON");
    let back: Report = serde_json::from_str(&text).expect("a report is read back");
    assert_eq!(&back, report);
    views(report);
}

/// Shows a report in every way, as it is and with the advice that a validator would add.
fn views(report: &Report) {
    let mut advised = report.clone();
    advised.advise();
    for report in [report, &advised] {
        for full_stacks in [false, true] {
            printable(&text(
                report,
                TextOptions {
                    full_stacks,
                    ..TextOptions::default()
                },
            ));
        }
        printable(&one_line(report));
        marks(report).iter().for_each(|mark| printable(&mark.text));
    }
}

/// Checks that no name, whoever gave it, can move a terminal's cursor.
#[track_caller]
fn printable(view: &str) {
    let control = |c: char| c.is_control() && c != '\n';
    assert!(!view.is_empty() && !view.contains(control), "{view:?}");
}
