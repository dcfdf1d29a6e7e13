//! Rules that can be removed: here always, by the variable `HELDBY_PLANTED`.

use std::sync::LazyLock;

use crate::sync::Ordering;

pub(crate) fn planted(rule: &str) -> bool {
    static PLANTED: LazyLock<Option<String>> =
        LazyLock::new(|| std::env::var("HELDBY_PLANTED").ok());
    PLANTED.as_deref() == Some(rule)
}

pub(crate) fn unless_planted(rule: &str, order: Ordering) -> Ordering {
    if planted(rule) {
        Ordering::Relaxed
    } else {
        order
    }
}
