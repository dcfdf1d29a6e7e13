//! Confirming: what of a report a run can be steered to, and what came of that.
//!
//! A cycle closes when a thread for each of its dependencies holds the one lock and asks for the other,
//! all at one time and over the same locks.
//! A run is steered by holding threads just before they ask for the second lock, until all are there.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::cycle::in_order;
use crate::{Certainty, Code, Dependency, Report};

/// Says why no run can be steered to what a report tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unconfirmable {
    /// It is no possible deadlock of several locks.
    Code(Code),
    /// A writer, which no dependency tells of, has to queue between two readers.
    QueuedWriter,
    /// One of its locks is asked for at the end of a wait, which no thread can be held in front of.
    AfterWait,
}

impl fmt::Display for Unconfirmable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "{code} is no possible deadlock of several locks"),
            Self::QueuedWriter => f.write_str("it needs a writer that queues between two readers"),
            Self::AfterWait => f.write_str("one of its locks is taken back at the end of a wait"),
        }
    }
}

impl std::error::Error for Unconfirmable {}

impl Report {
    /// The dependencies that a run is steered to: each asks for what the next one holds, and the last
    /// one for what the first one holds.
    ///
    /// # Errors
    /// When no run can be steered to what the report tells: only HB0001 and HB0002 are cycles of locks
    /// alone.
    pub fn steps(&self) -> Result<Vec<&Dependency>, Unconfirmable> {
        if self.certainty == Certainty::Now || self.cycle.len() < 2 {
            return Err(Unconfirmable::Code(self.code));
        }
        if self.cycle.iter().any(|step| step.queued_writer) {
            return Err(Unconfirmable::QueuedWriter);
        }
        if !matches!(self.code, Code::Hb0001 | Code::Hb0002) {
            return Err(Unconfirmable::Code(self.code));
        }
        if self.cycle.iter().any(|step| step.after_wait) {
            return Err(Unconfirmable::AfterWait);
        }
        Ok(self.along())
    }

    /// The dependencies along the cycle, the closing one last: each asks for what the next one holds.
    #[must_use]
    pub fn along(&self) -> Vec<&Dependency> {
        let order = in_order(&self.cycle).into_iter();
        order.map(|at| &self.cycle[at]).collect()
    }
}

/// How one process was steered to a report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Confirmation {
    /// What was seen of each dependency, in the order of [`Report::steps`].
    pub steps: Vec<StepSeen>,
    /// How long a thread was held back at most, in milliseconds.
    pub patience_ms: u64,
    /// Threads for all dependencies were held at once, though over different locks.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub apart: bool,
    /// Threads for all dependencies came together over the same locks, and went on to them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reached: bool,
}

/// What was seen of one dependency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StepSeen {
    /// How often at the places of the report.
    pub seen: u64,
    /// How often at other places, in the same modes.
    pub elsewhere: u64,
    /// How often a thread was held at it in vain.
    pub held: u64,
}

impl Confirmation {
    /// Of so many dependencies, before anything was seen.
    #[must_use]
    pub fn of(steps: usize) -> Self {
        Self {
            steps: vec![StepSeen::default(); steps],
            ..Self::default()
        }
    }

    /// Whether any dependency was seen.
    #[must_use]
    pub fn has_seen(&self) -> bool {
        self.steps.iter().any(|step| step.seen + step.elsewhere > 0)
    }

    /// Adds what another process saw.
    pub fn add(&mut self, other: &Self) {
        let count = self.steps.len().max(other.steps.len());
        self.steps.resize_with(count, StepSeen::default);
        for (step, more) in self.steps.iter_mut().zip(&other.steps) {
            step.seen += more.seen;
            step.elsewhere += more.elsewhere;
            step.held += more.held;
        }
        self.patience_ms = self.patience_ms.max(other.patience_ms);
        self.apart |= other.apart;
        self.reached |= other.reached;
    }
}
