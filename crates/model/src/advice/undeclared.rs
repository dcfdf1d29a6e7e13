//! A dependency that the declared order does not have.

use super::within;
use crate::{Dependency, Report};

pub(super) fn title(report: &Report) -> String {
    match report.cycle.last() {
        Some(Dependency { from, to, .. }) => {
            format!("undeclared order: `{to}` is taken while `{from}` is held")
        }
        None => format!("undeclared order of `{}`", report.subject()),
    }
}

pub(super) fn help(report: &Report) -> String {
    let declare = "if this order is meant, declare it: run `heldby order` on a record of this run";
    match report.cycle.last() {
        Some(seen) => {
            let here = within(seen.acquired_function.as_ref(), &seen.acquired_site);
            format!(
                "take `{}` before `{}` {here}, or not while it is held; {declare}.",
                seen.to, seen.from
            )
        }
        None => format!("{declare}."),
    }
}
