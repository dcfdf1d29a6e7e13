//! A cycle that can deadlock, as a list of dependencies.

use crate::known::Key;
use crate::{Hold, Kind, Want};

/// One dependency of a [`Cycle`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The class that was held.
    pub from: u32,
    /// The class that was asked for. The same as `from` where two locks of one class were nested
    /// and their order was accepted.
    pub to: u32,
    /// How.
    pub kind: Kind,
    /// `to` blocks the next step only because a writer queues there.
    pub queued_writer: bool,
}

impl Step {
    pub(crate) fn new((from, to, kind): Key) -> Self {
        Self {
            from,
            to,
            kind,
            queued_writer: false,
        }
    }

    pub(crate) fn key(&self) -> Key {
        (self.from, self.to, self.kind)
    }
}

/// A shortest cycle through a dependency that closed it; that dependency is the last step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle {
    /// The dependencies, each starting where the one before it ends.
    pub steps: Vec<Step>,
}

impl Cycle {
    /// Whether the cycle closes only through a queued writer.
    #[must_use]
    pub fn needs_queued_writer(&self) -> bool {
        self.steps.iter().any(|step| step.queued_writer)
    }

    /// Marks the joints at which a fair reader waits for a reader, through a writer.
    pub(crate) fn mark_queued_writers(&mut self) {
        for i in 0..self.steps.len() {
            let next = self.steps[(i + 1) % self.steps.len()].kind.hold;
            let step = &mut self.steps[i];
            step.queued_writer = step.kind.want == Want::Read && next == Hold::Shared;
        }
    }
}
