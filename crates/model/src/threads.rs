//! What threads hold and wait for at one moment.

use serde::{Deserialize, Serialize};

use crate::{HeldLock, Mode, Site};

/// The locks of one thread, as they stood when another thread looked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ThreadLocks {
    /// Its name.
    pub thread: String,
    /// What it holds, oldest first.
    #[serde(default)]
    pub held: Vec<HeldLock>,
    /// What it waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<Wait>,
}

/// A lock that a thread has asked for and has not got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Wait {
    /// Its name.
    pub lock: String,
    /// How it is wanted.
    pub mode: Mode,
    /// Where it was asked for.
    pub site: Site,
    /// It is to be taken back at the end of a wait for an event, which may not have come yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub after_wait: bool,
    /// A future waits for it, so that its task can be cancelled.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub awaited: bool,
    /// For how long at least, in milliseconds; `None` where nobody watches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited_ms: Option<u64>,
    /// The threads that are in its way: they hold the lock in a mode that excludes this one, or are a
    /// writer that a reader queues behind.
    #[serde(default)]
    pub behind: Vec<String>,
}
