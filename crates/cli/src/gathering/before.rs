//! The records of the run before: set aside while a program runs, and put back if it leaves none, as
//! one that did not even build.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::record::is_record;

/// Where they were, and where they are meanwhile.
#[derive(Debug)]
pub(super) struct Before {
    directory: PathBuf,
    aside: PathBuf,
}

/// What became of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settled {
    /// There are new ones in their place.
    Replaced,
    /// There are neither new ones nor old ones.
    None,
    /// There are no new ones, so they are back.
    Back,
}

impl Before {
    /// Sets the records in `directory` aside; nothing else in it is touched, and empty it goes.
    pub(super) fn set_aside(directory: &Path) -> io::Result<Self> {
        let mut aside = directory.as_os_str().to_owned();
        aside.push(".before");
        let before = Self {
            directory: directory.to_owned(),
            aside: aside.into(),
        };
        // Those that a killed run has left there are older than these.
        if !records(directory)?.is_empty() {
            clear(&before.aside)?;
            move_records(directory, &before.aside)?;
        }
        remove_if_empty(directory)?;
        Ok(before)
    }

    /// Lets them go if the program left records of its own, and else puts them back.
    pub(super) fn settle(self) -> io::Result<Settled> {
        if !records(&self.directory)?.is_empty() {
            clear(&self.aside)?;
            return Ok(Settled::Replaced);
        }
        if records(&self.aside)?.is_empty() {
            return Ok(Settled::None);
        }
        move_records(&self.aside, &self.directory)?;
        remove_if_empty(&self.aside)?;
        Ok(Settled::Back)
    }
}

/// The records in a directory, which need not be there; what only has such a name is left alone.
fn records(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut records = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let is_named_so = path
            .extension()
            .is_some_and(|extension| extension == "jsonl");
        if is_named_so && is_record(&path) {
            records.push(path);
        }
    }
    Ok(records)
}

fn move_records(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for record in records(from)? {
        let name = record.file_name().unwrap_or_default();
        fs::rename(&record, to.join(name))?;
    }
    Ok(())
}

/// Takes the records in a directory away; nothing else.
pub(crate) fn clear(directory: &Path) -> io::Result<()> {
    for record in records(directory)? {
        fs::remove_file(record)?;
    }
    remove_if_empty(directory)
}

/// Sees whether records can be written there, and leaves nothing behind.
pub(super) fn probe(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    let file = directory.join(format!(".heldby-{}", std::process::id()));
    let written = fs::write(&file, [b'\n'; 4096]);
    let _ = fs::remove_file(&file);
    remove_if_empty(directory)?;
    written
}

fn remove_if_empty(directory: &Path) -> io::Result<()> {
    use io::ErrorKind::{DirectoryNotEmpty, NotFound};
    match fs::remove_dir(directory) {
        Err(error) if !matches!(error.kind(), DirectoryNotEmpty | NotFound) => Err(error),
        _ => Ok(()),
    }
}
