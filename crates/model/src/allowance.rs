//! What a host says is fine.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Code, Pattern};

/// What an entry of a host's `heldby.toml` silences.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Allowance {
    /// The cycle of two locks that this dependency makes with one in the opposite direction.
    Dependency {
        /// The lock that is held.
        from: Pattern,
        /// The lock that is asked for.
        to: Pattern,
    },
    /// The cycle of these locks, beginning with any of them.
    Cycle(Vec<Pattern>),
    /// Reports with this code about this lock.
    Lock {
        /// The code.
        code: Code,
        /// The lock.
        lock: Pattern,
    },
}

impl Allowance {
    /// Whether it silences the cycle of these locks, each asked for while the one before it is held,
    /// and the first under the last.
    #[must_use]
    pub fn silences_cycle(&self, cycle: &[&str]) -> bool {
        match self {
            Self::Dependency { from, to } => {
                let is_it = |held: &str, wanted: &str| from.fits(held) && to.fits(wanted);
                match *cycle {
                    [one, other] => is_it(one, other) || is_it(other, one),
                    _ => false,
                }
            }
            Self::Cycle(locks) if cycle.len() == locks.len() => {
                let from = |start: usize| {
                    let turned = cycle.iter().cycle().skip(start);
                    let mut pairs = locks.iter().zip(turned);
                    pairs.all(|(lock, name)| lock.fits(name))
                };
                (0..cycle.len()).any(from)
            }
            Self::Cycle(_) | Self::Lock { .. } => false,
        }
    }

    /// Whether it silences that `wanted` is asked for under `held`, which no order declares.
    #[must_use]
    pub fn silences_dependency(&self, held: &str, wanted: &str) -> bool {
        match self {
            Self::Dependency { from, to } => from.fits(held) && to.fits(wanted),
            Self::Cycle(_) | Self::Lock { .. } => false,
        }
    }

    /// Whether it silences reports with `code` whose subject is the lock `name`.
    #[must_use]
    pub fn silences_report(&self, code: Code, name: &str) -> bool {
        match self {
            Self::Lock { code: ours, lock } => *ours == code && lock.fits(name),
            Self::Dependency { .. } | Self::Cycle(_) => false,
        }
    }
}

impl fmt::Display for Allowance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dependency { from, to } => write!(f, "`{from} -> {to}`"),
            Self::Cycle(locks) => {
                let locks: Vec<_> = locks.iter().map(ToString::to_string).collect();
                write!(f, "the cycle `{}`", locks.join(" -> "))
            }
            Self::Lock { code, lock } => write!(f, "{code} of `{lock}`"),
        }
    }
}
