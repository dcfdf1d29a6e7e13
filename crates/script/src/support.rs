//! What cannot be judged yet: a step is refused rather than answered wrongly.

use std::fmt;

use crate::{Acquire, LockType, Op, Operand, Position, Scenario};

/// Says that a scenario has a step whose rules are not built yet.
///
/// Its `Display` is one line that holds the position, the step and the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported {
    at: Position,
    step: String,
    rules: &'static str,
}

impl Unsupported {
    /// Returns where the step is.
    #[must_use]
    pub fn position(&self) -> Position {
        self.at
    }

    /// Returns which rules the step needs, for example `nest locks`.
    #[must_use]
    pub fn rules(&self) -> &'static str {
        self.rules
    }
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: step `{}` is not supported yet: ",
            self.at, self.step
        )?;
        write!(f, "the rules for {} are to come", self.rules)
    }
}

impl std::error::Error for Unsupported {}

/// Refuses the first step of `scenario` that cannot be judged.
pub(crate) fn check(scenario: &Scenario) -> Result<(), Unsupported> {
    scenario
        .steps
        .iter()
        .try_for_each(|step| match missing_rules(&step.op) {
            None => Ok(()),
            Some(rules) => Err(Unsupported {
                at: step.at,
                step: step.op.to_string(),
                rules,
            }),
        })
}

fn missing_rules(op: &Op) -> Option<&'static str> {
    match op {
        Op::CondWait { lock, .. } => held_event(lock.lock_type),
        Op::CondNotify(_)
        | Op::Send(_)
        | Op::Receive(_)
        | Op::ForgetOrder(_)
        | Op::SetPolicy(..)
        | Op::Init(_)
        | Op::Free(_) => None,
        _ => locks(op).find_map(|lock| held_event(lock.lock_type)),
    }
}

/// What is waited for and signalled is not held.
fn held_event(lock_type: LockType) -> Option<&'static str> {
    match lock_type {
        LockType::Cond => Some("holding a condition variable"),
        LockType::Chan => Some("holding a channel"),
        _ => None,
    }
}

/// Returns every operand of `op`.
pub(crate) fn locks(op: &Op) -> impl Iterator<Item = &Operand> {
    let (first, second) = match op {
        Op::Acquire(Acquire { lock, nest, .. }) => (Some(lock), nest.as_ref()),
        Op::CondWait { cond, lock } => (Some(cond), Some(lock)),
        Op::TryFailed(lock)
        | Op::Release(lock)
        | Op::Downgrade(lock)
        | Op::Give(lock, _)
        | Op::CondNotify(lock)
        | Op::Send(lock)
        | Op::Receive(lock)
        | Op::Init(lock)
        | Op::Free(lock)
        | Op::SetPolicy(lock, _)
        | Op::SetClass(lock, _)
        | Op::ForgetOrder(lock)
        | Op::Layer(lock)
        | Op::AssertHeld(lock)
        | Op::AssertHeldRead(lock)
        | Op::AssertHeldWrite(lock)
        | Op::AssertNotHeld(lock)
        | Op::Pin(lock)
        | Op::Unpin(lock) => (Some(lock), None),
        Op::Context(_)
        | Op::Await
        | Op::EnterArm(_)
        | Op::SuspendArm
        | Op::EndArm
        | Op::EnterUnmarked
        | Op::LeaveUnmarked
        | Op::Spawn(_)
        | Op::Join(_)
        | Op::Exit => (None, None),
    };
    first.into_iter().chain(second)
}
