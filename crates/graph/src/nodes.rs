//! The nodes that a class has, and the edges between nodes.

use petgraph::stable_graph::NodeIndex;

use crate::{Hold, Kind, Step, Want};

/// An edge of the graph of nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edge {
    /// `N -> R` and `r -> R`: who waits for more waits for less.
    Inside,
    /// `r -> N`: a writer queues between two readers.
    Writer,
    /// A dependency, or an accepted nesting of two locks of one class.
    Dependency(Step),
}

impl Edge {
    pub(crate) fn step(self) -> Option<Step> {
        match self {
            Self::Dependency(step) => Some(step),
            Self::Inside | Self::Writer => None,
        }
    }

    /// Whether it leads from one class to another.
    pub(crate) fn crosses(self) -> bool {
        self.step().is_some_and(|step| step.from != step.to)
    }
}

/// The three nodes of a class.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Class {
    pub(crate) exclusive: NodeIndex,
    pub(crate) fair: NodeIndex,
    pub(crate) recursive: NodeIndex,
}

impl Class {
    pub(crate) fn nodes(self) -> [NodeIndex; 3] {
        [self.exclusive, self.fair, self.recursive]
    }

    /// The node that a dependency of this kind leaves from.
    pub(crate) fn leaves(self, kind: Kind) -> NodeIndex {
        self.departure(kind.hold)
    }

    /// The node that a dependency of this kind arrives at.
    pub(crate) fn arrives(self, kind: Kind) -> NodeIndex {
        self.arrival(kind.want)
    }

    /// The node of whoever holds a lock of the class so.
    pub(crate) fn departure(self, hold: Hold) -> NodeIndex {
        match hold {
            Hold::Exclusive => self.recursive,
            Hold::Shared => self.exclusive,
        }
    }

    /// The node of whoever asks for a lock of the class so.
    pub(crate) fn arrival(self, want: Want) -> NodeIndex {
        match want {
            Want::Write => self.exclusive,
            Want::Read => self.fair,
            Want::Recursive => self.recursive,
        }
    }
}
