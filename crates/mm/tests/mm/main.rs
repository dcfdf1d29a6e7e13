//! The crate as its users meet it.

mod asserts;
mod common;
#[cfg(not(feature = "per-vma-lock"))]
mod off;
mod operations;
#[cfg(feature = "per-vma-lock")]
mod protocol;
mod space;
#[cfg(all(feature = "validate", feature = "per-vma-lock"))]
mod validated;
#[cfg(feature = "per-vma-lock")]
mod waits;
