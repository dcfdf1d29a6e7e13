//! One sentence: which locks by name, what is wrong.

use super::{Nesting, deadlock, event, interruption, nesting, undeclared};
use crate::words;
use crate::{Certainty, Code, Report};

/// Makes the title; "deadlock" without "possible" only where threads wait now.
pub(super) fn of(report: &Report) -> String {
    let locks = words::list(&report.locks);
    let subject = report.subject();
    let thread = &report.thread;
    match report.code {
        Code::Hb0001 | Code::Hb0002 => format!("{}: {}", hang(report), order(report, &locks)),
        Code::Hb0003 => format!("{}: {}", hang(report), recursion(report)),
        Code::Hb0004 => format!("{}: {locks} form a cycle via a queued writer", hang(report)),
        Code::Hb0005 => format!("{}: {}", hang(report), event::title(report)),
        Code::Hb0101 => format!("`{subject}` is released by `{thread}`, which does not hold it"),
        Code::Hb0102 => format!("`{subject}` is freed or initialised again while it is held"),
        Code::Hb0103 => format!("`{thread}` ends while it holds {locks}"),
        Code::Hb0104 => format!(
            "`{subject}` is taken under the nest lock `{}`, which is not held",
            report.nest_lock()
        ),
        Code::Hb0105 => format!("`{subject}` is released by `{thread}` while it is pinned"),
        Code::Hb0201 => format!("`{subject}` not stabilised: `{thread}` holds neither lock"),
        Code::Hb0202 => format!("assertion failed: {}", assertion(report)),
        Code::Hb0301 => wait_context(report),
        Code::Hb0304 => format!("`{thread}` awaits while it holds `{subject}`"),
        Code::Hb0401 => undeclared::title(report),
        Code::Hb0501 => format!("deadlock: a forked child waits for `{subject}`"),
        Code::Hb0502 => format!("deadlock: {}", deadlock::title(report)),
        Code::Hb0302 | Code::Hb0303 => {
            format!("{}: {}", hang(report), interruption::title(report))
        }
    }
}

fn hang(report: &Report) -> &'static str {
    match report.certainty {
        Certainty::Possible => "possible deadlock",
        Certainty::Now => "deadlock",
    }
}

fn order(report: &Report, locks: &str) -> String {
    match report.locks.len() {
        2 => format!("{locks} are locked in opposite orders"),
        _ => format!("{locks} form a lock cycle"),
    }
}

fn recursion(report: &Report) -> String {
    let lock = report.subject();
    match nesting(report) {
        Nesting::SameLock => same_lock(report, lock),
        Nesting::ReadAgain => format!("`{lock}` is read again by the thread that reads it"),
        Nesting::Unordered => format!("two locks of class `{lock}` are nested in no known order"),
        Nesting::Opposite => format!("locks of class `{lock}` are nested in opposite orders"),
    }
}

fn same_lock(report: &Report, lock: &str) -> String {
    let purposes = report.cycle.last().map(|only| {
        let asked = words::purpose(report, lock, only.to_mode);
        let held = words::purpose(report, lock, only.from_mode);
        (asked, held)
    });
    match purposes {
        Some((asked, held)) if asked != held => {
            format!("`{lock}` is taken{asked} by the thread that holds it{held}")
        }
        _ => format!("`{lock}` is taken again by the thread that holds it"),
    }
}

fn assertion(report: &Report) -> String {
    match &report.wanted {
        Some(wanted) => {
            let purpose = words::purpose(report, &wanted.lock, wanted.mode);
            format!("`{}` must be held{purpose}", wanted.lock)
        }
        None if report.held.iter().any(|held| held.lock == report.subject()) => {
            format!("`{}` must not be held", report.subject())
        }
        None => format!("`{}` must be held", report.subject()),
    }
}

fn wait_context(report: &Report) -> String {
    let place = match (report.locks.as_slice(), &report.context) {
        ([_, held, ..], _) => format!("under `{held}`, "),
        (_, Some(_)) => format!("in {}, ", interruption::a_context(report)),
        (_, None) => String::new(),
    };
    format!(
        "`{}` may sleep, and is taken {place}where sleeping is forbidden",
        report.subject()
    )
}
