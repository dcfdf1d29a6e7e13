//! What is wrong becomes reports, and then what the policy says.

use std::time::Instant;

use heldby_model::{Certainty, Code, Report};

use crate::acquire::Acquire;
use crate::cold::in_validator;
use crate::config::{OnViolation, Stacks};
use crate::limits::Passed;
use crate::site::Site;
use crate::stack::{self, Captured};
use crate::task::Task;
use crate::validator::Validator;
use crate::violation::{Subject, Violation, Wrong};
use crate::{derived, process, report, sink};

/// Whether a report may end in a panic: never where a guard is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MayPanic {
    Yes,
    No,
}

impl MayPanic {
    /// Whether a report of an acquire may.
    pub(crate) fn of(wanted: Acquire<'_>) -> Self {
        match wanted.lock_type.unwinds {
            true => Self::Yes,
            false => Self::No,
        }
    }
}

/// Complains of what is wrong now: said once for each place, acted on every time.
#[track_caller]
pub(crate) fn complain(
    task: &'static Task,
    code: Code,
    wrong: Wrong,
    subject: Option<Subject>,
    site: Option<Site>,
    may_panic: MayPanic,
) {
    let violation = in_validator(|| {
        let validator = task.validator();
        let captured = (validator.config.stacks != Stacks::Off).then(|| Captured::now(None));
        let mut learned = validator.lock();
        let stack = captured.and_then(|captured| {
            let id = learned.stacks.intern(&captured);
            learned.stacks.get(id)
        });
        let class = subject.map(|subject| subject.class);
        let new = learned.is_new((code, Certainty::Now, class, site, None));
        let (certainty, at) = (Certainty::Now, Instant::now());
        Violation {
            code,
            certainty,
            wrong,
            subject,
            site,
            stack,
            at,
            new,
        }
    });
    conclude(task, violation.into_iter().collect(), may_panic);
}

/// Turns violations into reports, hands them to the sinks, and does what the policy says.
///
/// # Panics
/// When the policy is `panic`, this place allows it, and the thread is not unwinding or in a drop.
#[track_caller]
pub(crate) fn conclude(task: &'static Task, mut violations: Vec<Violation>, may_panic: MayPanic) {
    let validator = task.validator();
    if let Some(recorder) = &validator.recorder {
        in_validator(|| recorder.flush(validator));
    }
    if !violations.is_empty() && !validator.config.allowances.is_empty() {
        in_validator(|| {
            let allowed = &mut validator.lock().allowed;
            violations.retain(|violation| !allowed.violation(violation));
        });
    }
    if violations.is_empty() {
        return;
    }
    let mut new: Vec<_> = violations.iter().map(|violation| violation.new).collect();
    let Some(holds) = in_validator(|| report::holds(task)) else {
        return;
    };
    // The host's own functions, so outside; what is not said anew needs no answer.
    let derived = match new.contains(&true) {
        true => derived::from(&holds),
        false => Vec::new(),
    };
    let reports = in_validator(|| {
        let held = report::held_locks(validator, &holds, derived);
        let of = |violation| report::build(task, violation, held.clone());
        let mut reports: Vec<_> = violations.into_iter().map(of).collect();
        drop_known(validator, &mut reports, &mut new);
        let said = reports.iter_mut().zip(&new);
        keep_reports(
            validator,
            said.filter_map(|(report, &new)| new.then_some(report)),
        );
        reports
    });
    let Some(reports) = reports.filter(|reports| !reports.is_empty()) else {
        return;
    };
    for (report, _) in reports.iter().zip(&new).filter(|&(_, &new)| new) {
        sink::emit(validator, report);
    }
    // Who is stopped by what is only possible never comes to its lock.
    if validator.confirm.is_some() && reports.iter().all(is_possible) {
        return;
    }
    match validator.config.on_violation {
        OnViolation::Abort => {
            process::before_abort();
            std::process::abort()
        }
        OnViolation::Panic if may_panic == MayPanic::Yes && may_unwind() => {
            panic!("{}", sink::panic_message(&reports[0]))
        }
        OnViolation::Off | OnViolation::Warn | OnViolation::Panic => {}
    }
}

fn is_possible(report: &Report) -> bool {
    report.certainty == Certainty::Possible
}

/// Takes out what the declared order accepts.
fn drop_known(validator: &Validator, reports: &mut Vec<Report>, new: &mut Vec<bool>) {
    let learned = validator.lock();
    let Some(declared) = &learned.declared else {
        return;
    };
    let known: Vec<_> = reports
        .iter()
        .map(|report| declared.knows(report))
        .collect();
    let mut of_reports = known.iter();
    reports.retain(|_| of_reports.next() == Some(&false));
    let mut of_new = known.iter();
    new.retain(|_| of_new.next() == Some(&false));
}

/// Keeps reports, each with its place in the record, for that record and for whoever asks the validator
/// for them. Inside the validator.
pub(crate) fn keep_reports<'a>(
    validator: &Validator,
    reports: impl Iterator<Item = &'a mut Report>,
) {
    let mut kept = true;
    for report in reports {
        kept &= match &validator.recorder {
            Some(recorder) => recorder.keep_report(validator, report),
            None => validator.lock().keep_report(report),
        };
    }
    if let Some(recorder) = &validator.recorder {
        recorder.flush(validator);
    }
    if !kept {
        static PASSED: Passed = Passed::new();
        PASSED.say("more than 1000 reports: later ones are made, and not kept in memory");
    }
}

/// Whether a panic here ends in a handler and not in an abort.
fn may_unwind() -> bool {
    !std::thread::panicking() && in_validator(|| !stack::inside_drop()).unwrap_or(false)
}
