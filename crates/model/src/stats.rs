//! What a validator counts.

use serde::{Deserialize, Serialize};

/// Counters of a validator, like `/proc/lockdep_stats`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Stats {
    /// Threads and hand-driven tasks that have locked anything and have not ended.
    pub tasks: usize,
    /// Lock classes that take part in a dependency.
    pub classes: usize,
    /// Dependencies, each kind of a pair of classes counted.
    pub dependencies: usize,
    /// Chains that were validated.
    pub chains: u64,
    /// Reports that were made.
    pub reports: usize,
    /// Violations that were not said again.
    pub repeats: u64,
    /// Nodes of the graph that were looked at for new dependencies.
    pub visited_nodes: u64,
    /// Edges of those nodes that were looked at.
    pub visited_edges: u64,
    /// Stacks that are kept, equal ones once.
    pub stacks: usize,
    /// Times that the graph was locked, by this count as well.
    pub graph_locks: u64,
}
