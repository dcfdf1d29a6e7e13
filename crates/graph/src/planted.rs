//! Bugs that can be planted, to see whether the tests find them.
//!
//! Under `--cfg heldby_planted` the variable `HELDBY_PLANTED` names one of them; each is one line where
//! its rule lives. Otherwise there is none, and the compiler drops the lines. `ci/planted.sh` plants
//! one after the other.

/// Whether the bug of this name is planted.
#[cfg(heldby_planted)]
#[must_use]
pub fn planted(bug: &str) -> bool {
    use std::sync::LazyLock;

    static PLANTED: LazyLock<Option<String>> =
        LazyLock::new(|| std::env::var("HELDBY_PLANTED").ok());
    PLANTED.as_deref() == Some(bug)
}

/// Whether the bug of this name is planted: never, in this build.
#[cfg(not(heldby_planted))]
#[must_use]
#[inline(always)]
pub const fn planted(_bug: &str) -> bool {
    false
}
