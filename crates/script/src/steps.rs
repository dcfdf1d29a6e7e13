//! The table of steps: how each is written, and what it means.
//!
//! Reading looks a step up by its name; writing goes from the [`Op`] back to name and operands.
//! A round-trip test holds the two together.

use std::fmt;

use heldby_model::Mode;

use crate::{Acquire, Attempt, ContextStep, LockType, Op, Operand};

/// What a step takes between its parentheses, and what it becomes.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    /// A lock and options.
    Acquire(Attempt),
    /// A lock.
    Lock(fn(Operand) -> Op),
    /// An operand that must be of this type.
    Typed(LockType, fn(Operand) -> Op),
    /// A lock and a thread.
    Give,
    /// A condition variable and a lock.
    CondWait,
    /// A lock and a policy.
    Policy,
    /// A lock and the name of a class.
    SetClass,
    /// A thread.
    Thread(fn(String) -> Op),
    /// An arm of a task.
    Arm(fn(String) -> Op),
    /// Nothing: the step is a plain word.
    Plain(Op),
}

/// Every step there is, in the order in which they are listed to a user.
const STEPS: &[(&str, Shape)] = &[
    ("w", Shape::Acquire(Attempt::Block(Mode::Write))),
    ("r", Shape::Acquire(Attempt::Block(Mode::Read))),
    ("R", Shape::Acquire(Attempt::Block(Mode::Recursive))),
    ("t", Shape::Acquire(Attempt::Try(Mode::Write))),
    ("tr", Shape::Acquire(Attempt::Try(Mode::Read))),
    ("tR", Shape::Acquire(Attempt::Try(Mode::Recursive))),
    ("t_fail", Shape::Lock(Op::TryFailed)),
    ("timed", Shape::Acquire(Attempt::Timed)),
    ("u", Shape::Lock(Op::Release)),
    ("dg", Shape::Lock(Op::Downgrade)),
    ("sync", Shape::Acquire(Attempt::Sync)),
    ("might", Shape::Acquire(Attempt::Might)),
    ("give", Shape::Give),
    ("cw", Shape::CondWait),
    ("cn", Shape::Typed(LockType::Cond, Op::CondNotify)),
    ("send", Shape::Typed(LockType::Chan, Op::Send)),
    ("recv", Shape::Typed(LockType::Chan, Op::Receive)),
    ("init", Shape::Lock(Op::Init)),
    ("free", Shape::Lock(Op::Free)),
    ("policy", Shape::Policy),
    ("class", Shape::SetClass),
    ("forget", Shape::Lock(Op::ForgetOrder)),
    ("layer", Shape::Lock(Op::Layer)),
    ("hirq+", Shape::Plain(Op::Context(ContextStep::EnterHard))),
    (
        "hirq+nothread",
        Shape::Plain(Op::Context(ContextStep::EnterHardUnthreaded)),
    ),
    ("hirq-", Shape::Plain(Op::Context(ContextStep::LeaveHard))),
    ("sirq+", Shape::Plain(Op::Context(ContextStep::EnterSoft))),
    ("sirq-", Shape::Plain(Op::Context(ContextStep::LeaveSoft))),
    ("hoff", Shape::Plain(Op::Context(ContextStep::MaskHard))),
    ("hon", Shape::Plain(Op::Context(ContextStep::UnmaskHard))),
    ("soff", Shape::Plain(Op::Context(ContextStep::MaskSoft))),
    ("son", Shape::Plain(Op::Context(ContextStep::UnmaskSoft))),
    ("held", Shape::Lock(Op::AssertHeld)),
    ("held_r", Shape::Lock(Op::AssertHeldRead)),
    ("held_w", Shape::Lock(Op::AssertHeldWrite)),
    ("nheld", Shape::Lock(Op::AssertNotHeld)),
    ("pin", Shape::Lock(Op::Pin)),
    ("unpin", Shape::Lock(Op::Unpin)),
    ("await", Shape::Plain(Op::Await)),
    ("arm+", Shape::Arm(Op::EnterArm)),
    ("arm-", Shape::Plain(Op::SuspendArm)),
    ("arm_end", Shape::Plain(Op::EndArm)),
    ("unmarked+", Shape::Plain(Op::EnterUnmarked)),
    ("unmarked-", Shape::Plain(Op::LeaveUnmarked)),
    ("spawn", Shape::Thread(Op::Spawn)),
    ("join", Shape::Thread(Op::Join)),
    ("exit", Shape::Plain(Op::Exit)),
];

/// Returns the names of all steps.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    STEPS.iter().map(|(name, _)| *name)
}

/// Returns the shape of the step `name`.
pub(crate) fn shape(name: &str) -> Option<&'static Shape> {
    STEPS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, shape)| shape)
}

impl Shape {
    /// Shows how a step of this shape is written.
    pub(crate) fn example(&self, name: &str) -> String {
        match self {
            Self::Acquire(_) | Self::Lock(_) => format!("`{name}(mutex:A)`"),
            Self::Typed(lock_type, _) => format!("`{name}({lock_type}:C)`"),
            Self::Give => format!("`{name}(mutex:A,T2)`"),
            Self::CondWait => format!("`{name}(cond:C,mutex:A)`"),
            Self::Policy => format!("`{name}(mutex:A,forbid)`"),
            Self::SetClass => format!("`{name}(mutex:A,B)`"),
            Self::Thread(_) => format!("`{name}(T2)`"),
            Self::Arm(_) => format!("`{name}(left)`"),
            Self::Plain(_) => format!("`{name}`"),
        }
    }
}

impl Attempt {
    /// The name of the step that asks in this way.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Block(Mode::Write) => "w",
            Self::Block(Mode::Read) => "r",
            Self::Block(Mode::Recursive) => "R",
            Self::Try(Mode::Write) => "t",
            Self::Try(Mode::Read) => "tr",
            Self::Try(Mode::Recursive) => "tR",
            Self::Timed => "timed",
            Self::Sync => "sync",
            Self::Might => "might",
        }
    }
}

impl ContextStep {
    fn as_str(self) -> &'static str {
        match self {
            Self::EnterHard => "hirq+",
            Self::EnterHardUnthreaded => "hirq+nothread",
            Self::LeaveHard => "hirq-",
            Self::EnterSoft => "sirq+",
            Self::LeaveSoft => "sirq-",
            Self::MaskHard => "hoff",
            Self::UnmaskHard => "hon",
            Self::MaskSoft => "soff",
            Self::UnmaskSoft => "son",
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Acquire(acquire) => acquire.fmt(f),
            Self::TryFailed(lock) => write!(f, "t_fail({lock})"),
            Self::Release(lock) => write!(f, "u({lock})"),
            Self::Downgrade(lock) => write!(f, "dg({lock})"),
            Self::Give(lock, thread) => write!(f, "give({lock},{thread})"),
            Self::CondWait { cond, lock } => write!(f, "cw({cond},{lock})"),
            Self::CondNotify(cond) => write!(f, "cn({cond})"),
            Self::Send(channel) => write!(f, "send({channel})"),
            Self::Receive(channel) => write!(f, "recv({channel})"),
            Self::Init(lock) => write!(f, "init({lock})"),
            Self::Free(lock) => write!(f, "free({lock})"),
            Self::SetPolicy(lock, policy) => write!(f, "policy({lock},{policy})"),
            Self::SetClass(lock, class) => write!(f, "class({lock},{class})"),
            Self::ForgetOrder(lock) => write!(f, "forget({lock})"),
            Self::Layer(lock) => write!(f, "layer({lock})"),
            Self::Context(step) => f.write_str(step.as_str()),
            Self::AssertHeld(lock) => write!(f, "held({lock})"),
            Self::AssertHeldRead(lock) => write!(f, "held_r({lock})"),
            Self::AssertHeldWrite(lock) => write!(f, "held_w({lock})"),
            Self::AssertNotHeld(lock) => write!(f, "nheld({lock})"),
            Self::Pin(lock) => write!(f, "pin({lock})"),
            Self::Unpin(lock) => write!(f, "unpin({lock})"),
            Self::Await => f.write_str("await"),
            Self::EnterArm(arm) => write!(f, "arm+({arm})"),
            Self::SuspendArm => f.write_str("arm-"),
            Self::EndArm => f.write_str("arm_end"),
            Self::EnterUnmarked => f.write_str("unmarked+"),
            Self::LeaveUnmarked => f.write_str("unmarked-"),
            Self::Spawn(thread) => write!(f, "spawn({thread})"),
            Self::Join(thread) => write!(f, "join({thread})"),
            Self::Exit => f.write_str("exit"),
        }
    }
}

impl fmt::Display for Acquire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({}", self.attempt.as_str(), self.lock)?;
        if self.subclass != 0 {
            write!(f, ",sub={}", self.subclass)?;
        }
        if let Some(nest) = &self.nest {
            write!(f, ",nest={nest}")?;
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scenario;

    #[test]
    fn every_step_and_type_is_in_the_docs() {
        let page = include_str!("../../../docs/scenarios.md");
        let steps = STEPS.iter().map(|&(name, _)| name);
        for name in steps.chain(LockType::ALL.iter().map(|known| known.as_str())) {
            let is_told = ["`", "("].map(|end| page.contains(&format!("`{name}{end}")));
            assert!(is_told.contains(&true), "{name}");
        }
    }

    #[test]
    fn every_example_is_a_step_that_is_written_back() {
        for (name, shape) in STEPS {
            let step = shape.example(name).trim_matches('`').to_owned();
            let scenario: Scenario = step
                .parse()
                .unwrap_or_else(|error| panic!("{step}: {error}"));
            assert_eq!(scenario.to_string(), format!("T1: {step}"));
        }
    }
}
