//! Everything that was learned, as plain data.

use heldby_graph::{Hold, Kind, Step, Want};
use heldby_model::{ClassNode, DependencyEdge, DependencyKind, GraphSnapshot, State};
use rustc_hash::FxHashSet;

use crate::class::ClassId;
use crate::config::Profile;
use crate::dependencies::DependencyId;
use crate::learned::Learned;
use crate::site::Site;

/// A snapshot; class numbers are the engine's.
pub(crate) fn of(learned: &Learned, profile: Profile) -> GraphSnapshot {
    let mut ids: Vec<_> = learned
        .shown()
        .flat_map(|seen| {
            let (from, to, _) = seen.id();
            [from, to]
        })
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let states = States::of(learned);
    let dependencies = learned.shown().map(|seen| {
        let id = seen.id();
        let (from, to, kind) = id;
        DependencyEdge {
            from,
            to,
            kind: kind_to_model(kind, profile),
            state: states.state(learned, id),
            held_site: seen.held_site.to_model(),
            acquired_site: seen.acquired_site.to_model(),
            thread: learned.dependencies.thread(seen),
        }
    });
    GraphSnapshot {
        format: 1,
        classes: ids.into_iter().map(class_node).collect(),
        dependencies: dependencies.collect(),
    }
}

/// The dependencies of cycles that are not reported.
struct States {
    pending: FxHashSet<DependencyId>,
    gated: FxHashSet<DependencyId>,
}

impl States {
    fn of(learned: &Learned) -> Self {
        let id = |step: &Step| (step.from, step.to, step.kind);
        let pending = learned.graph.pending();
        let gated = learned.graph.gated();
        let gated = gated.iter().flat_map(|gated| &gated.cycle.steps);
        Self {
            pending: pending
                .iter()
                .flat_map(|cycle| &cycle.steps)
                .map(id)
                .collect(),
            gated: gated.map(id).collect(),
        }
    }

    fn state(&self, learned: &Learned, id: DependencyId) -> State {
        let (from, to, kind) = id;
        if learned.allowed_dependencies.contains(&id) {
            State::Allowed
        } else if learned.graph.is_told(from, to, kind) {
            State::Reported
        } else if self.pending.contains(&id) {
            State::Pending
        } else if self.gated.contains(&id) {
            State::Gated
        } else {
            State::Accepted
        }
    }
}

fn class_node(id: u32) -> ClassNode {
    let class = ClassId(id).class();
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
