//! What a host says is fine, and why: allowances.
//!
//! An entry names locks by pattern and gives a reason. It silences what it names and nothing more:
//! what was allowed stays in the graph and serves every later cycle; see `docs/design/allow.md`.

mod file;
mod pattern;

use heldby_model::Code;

use crate::class::{self, ClassId};
use crate::lock_key::ClassPolicy;
use crate::violation::{CycleStep, Violation, Wrong};

pub(crate) use pattern::Pattern;

/// Everything that a host allows; empty unless it says something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Allowances {
    pub(crate) entries: Vec<Entry>,
    pub(crate) policies: Vec<NamedPolicy>,
    /// The file of the declared order, as the host's file names it.
    pub(crate) order: Option<String>,
}

/// One thing that is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) what: What,
    /// Where the entry stands, for example `heldby.toml:4`; nothing if the host's code made it.
    pub(crate) place: String,
}

/// What an entry silences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// The cycle of two locks that this dependency makes with one in the opposite direction.
    Dependency { from: Pattern, to: Pattern },
    /// The cycle of these locks, beginning with any of them.
    Cycle(Vec<Pattern>),
    /// Reports with this code about this lock.
    Lock { code: Code, lock: Pattern },
}

/// A policy for classes by their name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedPolicy {
    pub(crate) name: Pattern,
    pub(crate) policy: ClassPolicy,
    pub(crate) place: String,
}

impl Allowances {
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.policies.is_empty()
    }
}

impl What {
    fn silences_cycle(&self, steps: &[CycleStep]) -> bool {
        match self {
            Self::Dependency { from, to } if steps.len() == 2 => {
                let is_it = |step: &CycleStep| from.matches(step.from) && to.matches(step.to);
                steps.iter().any(is_it)
            }
            Self::Cycle(locks) if steps.len() == locks.len() => {
                let from = |start: usize| {
                    let turned = steps.iter().cycle().skip(start);
                    let mut pairs = locks.iter().zip(turned);
                    pairs.all(|(lock, step)| lock.matches(step.from))
                };
                (0..steps.len()).any(from)
            }
            Self::Dependency { .. } | Self::Cycle(_) | Self::Lock { .. } => false,
        }
    }

    fn silences_dependency(&self, step: &CycleStep) -> bool {
        match self {
            Self::Dependency { from, to } => from.matches(step.from) && to.matches(step.to),
            Self::Cycle(_) | Self::Lock { .. } => false,
        }
    }

    fn silences(&self, violation: &Violation) -> bool {
        let Self::Lock { code, lock } = self else {
            return false;
        };
        let subject = violation.subject.map(|subject| subject.class);
        violation.code == *code && subject.is_some_and(|class| lock.matches(class))
    }
}

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
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

/// What a validator does with its allowances.
#[derive(Debug, Default)]
pub(crate) struct Allowed {
    allowances: Allowances,
    /// Which entries have matched something.
    used: Vec<bool>,
}

impl Allowed {
    pub(crate) fn new(allowances: Allowances) -> Self {
        let used = vec![false; allowances.entries.len()];
        Self { allowances, used }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.allowances.is_empty()
    }

    /// Whether a cycle would not be reported.
    pub(crate) fn covers(&self, steps: &[CycleStep]) -> bool {
        let mut entries = self.allowances.entries.iter();
        entries.any(|entry| entry.what.silences_cycle(steps))
    }

    /// Whether a cycle is not to be reported.
    pub(crate) fn cycle(&mut self, steps: &[CycleStep]) -> bool {
        self.is_by(|what| what.silences_cycle(steps))
    }

    /// Whether a violation is not to be reported.
    pub(crate) fn violation(&mut self, violation: &Violation) -> bool {
        self.is_by(|what| match &violation.wrong {
            Wrong::Cycle(steps) => what.silences_cycle(steps) || what.silences(violation),
            Wrong::Undeclared(seen) => {
                what.silences_dependency(&seen.step) || what.silences(violation)
            }
            _ => what.silences(violation),
        })
    }

    /// Whether something is allowed, by the first entry that says so.
    fn is_by(&mut self, silences: impl Fn(&What) -> bool) -> bool {
        let mut entries = self.allowances.entries.iter();
        let found = entries.position(|entry| silences(&entry.what));
        found.is_some_and(|number| {
            self.used[number] = true;
            true
        })
    }

    /// Whether some class has a policy by its name.
    pub(crate) fn has_policies(&self) -> bool {
        !self.allowances.policies.is_empty()
    }

    /// The policy of a class, by its name or by that of the class that it is a subclass of.
    pub(crate) fn policy(&self, class: ClassId) -> Option<ClassPolicy> {
        let mut policies = self.allowances.policies.iter();
        let fits = |name: &Pattern| name.matches(class) || name.matches(class.base());
        let named = policies.find(|named| fits(&named.name))?;
        Some(named.policy)
    }

    /// What matched nothing, each in a few words.
    pub(crate) fn unused(&self) -> Vec<String> {
        let entries = self.allowances.entries.iter().zip(&self.used);
        let entries = entries.filter(|&(_, &used)| !used);
        let policies = self.allowances.policies.iter();
        let policies = policies.filter(|named| !class::any(|name| named.name.fits(name)));
        let entries = entries.map(|(entry, _)| format!("{}{}", entry.what, at(&entry.place)));
        let policies = policies.map(|named| {
            let place = at(&named.place);
            format!("the policy of `{}`{place}", named.name)
        });
        entries.chain(policies).collect()
    }
}

fn at(place: &str) -> String {
    match place {
        "" => String::new(),
        _ => format!(" ({place})"),
    }
}
