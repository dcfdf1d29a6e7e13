//! What an interrupt-like context does to the thread that it interrupts.

use serde::{Deserialize, Serialize};

use crate::{Frame, Mode, Site};

/// A lock that is taken inside a context, and one that is held where the context can interrupt.
///
/// The interrupted thread goes on only after the context, so whatever waits in the context for what
/// that thread holds waits for ever. Where the two are not the same lock, the report's cycle holds
/// the dependencies that lead from the one to the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Interruption {
    /// The acquire inside the context.
    pub inside: LockUse,
    /// The hold that the context can interrupt.
    pub outside: LockUse,
}

/// One use of a lock, as it was first seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LockUse {
    /// Its name.
    pub lock: String,
    /// How it was asked for, or held.
    pub mode: Mode,
    /// Which instance of its class it was, when that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<u64>,
    /// Where it was acquired.
    pub site: Site,
    /// The host function there, when the binary tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// Where contexts were let in while it was held, if they were masked when it was acquired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unmasked_site: Option<Site>,
    /// The thread that did it first.
    pub thread: String,
    /// How long before the report that was, in milliseconds; `None` for what made the report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_ms: Option<u64>,
    /// Stack of the acquire, innermost first; empty when it was not captured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stack: Vec<Frame>,
}
