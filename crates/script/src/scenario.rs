//! A scenario as plain data.

use std::fmt;

use heldby_model::Mode;

use crate::{LockType, Position};

/// The thread of the steps before the first `T1:`.
pub const DEFAULT_THREAD: &str = "T1";

/// The highest subclass of a lock class, as in lockdep.
pub const MAX_SUBCLASS: u8 = 7;

/// A list of steps, in the order in which they happen.
///
/// Get one from text with [`str::parse`].
/// `Display` writes it back, as one line or, with `{:#}`, one line for each turn of a thread; the
/// result parses to the same steps at other positions.
///
/// # Example
/// ```
/// use heldby_script::Scenario;
///
/// let scenario: Scenario = "w(mutex:A) u(mutex:A)  T2: w(mutex:A)".parse()?;
/// assert_eq!(scenario.steps.len(), 3);
/// assert_eq!(scenario.to_string(), "T1: w(mutex:A) u(mutex:A) T2: w(mutex:A)");
/// # Ok::<(), heldby_script::ParseError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scenario {
    /// The steps, oldest first.
    pub steps: Vec<Step>,
}

/// One step: who does what, and where that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Name of the thread.
    pub thread: String,
    /// What it does.
    pub op: Op,
    /// Where the step starts in the text.
    pub at: Position,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Asks for a lock, one way or another.
    Acquire(Acquire),
    /// A try-acquire that failed: no event.
    TryFailed(Operand),
    /// Releases the newest hold of this lock.
    Release(Operand),
    /// Turns a write hold into a read hold.
    Downgrade(Operand),
    /// Hands the hold over to another thread.
    Give(Operand, String),
    /// Waits on a condition variable: releases the lock and acquires it again.
    CondWait {
        /// The condition variable.
        cond: Operand,
        /// The lock that is released while waiting.
        lock: Operand,
    },
    /// Notifies a condition variable.
    CondNotify(Operand),
    /// Sends into a channel that is full.
    Send(Operand),
    /// Receives from a channel.
    Receive(Operand),
    /// Initialises the lock, or does so again.
    Init(Operand),
    /// Destroys the lock.
    Free(Operand),
    /// Sets the policy of the lock's class.
    SetPolicy(Operand, Policy),
    /// Moves a held lock to the class of this name.
    SetClass(Operand, String),
    /// Forgets the order of the lock's class.
    ForgetOrder(Operand),
    /// Declares a layer of the lock order that holds the lock's class, below those declared before.
    Layer(Operand),
    /// Enters, leaves, masks or unmasks an interrupt-like context.
    Context(ContextStep),
    /// Asserts that the lock is held, in any mode.
    AssertHeld(Operand),
    /// Asserts that the lock is held for reading.
    AssertHeldRead(Operand),
    /// Asserts that the lock is held for writing.
    AssertHeldWrite(Operand),
    /// Asserts that the lock is not held.
    AssertNotHeld(Operand),
    /// Pins a hold: it must not be released before it is unpinned.
    Pin(Operand),
    /// Unpins a hold.
    Unpin(Operand),
    /// The task suspends: it must not hold what threads wait for.
    Await,
    /// Polls the marked arm of this name, inside of the one that it polls, until that suspends or ends.
    EnterArm(String),
    /// The innermost arm suspends: its holds are its own until it is polled again.
    SuspendArm,
    /// The innermost arm ends: the task has what it holds.
    EndArm,
    /// What follows is in arms that are not marked.
    EnterUnmarked,
    /// What follows is in no unmarked arm any more.
    LeaveUnmarked,
    /// Starts a thread.
    Spawn(String),
    /// Waits for a thread's end.
    Join(String),
    /// Ends this thread, which must hold nothing.
    Exit,
}

/// Asks for a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acquire {
    /// How it is asked for.
    pub attempt: Attempt,
    /// The lock.
    pub lock: Operand,
    /// The nesting level within the class, at most [`MAX_SUBCLASS`].
    pub subclass: u8,
    /// The lock that orders all locks of the class, held meanwhile.
    pub nest: Option<Operand>,
}

/// How a lock is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Attempt {
    /// Waits as long as it takes, then holds.
    Block(Mode),
    /// A try that succeeded.
    Try(Mode),
    /// An exclusive acquire with a deadline that was met.
    Timed,
    /// Checked like a blocking acquire, but never held.
    Sync,
    /// Acquired and released at once.
    Might,
}

/// Which lock: the instance of a class.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Operand {
    /// The lock's type.
    pub lock_type: LockType,
    /// Name of the class; with the type it is the class.
    pub class: String,
    /// Which instance; a class has one without a number, too.
    pub instance: Option<u32>,
}

/// How a class treats its own locks nested in each other, and whether it is checked at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Policy {
    /// No two at a time.
    Forbid,
    /// By the order in which instances were seen.
    ByInstance,
    /// By an order function.
    ByOrder,
    /// In any order.
    Nestable,
    /// Held, but never checked.
    NoValidate,
    /// Not even held.
    NoTrack,
}

impl Policy {
    /// Every policy there is, in the order in which they are listed to a user.
    pub const ALL: &[Self] = &[
        Self::Forbid,
        Self::ByInstance,
        Self::ByOrder,
        Self::Nestable,
        Self::NoValidate,
        Self::NoTrack,
    ];

    /// The policy as it is written in a step.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Forbid => "forbid",
            Self::ByInstance => "by_instance",
            Self::ByOrder => "by_order",
            Self::Nestable => "nestable",
            Self::NoValidate => "novalidate",
            Self::NoTrack => "notrack",
        }
    }
}

/// A step of the interrupt-like contexts: what a signal handler is to a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ContextStep {
    /// Enters a hard context that a real-time system runs as a thread.
    EnterHard,
    /// Enters a hard context that is never a thread.
    EnterHardUnthreaded,
    /// Leaves the hard context.
    LeaveHard,
    /// Enters a soft context.
    EnterSoft,
    /// Leaves the soft context.
    LeaveSoft,
    /// Masks hard contexts.
    MaskHard,
    /// Unmasks hard contexts.
    UnmaskHard,
    /// Masks soft contexts.
    MaskSoft,
    /// Unmasks soft contexts.
    UnmaskSoft,
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.lock_type, self.class)?;
        self.instance
            .map_or(Ok(()), |instance| write!(f, "{instance}"))
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let turn = if f.alternate() { "\n" } else { " " };
        let mut last: Option<&str> = None;
        for Step { thread, op, .. } in &self.steps {
            if last != Some(thread) {
                let before = if last.is_some() { turn } else { "" };
                write!(f, "{before}{thread}:")?;
                last = Some(thread);
            }
            write!(f, " {op}")?;
        }
        Ok(())
    }
}
