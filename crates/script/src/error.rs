//! What is wrong with a scenario's text, and where.

use std::fmt;

use crate::Position;
use crate::word::Word;

/// How much of an unknown word an error quotes, in characters; a word can be a whole file.
const QUOTED_CHARS: usize = 40;

/// Says why a text is not a scenario.
///
/// Its `Display` is one line that holds the position, what was found and what is known instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    at: Position,
    message: String,
}

impl ParseError {
    pub(crate) fn new(at: Position, message: impl Into<String>) -> Self {
        Self {
            at,
            message: message.into(),
        }
    }

    /// Says that `found` is no `noun`; the known ones are listed.
    pub(crate) fn unknown<'k>(
        noun: &str,
        found: Word<'_>,
        known: impl IntoIterator<Item = &'k str>,
    ) -> Self {
        let known = known.into_iter().collect::<Vec<_>>().join(" ");
        Self::new(
            found.at,
            format!("unknown {noun} {}; known: {known}", quote(found.text)),
        )
    }

    /// Returns where it is wrong.
    #[must_use]
    pub fn position(&self) -> Position {
        self.at
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.message)
    }
}

impl std::error::Error for ParseError {}

/// Quotes a piece of the input so that it fits a terminal's line, whatever it holds.
pub(crate) fn quote(text: &str) -> String {
    if text.is_empty() {
        return "nothing".to_owned();
    }
    let mut quoted: String = text
        .chars()
        .take(QUOTED_CHARS)
        .flat_map(char::escape_debug)
        .collect();
    if text.chars().nth(QUOTED_CHARS).is_some() {
        quoted.push_str("...");
    }
    format!("`{quoted}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_short_and_printable() {
        assert_eq!(quote(""), "nothing");
        assert_eq!(quote("w(A)"), "`w(A)`");
        assert_eq!(quote("\u{1b}[31m\0"), "`\\u{1b}[31m\\0`");
        assert_eq!(quote(&"x".repeat(40)), format!("`{}`", "x".repeat(40)));
        assert_eq!(quote(&"x".repeat(41)), format!("`{}...`", "x".repeat(40)));
    }
}
