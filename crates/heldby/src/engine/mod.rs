//! The one seam between the facade and the engine.
//!
//! The facade is written once.
//! With the feature `validate` these names are the engine; without it they are empty and the
//! compiler removes every trace of them.

#[cfg(not(feature = "validate"))]
mod off;
#[cfg(feature = "validate")]
mod on;

#[cfg(not(feature = "validate"))]
pub(crate) use off::*;
#[cfg(feature = "validate")]
pub(crate) use on::*;

/// A lock type of the facade.
pub(crate) trait Lock {
    /// What reports call it: the name of the type that it mirrors.
    #[cfg(feature = "validate")]
    const FAMILY: &'static str;

    /// Whether it is a lock, or what else threads wait for.
    #[cfg(feature = "validate")]
    const ROLE: heldby_validator::Role = heldby_validator::Role::Lock;
}
