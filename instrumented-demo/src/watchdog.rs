//! The watchdog: ends a planted run that nobody reports.

use std::time::Duration;

use crate::exit::MISSED;

/// How long a planted bug may go unreported.
const PATIENCE: Duration = Duration::from_secs(20);

/// Ends the process with exit code 3 unless it ends by itself in time.
pub(crate) fn arm(bug: &'static str) {
    heldby::thread::spawn(move || {
        // A deadline, not a wait: a run that reports its bug ends the process before.
        heldby::thread::sleep(PATIENCE);
        let seconds = PATIENCE.as_secs();
        eprintln!("instrumented-demo: the bug `{bug}` was not reported within {seconds} s");
        std::process::exit(i32::from(MISSED));
    });
}
