//! The progress bar: on a terminal only.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::job::Job;

/// A bar that disappears when it is dropped; it draws nothing where stderr is no terminal.
#[derive(Debug)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Starts a bar for a load of that length, or a spinner when nobody knows the length.
    pub(crate) fn start(length: Option<Duration>) -> Self {
        let bar = match length {
            Some(length) => ProgressBar::new(length.as_millis() as u64),
            None => ProgressBar::new_spinner(),
        };
        let style = ProgressStyle::with_template("{wide_bar} {elapsed} {msg}");
        Self(bar.with_style(style.expect("the template is constant")))
    }

    /// Shows how far the load is.
    pub(crate) fn show(&self, elapsed: Duration, job: &Job) {
        self.0.set_position(elapsed.as_millis() as u64);
        let (faults, operations) = (job.tally.faults.get(), job.tally.vm_operations());
        self.0
            .set_message(format!("{faults} faults, {operations} vm operations"));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
