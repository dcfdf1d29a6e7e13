//! What a host says of the validator before its first lock.

use std::ffi::c_int;

use heldby_validator::{AlreadyInstalled, Config, OnViolation, Validator};

/// After a report do what the variable HELDBY says.
pub const HELDBY_ON_REPORT_DEFAULT: c_int = 0;
/// After a report go on.
pub const HELDBY_ON_REPORT_WARN: c_int = 1;
/// After a report abort.
pub const HELDBY_ON_REPORT_ABORT: c_int = 2;
/// Check nothing.
pub const HELDBY_ON_REPORT_OFF: c_int = 3;

/// Sets what happens after a report, HELDBY_ON_REPORT_DEFAULT and its kin, and whether reports are
/// written to stderr: a host with a sink may not want that. All else is as the environment says.
///
/// To be called before the first lock. Returns 0, or -1 if it comes too late.
#[unsafe(no_mangle)]
pub extern "C" fn heldby_install(on_report: c_int, to_stderr: c_int) -> c_int {
    let config = Config::from_env();
    let config = match on_report {
        HELDBY_ON_REPORT_WARN => config.on_violation(OnViolation::Warn),
        HELDBY_ON_REPORT_ABORT => config.on_violation(OnViolation::Abort),
        HELDBY_ON_REPORT_OFF => config.on_violation(OnViolation::Off),
        _ => config,
    };
    let config = match to_stderr {
        0 => config.stderr(false),
        _ => config,
    };
    match Validator::install(config) {
        Ok(_) => 0,
        Err(AlreadyInstalled) => -1,
    }
}
