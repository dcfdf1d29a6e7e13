//! What a host says is fine, and why: allowances.
//!
//! An entry names locks by pattern and gives a reason. It silences what it names and nothing more:
//! what was allowed stays in the graph and serves every later cycle; see `docs/design/allow.md`.

mod file;

use heldby_model::{Allowance, Pattern};

use crate::class::{self, ClassId};
use crate::lock_key::ClassPolicy;
use crate::violation::{CycleStep, Violation, Wrong};

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
    pub(crate) what: Allowance,
    /// Where the entry stands, for example `heldby.toml:4`; nothing if the host's code made it.
    pub(crate) place: String,
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
        let (locks, mut entries) = (locks(steps), self.allowances.entries.iter());
        entries.any(|entry| entry.what.silences_cycle(&locks))
    }

    /// Whether a cycle is not to be reported.
    pub(crate) fn cycle(&mut self, steps: &[CycleStep]) -> bool {
        let locks = locks(steps);
        self.is_by(|what| what.silences_cycle(&locks))
    }

    /// Whether a violation is not to be reported.
    pub(crate) fn violation(&mut self, violation: &Violation) -> bool {
        match &violation.wrong {
            Wrong::Cycle(steps) => {
                let locks = locks(steps);
                self.is_by(|what| what.silences_cycle(&locks) || is_of(what, violation))
            }
            Wrong::Undeclared(seen) => {
                let (held, wanted) = (name(seen.step.from), name(seen.step.to));
                let silences = |what: &Allowance| what.silences_dependency(held, wanted);
                self.is_by(|what| silences(what) || is_of(what, violation))
            }
            _ => self.is_by(|what| is_of(what, violation)),
        }
    }

    /// Whether something is allowed, by the first entry that says so.
    fn is_by(&mut self, silences: impl Fn(&Allowance) -> bool) -> bool {
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
        let fits =
            |pattern: &Pattern| pattern.fits(name(class)) || pattern.fits(name(class.base()));
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

/// What the cycle is known by.
fn locks(steps: &[CycleStep]) -> Vec<&'static str> {
    steps.iter().map(|step| name(step.from)).collect()
}

fn name(class: ClassId) -> &'static str {
    &class.class().name
}

/// Whether an entry silences reports of this code about the subject.
fn is_of(what: &Allowance, violation: &Violation) -> bool {
    let subject = violation.subject.map(|subject| subject.class);
    subject.is_some_and(|class| what.silences_report(violation.code, name(class)))
}

fn at(place: &str) -> String {
    match place {
        "" => String::new(),
        _ => format!(" ({place})"),
    }
}
