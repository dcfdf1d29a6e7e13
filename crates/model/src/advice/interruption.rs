//! What a report of an interrupt-like context says in words.

use super::code_at;
use crate::words::{is_shared, list, place};
use crate::{Certainty, Code, Interruption, Mode, Report};

/// The context's name with its article.
pub(super) fn a_context(report: &Report) -> String {
    let context = report.context.as_deref().unwrap_or("context");
    let article = if context.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {context}")
}

pub(super) fn title(report: &Report) -> String {
    let (first, context) = (report.subject(), a_context(report));
    let interrupted = match report.locks.as_slice() {
        [.., last] if report.code == Code::Hb0303 => format!("`{last}`"),
        _ => "who holds it".to_owned(),
    };
    format!("{context} takes `{first}`, and can interrupt {interrupted}")
}

pub(super) fn notes(report: &Report) -> Vec<String> {
    let Some(what) = &report.interruption else {
        return Vec::new();
    };
    let context = report.context.as_deref().unwrap_or("context");
    let read_again = what.inside.mode == Mode::Read && is_shared(what.outside.mode);
    let only_a_read = (report.cycle.is_empty() && read_again).then(|| {
        format!(
            "`{}` is only read, and it still counts: a writer that waits for the read outside keeps \
             the read inside waiting.",
            what.inside.lock
        )
    });
    let why = format!(
        "the {context} runs on the thread that it interrupts, which goes on only after it."
    );
    let never_hung = "nothing hung in this run. Both uses were seen, so some run can hang.";
    let possible = report.certainty == Certainty::Possible;
    let notes = [
        only_a_read,
        Some(why),
        possible.then(|| never_hung.to_owned()),
    ];
    notes.into_iter().flatten().collect()
}

pub(super) fn help(report: &Report) -> String {
    let Some(what) = &report.interruption else {
        return format!("do not take {} in such a context.", list(&report.locks));
    };
    let context = report.context.as_deref().unwrap_or("context");
    let Interruption { inside, outside } = what;
    let mask = match &outside.unmasked_site {
        Some(unmasked) => format!(
            "release `{}` before {context}s are let in at {}",
            outside.lock,
            place(unmasked)
        ),
        None => format!(
            "mask {context}s before `{}` is taken at {}, and until it is released",
            outside.lock,
            place(&outside.site)
        ),
    };
    let here = code_at(inside.function.as_ref(), &inside.site);
    format!(
        "{mask}; or let {here} only note what is to be done, and take `{}` later.",
        inside.lock
    )
}

/// Two locks of one class that are not the same.
pub(super) fn different_locks(report: &Report) -> Option<&str> {
    let what = report.interruption.as_ref()?;
    let (inside, outside) = what.inside.instance.zip(what.outside.instance)?;
    (report.cycle.is_empty() && inside != outside).then_some(&what.inside.lock)
}
