//! The crate as its users meet it.

mod asserts;
mod common;
mod protocol;
mod space;
#[cfg(feature = "validate")]
mod validated;
