//! Snapshots and findings to JSON, and a snapshot back.
//!
//! The format's number stands first in both, so that a reader can refuse what it does not know
//! before it wonders about a missing field.

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{Findings, GraphSnapshot};

/// The version of the JSON that this crate writes and reads.
pub const FORMAT: u32 = 1;

/// Says why a text is not a [`GraphSnapshot`], or not [`Findings`].
#[derive(Debug)]
pub enum ReadError {
    /// It is not JSON, or fields are missing or wrong.
    Json(serde_json::Error),
    /// It says to be of a format that this crate does not know.
    Format {
        /// The version that it names.
        found: u32,
    },
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(_) => f.write_str("not a graph snapshot"),
            Self::Format { found } => write!(f, "format `{found}` is unknown; known: `{FORMAT}`"),
        }
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Json(cause) => Some(cause),
            Self::Format { .. } => None,
        }
    }
}

impl GraphSnapshot {
    /// Writes the snapshot as one JSON object, indented.
    #[must_use]
    pub fn to_json(&self) -> String {
        pretty(self)
    }

    /// Reads what [`to_json`](Self::to_json) wrote.
    ///
    /// # Errors
    /// When `text` is not JSON, not a snapshot, or of another format.
    pub fn from_json(text: &str) -> Result<Self, ReadError> {
        read(text)
    }
}

impl Findings {
    /// Writes the findings as one JSON object, indented.
    #[must_use]
    pub fn to_json(&self) -> String {
        pretty(self)
    }

    /// Reads what [`to_json`](Self::to_json) wrote, or `heldby report --format json`.
    ///
    /// # Errors
    /// When `text` is not JSON, not findings, or of another format.
    pub fn from_json(text: &str) -> Result<Self, ReadError> {
        read(text)
    }
}

/// Looks at the number of the format before anything else.
fn read<T: DeserializeOwned>(text: &str) -> Result<T, ReadError> {
    #[derive(Deserialize)]
    struct Header {
        format: u32,
    }
    let header: Header = serde_json::from_str(text).map_err(ReadError::Json)?;
    if header.format != FORMAT {
        return Err(ReadError::Format {
            found: header.format,
        });
    }
    serde_json::from_str(text).map_err(ReadError::Json)
}

fn pretty<T: Serialize>(value: &T) -> String {
    serde_json::to_string_pretty(value).expect("plain data without maps always becomes JSON")
}
