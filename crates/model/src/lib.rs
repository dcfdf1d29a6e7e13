//! The vocabulary of Heldby as plain data.
//!
//! What leaves the validator is described here and nowhere else: a [`Report`] is one finding, a
//! [`GraphSnapshot`] is everything that was learned, and a [`record`] is the same as it comes to be.
//! Both are plain values that go to JSON and back unchanged; text and DOT are views of them, made
//! by the feature `render`; the feature `schema` describes the JSON for other programs, and `config`
//! reads what a host writes, its declared order.
//! Nothing here knows the engine, holds a global or starts a thread.

mod advice;
mod allowance;
mod code;
#[cfg(feature = "config")]
pub mod config;
mod confirm;
mod cycle;
#[cfg(feature = "config")]
pub mod declared;
mod graph;
mod interruption;
mod json;
mod lock_stat;
mod pattern;
pub mod record;
#[cfg(feature = "render")]
pub mod render;
mod report;
#[cfg(feature = "schema")]
pub mod schema;
mod site;
mod stats;
mod threads;
mod verbs;
mod words;

pub use allowance::Allowance;
pub use code::{Certainty, Code, Kind};
pub use confirm::{Confirmation, StepSeen, Unconfirmable};
pub use graph::{ClassNode, DependencyEdge, GraphSnapshot, State};
pub use interruption::{Interruption, LockUse};
pub use json::{FORMAT, ReadError};
pub use lock_stat::{Counted, LockStat, Places, StatOrder, Tally, Times};
pub use pattern::Pattern;
pub use report::{
    Dependency, DependencyKind, DerivedHold, Doubt, Findings, HeldLock, LockClass, Mode,
    RecordPlace, Report, Role, Suspension, Wanted, Way,
};
pub use site::{Frame, ParseSiteError, Site};
pub use stats::Stats;
pub use threads::{ThreadLocks, Wait};
