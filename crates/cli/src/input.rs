//! Where a scenario or a graph comes from.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::PathBuf;

use heldby_script::Position;

use crate::failure::Failure;

/// A file, or standard input for `-`.
#[derive(Clone, Debug)]
pub(crate) enum Input {
    Standard,
    File(PathBuf),
}

impl From<std::ffi::OsString> for Input {
    fn from(argument: std::ffi::OsString) -> Self {
        if argument == "-" {
            Self::Standard
        } else {
            Self::File(argument.into())
        }
    }
}

impl Input {
    /// What sites and errors call it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Standard => "<stdin>".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }

    /// Reads all of it.
    pub(crate) fn read(&self) -> Result<String, Failure> {
        let mut bytes = Vec::new();
        let read = match self {
            Self::Standard => io::stdin().read_to_end(&mut bytes),
            Self::File(path) => File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)),
        };
        read.map_err(|error| Failure::Read {
            input: self.name(),
            error,
        })?;
        String::from_utf8(bytes).map_err(|error| {
            let good = error.utf8_error().valid_up_to();
            let good = String::from_utf8_lossy(&error.as_bytes()[..good]);
            Failure::Encoding {
                input: self.name(),
                at: Position::START.behind(&good),
            }
        })
    }
}
