//! In place of what this host says to its validator, in a build that has none: nothing is checked but
//! the data.

use std::fmt;

use crate::exit::BadInput;
use crate::policy::Policy;

/// Refuses a policy that asks for a validator.
pub(crate) fn install(policy: Policy) -> Result<(), BadInput> {
    match policy {
        Policy::FromEnvironment | Policy::Off => Ok(()),
        Policy::Panic => Err(BadInput::new(
            "cannot plant a bug: nothing would report it; build with the feature `validate`"
                .to_owned(),
        )),
    }
}

/// Nothing was reported.
pub(crate) fn reported(_code: &str) -> bool {
    false
}

/// What the validator has learned of this run: nothing.
#[derive(Clone, Debug)]
pub(crate) struct Learned;

/// As the validator's.
pub(crate) fn learned() -> Learned {
    Learned
}

impl Learned {
    /// Nobody found anything.
    pub(crate) fn is_clean(&self) -> bool {
        true
    }
}

impl fmt::Display for Learned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "validator       not in this build")
    }
}
