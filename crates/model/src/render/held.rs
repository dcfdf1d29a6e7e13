//! What the thread holds, and what follows from that.

use super::fit::{Cut, WIDTH, share, shorten, shorten_quoted, width};
use super::page::Page;
use super::table::table;
use crate::verbs::held_as;
use crate::words::place;
use crate::{HeldLock, Report};

/// How many held locks are listed, the newest; a thread may hold hundreds.
const MOST_HELD: usize = 4;

/// How many derived holds are listed under one hold, the newest.
const MOST_DERIVED: usize = 8;

/// How many threads are listed that hang.
const MOST_THREADS: usize = 8;

/// How much of a thread's name stands before what it holds.
const LONGEST_HOLDER: usize = 24;

/// Adds what the thread holds, or what each thread does that hangs; derived holds give way so that it
/// is at most `room` lines, if that can be.
pub(super) fn add_held(page: &mut Page, report: &Report, room: usize) {
    page.blank();
    let before = page.length();
    // The reporting thread is the last of them.
    let others = report
        .threads
        .split_last()
        .map_or(&[][..], |(_, others)| others);
    for thread in others.iter().take(MOST_THREADS) {
        add_holds(page, report, &thread.thread, &thread.held, 0);
    }
    let unlisted = others.len().saturating_sub(MOST_THREADS);
    if unlisted > 0 {
        page.line(format!("  {unlisted} more threads wait, and"));
    }
    let room = room.saturating_sub(page.length() - before);
    add_holds(page, report, &report.thread, &report.held, room);
}

fn add_holds(page: &mut Page, report: &Report, thread: &str, held: &[HeldLock], room: usize) {
    let heading = shorten_quoted(&format!("  Held by `{thread}`:"), LONGEST_HOLDER);
    let older = held.len().saturating_sub(MOST_HELD);
    let holds = holds(held, older, room);
    match holds.as_slice() {
        [] => page.line(format!("{heading} nothing")),
        [only] => {
            let [lock, site] = only.cells(report);
            let rooms = share(&[width(&lock), width(&site)], WIDTH - width(&heading) - 2);
            let lock = shorten(&lock, rooms[0], Cut::Middle);
            page.line(format!(
                "{heading} {lock} {}",
                shorten(&site, rooms[1], Cut::Front)
            ));
            page.lines(only.derived(5));
        }
        holds => {
            let hidden = match older {
                0 => String::new(),
                older => format!(" {older} older, and"),
            };
            page.line(format!("{heading}{hidden}"));
            let rows: Vec<_> = holds
                .iter()
                .map(|hold| hold.cells(report).to_vec())
                .collect();
            let rows = table(4, &[Cut::Middle, Cut::Front], &rows);
            for (row, hold) in rows.iter().zip(holds) {
                page.line(row);
                page.lines(hold.derived(7));
            }
        }
    }
}

/// A hold as it is listed.
struct Hold<'a> {
    number: usize,
    held: &'a HeldLock,
    /// How many of its derived holds are listed.
    shown: usize,
}

/// The holds from `older` on, whose lines share `room`.
fn holds(held: &[HeldLock], older: usize, room: usize) -> Vec<Hold<'_>> {
    let listed = &held[older..];
    // A blank line and the holds themselves, with their heading if that does not stand before one.
    let lines = match listed.len() {
        0 | 1 => 2,
        more => 2 + more,
    };
    let wanted = listed
        .iter()
        .map(|held| held.derived.len().min(MOST_DERIVED));
    let wanted: Vec<_> = wanted.collect();
    let shown = share(&wanted, room.saturating_sub(lines));
    let holds = listed.iter().zip(shown).enumerate();
    let hold = |(index, (held, shown))| Hold {
        number: older + index + 1,
        held,
        shown,
    };
    holds.map(hold).collect()
}

impl Hold<'_> {
    fn cells(&self, report: &Report) -> [String; 2] {
        let (number, held, how) = (self.number, self.held, held_as(report, self.held));
        let derived = match (self.shown, held.derived.len()) {
            (shown, all) if shown == all => String::new(),
            (0, all) => format!(", {all} derived"),
            (shown, all) => format!(", the last {shown} of {all} derived"),
        };
        [
            format!("{number}. `{}` ({how}{derived})", held.lock),
            place(&held.site),
        ]
    }

    fn derived(&self, indent: usize) -> Vec<String> {
        let derived = &self.held.derived[self.held.derived.len() - self.shown..];
        let rows = derived
            .iter()
            .map(|derived| vec![format!("with {}", derived.what), place(&derived.site)]);
        let rows: Vec<_> = rows.collect();
        table(indent, &[Cut::Middle, Cut::Front], &rows)
    }
}
