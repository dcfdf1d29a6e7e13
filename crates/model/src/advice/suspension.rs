//! A lock that threads wait for, held across an await; and orders of tasks that may be none.

use crate::Report;
use crate::words::place;

/// Notes on the suspension.
pub(super) fn notes(report: &Report) -> Vec<String> {
    let lock = report.subject();
    let mut notes = vec![format!(
        "the thread goes on with other tasks; one that asks for `{lock}` blocks it, and with it perhaps \
         the task that has `{lock}`."
    )];
    if let Some(how) = &report.suspension {
        let spawned = place(&how.spawned_site);
        let waits = how.awaited_site.as_ref().map(|site| {
            let what = how.awaited_lock.as_ref();
            let what = what.map_or_else(String::new, |lock| format!(" for `{lock}`"));
            format!("; it waits{what} at {}", place(site))
        });
        notes.push(format!(
            "the task was spawned at {spawned}{}.",
            waits.unwrap_or_default()
        ));
    }
    notes
}

/// What to change.
pub(super) fn help(report: &Report) -> String {
    let lock = report.subject();
    format!(
        "drop the `{lock}` guard taken at {} before the await, or make `{lock}` a lock that tasks wait \
         for (`heldby::tokio::sync`).",
        place(&report.site)
    )
}

/// What would make a finding a report whose orders are in doubt.
#[cfg(feature = "render")]
pub(super) fn lacks(report: &Report) -> Option<String> {
    let doubtful = report.cycle.iter().find_map(|dependency| {
        let (from, to) = (&dependency.from, &dependency.to);
        dependency.doubt.map(|doubt| (doubt, from, to))
    });
    let (doubt, from, to) = doubtful?;
    Some(match doubt {
        crate::Doubt::Arm => format!(
            "It hangs if `{to}` is awaited by the arm that holds `{from}`; mark the arms by \
             `heldby::task::branch` to tell."
        ),
        crate::Doubt::Thread => format!(
            "It hangs if `{to}` is awaited by the task that holds `{from}`; spawn tasks by \
             `heldby::tokio::spawn` to tell."
        ),
    })
}
