//! `parking_lot`'s locks: what each of their operations is to the validator.

mod condvar;
mod guards;
mod modes;
mod once;
mod orders;
mod reentrant;
mod upgradable;

use heldby::test::check;

/// What is reported: the code of each report, and the names of its locks.
#[track_caller]
fn found(body: impl FnOnce()) -> Vec<String> {
    let told =
        |report: &heldby::model::Report| format!("{} {}", report.code, report.locks.join(" "));
    check(body).iter().map(told).collect()
}

/// Nothing is reported.
const SILENT: [&str; 0] = [];
