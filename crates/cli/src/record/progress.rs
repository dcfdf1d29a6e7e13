//! How far the reading of records is, for whoever waits at a terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// Fewer records are read before anyone has seen a bar.
const FEWEST: usize = 16;

/// A bar that disappears when it is dropped; it draws nothing where standard error is no terminal.
#[derive(Debug)]
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Starts a bar for so many files.
    pub(super) fn of(files: usize) -> Self {
        if files < FEWEST {
            return Self(ProgressBar::hidden());
        }
        let style =
            ProgressStyle::with_template("reading {wide_bar} {pos}/{len} records, {eta} left");
        Self(ProgressBar::new(files as u64).with_style(style.expect("the template is constant")))
    }

    /// One more file is read; any thread may say so.
    pub(super) fn one_more(&self) {
        self.0.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
