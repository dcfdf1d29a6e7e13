//! Everything that was learned, as plain data.
//!
//! While the graph is locked, no thread learns anything. So a snapshot is made in two steps: under
//! the lock, ids, places and shared names are copied; what they stand for is written out after it.

use std::sync::Arc;

use heldby_graph::{Hold, Kind, Step, Want};
use heldby_model::{ClassNode, DependencyEdge, DependencyKind, GraphSnapshot, State};
use rustc_hash::FxHashMap;

use crate::class::Class;
use crate::config::Profile;
use crate::dependencies::{DependencyId, Record};
use crate::learned::Learned;
use crate::shown::Shown;
use crate::site::Site;

/// What a snapshot is made of.
#[derive(Debug)]
pub(crate) struct Copied {
    /// In the order in which they were first seen.
    dependencies: Vec<Seen>,
    /// Of those that are not just accepted.
    states: FxHashMap<DependencyId, State>,
}

/// How a dependency was first seen, as far as a snapshot tells.
#[derive(Debug)]
struct Seen {
    id: DependencyId,
    held_site: Site,
    acquired_site: Site,
    thread: Arc<str>,
}

impl Copied {
    /// Copies it; the graph may be unlocked then.
    pub(crate) fn of(learned: &Learned) -> Self {
        let seen = |record: &Record| Seen {
            id: record.id(),
            held_site: record.held_site,
            acquired_site: record.acquired_site,
            thread: learned.dependencies.thread(record),
        };
        Self {
            dependencies: learned.dependencies.iter().map(seen).collect(),
            states: states(learned),
        }
    }

    /// The snapshot; class numbers are the engine's.
    pub(crate) fn into_snapshot(self, profile: Profile) -> GraphSnapshot {
        let Self {
            mut dependencies,
            states,
        } = self;
        let mut shown = Shown::default();
        dependencies.retain(
            |&Seen {
                 id: (from, to, _), ..
             }| shown.admits(from, to),
        );
        let edge = |seen: Seen| {
            let (from, to, kind) = seen.id;
            DependencyEdge {
                from,
                to,
                kind: kind_to_model(kind, profile),
                state: states.get(&seen.id).copied().unwrap_or(State::Accepted),
                held_site: seen.held_site.to_model(),
                acquired_site: seen.acquired_site.to_model(),
                thread: seen.thread,
                span: None,
                held_stack: Vec::new(),
                acquired_stack: Vec::new(),
            }
        };
        GraphSnapshot::new(
            shown.classes().map(class_node).collect(),
            dependencies.into_iter().map(edge).collect(),
        )
    }
}

/// The dependencies of cycles; where there are several states, the last one counts.
fn states(learned: &Learned) -> FxHashMap<DependencyId, State> {
    let open = learned.graph.open_cycles();
    let id = |step: &Step| (step.from, step.to, step.kind);
    let gated = open.gated.iter().flat_map(|gated| &gated.cycle.steps);
    let pending = open.pending.iter().flat_map(|cycle| &cycle.steps);
    let mut states = FxHashMap::default();
    states.extend(gated.map(|step| (id(step), State::Gated)));
    states.extend(pending.map(|step| (id(step), State::Pending)));
    states.extend(learned.graph.told().map(|id| (id, State::Reported)));
    let allowed = learned.allowed_dependencies.iter();
    states.extend(allowed.map(|&id| (id, State::Allowed)));
    states
}

fn class_node((id, class): (u32, &'static Class)) -> ClassNode {
    ClassNode {
        id,
        name: class.name.clone(),
        type_name: class.lock_type.family.to_owned(),
        made_at: class.made_at.map(Site::to_model),
        instances: class.instances(),
    }
}

/// The kind as it is written; the profile `kernel` does not tell a fair read from a write.
pub(crate) fn kind_to_model(kind: Kind, profile: Profile) -> DependencyKind {
    match (kind.hold, kind.want, profile) {
        (Hold::Exclusive, Want::Recursive, _) => DependencyKind::ER,
        (Hold::Shared, Want::Recursive, _) => DependencyKind::SR,
        (Hold::Exclusive, _, Profile::Kernel) => DependencyKind::EN,
        (Hold::Shared, _, Profile::Kernel) => DependencyKind::SN,
        (Hold::Exclusive, Want::Write, _) => DependencyKind::EW,
        (Hold::Exclusive, Want::Read, _) => DependencyKind::Er,
        (Hold::Shared, Want::Write, _) => DependencyKind::SW,
        (Hold::Shared, Want::Read, _) => DependencyKind::Sr,
    }
}
