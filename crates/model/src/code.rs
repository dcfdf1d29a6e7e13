//! Report codes, their kinds, and how sure a report is.

use serde::{Deserialize, Serialize};

/// A report code: what was found, stable for ever.
///
/// Each has a page in `docs/codes/` and a scenario that produces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "UPPERCASE")]
pub enum Code {
    /// Two locks are taken in opposite orders.
    Hb0001,
    /// Three or more locks form a cycle.
    Hb0002,
    /// A lock, or a lock of the same class, is taken while it is held.
    Hb0003,
    /// A cycle that closes through a writer queued between two readers.
    Hb0004,
    /// A cycle through something else that threads wait for: a thread's end, an initialiser, a
    /// condition variable, a channel.
    Hb0005,
    /// A lock is released that this thread does not hold.
    Hb0101,
    /// A lock is freed or initialised again while it is held.
    Hb0102,
    /// A thread ends while it holds a lock.
    Hb0103,
    /// A lock is taken under a nest lock that is not held.
    Hb0104,
    /// A pinned lock is released, or a pin is given or taken wrongly.
    Hb0105,
    /// An item is used that neither its container's lock nor its own keeps stable, such as a VMA.
    Hb0201,
    /// An ownership assertion failed.
    Hb0202,
    /// A lock that sleeps is taken where sleeping is not allowed.
    Hb0301,
    /// A lock that is taken in an interrupt-like context is held where one can interrupt.
    Hb0302,
    /// A lock that is taken in an interrupt-like context leads to one that is held where one can
    /// interrupt.
    Hb0303,
    /// A task suspends while it holds a lock that threads wait for.
    Hb0304,
    /// A lock is taken under another although the declared order does not have it so.
    Hb0401,
    /// A forked child waits for a lock whose holder it does not have.
    Hb0501,
    /// Threads wait for each other.
    Hb0502,
}

impl Code {
    /// The code of a cycle of so many dependencies, at one of which a writer may have to queue for it
    /// to close.
    #[must_use]
    pub fn of_cycle(dependencies: usize, queued_writer: bool) -> Self {
        match dependencies {
            _ if queued_writer => Self::Hb0004,
            0..=2 => Self::Hb0001,
            _ => Self::Hb0002,
        }
    }

    /// Every code there is.
    pub const ALL: &[Self] = &[
        Self::Hb0001,
        Self::Hb0002,
        Self::Hb0003,
        Self::Hb0004,
        Self::Hb0005,
        Self::Hb0101,
        Self::Hb0102,
        Self::Hb0103,
        Self::Hb0104,
        Self::Hb0105,
        Self::Hb0201,
        Self::Hb0202,
        Self::Hb0301,
        Self::Hb0302,
        Self::Hb0303,
        Self::Hb0304,
        Self::Hb0401,
        Self::Hb0501,
        Self::Hb0502,
    ];

    /// The code as it is written, for example `HB0001`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hb0001 => "HB0001",
            Self::Hb0002 => "HB0002",
            Self::Hb0003 => "HB0003",
            Self::Hb0004 => "HB0004",
            Self::Hb0005 => "HB0005",
            Self::Hb0101 => "HB0101",
            Self::Hb0102 => "HB0102",
            Self::Hb0103 => "HB0103",
            Self::Hb0104 => "HB0104",
            Self::Hb0105 => "HB0105",
            Self::Hb0201 => "HB0201",
            Self::Hb0202 => "HB0202",
            Self::Hb0301 => "HB0301",
            Self::Hb0302 => "HB0302",
            Self::Hb0303 => "HB0303",
            Self::Hb0304 => "HB0304",
            Self::Hb0401 => "HB0401",
            Self::Hb0501 => "HB0501",
            Self::Hb0502 => "HB0502",
        }
    }

    /// The kind that this code belongs to.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Self::Hb0001 | Self::Hb0002 | Self::Hb0004 | Self::Hb0005 => Kind::CircularDependency,
            Self::Hb0003 => Kind::RecursiveLocking,
            Self::Hb0101 => Kind::UnlockImbalance,
            Self::Hb0102 => Kind::HeldLockFreed,
            Self::Hb0103 => Kind::ExitWithHeldLock,
            Self::Hb0104 => Kind::NestLockNotHeld,
            Self::Hb0105 => Kind::PinViolated,
            Self::Hb0201 => Kind::NotStabilised,
            Self::Hb0202 => Kind::AssertionFailed,
            Self::Hb0301 => Kind::InvalidWaitContext,
            Self::Hb0302 => Kind::InconsistentUsage,
            Self::Hb0303 => Kind::IrqInversion,
            Self::Hb0304 => Kind::AwaitWithLockHeld,
            Self::Hb0401 => Kind::UndeclaredOrder,
            Self::Hb0501 | Self::Hb0502 => Kind::Deadlock,
        }
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// The kind of a finding, in lockdep's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// "possible circular locking dependency detected".
    CircularDependency,
    /// "possible recursive locking detected".
    RecursiveLocking,
    /// "bad unlock balance detected".
    UnlockImbalance,
    /// "held lock freed".
    HeldLockFreed,
    /// "still has locks held".
    ExitWithHeldLock,
    /// "Nested lock was not taken".
    NestLockNotHeld,
    /// "releasing a pinned lock", "unpinning an unpinned lock" and their kin.
    PinViolated,
    /// An item is not stable: this thread holds neither its lock nor its container's.
    NotStabilised,
    /// Threads that wait now, and for ever.
    Deadlock,
    /// `lockdep_assert_held()` and its kin.
    AssertionFailed,
    /// "Invalid wait context".
    InvalidWaitContext,
    /// "inconsistent lock state".
    InconsistentUsage,
    /// "irq lock inversion dependency", and "safe -> unsafe lock order".
    IrqInversion,
    /// A task suspends while it holds a lock that threads wait for.
    AwaitWithLockHeld,
    /// The host's declared order does not have it so.
    UndeclaredOrder,
}

impl Kind {
    /// The kind as it is written in JSON, for example `circular-dependency`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CircularDependency => "circular-dependency",
            Self::RecursiveLocking => "recursive-locking",
            Self::UnlockImbalance => "unlock-imbalance",
            Self::HeldLockFreed => "held-lock-freed",
            Self::ExitWithHeldLock => "exit-with-held-lock",
            Self::NestLockNotHeld => "nest-lock-not-held",
            Self::PinViolated => "pin-violated",
            Self::NotStabilised => "not-stabilised",
            Self::Deadlock => "deadlock",
            Self::AssertionFailed => "assertion-failed",
            Self::InvalidWaitContext => "invalid-wait-context",
            Self::InconsistentUsage => "inconsistent-usage",
            Self::IrqInversion => "irq-inversion",
            Self::AwaitWithLockHeld => "await-with-lock-held",
            Self::UndeclaredOrder => "undeclared-order",
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// How sure a report is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Certainty {
    /// Some interleaving of what was seen goes wrong; this run need not have.
    Possible,
    /// It is wrong in this run, now.
    Now,
}
