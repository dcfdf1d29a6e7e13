//! A report as text: 40 lines of 100 columns that can be acted on without scrolling.
//!
//! What is needed most stands first: how sure and what kind, which locks, where; then who wants
//! what and who did the opposite; how it hangs; the proof; what to do about it.

use super::fit::{Cut, WIDTH, clip, sentence, share, shorten, width, wrap};
use super::held::add_held;
use super::interleaving::Interleaving;
use super::interruption::interruption;
use super::page::Page;
use super::proof::proof;
use super::stacks::add_stacks;
use super::table::table;
use crate::cycle::names;
use crate::verbs::{asks, holding};
use crate::words::{place, purpose};
use crate::{Certainty, Code, Kind, Report};

/// What a report should fit in.
const LINES: usize = 40;

/// How many lines of a note stay when a report is clipped.
const MOST_CLIPPED: usize = 2;

/// What the text shows beyond the report itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct TextOptions {
    /// Every captured stack in full, below the report.
    pub full_stacks: bool,
}

/// What is left out, so that a report fits; each leaves out more than the one before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Layout {
    Roomy,
    WithoutCallers,
    WithoutBlanks,
    Clipped,
}

impl Layout {
    const ALL: [Self; 4] = [
        Self::Roomy,
        Self::WithoutCallers,
        Self::WithoutBlanks,
        Self::Clipped,
    ];
}

/// Makes the text of a report; every line ends in a newline.
#[must_use]
pub fn text(report: &Report, options: TextOptions) -> String {
    let mut page = Page::default();
    for layout in Layout::ALL {
        page = body(report, layout);
        if page.length() <= LINES {
            break;
        }
    }
    if options.full_stacks {
        add_stacks(&mut page, report);
    }
    page.into_text()
}

fn body(report: &Report, layout: Layout) -> Page {
    let mut page = Page::default();
    add_head(&mut page, report);
    add_situation(&mut page, report);
    add_interleaving(&mut page, report, layout);
    add_proof(&mut page, report, layout);
    add_ways(&mut page, report);
    add_advice(&mut page, report, layout);
    let room = match layout {
        Layout::Roomy | Layout::WithoutCallers | Layout::WithoutBlanks => usize::MAX,
        Layout::Clipped => LINES.saturating_sub(page.length()),
    };
    add_held(&mut page, report, room);
    page
}

/// The two lines that get pasted into a chat.
fn add_head(page: &mut Page, report: &Report) {
    let mark = format!("error[{}]: ", report.code);
    let title = sentence(&report.title, WIDTH - width(&mark));
    page.line(format!("{mark}{title}"));
    let site = report.site.to_string();
    let function = report.function.as_deref().unwrap_or_default();
    let between = if function.is_empty() { "" } else { ", in " };
    let thread = &report.thread;
    let fixed = width("  --> , thread ``") + width(between);
    let rooms = share(
        &[width(&site), width(function), width(thread)],
        WIDTH - fixed,
    );
    page.line(format!(
        "  --> {}{between}{}, thread `{}`",
        shorten(&site, rooms[0], Cut::Front),
        shorten(function, rooms[1], Cut::Front),
        shorten(thread, rooms[2], Cut::Middle),
    ));
}

/// What the thread wants, what it holds, and who did the opposite.
fn add_situation(page: &mut Page, report: &Report) {
    let is_about_waiting = matches!(
        report.kind,
        Kind::CircularDependency | Kind::RecursiveLocking | Kind::InvalidWaitContext
    ) || report.code == Code::Hb0502;
    if let Some(what) = &report.interruption {
        page.blank();
        page.lines(interruption(report, what));
        return;
    }
    if report
        .cycle
        .last()
        .is_some_and(|closing| closing.age_ms.is_some())
    {
        page.blank();
        page.lines(wrap("  ", &lacked_something(report)));
        return;
    }
    let rows: Vec<_> = [wants(report), holds(report)]
        .into_iter()
        .flatten()
        .collect();
    if !is_about_waiting || rows.is_empty() {
        return;
    }
    page.blank();
    page.lines(table(2, &[Cut::Middle, Cut::Middle, Cut::Front], &rows));
    page.lines(
        opposite(report)
            .iter()
            .flat_map(|sentence| wrap("  ", sentence)),
    );
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

fn wants(report: &Report) -> Option<Vec<String>> {
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
    Some(vec![
        format!("`{}` {verb}", report.thread),
        what,
        place(&report.site),
    ])
}

fn holds(report: &Report) -> Option<Vec<String>> {
    let (state, what, site) = match (report.cycle.last(), report.held.last()) {
        (Some(closing), _) => {
            let purpose = purpose(report, &closing.from, closing.from_mode);
            (
                holding(report, closing),
                format!("`{}`{purpose}", names(closing).0),
                &closing.held_site,
            )
        }
        (None, Some(held)) => (
            "while holding",
            format!("`{}`{}", held.lock, purpose(report, &held.lock, held.mode)),
            &held.site,
        ),
        (None, None) => return None,
    };
    Some(vec![state.to_owned(), what, place(site)])
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

fn add_interleaving(page: &mut Page, report: &Report, layout: Layout) {
    let Some(interleaving) = Interleaving::of(report) else {
        return;
    };
    let heading = match report.certainty {
        Certainty::Possible => "How it can hang:",
        Certainty::Now => "How it hangs:",
    };
    add_heading(page, heading, layout);
    page.lines(interleaving.lines());
}

fn add_proof(page: &mut Page, report: &Report, layout: Layout) {
    let heading = match report.cycle.len() {
        0 => return,
        _ if report.interruption.is_some() => "What leads from the one to the other:",
        1 if report.code == Code::Hb0502 => "The wait:",
        1 => "The dependency:",
        _ if report.code == Code::Hb0502 => "The waits, longest first:",
        _ => "The cycle, oldest dependency first:",
    };
    add_heading(page, heading, layout);
    page.lines(proof(report, layout == Layout::Roomy));
}

fn add_heading(page: &mut Page, heading: &str, layout: Layout) {
    page.blank();
    page.line(format!("  {heading}"));
    if layout < Layout::WithoutBlanks {
        page.blank();
    }
}

/// Every acceptable way to satisfy an assertion, and how it stands.
fn add_ways(page: &mut Page, report: &Report) {
    if report.ways.is_empty() {
        return;
    }
    let head = ["needed, one of", "state now", "held by us"]
        .map(str::to_owned)
        .to_vec();
    let ways = report.ways.iter().map(|way| {
        let held = if way.held_by_us { "yes" } else { "no" };
        vec![way.needed.clone(), way.state.clone(), held.to_owned()]
    });
    let rows: Vec<_> = std::iter::once(head).chain(ways).collect();
    page.blank();
    page.lines(table(2, &[Cut::Middle, Cut::Middle, Cut::Middle], &rows));
}

fn add_advice(page: &mut Page, report: &Report, layout: Layout) {
    if report.notes.is_empty() && report.help.is_empty() {
        return;
    }
    let most = if layout == Layout::Clipped {
        MOST_CLIPPED
    } else {
        usize::MAX
    };
    let sentences = |mark: &'static str, sentences: &[String]| -> Vec<String> {
        sentences
            .iter()
            .flat_map(|sentence| clip(wrap(mark, sentence), most))
            .collect()
    };
    page.blank();
    page.lines(sentences("  note: ", &report.notes));
    page.lines(sentences("  help: ", &report.help));
}
