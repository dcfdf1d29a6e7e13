//! Words: what stands between blanks and comments, and where.

use std::fmt;

/// A place in a scenario's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// Line, counted from 1.
    pub line: u32,
    /// Column in characters, counted from 1.
    pub column: u32,
}

impl Position {
    /// The first character of a text.
    pub const START: Self = Self { line: 1, column: 1 };

    /// Returns the position just behind `text`, which starts here.
    #[must_use]
    pub fn behind(self, text: &str) -> Self {
        text.chars().fold(self, Self::after)
    }

    fn after(self, character: char) -> Self {
        if character == '\n' {
            Self {
                line: self.line.saturating_add(1),
                column: 1,
            }
        } else {
            Self {
                line: self.line,
                column: self.column.saturating_add(1),
            }
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// A piece of the text without blanks, and where it starts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Word<'a> {
    pub(crate) text: &'a str,
    pub(crate) at: Position,
}

impl<'a> Word<'a> {
    /// Splits before byte `middle`, which must lie on a character boundary of the text.
    pub(crate) fn split_at(self, middle: usize) -> (Self, Self) {
        let (head, tail) = self.text.split_at(middle);
        (
            Self {
                text: head,
                at: self.at,
            },
            Self {
                text: tail,
                at: self.at.behind(head),
            },
        )
    }

    /// Splits at the first `separator`, which belongs to neither part.
    pub(crate) fn split_once(self, separator: char) -> Option<(Self, Self)> {
        let (head, tail) = self.split_at(self.text.find(separator)?);
        Some((head, tail.split_at(separator.len_utf8()).1))
    }

    /// Splits at every `separator`; a text without one is one part.
    pub(crate) fn split(self, separator: char) -> Vec<Self> {
        let mut parts = Vec::new();
        let mut rest = self;
        while let Some((head, tail)) = rest.split_once(separator) {
            parts.push(head);
            rest = tail;
        }
        parts.push(rest);
        parts
    }
}

/// Returns the words of `text` in order; a comment runs from `#` to the end of its line.
pub(crate) fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    let mut rest = Word {
        text,
        at: Position::START,
    };
    std::iter::from_fn(move || {
        loop {
            rest = rest
                .split_at(length_while(rest.text, char::is_whitespace))
                .1;
            if !rest.text.starts_with('#') {
                break;
            }
            rest = rest.split_at(length_while(rest.text, |c| c != '\n')).1;
        }
        let (word, tail) =
            rest.split_at(length_while(rest.text, |c| !c.is_whitespace() && c != '#'));
        rest = tail;
        (!word.text.is_empty()).then_some(word)
    })
}

fn length_while(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> Vec<(u32, u32, &str)> {
        words(text)
            .map(|word| (word.at.line, word.at.column, word.text))
            .collect()
    }

    #[test]
    fn words_keep_their_positions() {
        assert_eq!(seen("w(A)  u(A)"), [(1, 1, "w(A)"), (1, 7, "u(A)")]);
        assert_eq!(
            seen("\n\t w(A)\r\n u(A)\n"),
            [(2, 3, "w(A)"), (3, 2, "u(A)")]
        );
        assert_eq!(seen("é w"), [(1, 1, "é"), (1, 3, "w")]);
        assert_eq!(seen(""), []);
    }

    #[test]
    fn comments_end_with_their_line() {
        assert_eq!(
            seen("# all\nw(A)#tail\n#\n##x\nu(A)"),
            [(2, 1, "w(A)"), (5, 1, "u(A)")]
        );
        assert_eq!(seen("#"), []);
    }

    #[test]
    fn parts_keep_their_positions() {
        let word = Word {
            text: "a,,é,b",
            at: Position { line: 2, column: 5 },
        };
        let parts: Vec<_> = word
            .split(',')
            .iter()
            .map(|part| (part.at.column, part.text))
            .collect();
        assert_eq!(parts, [(5, "a"), (7, ""), (8, "é"), (10, "b")]);
    }
}
