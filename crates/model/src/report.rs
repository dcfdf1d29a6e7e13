//! One finding, complete: everything that a view of it can show.

use serde::{Deserialize, Serialize};

use crate::json::FORMAT;
use crate::{Certainty, Code, Frame, Interruption, Kind, Site, ThreadLocks};

/// How a lock is, or is asked to be, held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, PartialOrd, Ord)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Exclusive.
    Write,
    /// Shared and fair: queues behind a waiting writer.
    Read,
    /// Shared and recursive: never queues behind a waiting writer.
    Recursive,
}

/// The kind of a dependency `A -> B`: how A was held, how B was wanted.
///
/// `E` is an exclusive hold and `S` a shared one; `W`, `r` and `R` are the wanted modes.
/// The profile `kernel` does not tell `W` from `r` and writes `N` for both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[expect(
    missing_docs,
    reason = "the names are the meaning; the table stands above"
)]
pub enum DependencyKind {
    EW,
    Er,
    ER,
    SW,
    Sr,
    SR,
    EN,
    SN,
}

/// Why a dependency may be none: what was held then may be somebody else's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Doubt {
    /// It was asked for in an arm of a `join!`, a `select!` or their kin that is not marked, and another
    /// arm of the same task may hold what is held.
    Arm,
    /// It was asked for by a task that has no held stack of its own, and another task of the same thread
    /// may hold what is held.
    Thread,
}

/// How a task came to suspend while it holds a lock that threads wait for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Suspension {
    /// Where the task was spawned.
    pub spawned_site: Site,
    /// Name of the lock that it waits for, if it waits for one that is checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub awaited_lock: Option<String>,
    /// Where it asked for what it waits for, if that is checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub awaited_site: Option<Site>,
}

/// One dependency of a cycle: while `from` was held, `to` was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Dependency {
    /// Name of the lock that was held.
    pub from: String,
    /// Name of the lock that was asked for.
    pub to: String,
    /// Its kind.
    pub kind: DependencyKind,
    /// How `from` was held.
    pub from_mode: Mode,
    /// How `to` was asked for.
    pub to_mode: Mode,
    /// Which instance of its class `from` was, when that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_instance: Option<u64>,
    /// Which instance of its class `to` was, when that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_instance: Option<u64>,
    /// Where `from` had been taken.
    pub held_site: Site,
    /// Where `to` was asked for.
    pub acquired_site: Site,
    /// The host function at `held_site`, when the binary tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_function: Option<String>,
    /// The host function at `acquired_site`, when the binary tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acquired_function: Option<String>,
    /// The thread that did it first.
    pub thread: String,
    /// The name of the `tracing` span that it was in when it asked for `to`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<String>,
    /// How long before the report it was first seen, in milliseconds; `None` for the one that
    /// closed the cycle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_ms: Option<u64>,
    /// The class enters the next dependency only because a writer queues there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub queued_writer: bool,
    /// `to` was asked for at the end of a wait, which had given it up.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub after_wait: bool,
    /// Why it may be none; only of what is listed as pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<Doubt>,
    /// The thread had ended, and was joined, before the one of the closing dependency came to that:
    /// the two did not run at the same time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ended_before: bool,
    /// Stack of the acquire of `from`, innermost first; empty when it was not captured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held_stack: Vec<Frame>,
    /// Stack of the acquire of `to`, innermost first; empty when it was not captured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acquired_stack: Vec<Frame>,
}

/// A lock that the reporting thread holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HeldLock {
    /// Its name.
    pub lock: String,
    /// How it is held.
    pub mode: Mode,
    /// Where it was taken.
    pub site: Site,
    /// What follows from it and ends with it, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub derived: Vec<DerivedHold>,
    /// Stack of that acquire, innermost first; empty when it was not captured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stack: Vec<Frame>,
}

/// Something that is held because a lock is, and is released with it: a VMA that is write-locked
/// until the mmap lock goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DerivedHold {
    /// What it is and how it is held, for example `VMA 0x1000-0x2000 "heap" write-locked`.
    pub what: String,
    /// Where that was done.
    pub site: Site,
}

/// What the reporting thread asked for, or asserted to hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Wanted {
    /// Name of the lock.
    pub lock: String,
    /// How it is wanted; for an assertion, the least that would be enough.
    pub mode: Mode,
}

/// What the locks of a class are: locks, or something else that a thread waits for.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, PartialOrd, Ord,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// A lock.
    #[default]
    Lock,
    /// A cell that is initialised once; held while its initialiser runs.
    Initialiser,
    /// A thread's life; held from its start to its end.
    Thread,
    /// A condition variable; never held.
    Condvar,
    /// A bounded channel; never held.
    Channel,
}

impl Role {
    /// Whether it is held from an acquire to a release, so that a declared order can tell of it.
    #[must_use]
    pub fn is_ordered(self) -> bool {
        matches!(self, Self::Lock | Self::Initialiser)
    }

    /// Whether it is anything but a lock.
    #[must_use]
    pub fn is_event(self) -> bool {
        self != Self::Lock
    }
}

/// What is known of a lock class that a report names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LockClass {
    /// Its name in the report.
    pub name: String,
    /// The type of its locks, for example `std::sync::Mutex<u64>`.
    #[serde(rename = "type")]
    pub type_name: String,
    /// What its locks are.
    #[serde(default, skip_serializing_if = "is_lock")]
    pub role: Role,
    /// Where its locks are made, when that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_at: Option<Site>,
    /// How many locks of it were ever acquired.
    pub instances: u64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands out references"
)]
fn is_lock(role: &Role) -> bool {
    !role.is_event()
}

/// One acceptable way to satisfy an assertion, and how it stands now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Way {
    /// What would be enough, for example `mmap lock, read`.
    pub needed: String,
    /// How that lock stands now.
    pub state: String,
    /// Whether the asserting thread holds it so.
    pub held_by_us: bool,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Report {
    /// What was found.
    pub code: Code,
    /// Its kind.
    pub kind: Kind,
    /// How sure it is.
    pub certainty: Certainty,
    /// One sentence: which locks by name, what is wrong. Fits behind `error[HB0001]: `.
    pub title: String,
    /// The locks it is about; in a cycle, in the cycle's order.
    pub locks: Vec<String>,
    /// The thread that made it known.
    pub thread: String,
    /// Where.
    pub site: Site,
    /// The host function there, when the binary tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// What the thread asked for, when it asked for a lock; what it asserted to hold, when that is
    /// the finding. An assertion that a lock is *not* held wants nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<Wanted>,
    /// What the interrupt-like context is called that it is about, for example `signal handler`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// The lock that it takes and the one that it can interrupt, when that is the finding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interruption: Option<Interruption>,
    /// How the task came to suspend, when that is the finding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspension: Option<Suspension>,
    /// The dependencies of the cycle: oldest first, the closing one last. Empty when there is none.
    /// A lock that is taken while it is held is a cycle of one: from itself to itself.
    /// Where an interruption closes the cycle, they lead from the lock inside to the one outside, in
    /// this order.
    #[serde(default)]
    pub cycle: Vec<Dependency>,
    /// The locks that keep the cycle apart: one of them was held exclusively at each of its
    /// dependencies, so far. Only of what is listed as gated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<String>,
    /// What the thread holds, oldest first.
    #[serde(default)]
    pub held: Vec<HeldLock>,
    /// What each thread holds and waits for that hangs, the longest wait first and the reporting
    /// thread last; of a deadlock that is there alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub threads: Vec<ThreadLocks>,
    /// The classes that are named.
    #[serde(default)]
    pub classes: Vec<LockClass>,
    /// For an assertion with several acceptable ways: all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ways: Vec<Way>,
    /// What pre-empts the objections; each a sentence without its `note:`.
    #[serde(default)]
    pub notes: Vec<String>,
    /// What to change; each a sentence without its `help:`.
    #[serde(default)]
    pub help: Vec<String>,
    /// Stack at `site`, innermost first; empty when it was not captured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stack: Vec<Frame>,
    /// Where the process recorded it, if it kept a record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<RecordPlace>,
}

/// One of the reports in a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RecordPlace {
    /// Path of the record, relative to where the process ran if it is below that.
    pub file: String,
    /// Which report of it, counted from 1.
    pub number: u32,
}

/// All findings of a run, as `--format json` prints them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Findings {
    /// Version of this format: 1.
    #[cfg_attr(feature = "schema", schemars(extend("const" = FORMAT)))]
    pub format: u32,
    /// What was reported.
    pub reports: Vec<Report>,
    /// What would be reported if something more were seen.
    pub pending: Vec<Report>,
    /// Cycles that one common exclusive lock has kept apart so far.
    pub gated: Vec<Report>,
}

impl Findings {
    /// Puts findings together in the current format.
    #[must_use]
    pub fn new(reports: Vec<Report>, pending: Vec<Report>, gated: Vec<Report>) -> Self {
        Self {
            format: FORMAT,
            reports,
            pending,
            gated,
        }
    }
}
