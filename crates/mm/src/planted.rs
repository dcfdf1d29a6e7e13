//! Rules that can be removed, to see which test finds that out.
//!
//! Under `--cfg heldby_planted` the variable `HELDBY_PLANTED` names one of them; each is one line where
//! the rule lives. Otherwise none is removed, and the compiler drops the question.
//! The models in `tests/model` are compiled with a module of their own in place of this one, which
//! always looks at the variable. `ci/loom.sh` removes one rule after the other.

use crate::sync::Ordering;

/// Whether the rule of this name is removed.
#[cfg(heldby_planted)]
#[must_use]
pub(crate) fn planted(rule: &str) -> bool {
    use std::sync::LazyLock;

    static PLANTED: LazyLock<Option<String>> =
        LazyLock::new(|| std::env::var("HELDBY_PLANTED").ok());
    PLANTED.as_deref() == Some(rule)
}

/// Whether the rule of this name is removed: never, in this build.
#[cfg(not(heldby_planted))]
#[must_use]
#[inline(always)]
pub(crate) const fn planted(_rule: &str) -> bool {
    false
}

/// The order of a memory access, unless the rule that asks for it is removed.
#[must_use]
#[inline(always)]
pub(crate) fn unless_planted(rule: &str, order: Ordering) -> Ordering {
    if planted(rule) {
        Ordering::Relaxed
    } else {
        order
    }
}
