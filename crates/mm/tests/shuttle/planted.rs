//! As `src/planted.rs`, but it always looks at `HELDBY_PLANTED`.

use std::sync::LazyLock;

use crate::sync::Ordering;

pub(crate) fn planted(rule: &str) -> bool {
    static PLANTED: LazyLock<Option<String>> =
        LazyLock::new(|| std::env::var("HELDBY_PLANTED").ok());
    PLANTED.as_deref() == Some(rule)
}

/// Orders are all alike to shuttle, so that no rule about them can be removed here.
pub(crate) fn unless_planted(_rule: &str, order: Ordering) -> Ordering {
    order
}
