//! The words of reports that follow from what the host did, and not from what the report tells: a
//! downgrade, a move to another class, a pin, a check that nothing is held.

use heldby_model::{Code, Report};

use crate::context_kind::ContextKind;
use crate::mode::Mode;
use crate::ops::Where;
use crate::orphans::Orphan;
use crate::site::Site;
use crate::violation::{Act, PinMisuse};

/// What was done to a lock that the thread does not hold so; a release is the common case, which the
/// report tells by itself.
pub(super) fn imbalance(report: &mut Report, act: Act) {
    let (lock, thread) = (subject(report), report.thread.clone());
    let (done, instead) = match act {
        Act::Release => return,
        Act::Downgrade => ("downgraded", "take it exclusively before it is downgraded."),
        Act::SetClass => (
            "moved to another class",
            "move it while it is held, or give it its class when it is made.",
        ),
        Act::DowngradeShared => {
            report.title = format!("`{lock}` is downgraded by `{thread}`, which holds it shared");
            report.help = vec!["downgrade an exclusive hold, and once only.".to_owned()];
            return;
        }
    };
    report.title = format!("`{lock}` is {done} by `{thread}`, which does not hold it");
    report.help = vec![instead.to_owned()];
}

/// A lock that a thread of the parent held at the fork.
pub(super) fn orphaned(report: &mut Report, orphan: &Orphan) {
    let (lock, holder, site) = (subject(report), &orphan.thread, orphan.site);
    let how = match orphan.mode {
        Mode::Write => "held it",
        Mode::Read | Mode::Recursive => "held it shared",
    };
    report.title = format!("deadlock: a forked child waits for `{lock}`, which `{holder}` held");
    report.notes = vec![
        format!("`{holder}` {how} when this process was forked, taken at {site:?}."),
        "a fork takes one thread along: nobody is here who could release it.".to_owned(),
    ];
}

/// How a pin was not kept; a release of the pinned lock is the common case.
pub(super) fn pin(report: &mut Report, how: PinMisuse) {
    let (lock, thread) = (subject(report), report.thread.clone());
    let done = match how {
        PinMisuse::Released(site) => {
            report.notes = vec![pinned_at(&lock, site)];
            return;
        }
        PinMisuse::PinNotHeld => format!("pinned by `{thread}`, which does not hold it"),
        PinMisuse::UnpinNotHeld => format!("unpinned by `{thread}`, which does not hold it"),
        PinMisuse::WrongCookie => "unpinned with a cookie that no pin of it has".to_owned(),
    };
    report.title = format!("`{lock}` is {done}");
    report.help = vec![
        "pin a lock while it is held, and give each cookie back once, before the lock is released."
            .to_owned(),
    ];
}

fn pinned_at(lock: &str, site: Site) -> String {
    format!("`{lock}` was pinned at {site:?}, by code that counts on its being held until then.")
}

/// The thread must hold nothing here.
pub(super) fn held_at_check(report: &mut Report) {
    let thread = &report.thread;
    report.title = match report.code {
        Code::Hb0202 => format!("assertion failed: `{thread}` must hold no lock"),
        _ => format!("`{thread}` holds a lock where it must hold none"),
    };
    report.notes = vec![format!(
        "`{thread}` holds {} here.",
        match report.locks.len() {
            1 => "one lock".to_owned(),
            count => format!("{count} locks"),
        }
    )];
    report.help = vec!["release what is held before this place is reached.".to_owned()];
}

fn subject(report: &Report) -> String {
    report
        .locks
        .first()
        .map_or("a lock", String::as_str)
        .to_owned()
}

/// The thread is not where it must be.
pub(super) fn place(report: &mut Report, kind: ContextKind, expect: Where) {
    let (context, thread) = (kind.name(), &report.thread);
    let (must, is, help) = match expect {
        Where::Enabled => (
            format!("{context}s must be let in"),
            format!("here no {context} can interrupt `{thread}`: they are masked, or it is in one"),
            format!("unmask {context}s before this, or call it from elsewhere."),
        ),
        Where::Masked => (
            format!("{context}s must be masked"),
            format!("here a {context} can interrupt `{thread}`"),
            format!("mask {context}s before this."),
        ),
        Where::Inside | Where::Innermost => (
            format!("this must run in a {context}"),
            format!("`{thread}` is not in one, or in something else that interrupted it"),
            format!("call this in a {context} alone."),
        ),
        Where::Outside => (
            format!("this must not run in a {context}"),
            format!("`{thread}` is in one"),
            format!("let the {context} only note what is to be done, and do it later."),
        ),
    };
    report.title = format!("assertion failed: {must}");
    report.context = Some(context.to_owned());
    report.notes = vec![format!("{is}.")];
    report.help = vec![help];
}
