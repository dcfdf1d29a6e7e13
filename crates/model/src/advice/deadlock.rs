//! Threads that wait for each other now.

use crate::words::{list, place};
use crate::{Report, ThreadLocks};

/// Who waits for whom, over which locks.
pub(super) fn title(report: &Report) -> String {
    let threads: Vec<_> = report.threads.iter().map(|locks| &*locks.thread).collect();
    let locks = list(&report.locks);
    match threads.as_slice() {
        [] => format!("`{}` waits for {locks} for ever", report.thread),
        [only] => format!("`{only}` waits for itself, over {locks}"),
        [_, _] => format!("{} wait for each other, over {locks}", list(&threads)),
        more => format!("{} threads wait for each other, over {locks}", more.len()),
    }
}

pub(super) fn notes(report: &Report) -> Vec<String> {
    let waits = report.threads.iter().filter_map(|of| of.waits.as_ref());
    let ends = match waits.into_iter().any(|wait| wait.awaited) {
        true => "these wait now, and none of them goes on unless a task among them is cancelled",
        false => "these threads wait now, and none of them ever goes on",
    };
    let mut notes = vec![format!("this is no prediction: {ends}.")];
    notes.extend(
        report
            .threads
            .iter()
            .filter_map(|thread| queued(report, thread)),
    );
    notes
}

/// A writer that holds nothing of the cycle, and is in it all the same.
fn queued(report: &Report, thread: &ThreadLocks) -> Option<String> {
    let wait = thread.waits.as_ref()?;
    let mut cycle = report.cycle.iter();
    if cycle.any(|of| of.thread == thread.thread && of.acquired_site == wait.site) {
        return None;
    }
    Some(format!(
        "`{}` waits to write `{}` at {}, and readers queue behind it.",
        thread.thread,
        wait.lock,
        place(&wait.site),
    ))
}
