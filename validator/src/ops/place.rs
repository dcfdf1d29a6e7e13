//! Assertions about where a task is.

use heldby_model::Code;

use super::{MayPanic, complain};
use crate::context;
use crate::context_kind::ContextKind;
use crate::site::Site;
use crate::task::Task;
use crate::violation::Wrong;

/// Where a task is expected to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Where {
    /// Where contexts of a kind can interrupt it.
    Enabled,
    /// Where none can.
    Masked,
    /// In one.
    Inside,
    /// In one, and in no other above it.
    Innermost,
    /// In none.
    Outside,
}

/// Reports if the task is not where it is expected to be.
#[track_caller]
pub(crate) fn assert_where(task: &'static Task, kind: ContextKind, expect: Where, site: Site) {
    let now = context::now(task);
    let (inside, enabled) = (now.active.contains(kind), now.enabled().contains(kind));
    let holds = match expect {
        Where::Enabled => enabled,
        Where::Masked => !enabled,
        Where::Inside => inside,
        Where::Innermost => now
            .innermost
            .is_some_and(|(innermost, _)| innermost == kind),
        Where::Outside => !inside,
    };
    if !holds {
        let wrong = Wrong::Where(kind, expect);
        complain(task, Code::Hb0202, wrong, None, Some(site), MayPanic::Yes);
    }
}
