//! What the command line asks of the validator.

/// What is to happen when a violation is found. A build without the validator finds none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    /// What the variable `HELDBY` says.
    FromEnvironment,
    /// The thread that is found out panics.
    Panic,
    /// Nothing is validated.
    Off,
}
