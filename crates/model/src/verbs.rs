//! What is done to a lock, or to what else threads wait for, in the words of its role.

use crate::{Report, Role};

/// What the thing called `name` is.
pub(crate) fn role(report: &Report, name: &str) -> Role {
    let class = report.classes.iter().find(|class| class.name == name);
    class.map_or(Role::Lock, |class| class.role)
}

#[cfg(feature = "render")]
pub(crate) use rendered::{
    ask_label, ask_verb, asks, held_as, hold_label, hold_verb, holding, is_signal,
};

#[cfg(feature = "render")]
mod rendered {
    use super::role;
    use crate::words::mode;
    use crate::{Dependency, HeldLock, Mode, Report, Role};

    /// How a dependency asks for its second lock, as "it ..." and as "it once ...".
    pub(crate) fn asks(report: &Report, dependency: &Dependency) -> (&'static str, &'static str) {
        match role(report, &dependency.to) {
            Role::Lock if dependency.after_wait => ("takes back", "took back"),
            Role::Lock => ("wants", "took"),
            Role::Initialiser => ("needs", "needed"),
            Role::Thread => ("joins", "joined"),
            Role::Condvar => ("waits on", "waited on"),
            Role::Channel => ("sends to", "sent to"),
        }
    }

    /// In what state the first lock of a dependency puts the thread, as words before its name.
    pub(crate) fn holding(report: &Report, dependency: &Dependency) -> &'static str {
        match role(report, &dependency.from) {
            Role::Lock => "while holding",
            Role::Initialiser => "while initialising",
            Role::Thread => "in the life of",
            Role::Condvar => "to notify",
            Role::Channel => "to receive from",
        }
    }

    /// The hold of the first lock as one word, as a step and in brackets.
    pub(crate) fn hold_verb(report: &Report, dependency: &Dependency) -> &'static str {
        hold_word(report, &dependency.from, dependency.from_mode)
    }

    /// A hold of the reporting thread as one word.
    pub(crate) fn held_as(report: &Report, held: &HeldLock) -> &'static str {
        hold_word(report, &held.lock, held.mode)
    }

    fn hold_word(report: &Report, lock: &str, held: Mode) -> &'static str {
        match role(report, lock) {
            Role::Lock => mode(report, lock, held),
            Role::Initialiser => "init",
            Role::Thread => "run",
            Role::Condvar => "notify",
            Role::Channel => "receive",
        }
    }

    /// The wait for the second lock as one word, as a step and in brackets.
    pub(crate) fn ask_verb(report: &Report, dependency: &Dependency) -> &'static str {
        match role(report, &dependency.to) {
            Role::Lock if dependency.after_wait => "wait",
            Role::Lock => mode(report, &dependency.to, dependency.to_mode),
            Role::Initialiser => "init",
            Role::Thread => "join",
            Role::Condvar => "wait",
            Role::Channel => "send",
        }
    }

    /// What stands before the place of the hold.
    pub(crate) fn hold_label(report: &Report, dependency: &Dependency) -> &'static str {
        match role(report, &dependency.from) {
            Role::Lock => "held",
            Role::Initialiser | Role::Thread => "began",
            Role::Condvar => "notified",
            Role::Channel => "received",
        }
    }

    /// What stands before the place of the wait.
    pub(crate) fn ask_label(report: &Report, dependency: &Dependency) -> &'static str {
        match role(report, &dependency.to) {
            Role::Lock => "acquired",
            Role::Initialiser => "needed",
            Role::Thread => "joined",
            Role::Condvar => "waited on",
            Role::Channel => "sent to",
        }
    }

    /// Whether the dependency is of one that was waited for, and not of one that held something: what
    /// its first lock stands for comes after what it asks for.
    pub(crate) fn is_signal(report: &Report, dependency: &Dependency) -> bool {
        matches!(
            role(report, &dependency.from),
            Role::Condvar | Role::Channel
        )
    }
}
