//! What a report says in words: its title, its notes, its help.
//!
//! All of it follows from the facts in the report, so it is derived here and nowhere else; the
//! engine reports facts, and every view shows the same sentences.
//! Notes pre-empt the objections of whoever reads the report; help names a change.

mod deadlock;
mod event;
mod help;
mod interruption;
mod notes;
mod suspension;
mod title;
mod undeclared;

use crate::cycle;
use crate::words::is_shared;
use crate::{Certainty, Code, Report, Site};

impl Report {
    /// Fills [`title`](Self::title), [`notes`](Self::notes) and [`help`](Self::help) from the rest
    /// of the report.
    ///
    /// Call it once everything else is filled in. What already stands in one of the three is kept
    /// as it is: whoever made the report may know better, as an assertion does.
    pub fn advise(&mut self) {
        if self.title.is_empty() {
            self.title = title::of(self);
        }
        if self.notes.is_empty() {
            self.notes = notes::of(self);
        }
        if self.help.is_empty() {
            self.help = help::of(self);
        }
    }

    /// What has to be seen for a finding that is not reported yet, or was not when its dependencies
    /// were seen.
    #[cfg(feature = "render")]
    pub(crate) fn lacks(&self) -> Option<String> {
        suspension::lacks(self).or_else(|| event::lacks(self))
    }

    /// The first lock that the report is about.
    fn subject(&self) -> &str {
        self.locks.first().map_or("a lock", String::as_str)
    }

    /// The nest lock that a report of [`Code::Hb0104`] names.
    fn nest_lock(&self) -> &str {
        self.locks.get(1).map_or("another lock", String::as_str)
    }
}

/// How a lock came to be taken under a lock of its own class.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nesting {
    /// It is the lock that the thread holds.
    SameLock,
    /// It is read again, behind a writer that may have come between.
    ReadAgain,
    /// It is another lock of the class, and nothing orders the two.
    Unordered,
    /// They are several locks of the class, taken in orders that contradict each other.
    Opposite,
}

/// Tells how a report of [`Code::Hb0003`] came about.
pub(crate) fn nesting(report: &Report) -> Nesting {
    let is_now = report.certainty == Certainty::Now;
    match report.cycle.as_slice() {
        [] if is_now => Nesting::SameLock,
        [] => Nesting::Unordered,
        [only] => match (only.from_instance, only.to_instance) {
            (Some(held), Some(wanted)) if held != wanted => Nesting::Unordered,
            _ if is_shared(only.from_mode) && is_shared(only.to_mode) => Nesting::ReadAgain,
            (Some(_), Some(_)) => Nesting::SameLock,
            _ if is_now => Nesting::SameLock,
            _ => Nesting::Unordered,
        },
        _ => Nesting::Opposite,
    }
}

/// Names code by its function, or by its place where the binary does not tell.
fn code_at(function: Option<&String>, site: &Site) -> String {
    function
        .cloned()
        .unwrap_or_else(|| crate::words::place(site))
}

/// Says where code is: in a function, or at a place where the binary does not tell.
fn within(function: Option<&String>, site: &Site) -> String {
    match function {
        Some(function) => format!("in {function}"),
        None => format!("at {}", crate::words::place(site)),
    }
}

/// The dependencies that the closing one contradicts, along the cycle: from what it asks for to
/// what it holds.
fn contradicted(report: &Report) -> Vec<usize> {
    let mut order = cycle::in_order(&report.cycle);
    order.pop();
    order
}

/// Tells whether the report is about the order of locks, so that they can hang together.
fn is_about_order(code: Code) -> bool {
    matches!(
        code,
        Code::Hb0001
            | Code::Hb0002
            | Code::Hb0003
            | Code::Hb0004
            | Code::Hb0005
            | Code::Hb0302
            | Code::Hb0303
    )
}
