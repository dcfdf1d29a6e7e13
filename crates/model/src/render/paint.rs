//! Colours for a terminal, told by how a line begins; the words stay the same.

use anstyle::{AnsiColor, Effects, Style};

const ERROR: Style = AnsiColor::BrightRed.on_default().effects(Effects::BOLD);
const PLACE: Style = AnsiColor::BrightBlue.on_default().effects(Effects::BOLD);
const NOTE: Style = AnsiColor::BrightGreen.on_default().effects(Effects::BOLD);
const HELP: Style = AnsiColor::BrightCyan.on_default().effects(Effects::BOLD);
const HEADING: Style = Style::new().effects(Effects::BOLD);

/// How lines begin that have a colour, and how much of them has it.
const MARKS: [(&str, Style); 3] = [("  --> ", PLACE), ("  note:", NOTE), ("  help:", HELP)];

/// The line with its colours.
pub(super) fn paint(line: &str) -> String {
    if let Some((mark, title)) = line
        .starts_with("error[")
        .then(|| line.split_once(": "))
        .flatten()
    {
        return format!("{ERROR}{mark}{ERROR:#}{HEADING}: {title}{HEADING:#}");
    }
    for (mark, style) in MARKS {
        if let Some(rest) = line.strip_prefix(mark) {
            return format!("{style}{mark}{style:#}{rest}");
        }
    }
    let indent = line.len() - line.trim_start().len();
    match indent <= 2 && line.ends_with(':') {
        true => format!("{HEADING}{line}{HEADING:#}"),
        false => line.to_owned(),
    }
}

/// Whether a stream gets colours: it is a terminal that knows them, and `NO_COLOR` is not set.
///
/// # Source
/// <https://no-color.org>
#[must_use]
pub fn wants_colour(is_terminal: bool) -> bool {
    is_terminal && !anstyle_query::no_color() && anstyle_query::term_supports_ansi_color()
}
