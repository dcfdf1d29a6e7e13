//! What the processes of a running program write into their records.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use heldby_model::record::Fact;
use heldby_model::{Code, Confirmation, Report};

use crate::record::{LONGEST_LINE, is_record};

/// The records of a directory, as far as they were read.
#[derive(Debug)]
pub(super) struct Records {
    directory: PathBuf,
    files: BTreeMap<PathBuf, Follow>,
    deadlock: Option<Report>,
}

/// A record that grows.
#[derive(Debug)]
struct Follow {
    file: File,
    /// A line that has no end yet.
    begun: Vec<u8>,
    /// How its process was steered so far.
    confirmation: Confirmation,
}

impl Records {
    pub(super) fn of(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
            files: BTreeMap::new(),
            deadlock: None,
        }
    }

    /// Reads what came since the last look. What cannot be read now is there at the next look, or never.
    pub(super) fn look(&mut self) {
        let entries = fs::read_dir(&self.directory).into_iter().flatten();
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            let is_named_so = path
                .extension()
                .is_some_and(|extension| extension == "jsonl");
            if is_named_so
                && !self.files.contains_key(&path)
                && is_record(&path)
                && let Ok(file) = File::open(&path)
            {
                self.files.insert(path, Follow::new(file));
            }
        }
        for followed in self.files.values_mut() {
            for fact in followed.facts() {
                match fact {
                    Fact::Confirmation(confirmation) => followed.confirmation = confirmation,
                    Fact::Report(report) if report.code == Code::Hb0502 => {
                        self.deadlock.get_or_insert(*report);
                    }
                    _ => {}
                }
            }
        }
    }

    /// Threads that wait for each other, the first that were told.
    pub(super) fn deadlock(&self) -> Option<&Report> {
        self.deadlock.as_ref()
    }

    /// How all processes together were steered.
    pub(super) fn confirmation(&self) -> Confirmation {
        let mut all = Confirmation::default();
        for followed in self.files.values() {
            all.add(&followed.confirmation);
        }
        all
    }

    /// Whether no process left a record.
    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

impl Follow {
    fn new(file: File) -> Self {
        Self {
            file,
            begun: Vec::new(),
            confirmation: Confirmation::default(),
        }
    }

    /// The facts of the lines that came to their end since the last time, of the two kinds that matter.
    fn facts(&mut self) -> Vec<Fact> {
        let mut facts = Vec::new();
        loop {
            let more = (&self.file).take(LONGEST_LINE).read_to_end(&mut self.begun);
            // After an error there may be more at the next look.
            if more.unwrap_or(0) == 0 {
                return facts;
            }
            facts.extend(self.ended());
            if self.begun.len() as u64 > LONGEST_LINE {
                // It is no line of a record.
                self.begun.clear();
            }
        }
    }

    /// The facts of the lines that are whole, which are then done with.
    fn ended(&mut self) -> Vec<Fact> {
        let end = self.begun.iter().rposition(|&byte| byte == b'\n');
        let rest = self.begun.split_off(end.map_or(0, |end| end + 1));
        let whole = std::mem::replace(&mut self.begun, rest);
        let lines = whole.split(|&byte| byte == b'\n');
        let told = lines.filter(|line| {
            line.starts_with(b"{\"report\"") || line.starts_with(b"{\"confirmation\"")
        });
        let facts = told.filter_map(|line| Fact::from_line(std::str::from_utf8(line).ok()?).ok());
        facts.collect()
    }
}
