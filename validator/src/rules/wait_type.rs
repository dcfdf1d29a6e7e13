//! Wait types: a lock that sleeps is not taken under one that does not let the task sleep.

use heldby_model::{Certainty, Code};

use crate::class::ClassId;
use crate::learned::Learned;
use crate::lock_type::WaitType;
use crate::validate::Candidate;
use crate::violation::{Subject, Violation, Wrong};

/// Reports if the wanted lock needs more than the held ones allow.
///
/// # Source
/// Linux `check_wait_context()`: each held lock narrows the context to its inner wait type, and the
/// outer wait type of the wanted lock must fit into what is left.
pub(crate) fn check(learned: &mut Learned, candidate: &Candidate<'_>) -> Option<Violation> {
    let wanted = candidate.class.class().lock_type;
    if wanted.inner == WaitType::Unchecked {
        return None;
    }
    let allows = |lock: &crate::held::HeldLock| {
        ClassId::from_word(lock.class_word())
            .class()
            .lock_type
            .inner
    };
    let narrowest = candidate
        .below
        .iter()
        .filter(|held| allows(held) != WaitType::Unchecked)
        .min_by_key(|held| allows(held))?;
    if wanted.outer <= allows(narrowest) {
        return None;
    }
    let site = Some(candidate.wanted.site);
    let said = (
        Code::Hb0301,
        Certainty::Now,
        Some(candidate.class),
        site,
        Some(narrowest.site),
    );
    Some(Violation {
        code: Code::Hb0301,
        certainty: Certainty::Now,
        wrong: Wrong::WaitContext(*narrowest),
        subject: Some(Subject {
            class: candidate.class,
            mode: candidate.wanted.mode(),
        }),
        site,
        stack: candidate.stack(learned),
        at: candidate.now,
        new: learned.is_new(said),
    })
}
