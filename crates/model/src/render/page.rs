//! The lines of a report, kept printable.

use super::paint::paint;

/// A line that is safe to print: names come from the host and may hold anything.
#[derive(Clone, Debug)]
pub(super) struct Line {
    text: String,
    /// The same with colours, where its text does not tell them.
    painted: Option<String>,
}

impl Line {
    fn new(text: &str) -> Self {
        Self {
            text: printable(text.trim_end()),
            painted: None,
        }
    }

    /// A line whose colours are known; neither text has control characters but those of the colours.
    pub(super) fn painted(text: &str, painted: &str) -> Self {
        Self {
            painted: Some(painted.trim_end().to_owned()),
            ..Self::new(text)
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

/// The text without what would break a line, drive a terminal or turn round what stands behind it,
/// replaced one for one: names come from the host, files from anyone.
#[must_use]
pub fn printable(text: &str) -> String {
    let printable = |c: char| match c {
        '\t' => ' ',
        c if is_hostile(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    text.chars().map(printable).collect()
}

/// Whether a character changes more than its own place: controls, ends of lines, and those that set
/// the direction of a text.
pub(super) fn is_hostile(c: char) -> bool {
    let ends_line = matches!(c, '\u{2028}' | '\u{2029}');
    let sets_direction = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || ends_line || sets_direction
}

/// The lines of a report.
#[derive(Debug, Default)]
pub(super) struct Page {
    lines: Vec<Line>,
}

impl Page {
    /// Adds a line.
    pub(super) fn line(&mut self, text: impl AsRef<str>) {
        self.lines.push(Line::new(text.as_ref()));
    }

    /// Adds lines.
    pub(super) fn lines<S: AsRef<str>>(&mut self, lines: impl IntoIterator<Item = S>) {
        lines.into_iter().for_each(|line| self.line(line));
    }

    /// Adds lines that have their colours.
    pub(super) fn painted(&mut self, lines: Vec<Line>) {
        self.lines.extend(lines);
    }

    /// Adds an empty line.
    pub(super) fn blank(&mut self) {
        self.line("");
    }

    /// Counts the lines.
    pub(super) fn length(&self) -> usize {
        self.lines.len()
    }

    /// Joins the lines; each ends in a newline.
    pub(super) fn into_text(self, colour: bool) -> String {
        let line = |line: Line| match (colour, line.painted) {
            (false, _) => line.text + "\n",
            (true, Some(painted)) => painted + "\n",
            (true, None) => paint(&line.text) + "\n",
        };
        self.lines.into_iter().map(line).collect()
    }
}
