//! A report as text: 40 lines of 100 columns that can be acted on without scrolling.
//!
//! What is needed most stands first: how sure and what kind, which locks, where; then who wants
//! what and who did the opposite; how it hangs; the proof; what to do about it.

mod situation;

use std::path::Path;

use super::fit::{Cut, WIDTH, clip, sentence, share, shorten, width, wrap};
use super::held::add_held;
use super::interleaving::Interleaving;
use super::page::Page;
use super::proof::proof;
use super::source::Sources;
use super::stacks::add_stacks;
use super::table::table;
use crate::{Certainty, Code, RecordPlace, Report};
use situation::{Snippets, add_situation};

/// What a report should fit in.
const LINES: usize = 40;

/// How many lines of a note stay when a report is clipped.
const MOST_CLIPPED: usize = 2;

/// What the text shows beyond the report itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct TextOptions<'a> {
    /// Every captured stack in full, below the report.
    pub full_stacks: bool,
    /// Where the lines that it is about can be read.
    pub sources: Option<&'a dyn Sources>,
    /// Colours for a terminal; see [`wants_colour`](super::wants_colour).
    pub colour: bool,
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
///
/// # Cost
/// With sources, the file of each place that is shown is read.
#[must_use]
pub fn text(report: &Report, options: TextOptions<'_>) -> String {
    let mut page = fitting(report, Snippets::of(report, options.sources));
    if options.full_stacks {
        add_stacks(&mut page, report);
    }
    page.into_text(options.colour)
}

/// The first that fits: lines of the source are worth more than callers and blanks, and less than
/// words.
fn fitting(report: &Report, mut snippets: Snippets) -> Page {
    loop {
        let whole = Layout::ALL
            .iter()
            .filter(|&&layout| layout < Layout::Clipped);
        let mut pages = whole.map(|&layout| body(report, layout, &snippets));
        if let Some(page) = pages.find(|page| page.length() <= LINES) {
            return page;
        }
        if snippets.is_empty() {
            return body(report, Layout::Clipped, &snippets);
        }
        snippets.drop_one();
    }
}

fn body(report: &Report, layout: Layout, snippets: &Snippets) -> Page {
    let mut page = Page::default();
    add_head(&mut page, report);
    add_situation(&mut page, report, snippets);
    add_interleaving(&mut page, report, layout);
    add_proof(&mut page, report, layout);
    add_ways(&mut page, report);
    add_advice(&mut page, report, layout);
    let room = match layout {
        Layout::Roomy | Layout::WithoutCallers | Layout::WithoutBlanks => usize::MAX,
        Layout::Clipped => {
            let below = usize::from(report.record.is_some());
            LINES.saturating_sub(page.length() + below)
        }
    };
    add_held(&mut page, report, room);
    page.lines(report.record.as_ref().map(record));
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

/// Where the whole of it is, and how to come to it.
fn record(place: &RecordPlace) -> String {
    let file = Path::new(&place.file);
    let directory = file.parent().unwrap_or(Path::new("")).to_string_lossy();
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let line = |directory: &str, name: &str| {
        let number = place.number;
        format!("  Full record: heldby report {directory}   ({name}#{number})")
    };
    let rooms = share(
        &[width(&directory), width(&name)],
        WIDTH - width(&line("", "")),
    );
    line(
        &shorten(&directory, rooms[0], Cut::Front),
        &shorten(&name, rooms[1], Cut::Front),
    )
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
