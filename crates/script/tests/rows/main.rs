//! Scenarios and their verdicts: rows that must fire, beside rows that must stay silent.

mod classes;
mod events;
mod holds;
mod nest;
mod order;
mod readers;

use expect_test::Expect;
use heldby_script::{Profile, Scenario, run};

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

/// The reports in the default profile.
#[track_caller]
fn reports(text: &str) -> Vec<heldby_model::Report> {
    let scenario: Scenario = text.parse().unwrap_or_else(|error| panic!("{error}"));
    let findings = run(&scenario, "row", Profile::Userspace);
    findings.unwrap_or_else(|error| panic!("{error}")).reports
}

#[track_caller]
fn verdict(text: &str, profile: Profile) -> String {
    let scenario: Scenario = text.parse().unwrap_or_else(|error| panic!("{error}"));
    let findings = run(&scenario, "row", profile).unwrap_or_else(|error| panic!("{error}"));
    if findings.reports.is_empty() {
        return "clean".to_owned();
    }
    let line =
        |report: &heldby_model::Report| format!("{} {}", report.kind, report.locks.join(" "));
    findings
        .reports
        .iter()
        .map(line)
        .collect::<Vec<_>>()
        .join("\n")
}
