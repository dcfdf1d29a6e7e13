//! Everything that was learned, as plain data.

use heldby_graph::{Hold, Kind, Want};
use heldby_model::{ClassNode, DependencyEdge, DependencyKind, GraphSnapshot, State};

use crate::class::ClassId;
use crate::config::Profile;
use crate::learned::Learned;
use crate::site::Site;

/// A snapshot; class numbers are the engine's.
pub(crate) fn of(learned: &Learned, profile: Profile) -> GraphSnapshot {
    let mut ids: Vec<_> = learned
        .shown()
        .flat_map(|&(from, to, _)| [from, to])
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let dependencies = learned.shown().map(|id| {
        let seen = &learned.dependencies[id];
        let &(from, to, kind) = id;
        DependencyEdge {
            from,
            to,
            kind: kind_to_model(kind, profile),
            state: if seen.reported {
                State::Reported
            } else {
                State::Accepted
            },
            held_site: seen.held_site.to_model(),
            acquired_site: seen.acquired_site.to_model(),
            thread: seen.thread.to_string(),
        }
    });
    GraphSnapshot {
        format: 1,
        classes: ids.into_iter().map(class_node).collect(),
        dependencies: dependencies.collect(),
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
