//! Everything a validator has learned, as one value.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::json::FORMAT;
use crate::{DependencyKind, Frame, LockStat, Site, Stats, ThreadLocks};

/// How a dependency stands in the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It fits the order of all others.
    Accepted,
    /// It is part of a cycle that would be reported if something more were seen.
    Pending,
    /// It is part of a cycle that only a gate keeps apart.
    Gated,
    /// It is part of a cycle that the host allows, and of none that was reported.
    Allowed,
    /// It is part of a cycle that was reported.
    Reported,
}

/// A lock class of the graph.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClassNode {
    /// Number within this snapshot; dependencies refer to it.
    pub id: u32,
    /// Its name.
    pub name: String,
    /// The type of its locks.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Where its locks are made, when that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_at: Option<Site>,
    /// How many locks of it were ever acquired.
    pub instances: u64,
}

/// A dependency of the graph; one per pair of classes and kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DependencyEdge {
    /// The class that was held, a [`ClassNode::id`].
    pub from: u32,
    /// The class that was asked for, a [`ClassNode::id`].
    pub to: u32,
    /// Its kind.
    pub kind: DependencyKind,
    /// How it stands.
    pub state: State,
    /// Where `from` had been taken, the first time.
    pub held_site: Site,
    /// Where `to` was asked for, the first time.
    pub acquired_site: Site,
    /// The thread that did it first; a thread shares its name with all that it did.
    pub thread: Arc<str>,
    /// The name of the `tracing` span that it was in; told of records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Arc<str>>,
    /// Stack of the acquire of `from`, innermost first; told of records, and empty when it was not
    /// captured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held_stack: Vec<Frame>,
    /// The same of the acquire of `to`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acquired_stack: Vec<Frame>,
}

/// All classes and dependencies that a validator has seen; in a dump, what all threads hold as well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GraphSnapshot {
    /// Version of this format: 1.
    #[cfg_attr(feature = "schema", schemars(extend("const" = FORMAT)))]
    pub format: u32,
    /// The classes, by id.
    pub classes: Vec<ClassNode>,
    /// The dependencies, oldest first.
    pub dependencies: Vec<DependencyEdge>,
    /// In a dump: the threads that have locked anything and have not ended, in the order in which they
    /// first did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub threads: Vec<ThreadLocks>,
    /// In a dump: the counters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stats: Option<Stats>,
    /// In a dump or a graph of records, where statistics were kept: how long locks were waited for and
    /// held, the classes by their numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lock_stats: Vec<LockStat>,
}

impl GraphSnapshot {
    /// Puts classes and dependencies together in the current format.
    #[must_use]
    pub fn new(classes: Vec<ClassNode>, dependencies: Vec<DependencyEdge>) -> Self {
        Self {
            format: FORMAT,
            classes,
            dependencies,
            threads: Vec::new(),
            stats: None,
            lock_stats: Vec::new(),
        }
    }
}
