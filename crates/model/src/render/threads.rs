//! What every thread of a dump holds and waits for, and the counters.
//!
//! The graph is left to DOT and JSON, which can be looked at and searched.

use super::fit::{Cut, WIDTH, shorten, width, wrap};
use super::lock_stats;
use super::page::Page;
use super::table::table;
use crate::words::{list, place};
use crate::{GraphSnapshot, Mode, Stats, ThreadLocks};

/// Makes the text of what the threads of a dump hold; every line ends in a newline. The counters come
/// behind them, and then how long locks were waited for and held, where that was counted.
#[must_use]
pub fn threads(dump: &GraphSnapshot) -> String {
    let mut page = Page::default();
    let idle = |thread: &&ThreadLocks| thread.held.is_empty() && thread.waits.is_none();
    for thread in dump.threads.iter().filter(|thread| !idle(thread)) {
        add_thread(&mut page, thread);
    }
    let idle: Vec<_> = dump.threads.iter().filter(idle).collect();
    match idle.as_slice() {
        [] => {}
        [only] => page.lines(wrap("", &format!("`{}` holds no lock", only.thread))),
        idle => page.line(format!("{} more threads hold no lock", idle.len())),
    }
    for (line, counters) in dump.stats.iter().flat_map(counters).enumerate() {
        let what = if line == 0 { "counters:" } else { "" };
        page.line(format!("{what:9} {counters}"));
    }
    page.into_text(false) + &lock_stats(&dump.lock_stats)
}

fn add_thread(page: &mut Page, thread: &ThreadLocks) {
    let room = WIDTH - width("thread ``:");
    let name = shorten(&thread.thread, room, Cut::Middle);
    page.line(format!("thread `{name}`:"));
    let holds = thread.held.iter().enumerate().map(|(index, held)| {
        let what = if index == 0 { "holds" } else { "" };
        let lock = format!("`{}` ({})", held.lock, mode(held.mode));
        vec![what.to_owned(), lock, place(&held.site)]
    });
    let waits = thread.waits.iter().map(|wait| {
        let what = match wait.after_wait {
            true => "takes back",
            false => "waits for",
        };
        let lock = format!("`{}` ({})", wait.lock, mode(wait.mode));
        vec![what.to_owned(), lock, place(&wait.site)]
    });
    let rows: Vec<_> = holds.chain(waits).collect();
    page.lines(table(2, &[Cut::Middle, Cut::Middle, Cut::Front], &rows));
    if let Some(wait) = thread.waits.as_ref().filter(|wait| !wait.behind.is_empty()) {
        page.lines(wrap("    behind ", &list(&wait.behind)));
    }
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Write => "exclusive",
        Mode::Read | Mode::Recursive => "shared",
    }
}

fn counters(stats: &Stats) -> [String; 3] {
    let Stats {
        tasks,
        classes,
        dependencies,
        chains,
        reports,
        repeats,
        visited_nodes,
        visited_edges,
        stacks,
        graph_locks,
    } = stats;
    [
        format!("{tasks} threads, {classes} classes, {dependencies} dependencies, {chains} chains"),
        format!("{visited_nodes} nodes and {visited_edges} edges visited"),
        format!("{reports} reports, {repeats} repeats, {stacks} stacks, {graph_locks} graph locks"),
    ]
}
