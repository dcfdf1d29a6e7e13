//! Reads a record, line by line, as far as it can be read.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};

use heldby_model::record::{Fact, RecordError, RecordHeader};

use super::merged::{Merged, Unknown};

/// A line longer than this, in bytes, is no line of a record: reports with deep stacks take tens of
/// kilobytes.
pub(crate) const LONGEST_LINE: u64 = 16 << 20;

/// What could not be read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    file: PathBuf,
    /// Counted from 1; 0 for the whole file.
    line: usize,
    why: String,
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

/// What could not be read: the first of it, and how much there is.
#[derive(Debug, Default)]
pub(crate) struct Troubles {
    first: Vec<Trouble>,
    count: usize,
}

impl Troubles {
    /// So many are kept to be told; a file that is all wrong has one a line.
    const KEPT: usize = 10;

    pub(crate) fn push(&mut self, trouble: Trouble) {
        self.count += 1;
        if self.first.len() < Self::KEPT {
            self.first.push(trouble);
        }
    }

    /// Adds those of what was read after.
    pub(crate) fn absorb(&mut self, others: Self) {
        let more = others.count - others.first.len();
        others
            .first
            .into_iter()
            .for_each(|trouble| self.push(trouble));
        self.count += more;
    }

    pub(crate) fn first(&self) -> &[Trouble] {
        &self.first
    }

    /// How many there are beyond the first.
    pub(crate) fn more(&self) -> usize {
        self.count - self.first.len()
    }

    /// Whether nothing was read.
    pub(crate) fn are_of_whole_file(&self) -> bool {
        self.first.first().is_some_and(|trouble| trouble.line == 0)
    }
}

/// Adds what the file at `path` says to `merged`; what it does not say in our format is told.
pub(crate) fn file(path: &Path, merged: &mut Merged) -> Troubles {
    match File::open(path) {
        Ok(file) => input(BufReader::with_capacity(1 << 17, file), path, merged),
        Err(error) => {
            let mut troubles = Troubles::default();
            troubles.push(Trouble {
                file: path.to_owned(),
                line: 0,
                why: error.to_string(),
            });
            troubles
        }
    }
}

/// Adds what `input` says, which is called `path`.
///
/// No more than one line of it is in memory, and of that no more than [`LONGEST_LINE`] bytes.
/// A first line that comes again begins the next record, as where several were put behind each other.
pub(crate) fn input(input: impl BufRead, path: &Path, merged: &mut Merged) -> Troubles {
    let mut troubles = Troubles::default();
    let mut trouble = |line, why: String| {
        troubles.push(Trouble {
            file: path.to_owned(),
            line,
            why,
        });
    };
    let mut lines = Lines {
        input,
        text: Vec::new(),
    };
    let first = match lines.next() {
        Ok(Some(line)) => line.text().and_then(header),
        Ok(None) => Err("it is empty".to_owned()),
        Err(error) => Err(error.to_string()),
    };
    let mut record = match first {
        Ok(header) => Some(merged.open(header)),
        Err(why) => {
            trouble(0, why);
            return troubles;
        }
    };
    for number in 2.. {
        let line = match lines.next() {
            Ok(Some(line)) => line,
            Ok(None) => break,
            Err(error) => {
                trouble(number, error.to_string());
                break;
            }
        };
        if let Some(next) = line.text().ok().filter(|text| text.starts_with(HEADER)) {
            record = match header(next) {
                Ok(header) => Some(merged.open(header)),
                Err(why) => {
                    trouble(
                        number,
                        format!("{why}; the record that it begins is left out"),
                    );
                    None
                }
            };
            continue;
        }
        let Some(record) = &mut record else {
            continue;
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

/// How the first line of a record begins, and no other of it.
const HEADER: &str = r#"{"heldby":"#;

/// Whether a file is a record, of whatever format; what cannot be read is none.
pub(crate) fn is_record(path: &Path) -> bool {
    // Nothing is written into a pipe that has the name of a record.
    if !path.is_file() {
        return false;
    }
    let mut start = [0; HEADER.len()];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && start == HEADER.as_bytes()
}

/// The first line of a record, or why it is none.
fn header(text: &str) -> Result<RecordHeader, String> {
    RecordHeader::from_line(text).map_err(|error| foreign(&error))
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

struct Lines<R> {
    input: R,
    text: Vec<u8>,
}

struct Line<'a> {
    bytes: &'a [u8],
    /// It has its end; only the last line of a file can lack that.
    ended: bool,
    /// The rest of it was passed over.
    too_long: bool,
}

impl Line<'_> {
    fn text(&self) -> Result<&str, String> {
        if self.too_long {
            return Err(format!("it has more than {LONGEST_LINE} bytes"));
        }
        std::str::from_utf8(self.bytes)
            .map_err(|error| format!("byte {}: not UTF-8", error.valid_up_to() + 1))
    }
}

impl<R: BufRead> Lines<R> {
    fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.text.clear();
        let mut bounded = (&mut self.input).take(LONGEST_LINE);
        let read = bounded.read_until(b'\n', &mut self.text)?;
        if read == 0 {
            return Ok(None);
        }
        let ended = self.text.last() == Some(&b'\n');
        let too_long = !ended && read as u64 == LONGEST_LINE;
        if too_long {
            self.input.skip_until(b'\n')?;
        }
        Ok(Some(Line {
            bytes: self.text.strip_suffix(b"\n").unwrap_or(&self.text),
            ended: ended || too_long,
            too_long,
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Read as _};
    use std::path::Path;

    use super::{LONGEST_LINE, Lines, Merged, input};

    const HEADER: &str = r#"{"heldby":1,"profile":"userspace","processes":[]}"#;
    const CLASS: &str = r#"{"class":{"id":1,"name":"a","named":true,"type":"m"}}"#;

    /// A record whose second line has so many bytes, which nobody has in memory.
    fn record(bytes: u64) -> impl std::io::BufRead {
        let start = format!("{HEADER}\n");
        let line = std::io::repeat(b'x').take(bytes);
        let end = format!("\n{CLASS}\n");
        BufReader::new(
            std::io::Cursor::new(start)
                .chain(line)
                .chain(std::io::Cursor::new(end)),
        )
    }

    #[test]
    fn a_line_that_is_too_long_is_passed_over_unread() {
        for (bytes, why) in [
            (LONGEST_LINE - 1, "column 1: expected value"),
            (LONGEST_LINE, "it has more than 16777216 bytes"),
            (1 << 26, "it has more than 16777216 bytes"),
        ] {
            let mut merged = Merged::default();
            let troubles = input(record(bytes), Path::new("r"), &mut merged);
            let told: Vec<_> = troubles.first().iter().map(ToString::to_string).collect();
            assert_eq!(told, [format!("skipped line 2 of `r`: {why}")]);
            assert_eq!(merged.classes.len(), 1, "the line behind it is read");
        }
    }

    #[test]
    fn a_line_takes_no_more_memory_than_the_longest_may() {
        let mut lines = Lines {
            input: record(1 << 30),
            text: Vec::new(),
        };
        while let Ok(Some(_)) = lines.next() {}
        assert!(lines.text.capacity() as u64 <= 2 * LONGEST_LINE);
    }

    #[test]
    fn what_is_all_wrong_is_counted_and_not_kept() {
        let text = format!("{HEADER}\n{}", "wrong\n".repeat(1_000));
        let mut merged = Merged::default();
        let troubles = input(text.as_bytes(), Path::new("r"), &mut merged);
        assert_eq!((troubles.first().len(), troubles.more()), (10, 990));
        assert!(!troubles.are_of_whole_file());
    }
}
