//! The host's source, where it can be read: the lines that a report is about.
//!
//! A line is shown only where it is likely to be the one that was compiled: from a file that did not
//! change since, at a column where a word begins.

use std::fmt;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Where the text of the host's source comes from.
pub trait Sources: fmt::Debug {
    /// The whole text of a file, by its path as the compiler was given it; several if it can be this
    /// one or that, the likeliest first.
    fn read<'a>(&'a self, file: &'a str) -> Box<dyn Iterator<Item = String> + 'a>;
}

/// Source files on this machine.
///
/// The compiler was given most paths relative to the root of a cargo workspace, which is the nearest
/// folder above a program, or above where it runs, that has a `Cargo.lock`.
#[derive(Clone, Debug, Default)]
pub struct SourceFiles {
    roots: Vec<PathBuf>,
    unchanged_since: Option<SystemTime>,
}

/// Larger files are not read, in bytes: no one writes them.
const LARGEST: u64 = 4 << 20;

impl SourceFiles {
    /// The files of the workspaces around the current directory and around these paths, then those below
    /// the current directory itself.
    #[must_use]
    pub fn around<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Self {
        let current = std::env::current_dir().ok();
        let mut roots: Vec<PathBuf> = Vec::new();
        let mut add = |path: &Path| {
            let root = workspace(path).map(Path::to_owned);
            let root = root.filter(|root| !roots.contains(root));
            roots.extend(root);
        };
        current.as_deref().into_iter().for_each(&mut add);
        paths.into_iter().for_each(&mut add);
        roots.extend(current.filter(|current| !roots.contains(current)));
        Self {
            roots,
            unchanged_since: None,
        }
    }

    /// Without the files that were changed after that.
    #[must_use]
    pub fn unchanged_since(mut self, time: SystemTime) -> Self {
        self.unchanged_since = Some(time);
        self
    }

    fn read_whole(&self, path: &Path) -> Option<String> {
        let metadata = fs::metadata(path).ok()?;
        let is_stale = |since: SystemTime| metadata.modified().is_ok_and(|at| at > since);
        let unfit = !metadata.is_file()
            || metadata.len() > LARGEST
            || self.unchanged_since.is_some_and(is_stale);
        if unfit {
            return None;
        }
        let mut text = String::new();
        let file = File::open(path).ok()?;
        file.take(LARGEST).read_to_string(&mut text).ok()?;
        Some(text)
    }
}

/// The nearest folder above `path` that has a `Cargo.lock`.
fn workspace(path: &Path) -> Option<&Path> {
    path.ancestors()
        .find(|folder| folder.join("Cargo.lock").is_file())
}

impl Sources for SourceFiles {
    fn read<'a>(&'a self, file: &'a str) -> Box<dyn Iterator<Item = String> + 'a> {
        let candidates = self.roots.iter().map(move |root| root.join(file));
        Box::new(candidates.filter_map(|path| self.read_whole(&path)))
    }
}
