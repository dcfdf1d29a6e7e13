//! The end of Rust: no panic goes past it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::abort;

/// Runs what a host asked for.
///
/// The engine panics only where the policy `panic` says so, after its report was written. C cannot be
/// unwound, so the process ends here.
#[inline(always)]
pub(crate) fn run<R>(asked: impl FnOnce() -> R) -> R {
    catch_unwind(AssertUnwindSafe(asked)).unwrap_or_else(|_| abort())
}
