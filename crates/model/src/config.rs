//! Files that a host writes, in TOML: where something is wrong in them.

use std::fmt;
use std::ops::Range;

/// Says what is wrong with such a file, and where; one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    place: String,
    message: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl std::error::Error for ConfigError {}

/// The text of a file, and what errors call it.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// All of it.
    pub text: &'a str,
    /// Its name, for example `heldby.toml`.
    pub name: &'a str,
}

impl Source<'_> {
    /// Reads the text as a `T`.
    ///
    /// # Errors
    /// What is no TOML, or no `T`, and where.
    pub fn read<T: serde::de::DeserializeOwned>(&self) -> Result<T, ConfigError> {
        toml::from_str(self.text).map_err(|error| {
            let message = error.message().replace('\n', " ");
            self.error(error.span(), message)
        })
    }

    /// `file:line` of a byte.
    #[must_use]
    pub fn place(&self, at: usize) -> String {
        format!("{}:{}", self.name, self.line(at))
    }

    fn line(&self, at: usize) -> usize {
        1 + self.text[..at].matches('\n').count()
    }

    /// The error of what stands at `span`; without one it is of the whole file.
    #[must_use]
    pub fn error(&self, span: Option<Range<usize>>, message: String) -> ConfigError {
        let at = span.map_or(0, |span| span.start);
        let before = self.text[..at].chars().rev();
        let column = 1 + before.take_while(|&c| c != '\n').count();
        ConfigError {
            place: format!("{}:{}:{column}", self.name, self.line(at)),
            message,
        }
    }
}
