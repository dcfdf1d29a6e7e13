//! Help: what to change, and how to say that what was found is legal.

use super::{
    Nesting, code_at, contradicted, event, interruption, is_about_order, nesting, suspension,
    undeclared, within,
};
use crate::cycle::names;
use crate::words::{self, is_shared, place};
use crate::{Code, Dependency, Report};

/// Makes the help.
pub(super) fn of(report: &Report) -> Vec<String> {
    let lock = report.subject();
    let change = match report.code {
        Code::Hb0502 if report.cycle.len() == 1 => recursion(report),
        Code::Hb0001 | Code::Hb0002 | Code::Hb0004 | Code::Hb0502 => reorder(report),
        Code::Hb0003 => recursion(report),
        Code::Hb0005 => event::help(report),
        Code::Hb0101 => format!(
            "release `{lock}` once for each acquire, in the thread that made it; look for a second \
             release, or for {}.",
            match words::is_c(&report.site) {
                true => "one by another thread",
                false => "a guard that went to another thread",
            }
        ),
        Code::Hb0102 if words::is_c(&report.site) => {
            release_before(report, "its memory is freed or used again")
        }
        Code::Hb0102 => release_before(
            report,
            "its memory is freed or used again; an owner that outlives every guard sees to that",
        ),
        Code::Hb0103 if words::is_c(&report.site) => {
            release_before(report, "the thread ends, on every way out of it")
        }
        Code::Hb0103 => release_before(
            report,
            "the thread ends; a leaked guard (mem::forget, a cycle of Rc) keeps its lock held",
        ),
        Code::Hb0104 => format!(
            "take `{nest}` before {}, and keep it until all locks of class `{lock}` are released; \
             or name the lock that does order them.",
            here(report),
            nest = report.nest_lock(),
        ),
        Code::Hb0105 => format!(
            "unpin `{lock}` before it is released, or do not release it {}: whoever pinned it \
             counts on what it protects to stay as it is.",
            within_here(report),
        ),
        Code::Hb0201 => format!(
            "take one of the locks in the table before {}.",
            here(report)
        ),
        Code::Hb0202 => satisfy(report),
        Code::Hb0301 => wait_context(report),
        Code::Hb0302 | Code::Hb0303 => interruption::help(report),
        Code::Hb0304 => suspension::help(report),
        Code::Hb0401 => undeclared::help(report),
        Code::Hb0501 => format!(
            "call exec at once in the child; or fork before other threads start, or hold `{lock}` \
             over the fork (pthread_atfork), so that the child can release it.",
        ),
    };
    let legal = is_about_order(report.code)
        .then(|| when_legal(report))
        .flatten();
    [change].into_iter().chain(legal).collect()
}

/// The code that made the report.
fn here(report: &Report) -> String {
    code_at(report.function.as_ref(), &report.site)
}

/// The same, with the word before it.
fn within_here(report: &Report) -> String {
    within(report.function.as_ref(), &report.site)
}

/// Turns the closing dependency round, by the example of those that it contradicts.
fn reorder(report: &Report) -> String {
    let Some(closing) = report.cycle.last() else {
        return "take the locks in one order everywhere.".to_owned();
    };
    let (held, wanted) = names(closing);
    let there = within(closing.acquired_function.as_ref(), &closing.acquired_site);
    format!(
        "take `{wanted}` before `{held}` {there}, as {}, or {} before {}.",
        examples(report, closing),
        words::let_go(&held, &closing.acquired_site),
        place(&closing.acquired_site),
    )
}

/// Names who already takes the locks in the other order: "F does", "F and G do".
fn examples(report: &Report, closing: &Dependency) -> String {
    let mut examples: Vec<String> = contradicted(report)
        .into_iter()
        .map(|index| &report.cycle[index])
        .map(|older| match &older.acquired_function {
            // The same function does both; only the place tells the two apart.
            same if *same == closing.acquired_function => place(&older.acquired_site),
            function => code_at(function.as_ref(), &older.acquired_site),
        })
        .collect();
    examples.dedup();
    match examples.as_slice() {
        [] => "everywhere else".to_owned(),
        [one] => format!("{one} does"),
        [one, two] => format!("{one} and {two} do"),
        [one, more @ ..] => format!("{one} and {} more do", more.len()),
    }
}

fn recursion(report: &Report) -> String {
    let lock = report.subject();
    // The dependency tells who reads twice; the report may come from the writer that parts the two.
    let closing = report.cycle.last();
    let function = closing.map_or(&report.function, |only| &only.acquired_function);
    let site = closing.map_or(&report.site, |only| &only.acquired_site);
    let before = place(site);
    let held_at = closing.map_or_else(
        || "taken before".to_owned(),
        |only| format!("taken at {}", place(&only.held_site)),
    );
    let upgrades =
        closing.is_some_and(|only| is_shared(only.from_mode) && !is_shared(only.to_mode));
    match nesting(report) {
        Nesting::SameLock if upgrades && words::is_c(site) => format!(
            "unlock `{lock}`, {held_at}, before {before}, or take it for writing there at once; a hold \
             for reading cannot become one for writing."
        ),
        Nesting::SameLock if upgrades => format!(
            "drop the `{lock}` guard {held_at} before {before}, or take it for writing there at \
             once; a read guard cannot become a write guard."
        ),
        Nesting::SameLock | Nesting::ReadAgain if words::is_c(site) => format!(
            "let {here} count on `{lock}` being held, {held_at}, or unlock it before {before}.",
            here = code_at(function.as_ref(), site),
        ),
        Nesting::SameLock | Nesting::ReadAgain => format!(
            "let {here} use the `{lock}` guard {held_at}, passed as an argument, or drop that \
             guard before {before}.",
            here = code_at(function.as_ref(), site),
        ),
        Nesting::Unordered | Nesting::Opposite => format!(
            "take locks of class `{lock}` in one order {} and everywhere else, such as by address or \
             index.",
            within(function.as_ref(), site),
        ),
    }
}

/// The annotation for an order that is meant; none where the same locks were seen both ways.
fn when_legal(report: &Report) -> Option<String> {
    if report.code == Code::Hb0003 {
        return legal_nesting(report);
    }
    let different = interruption::different_locks(report).or_else(|| different_locks(report))?;
    let how = match words::is_c(&report.site) {
        true => "by where they are made: docs/c.md",
        false => "`named`, `lock_class!`",
    };
    Some(format!(
        "if these are never the same `{different}`, say so: give them classes of their own ({how})."
    ))
}

/// A class through which the cycle passes by two locks, so that it is one only if they are the same.
fn different_locks(report: &Report) -> Option<&str> {
    if report.interruption.is_some() {
        return None;
    }
    let next = report.cycle.iter().cycle().skip(1);
    let differs = |(entered, left): &(&Dependency, &Dependency)| {
        entered
            .to_instance
            .zip(left.from_instance)
            .is_some_and(|(to, from)| to != from)
    };
    let (entered, _) = report.cycle.iter().zip(next).find(differs)?;
    Some(&entered.to)
}

fn legal_nesting(report: &Report) -> Option<String> {
    match nesting(report) {
        Nesting::SameLock | Nesting::ReadAgain => None,
        Nesting::Unordered | Nesting::Opposite => Some(
            "if an order is kept, say so: a level by `lock_nested`, a held lock that keeps all others \
             out by `lock_nest_lock`, a number by the policy `ByOrder`."
                .to_owned(),
        ),
    }
}

fn release_before(report: &Report, then: &str) -> String {
    let lock = report.subject();
    match report.held.iter().find(|held| held.lock == lock) {
        Some(held) => {
            format!(
                "release `{lock}`, taken at {}, before {then}.",
                place(&held.site)
            )
        }
        None => format!("release `{lock}` before {then}."),
    }
}

fn satisfy(report: &Report) -> String {
    let lock = report.subject();
    let here = here(report);
    let held = report.held.iter().find(|held| held.lock == lock);
    match (&report.wanted, held) {
        (None, Some(held)) => {
            let drop = words::let_go(lock, &held.site);
            format!("{drop} taken at {} before {here}.", place(&held.site))
        }
        (Some(wanted), Some(held)) => {
            let purpose = words::purpose(report, lock, wanted.mode);
            format!("take `{lock}`{purpose} at {}.", place(&held.site))
        }
        (_, None) => {
            let it = match words::is_c(&report.site) {
                true => "it",
                false => "its guard",
            };
            format!("take `{lock}` before {here}, and keep {it} until after it.")
        }
    }
}

fn wait_context(report: &Report) -> String {
    match report.locks.as_slice() {
        [asked, held, ..] => format!(
            "take `{asked}` before `{held}` {}, or make `{held}` a lock that may sleep.",
            within_here(report),
        ),
        _ => format!(
            "let {} only note what is to be done, and take `{}` later, outside of this context.",
            here(report),
            report.subject()
        ),
    }
}
