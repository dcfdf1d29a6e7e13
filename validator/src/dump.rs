//! Everything that a validator knows now, to a file.

use std::io::{Error, ErrorKind};
use std::path::Path;
use std::{fs, io};

use heldby_model::{GraphSnapshot, render};

/// What a dump is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The graph alone.
    Dot,
    /// All of it.
    Json,
    /// What all threads hold, and the counters.
    Text,
}

impl Form {
    /// What can be asked for.
    pub(crate) const KNOWN: &'static str = "FILE.dot, FILE.json, FILE.txt";

    /// The form that the name of a file asks for, by its extension.
    pub(crate) fn of(file: &Path) -> Option<Self> {
        match file.extension()?.to_str()? {
            "dot" => Some(Self::Dot),
            "json" => Some(Self::Json),
            "txt" => Some(Self::Text),
            _ => None,
        }
    }
}

/// Writes a dump in the form that the name of `file` asks for.
pub(crate) fn write(dump: &GraphSnapshot, file: &Path) -> io::Result<()> {
    let text = match form(file)? {
        Form::Dot => render::dot(dump),
        Form::Json => dump.to_json(),
        Form::Text => render::threads(dump),
    };
    fs::write(file, text)
}

fn form(file: &Path) -> io::Result<Form> {
    let unknown = || {
        let known = Form::KNOWN;
        let text = format!("unknown form of `{}`; known: {known}", file.display());
        Error::new(ErrorKind::InvalidInput, text)
    };
    Form::of(file).ok_or_else(unknown)
}
