//! What the thread wants, what it holds, and who did the opposite: in words, and in the lines of the
//! source that did it.

use crate::cycle::names;
use crate::render::fit::{Cut, wrap};
use crate::render::interruption::interruption;
use crate::render::page::Page;
use crate::render::snippet::{Head, Shown, Spot, snippet};
use crate::render::source::Sources;
use crate::render::table::table;
use crate::verbs::{asks, holding};
use crate::words::{place, purpose};
use crate::{Code, Dependency, Kind, Report, Site};

/// The source that the situation is shown in, as far as it can be read.
#[derive(Debug, Default)]
pub(super) struct Snippets {
    /// Where the thread is, and where it took what it holds.
    here: Option<Shown>,
    /// Where the opposite was done.
    opposite: Option<Shown>,
}

impl Snippets {
    pub(super) fn of(report: &Report, sources: Option<&dyn Sources>) -> Self {
        let Some(sources) = sources else {
            return Self::default();
        };
        let is_told = is_about_waiting(report) && !is_of_the_past(report);
        let [wants, holds] = [wants(report), holds(report)].map(|row| row.filter(|_| is_told));
        let wants = wants.map_or(Spot::unlabelled(&report.site), Row::mark);
        let holds = holds.map(Row::mark);
        let older = match report.cycle.as_slice() {
            [older, _] if is_told => Some(marks_of(report, older)),
            _ => None,
        };
        Self {
            here: snippet(sources, &wants, holds.as_ref(), Head::Above),
            opposite: older
                .and_then(|(main, other)| snippet(sources, &main, Some(&other), Head::Own)),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.here.is_none() && self.opposite.is_none()
    }

    /// Goes without the one that says less.
    pub(super) fn drop_one(&mut self) {
        if self.opposite.take().is_none() {
            self.here = None;
        }
    }
}

/// Both places of a dependency that was seen before.
fn marks_of<'a>(report: &Report, older: &'a Dependency) -> (Spot<'a>, Spot<'a>) {
    let (from, to) = names(older);
    let verb = match report.code {
        Code::Hb0502 => asks(report, older).0,
        _ => asks(report, older).1,
    };
    let took = Spot {
        site: &older.acquired_site,
        label: format!("`{}` {verb} `{to}`", older.thread),
    };
    let held = purpose(report, &older.from, older.from_mode);
    let holds = Spot {
        site: &older.held_site,
        label: format!("{} `{from}`{held}", holding(report, older)),
    };
    (took, holds)
}

/// One thing that the thread does, and where.
struct Row<'a> {
    verb: String,
    what: String,
    site: &'a Site,
}

impl<'a> Row<'a> {
    fn mark(self) -> Spot<'a> {
        Spot {
            label: format!("{} {}", self.verb, self.what),
            site: self.site,
        }
    }

    fn cells(&self) -> Vec<String> {
        vec![self.verb.clone(), self.what.clone(), place(self.site)]
    }
}

fn is_about_waiting(report: &Report) -> bool {
    let is_wait = matches!(
        report.kind,
        Kind::CircularDependency
            | Kind::RecursiveLocking
            | Kind::InvalidWaitContext
            | Kind::UndeclaredOrder
    );
    (is_wait || report.code == Code::Hb0502) && report.interruption.is_none()
}

/// Whether all dependencies of the cycle were seen before.
fn is_of_the_past(report: &Report) -> bool {
    let closing = report.cycle.last();
    closing.is_some_and(|closing| closing.age_ms.is_some())
}

/// What the thread wants, what it holds, and who did the opposite.
pub(super) fn add_situation(page: &mut Page, report: &Report, snippets: &Snippets) {
    let here = snippets.here.as_ref();
    if let Some(here) = here {
        page.painted(here.lines.clone());
    }
    if let Some(what) = &report.interruption {
        page.blank();
        page.lines(interruption(report, what));
        return;
    }
    if is_of_the_past(report) {
        page.blank();
        page.lines(wrap("  ", &lacked_something(report)));
        return;
    }
    let rows = [wants(report), holds(report)];
    if !is_about_waiting(report) || rows.iter().all(Option::is_none) {
        return;
    }
    let is_shown = [here.is_some(), here.is_some_and(|here| here.has_other)];
    let rows = rows.into_iter().zip(is_shown);
    let rows: Vec<_> = rows
        .filter_map(|(row, is_shown)| row.filter(|_| !is_shown))
        .map(|row| row.cells())
        .collect();
    let opposite = opposite(report);
    if !rows.is_empty() || opposite.is_some() {
        page.blank();
    }
    page.lines(table(2, &[Cut::Middle, Cut::Middle, Cut::Front], &rows));
    let sentence = opposite.iter();
    page.lines(sentence.flat_map(|sentence| wrap("  ", sentence)));
    if let Some(opposite) = &snippets.opposite {
        page.painted(opposite.lines.clone());
    }
}

/// What closes, or would close, a cycle of dependencies that were all seen before.
fn lacked_something(report: &Report) -> String {
    if let Some(lacks) = report.lacks() {
        return lacks;
    }
    let waited_for = |lock: &String| report.cycle.iter().any(|step| step.to == *lock);
    match (&report.wanted, report.gates.as_slice()) {
        (Some(wanted), _) if waited_for(&wanted.lock) => format!(
            "`{}` is the first writer of `{}`: it can queue between two readers, which closes a cycle \
             that was seen before.",
            report.thread, wanted.lock
        ),
        (Some(wanted), _) => format!(
            "`{}` has met a second lock of `{}`, so that these no longer keep apart a cycle that was \
             seen before.",
            report.thread, wanted.lock
        ),
        (None, []) => {
            "The cycle closes once a writer queues between two readers; none was seen yet."
                .to_owned()
        }
        (None, gates) => format!(
            "The cycle cannot close while `{}` is held at each of its dependencies, as it was so far.",
            gates.join("` or `")
        ),
    }
}

fn wants(report: &Report) -> Option<Row<'_>> {
    let what = match (report.cycle.last(), &report.wanted) {
        (Some(closing), _) => {
            let purpose = purpose(report, &closing.to, closing.to_mode);
            format!("`{}`{purpose}", names(closing).1)
        }
        (None, Some(wanted)) => {
            format!(
                "`{}`{}",
                wanted.lock,
                purpose(report, &wanted.lock, wanted.mode)
            )
        }
        (None, None) => return None,
    };
    let closing = report.cycle.last();
    let verb = closing.map_or("wants", |closing| asks(report, closing).0);
    Some(Row {
        verb: format!("`{}` {verb}", report.thread),
        what,
        site: &report.site,
    })
}

fn holds(report: &Report) -> Option<Row<'_>> {
    let row = |verb: &str, what, site| {
        Some(Row {
            verb: verb.to_owned(),
            what,
            site,
        })
    };
    match (report.cycle.last(), report.held.last()) {
        (Some(closing), _) => {
            let purpose = purpose(report, &closing.from, closing.from_mode);
            row(
                holding(report, closing),
                format!("`{}`{purpose}", names(closing).0),
                &closing.held_site,
            )
        }
        (None, Some(held)) => row(
            "while holding",
            format!("`{}`{}", held.lock, purpose(report, &held.lock, held.mode)),
            &held.site,
        ),
        (None, None) => None,
    }
}

/// The sentence that says what the new dependency contradicts.
fn opposite(report: &Report) -> Option<String> {
    let closing = report.cycle.last()?;
    match report.cycle.as_slice() {
        [older, _] if report.code == Code::Hb0502 => {
            let (from, to) = names(older);
            let (asks, holding) = (asks(report, older).0, holding(report, older));
            Some(format!(
                "and `{}` {asks} `{to}` {holding} `{from}` (wait 1 below).",
                older.thread
            ))
        }
        [older, _] => {
            let itself = if older.thread == report.thread {
                " itself"
            } else {
                ""
            };
            let (from, to) = names(older);
            let held = purpose(report, &older.from, older.from_mode);
            let (took, holding) = (asks(report, older).1, holding(report, older));
            Some(format!(
                "but `{}`{itself} once {took} `{to}` {holding} `{from}`{held} (dependency 1 below).",
                older.thread,
            ))
        }
        [_] | [] => None,
        many => {
            let (from, to) = names(closing);
            let last = many.len() - 1;
            let to_last = if last == 2 {
                "and 2".to_owned()
            } else {
                format!("to {last}")
            };
            let before = match report.code {
                Code::Hb0502 => "and waits",
                _ => "but dependencies",
            };
            Some(format!(
                "{before} 1 {to_last} below lead from `{to}` to `{from}`."
            ))
        }
    }
}
