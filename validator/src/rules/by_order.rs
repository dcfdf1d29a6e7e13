//! The order of the locks of one class, by the number that each one has: lower before higher.
//!
//! It is decided at every nesting, since no chain tells instances, and a right order that was seen
//! says nothing of the next one.

use super::nestings;
use super::recursion::{conflicts, forbidden, recursion, waits_for_itself};
use crate::config::Profile;
use crate::held::HeldLock;
use crate::instance::ORDER;
use crate::learned::Learned;
use crate::lock_key::ClassPolicy;
use crate::validate::Candidate;
use crate::violation::{Violation, Wrong};

/// The numbers of a held lock and of the wanted one, if both have one.
fn numbers(candidate: &Candidate<'_>, held: &HeldLock) -> Option<[u64; 2]> {
    let held = ORDER.get(held.instance())?;
    Some([held, ORDER.get(candidate.wanted.instance())?])
}

/// Whether the class has an order, and it lets the wanted lock be taken under `held`.
pub(super) fn settles(learned: &Learned, candidate: &Candidate<'_>, held: &HeldLock) -> bool {
    learned.policy(candidate.class, candidate.profile) == ClassPolicy::ByOrder
        && numbers(candidate, held).is_some_and(|[held, wanted]| held < wanted)
}

pub(super) fn check(learned: &mut Learned, candidate: &Candidate<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    for held in candidate.unordered().rev() {
        if conflicts(candidate, held) || waits_for_itself(candidate, held) {
            violations.extend(judge(learned, candidate, held));
        }
    }
    violations
}

fn judge(learned: &mut Learned, candidate: &Candidate<'_>, held: &HeldLock) -> Vec<Violation> {
    let numbers = match numbers(candidate, held) {
        _ if waits_for_itself(candidate, held) => None,
        Some([held_number, wanted]) if held_number < wanted => {
            let inside = nestings::inside_class(learned, candidate, held);
            return inside.into_iter().collect();
        }
        None if candidate.profile == Profile::Userspace => {
            return nestings::by_instance(learned, candidate, held);
        }
        numbers => numbers,
    };
    let violation = match numbers {
        None => forbidden(learned, candidate, held),
        Some(numbers) => against(learned, candidate, held, numbers),
    };
    violation.into_iter().collect()
}

fn against(
    learned: &mut Learned,
    candidate: &Candidate<'_>,
    held: &HeldLock,
    numbers: [u64; 2],
) -> Option<Violation> {
    let dependency = candidate.dependency_from(held, learned);
    let violation = recursion(learned, candidate, candidate.class, dependency);
    let Wrong::Recursion(step) = violation.wrong else {
        unreachable!("it was just made");
    };
    violation.new.then_some(Violation {
        wrong: Wrong::AgainstOrder(step, numbers),
        ..violation
    })
}
