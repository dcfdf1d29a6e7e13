//! Which files are read, and what came of each.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;

use super::merged::{Merged, Sorted};
use super::progress::Progress;
use super::read::{self, Troubles};
use crate::failure::Failure;

/// What some files and directories of records say.
#[derive(Debug, Default)]
pub(crate) struct Gathered<M = Sorted> {
    pub(crate) merged: M,
    /// How many records were read.
    pub(crate) records: usize,
    /// What was left out, and why.
    pub(crate) troubles: Troubles,
}

impl Gathered {
    /// Reads `paths`: records, and directories of them, in which every `*.jsonl` counts.
    ///
    /// What is no record, or one of another format, is left out and told; so are lines that cannot be
    /// read.
    ///
    /// # Errors
    /// When one of `paths` cannot be read.
    pub(crate) fn from(paths: &[PathBuf]) -> Result<Self, Failure> {
        let files = list(paths)?;
        let workers = thread::available_parallelism().map_or(1, usize::from);
        let share = files.len().div_ceil(workers).max(1);
        let progress = &Progress::of(files.len());
        let parts: Vec<_> = thread::scope(|scope| {
            let start = |part| scope.spawn(move || Gathered::of_files(part, progress));
            let threads: Vec<_> = files.chunks(share).map(start).collect();
            let join = |thread: thread::ScopedJoinHandle<'_, _>| {
                thread
                    .join()
                    .unwrap_or_else(|cause| std::panic::resume_unwind(cause))
            };
            threads.into_iter().map(join).collect()
        });
        let mut merged = Merged::default();
        let mut all = Self::default();
        for part in parts {
            merged.absorb(part.merged);
            all.records += part.records;
            all.troubles.absorb(part.troubles);
        }
        all.merged = merged.sorted();
        Ok(all)
    }
}

impl Gathered<Merged> {
    fn of_files(files: &[PathBuf], progress: &Progress) -> Self {
        let mut gathered = Self::default();
        for file in files {
            let troubles = read::file(file, &mut gathered.merged);
            gathered.records += usize::from(!troubles.are_of_whole_file());
            gathered.troubles.absorb(troubles);
            progress.one_more();
        }
        gathered
    }
}

/// The files that `paths` name, sorted within each directory.
fn list(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        let failed = |error| Failure::Records {
            input: path.display().to_string(),
            error,
        };
        if fs::metadata(path).map_err(failed)?.is_dir() {
            files.extend(records_in(path).map_err(failed)?);
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

fn records_in(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let paths = fs::read_dir(directory)?.map(|entry| entry.map(|entry| entry.path()));
    let mut files = paths.collect::<io::Result<Vec<_>>>()?;
    files.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "jsonl")
    });
    files.sort_unstable();
    Ok(files)
}
