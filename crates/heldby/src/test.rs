//! Tests that check a piece of code on a validator of its own.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use heldby_model::{Findings, Report};
use heldby_validator::{Config, OnViolation, Validator};

/// Runs `body` on a validator of its own and returns what it reported.
///
/// The policy is `warn`: nothing is written and nothing panics. Threads that `body` makes with
/// [`thread`](crate::thread) belong to it as well. Nothing that was learned is left behind;
/// classes and the numbers of their locks are the process's, so notes that count locks depend on
/// what ran before.
///
/// # Panics
/// When `body` panics.
///
/// # Example
/// ```
/// use heldby::sync::Mutex;
///
/// let (a, b) = (Mutex::named("a", 0), Mutex::named("b", 0));
/// let reports = heldby::test::check(|| {
///     drop((a.lock(), b.lock()));
///     drop((b.lock(), a.lock()));
/// });
/// assert_eq!(reports[0].locks, ["a", "b"]);
/// println!("{}", reports[0]);
/// ```
pub fn check(body: impl FnOnce()) -> Vec<Report> {
    findings(body).reports
}

/// As [`check`], with what is not reported: what is pending and what is gated.
///
/// # Panics
/// When `body` panics.
pub fn findings(body: impl FnOnce()) -> Findings {
    let validator = Validator::new(
        Config::from_env()
            .on_violation(OnViolation::Warn)
            .stderr(false),
    );
    let result = heldby_validator::enter(&validator, || catch_unwind(AssertUnwindSafe(body)));
    match result {
        Ok(()) => Findings::new(validator.reports(), validator.pending(), validator.gated()),
        Err(panic) => resume_unwind(panic),
    }
}
