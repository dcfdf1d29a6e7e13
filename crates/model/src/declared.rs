//! A lock order that a host declares, and that is kept beside its code.
//!
//! It is a list of layers, outermost first: while a lock of one layer is held, locks of the layers
//! below it may be taken, and nothing else. What does not fit is accepted one by one: a dependency
//! against the layers, or a report that was known when the declaration was made.
//!
//! `heldby order` makes the file, the engine reads it and reports whatever is new, and `heldby diff`
//! compares it with records. All of them ask [`Judge`].

mod judge;
mod lock;
mod read;
mod write;

pub use judge::{Judge, LockNumber, Standing};
pub use lock::{DeclaredLock, package_path};

use crate::Code;

/// A declared lock order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeclaredOrder {
    /// What a dependency of a lock comes to that stands in no layer.
    pub unlisted: Unlisted,
    /// Outermost first; no lock stands in two of them.
    pub layers: Vec<Vec<DeclaredLock>>,
    /// What is accepted beside them.
    pub accepted: Vec<Accepted>,
}

/// What a dependency of a lock comes to that stands in no layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unlisted {
    /// It is reported.
    #[default]
    Report,
    /// It is fine.
    Ignore,
}

/// Something that is accepted although it does not fit the layers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// What it is.
    pub what: Known,
    /// Why, if someone wrote that down.
    pub reason: Option<String>,
}

/// What was known when an order was declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// While `from` was held, `to` was taken.
    Dependency {
        /// What was held.
        from: DeclaredLock,
        /// What was taken.
        to: DeclaredLock,
    },
    /// A report with this code about these locks, in whatever order it names them.
    Report {
        /// Its code.
        code: Code,
        /// Its locks.
        locks: Vec<DeclaredLock>,
        /// The file of its place, as [`package_path`] has it; any if there is none.
        file: Option<String>,
    },
}
