//! Cycles through what is no lock: a thread's life, an initialiser, a condition variable, a channel.

use heldby_model::{Code, Role};

use crate::violation::{CycleStep, Violation, Wrong};

/// The code of a cycle that something else than a lock takes part in.
pub(super) fn code_of(steps: &[CycleStep]) -> Option<Code> {
    let is_event = |step: &CycleStep| step.from.role().is_event() || step.dependency.after_wait;
    steps.iter().any(is_event).then_some(Code::Hb0005)
}

/// Whether the violation can happen: threads that only wait for each other's ends cannot form a
/// ring, since who can join a thread came before it.
///
/// Only where the very same threads were seen to join each other is that a ring all the same; those
/// are of one class, and judged by instance.
pub(crate) fn is_possible(violation: &Violation) -> bool {
    match &violation.wrong {
        Wrong::Cycle(steps) => {
            let of_one_class = steps.iter().all(|step| step.from == step.to);
            of_one_class || steps.iter().any(|step| step.from.role() != Role::Thread)
        }
        _ => true,
    }
}
