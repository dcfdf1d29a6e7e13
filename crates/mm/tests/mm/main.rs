//! The crate as its users meet it.

mod asserts;
mod common;
mod protocol;
#[cfg(feature = "validate")]
mod validated;
