//! The thread that lets the watchdog look, and what comes of that.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use heldby_model::Report;

use super::Watchdog;
use crate::cold::in_validator;
use crate::config::OnViolation;
use crate::helper;
use crate::limits::{Passed, WATCHDOG_LOOKS};
use crate::ops::keep_reports;
use crate::validator::Validator;
use crate::{process, sink};

/// Starts to watch the tasks of `validator`.
pub(crate) fn start(validator: &Arc<Validator>, limit: Duration) {
    let validator = Arc::clone(validator);
    let started = helper::start("heldby-watchdog", move || watch(&validator, limit));
    if let Err(error) = started {
        sink::say(&format!("failed to start the watchdog: {error}"));
    }
}

/// Looks until the process ends, or until a bug of ours stops it.
fn watch(validator: &Validator, limit: Duration) {
    let [shortest, longest] = WATCHDOG_LOOKS;
    let pause = (limit / 4).clamp(shortest, longest);
    let mut watchdog = Watchdog::new(limit);
    loop {
        // Time is all that there is to wait for: nobody tells it of a wait.
        thread::sleep(pause);
        let Some(mut look) = in_validator(|| watchdog.look(validator, Instant::now())) else {
            return;
        };
        for wait in &look.long_waits {
            sink::note(validator, &wait.to_string());
        }
        look.deadlocks
            .iter_mut()
            .for_each(|report| tell(validator, report));
    }
}

/// Hands a report to the sinks and does what the policy says, but for a panic: the threads that it is
/// about cannot have it, and this one is not the host's.
fn tell(validator: &Validator, report: &mut Report) {
    in_validator(|| keep_reports(validator, std::iter::once(&mut *report)));
    sink::emit(validator, report);
    match validator.config.on_violation {
        OnViolation::Abort => {
            process::before_abort();
            std::process::abort()
        }
        OnViolation::Panic => {
            static SAID: Passed = Passed::new();
            SAID.say(
                "the policy `panic` stops no thread that waits already; they wait on, as under `warn`",
            );
        }
        OnViolation::Off | OnViolation::Warn => {}
    }
}
