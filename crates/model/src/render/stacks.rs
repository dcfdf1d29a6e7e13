//! Stacks: the host's own frames for a report, all of them below it.

use super::page::Page;
use crate::{Frame, Report};

/// Crates whose frames say how the host was called, not what it did.
const FOREIGN: &[&str] = &[
    "std",
    "core",
    "alloc",
    "test",
    "heldby",
    "heldby_validator",
    "tokio",
];

/// Finds the nearest caller of `function` that is the host's own and has a place.
pub(super) fn host_caller<'a>(stack: &'a [Frame], function: Option<&str>) -> Option<&'a Frame> {
    let mut host = stack
        .iter()
        .filter(|frame| frame.site.is_some() && is_host(&frame.function));
    let innermost = host.next()?;
    let function = function.unwrap_or(&innermost.function);
    host.find(|frame| frame.function != function)
}

fn is_host(function: &str) -> bool {
    let path = function.trim_start_matches(['<', '&']);
    let first = path.split("::").next().unwrap_or_default();
    !FOREIGN.contains(&first) && !path.contains(" as core::ops::function::")
}

/// Adds every stack that the report carries, each under what it is the stack of.
pub(super) fn add_stacks(page: &mut Page, report: &Report) {
    add(page, &format!("Stack at {}:", report.site), &report.stack);
    for (index, dependency) in report.cycle.iter().enumerate() {
        let number = index + 1;
        let held = format!("Stack of dependency {number}, `{}` held:", dependency.from);
        add(page, &held, &dependency.held_stack);
        let acquired = format!(
            "Stack of dependency {number}, `{}` acquired:",
            dependency.to
        );
        add(page, &acquired, &dependency.acquired_stack);
    }
    let holds = report.held.iter().map(|held| (&report.thread, held));
    // The reporting thread is the last of those that hang.
    let others = report
        .threads
        .split_last()
        .map_or(&[][..], |(_, others)| others);
    let of_others = others
        .iter()
        .flat_map(|other| other.held.iter().map(|held| (&other.thread, held)));
    for (thread, held) in of_others.chain(holds) {
        let heading = format!("Stack of `{}`, held by `{thread}`:", held.lock);
        add(page, &heading, &held.stack);
    }
}

fn add(page: &mut Page, heading: &str, stack: &[Frame]) {
    if stack.is_empty() {
        return;
    }
    page.blank();
    page.line(heading);
    for (index, frame) in stack.iter().enumerate() {
        page.line(format!("{index:4}: {}", frame.function));
        page.lines(
            frame
                .site
                .iter()
                .map(|site| format!("             at {site}")),
        );
    }
}
