//! The hooks, from the engine.

pub use heldby_validator::hooks::*;
pub use heldby_validator::{ClassPolicy, DerivedHold, Hold, LockId, LockKey, LockMap, PinCookie};

use super::NotStabilised;

/// Reports that none of an object's locks, held by this thread, keeps it stable.
///
/// `describe` runs only when validation is on.
///
/// # Panics
/// When the policy is `panic`.
#[track_caller]
pub fn not_stabilised(describe: impl FnOnce() -> NotStabilised) {
    let what = describe();
    let ways = what.ways.into_iter().map(|way| heldby_model::Way {
        needed: way.needed.to_owned(),
        state: way.state,
        held_by_us: way.held_by_us,
    });
    let report = heldby_validator::NotStabilised {
        object: what.object,
        which: what.which,
        operation: what.operation,
        ways: ways.collect(),
        notes: what.notes,
        help: what.help,
    };
    heldby_validator::not_stabilised(report, heldby_validator::Site::caller());
}
