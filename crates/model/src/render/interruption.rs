//! The two uses of an interruption, side by side.

use super::fit::Cut;
use super::interleaving::{Act, Part, part};
use super::table::table;
use crate::words::{mode, place, purpose};
use crate::{Interruption, LockUse, Report};

/// Lays out where a lock is taken in the context, and where one is held that it can interrupt.
pub(super) fn interruption(report: &Report, what: &Interruption) -> Vec<String> {
    let context = report.context.as_deref().unwrap_or("context");
    let row = |how: String, seen: &LockUse| {
        let function = seen.function.clone().unwrap_or_default();
        let lock = format!("`{}`{}", seen.lock, purpose(report, &seen.lock, seen.mode));
        vec![how, lock, place(&seen.site), function]
    };
    let Interruption { inside, outside } = what;
    let mut rows = vec![
        row(format!("`{}` takes in a {context}", inside.thread), inside),
        row(format!("`{}` holds outside", outside.thread), outside),
    ];
    rows.extend(outside.unmasked_site.iter().map(|unmasked| {
        let let_in = format!("and lets {context}s in");
        vec![let_in, String::new(), place(unmasked)]
    }));
    let cuts = [Cut::Middle, Cut::Middle, Cut::Front, Cut::Front];
    table(2, &cuts, &rows)
}

/// The interrupted thread with what interrupts it, and those that play the dependencies between.
pub(super) fn interrupted(report: &Report, what: &Interruption) -> Vec<Part> {
    let act = |seen: &LockUse| Act {
        lock: seen.lock.clone(),
        mode: seen.mode,
        verb: mode(report, &seen.lock, seen.mode),
        site: Some(seen.site.clone()),
    };
    let (thread, context) = (&what.outside.thread, report.context.as_deref());
    let count = report.cycle.len() + 1;
    let first = Part {
        actor: format!("`{thread}`"),
        asker: Some(format!("{} on `{thread}`", context.unwrap_or("context"))),
        hold: act(&what.outside),
        ask: act(&what.inside),
        signals: false,
        blocker: 1 % count,
    };
    let others = (1..count).map(|index| Part {
        blocker: (index + 1) % count,
        ..part(report, index - 1)
    });
    std::iter::once(first).chain(others).collect()
}
