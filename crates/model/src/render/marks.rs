//! The places of a report, each with a sentence: what a view by file shows.
//!
//! Such views are code scanning and annotations: they open the source, so what they need of a report
//! is where, who and what, and not a page of text.

use crate::cycle::names;
use crate::verbs::{ask_label, ask_verb, held_as, hold_label, hold_verb, is_signal};
use crate::words::mode;
use crate::{Code, Dependency, Frame, LockUse, Report, Site};

/// A place that a report tells of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Where.
    pub site: Site,
    /// The host function there, when the binary tells.
    pub function: Option<String>,
    /// What was done there, for example "dependency 1, held `routes` (read), thread `net-3`".
    pub text: String,
    /// The part that it plays in the report's cycle, if it plays one.
    pub part: Option<Part>,
}

/// One step of an interleaving that hangs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The place of the dependency in [`Report::cycle`]: each is played by a thread of its own.
    pub dependency: usize,
    /// The thread that did it.
    pub thread: String,
    /// When it happens, counted from 1: first all threads take what they hold, then all ask, and what
    /// they would signal comes after that.
    pub order: usize,
}

/// Lists the places of `report`: both of each dependency, those of what else is held, then where its
/// locks are made. Its own place is among them where a dependency lies there.
///
/// Names are printable: what would break a line or drive a terminal is replaced.
#[must_use]
pub fn marks(report: &Report) -> Vec<Mark> {
    let mut marks: Vec<_> = (0..report.cycle.len())
        .flat_map(|index| of_dependency(report, index))
        .collect();
    marks.extend(of_interruption(report));
    marks.extend(of_suspension(report));
    marks.extend(of_holds(report));
    marks.extend(of_classes(report));
    for mark in &mut marks {
        printable(&mut mark.text);
        mark.function.iter_mut().for_each(printable);
        let threads = mark.part.iter_mut().map(|part| &mut part.thread);
        threads.for_each(printable);
    }
    marks
}

fn of_dependency(report: &Report, index: usize) -> [Mark; 2] {
    let dependency = &report.cycle[index];
    let (from, to) = names(dependency);
    let count = report.cycle.len();
    let held = if is_signal(report, dependency) {
        2 * count
    } else {
        0
    };
    let sentence = |label, lock, verb| {
        let number = index + 1;
        let thread = &dependency.thread;
        format!("dependency {number}, {label} `{lock}` ({verb}), thread `{thread}`")
    };
    let part = |order| {
        report.interruption.is_none().then(|| Part {
            dependency: index,
            thread: dependency.thread.clone(),
            order: order + index + 1,
        })
    };
    [
        Mark {
            site: dependency.held_site.clone(),
            function: dependency.held_function.clone(),
            text: sentence(
                hold_label(report, dependency),
                from,
                hold_verb(report, dependency),
            ),
            part: part(held),
        },
        Mark {
            site: dependency.acquired_site.clone(),
            function: dependency.acquired_function.clone(),
            text: sentence(
                wanted_label(report, dependency),
                to,
                ask_verb(report, dependency),
            ),
            part: part(count),
        },
    ]
}

/// Who waits now has not acquired anything.
fn wanted_label(report: &Report, dependency: &Dependency) -> &'static str {
    match report.code {
        Code::Hb0502 => "wanted",
        _ => ask_label(report, dependency),
    }
}

fn of_interruption(report: &Report) -> Vec<Mark> {
    let Some(what) = &report.interruption else {
        return Vec::new();
    };
    let context = report.context.as_deref().unwrap_or("context");
    let place = |site: &Site, function: Option<String>, text| Mark {
        site: site.clone(),
        function,
        text,
        part: None,
    };
    let used = |seen: &LockUse, how| {
        let verb = mode(report, &seen.lock, seen.mode);
        let text = format!("{how}: `{}` ({verb}), thread `{}`", seen.lock, seen.thread);
        place(&seen.site, seen.function.clone(), text)
    };
    let mut marks = vec![
        used(&what.inside, format!("acquired in a {context}")),
        used(&what.outside, "held outside".to_owned()),
    ];
    let unmasked = what.outside.unmasked_site.iter();
    marks.extend(unmasked.map(|site| place(site, None, format!("{context}s are let in"))));
    marks
}

/// Where a task that suspends was spawned, and what it waits for.
fn of_suspension(report: &Report) -> impl Iterator<Item = Mark> {
    let place = |site: &Site, text| Mark {
        site: site.clone(),
        function: site.function_in(&report.stack),
        text,
        part: None,
    };
    report.suspension.iter().flat_map(move |how| {
        let task = &report.thread;
        let waits = how.awaited_site.iter().map(move |site| {
            let what = how.awaited_lock.as_ref();
            let what = what.map_or_else(String::new, |lock| format!(" `{lock}`"));
            place(site, format!("awaits{what}, task `{task}`"))
        });
        waits.chain([place(&how.spawned_site, format!("spawned task `{task}`"))])
    })
}

/// What this thread holds, and others that hang with it; not what the cycle tells already.
fn of_holds(report: &Report) -> impl Iterator<Item = Mark> {
    let of_others = report
        .threads
        .iter()
        .filter(|other| other.thread != report.thread)
        .flat_map(|other| other.held.iter().map(move |held| (&other.thread, held)));
    let of_this = report.held.iter().map(|held| (&report.thread, held));
    of_this
        .chain(of_others)
        .filter(|(_, held)| report.cycle.iter().all(|step| step.held_site != held.site))
        .map(|(thread, held)| Mark {
            site: held.site.clone(),
            function: held.site.function_in(&held.stack),
            text: format!(
                "held `{}` ({}), thread `{thread}`",
                held.lock,
                held_as(report, held)
            ),
            part: None,
        })
}

fn of_classes(report: &Report) -> impl Iterator<Item = Mark> {
    report.classes.iter().filter_map(|class| {
        Some(Mark {
            site: class.made_at.clone()?,
            function: None,
            text: format!("`{}` is made here, a {}", class.name, class.type_name),
            part: None,
        })
    })
}

/// Finds the innermost place that `is_there` among the callers of the report, for a view that can
/// only show the host's own sources.
#[must_use]
pub fn caller(report: &Report, is_there: impl Fn(&Site) -> bool) -> Option<&Site> {
    let closing = report.cycle.last();
    let asked = closing.map_or(&[][..], |closing| &closing.acquired_stack);
    let places = report.stack.iter().chain(asked);
    places
        .filter_map(|Frame { site, .. }| site.as_ref())
        .find(|site| is_there(site))
}

fn printable(text: &mut String) {
    *text = super::page::printable(text);
}
