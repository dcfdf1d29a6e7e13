//! Scenarios and their verdicts: rows that must fire, beside rows that must stay silent.

mod allow;
mod annotations;
mod classes;
mod contexts;
mod declared;
mod events;
mod gates;
mod handover;
mod holds;
mod misses;
mod nest;
mod order;
mod readers;
mod tasks;

use expect_test::Expect;
use heldby_model::{Findings, Report};
use heldby_script::{Config, Events, Profile, Scenario, run, run_with};

/// Checks the verdict in the default profile: a line for each report, or `clean`.
#[track_caller]
fn check(text: &str, expect: Expect) {
    expect.assert_eq(&verdict(text, Profile::Userspace));
}

/// Checks the verdict in profile `kernel`.
#[track_caller]
fn check_kernel(text: &str, expect: Expect) {
    expect.assert_eq(&verdict(text, Profile::Kernel));
}

/// Checks that both profiles say the same.
#[track_caller]
fn check_both(text: &str, expect: Expect) {
    let verdicts = [
        verdict(text, Profile::Userspace),
        verdict(text, Profile::Kernel),
    ];
    assert_eq!(verdicts[0], verdicts[1], "userspace, kernel");
    expect.assert_eq(&verdicts[0]);
}

/// Checks what waits for events come to: the reports, and what is pending; then the reports where
/// they count at once. Both are the same in both profiles.
#[track_caller]
fn check_events(text: &str, lenient: Expect, strict: Expect) {
    let scenario: Scenario = text.parse().unwrap_or_else(|error| panic!("{error}"));
    let found = |profile, events| {
        let config = Config::new().events(events);
        let replayed = run_with(&scenario, "row", profile, config);
        replayed.unwrap_or_else(|error| panic!("{error}")).findings
    };
    let both = |events| {
        let [one, other] = [Profile::Userspace, Profile::Kernel].map(|it| found(it, events));
        let lines = |of: &Findings| (lines(&of.reports), lines(&of.pending));
        assert_eq!(lines(&one), lines(&other), "userspace, kernel");
        one
    };
    let findings = both(Events::Lenient);
    let pending = findings.pending.iter();
    let pending = pending.map(|it| format!("pending {}", turned(it)));
    let reports = findings.reports.iter().map(turned);
    lenient.assert_eq(&or_clean(reports.chain(pending).collect()));
    let findings = both(Events::Strict);
    assert_eq!(findings.pending, [], "what is pending is reported at once");
    strict.assert_eq(&or_clean(findings.reports.iter().map(turned).collect()));
}

/// A line for a report, whoever closed its cycle: it starts at the lock that is first by name.
fn turned(report: &Report) -> String {
    let mut report = report.clone();
    let first = (0..report.locks.len()).min_by_key(|&at| report.locks[at].as_str());
    report.locks.rotate_left(first.unwrap_or(0));
    line(&report)
}

/// The reports in the default profile.
#[track_caller]
fn reports(text: &str) -> Vec<Report> {
    let scenario: Scenario = text.parse().unwrap_or_else(|error| panic!("{error}"));
    let findings = run(&scenario, "row", Profile::Userspace);
    findings.unwrap_or_else(|error| panic!("{error}")).reports
}

/// What is pending in the default profile.
#[track_caller]
fn pending(text: &str) -> Vec<String> {
    let scenario: Scenario = text.parse().unwrap_or_else(|error| panic!("{error}"));
    let findings = run(&scenario, "row", Profile::Userspace);
    let findings = findings.unwrap_or_else(|error| panic!("{error}"));
    findings.pending.iter().map(line).collect()
}

/// Checks all that is listed in the default profile: what is reported, pending and gated.
#[track_caller]
fn check_lists(text: &str, expect: Expect) {
    let scenario: Scenario = text.parse().unwrap_or_else(|error| panic!("{error}"));
    let found = run(&scenario, "row", Profile::Userspace).unwrap_or_else(|error| panic!("{error}"));
    let mut lines = Vec::new();
    for (list, reports) in [
        ("reported", &found.reports),
        ("pending", &found.pending),
        ("gated", &found.gated),
    ] {
        lines.extend(reports.iter().map(|report| {
            let gates = match report.gates.as_slice() {
                [] => String::new(),
                gates => format!(" by {}", gates.join(" ")),
            };
            format!("{list}: {} {}{gates}", report.code, report.locks.join(" "))
        }));
    }
    if lines.is_empty() {
        lines.push("clean".to_owned());
    }
    expect.assert_eq(&lines.join("\n"));
}

#[track_caller]
fn verdict(text: &str, profile: Profile) -> String {
    let scenario: Scenario = text.parse().unwrap_or_else(|error| panic!("{error}"));
    let findings = run(&scenario, "row", profile).unwrap_or_else(|error| panic!("{error}"));
    lines(&findings.reports)
}

/// A line for each report, or `clean`.
fn lines(reports: &[Report]) -> String {
    or_clean(reports.iter().map(line).collect())
}

fn line(report: &Report) -> String {
    format!("{} {}", report.kind, report.locks.join(" "))
}

fn or_clean(lines: Vec<String>) -> String {
    match lines.as_slice() {
        [] => "clean".to_owned(),
        lines => lines.join("\n"),
    }
}
