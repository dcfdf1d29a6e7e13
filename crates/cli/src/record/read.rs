//! Reads a record, line by line, as far as it can be read.

use std::fmt;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use heldby_model::record::{Fact, RecordError, RecordHeader};

use super::merged::{Merged, Unknown};

/// A line longer than this, in bytes, is no line of a record: reports with deep stacks take tens of
/// kilobytes.
const LONGEST_LINE: u64 = 16 << 20;

/// What could not be read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    file: PathBuf,
    /// Counted from 1; 0 for the whole file.
    line: usize,
    why: String,
}

impl Trouble {
    /// Whether nothing of the file was read.
    pub(crate) fn is_of_whole_file(&self) -> bool {
        self.line == 0
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display();
        match self.line {
            0 => write!(f, "skipped `{file}`: {}", self.why),
            line => write!(f, "skipped line {line} of `{file}`: {}", self.why),
        }
    }
}

/// Adds what `path` says to `merged`; what it does not say in our format is told.
pub(crate) fn file(path: &Path, merged: &mut Merged) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    let mut trouble = |line, why: String| {
        troubles.push(Trouble {
            file: path.to_owned(),
            line,
            why,
        });
    };
    let mut lines = match File::open(path) {
        Ok(file) => Lines {
            input: BufReader::with_capacity(1 << 17, file),
            text: Vec::new(),
        },
        Err(error) => {
            trouble(0, error.to_string());
            return troubles;
        }
    };
    let header = match lines.next() {
        Ok(Some(line)) => line
            .text()
            .and_then(|text| RecordHeader::from_line(text).map_err(|error| foreign(&error))),
        Ok(None) => Err("it is empty".to_owned()),
        Err(why) => Err(why),
    };
    let mut record = match header {
        Ok(header) => merged.open(header),
        Err(why) => {
            trouble(0, why);
            return troubles;
        }
    };
    for number in 2.. {
        let line = match lines.next() {
            Ok(Some(line)) => line,
            Ok(None) => break,
            Err(why) => {
                trouble(number, why);
                break;
            }
        };
        let fact = line
            .text()
            .and_then(|text| Fact::from_line(text).map_err(|error| error.to_string()));
        match fact {
            Ok(fact) => {
                if let Err(unknown) = record.add(fact) {
                    trouble(number, unknown.to_string());
                }
            }
            Err(_) if !line.ended => {
                trouble(
                    number,
                    "it is cut off, as the last line of a killed process can be".to_owned(),
                );
            }
            Err(why) => trouble(number, why),
        }
    }
    troubles
}

/// Why the first line is none, and what to do about it.
fn foreign(error: &RecordError) -> String {
    match error {
        RecordError::Format { .. } => {
            format!("{error}; use the `heldby` of the version that wrote it")
        }
        _ => error.to_string(),
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Class(id) => write!(f, "class {id} was not told before"),
            Self::Process(number) => write!(f, "there is no process {number}"),
        }
    }
}

struct Lines {
    input: BufReader<File>,
    text: Vec<u8>,
}

struct Line<'a> {
    bytes: &'a [u8],
    /// It has its end; only the last line of a file can lack that.
    ended: bool,
}

impl Line<'_> {
    fn text(&self) -> Result<&str, String> {
        std::str::from_utf8(self.bytes)
            .map_err(|error| format!("byte {}: not UTF-8", error.valid_up_to() + 1))
    }
}

impl Lines {
    fn next(&mut self) -> Result<Option<Line<'_>>, String> {
        use std::io::Read as _;
        self.text.clear();
        let mut bounded = (&mut self.input).take(LONGEST_LINE);
        let read = bounded
            .read_until(b'\n', &mut self.text)
            .map_err(|error| error.to_string())?;
        if read == 0 {
            return Ok(None);
        }
        let ended = self.text.last() == Some(&b'\n');
        if !ended && read as u64 == LONGEST_LINE {
            return Err(format!("it has more than {LONGEST_LINE} bytes"));
        }
        let bytes = self.text.strip_suffix(b"\n").unwrap_or(&self.text);
        Ok(Some(Line { bytes, ended }))
    }
}
