//! What is said of cycles through what is no lock.

use super::{nesting, within};
#[cfg(feature = "render")]
use crate::Certainty;
use crate::cycle::names;
use crate::verbs::role;
use crate::words::{self, list, place};
use crate::{Dependency, Report, Role};

/// The sentence of the title behind "possible deadlock".
pub(super) fn title(report: &Report) -> String {
    let subject = report.subject();
    let taken_back = report.cycle.iter().find(|dependency| dependency.after_wait);
    match (report.cycle.as_slice(), role(report, subject), taken_back) {
        ([_], Role::Thread, _) => format!("`{subject}` joins itself"),
        ([_], _, _) => format!("the initialiser of `{subject}` needs `{subject}`"),
        (_, _, Some(_)) if is_of_locks(report) => format!(
            "{} are locked in opposite orders by a wait",
            list(&report.locks)
        ),
        _ => format!("{} wait for each other", things(report)),
    }
}

fn is_of_locks(report: &Report) -> bool {
    report
        .locks
        .iter()
        .all(|lock| role(report, lock) == Role::Lock)
}

/// The locks of the cycle, each called what it is.
fn things(report: &Report) -> String {
    let thing = |lock: &String| {
        let before = match role(report, lock) {
            Role::Lock => "",
            Role::Initialiser => "the initialiser of ",
            Role::Thread => "the join of ",
            Role::Condvar => "the wait on ",
            Role::Channel => "the send to ",
        };
        format!("{before}`{lock}`")
    };
    let things: Vec<_> = report.locks.iter().map(thing).collect();
    match things.as_slice() {
        [] => "threads".to_owned(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [one, two, three] => format!("{one}, {two} and {three}"),
        [one, two, more @ ..] => format!("{one}, {two} and {} more", more.len()),
    }
}

/// Why what is no lock counts like one.
pub(super) fn notes(report: &Report) -> Vec<String> {
    if nesting_of_itself(report) {
        return vec!["the thread waits for itself: no other thread can let it go on.".to_owned()];
    }
    let note = |(index, dependency): (usize, &Dependency)| {
        let (from, to) = names(dependency);
        let number = index + 1;
        match role(report, &dependency.from) {
            Role::Thread => Some(format!(
                "whoever joins `{from}` waits for all that it still takes, `{to}` in {number} too."
            )),
            Role::Initialiser => Some(format!(
                "whoever needs `{from}` while its initialiser runs waits for that, and it takes \
                 `{to}` in {number}."
            )),
            Role::Condvar => Some(format!(
                "every notify of `{from}` that was seen was made under `{to}`; one made without it \
                 would end the wait."
            )),
            Role::Channel => Some(format!(
                "every receive from `{from}` that was seen was made under `{to}`; one made without \
                 it would end the wait."
            )),
            Role::Lock if dependency.after_wait => Some(format!(
                "a wait gives its mutex up and takes it back before it returns: `{to}` in {number}, \
                 under whatever else is held."
            )),
            Role::Lock => None,
        }
    };
    report.cycle.iter().enumerate().filter_map(note).collect()
}

fn nesting_of_itself(report: &Report) -> bool {
    report.cycle.len() == 1 && nesting(report) == super::Nesting::SameLock
}

/// What to change.
pub(super) fn help(report: &Report) -> String {
    let subject = report.subject();
    if report.cycle.len() == 1 {
        return match role(report, subject) {
            Role::Thread => "let another thread join it.".to_owned(),
            _ => format!("pass what `{subject}` will hold to the code that looks for it."),
        };
    }
    let waits =
        |dependency: &&Dependency| role(report, &dependency.to).is_event() || dependency.after_wait;
    let Some(wait) = report.cycle.iter().rev().find(waits) else {
        return "take the locks in one order everywhere.".to_owned();
    };
    let (held, event) = names(wait);
    let there = within(wait.acquired_function.as_ref(), &wait.acquired_site);
    let at = place(&wait.acquired_site);
    let drop = match role(report, &wait.from) {
        Role::Lock => format!("{} before {at}", words::let_go(&held, &wait.acquired_site)),
        _ => format!("do not wait for `{event}` {there}"),
    };
    match role(report, &wait.to) {
        Role::Initialiser => format!("{drop}, or see to it that `{event}` is initialised earlier."),
        Role::Condvar => format!("{drop}, or notify `{event}` without what the waiter holds."),
        Role::Channel => {
            format!("{drop}, or receive from `{event}` without what the sender holds.")
        }
        Role::Thread | Role::Lock => format!("{drop}."),
    }
}

/// What would make a finding a report that waits for more to be seen.
#[cfg(feature = "render")]
pub(super) fn lacks(report: &Report) -> Option<String> {
    let signal = report.cycle.iter().find(|dependency| {
        matches!(
            role(report, &dependency.from),
            Role::Condvar | Role::Channel
        )
    })?;
    let what = match role(report, &signal.from) {
        Role::Condvar => "notify of",
        _ => "receive from",
    };
    (report.certainty == Certainty::Possible).then(|| {
        format!(
            "It hangs if every {what} `{}` needs `{}`, as each did that was seen so far.",
            signal.from, signal.to
        )
    })
}
