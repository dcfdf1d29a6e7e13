//! The lines of a report, kept printable.

/// Lines that are safe to print: names come from the host and may hold anything.
#[derive(Debug, Default)]
pub(super) struct Page {
    lines: Vec<String>,
}

impl Page {
    /// Adds a line; what would break it or drive a terminal is replaced, one for one.
    pub(super) fn line(&mut self, text: impl AsRef<str>) {
        let text = text.as_ref().trim_end();
        let printable = |c: char| {
            if c.is_control() {
                char::REPLACEMENT_CHARACTER
            } else {
                c
            }
        };
        self.lines.push(text.chars().map(printable).collect());
    }

    /// Adds lines.
    pub(super) fn lines<S: AsRef<str>>(&mut self, lines: impl IntoIterator<Item = S>) {
        lines.into_iter().for_each(|line| self.line(line));
    }

    /// Adds an empty line.
    pub(super) fn blank(&mut self) {
        self.lines.push(String::new());
    }

    /// Counts the lines.
    pub(super) fn length(&self) -> usize {
        self.lines.len()
    }

    /// Joins the lines; each ends in a newline.
    pub(super) fn into_text(self) -> String {
        self.lines.into_iter().map(|line| line + "\n").collect()
    }
}
