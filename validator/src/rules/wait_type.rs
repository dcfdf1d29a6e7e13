//! Wait types: a lock that sleeps is not taken where the task must not sleep.

use heldby_model::{Certainty, Code};

use crate::class::ClassId;
use crate::held::HeldLock;
use crate::learned::Learned;
use crate::lock_type::{LockKind, LockType, WaitType};
use crate::validate::Candidate;
use crate::violation::{Narrowed, Subject, Violation, Wrong};

/// Reports if the wanted lock needs more than the context and what is held in it allow.
///
/// # Source
/// Linux `check_wait_context()`: each held lock narrows the context to its inner wait type, and the
/// outer wait type of the wanted lock must fit into what is left.
pub(crate) fn check(learned: &mut Learned, candidate: &Candidate<'_>) -> Option<Violation> {
    let wanted = candidate.class.facts().lock_type;
    let (allowed, by) = allowed(candidate);
    let needed = match wanted.outer {
        WaitType::Unchecked => wanted.inner,
        outer => outer,
    };
    if wanted.inner == WaitType::Unchecked || needed <= allowed {
        return None;
    }
    let narrowed = by.map(Narrowed::Held).or_else(|| {
        let (kind, _) = candidate.context.innermost?;
        Some(Narrowed::Context(kind))
    })?;
    let site = Some(candidate.wanted.site);
    let said = (
        Code::Hb0301,
        Certainty::Now,
        Some(candidate.class),
        site,
        by.map(|held| held.site),
    );
    Some(Violation {
        code: Code::Hb0301,
        certainty: Certainty::Now,
        wrong: Wrong::WaitContext(narrowed),
        subject: Some(Subject {
            class: candidate.class,
            mode: candidate.wanted.mode(),
        }),
        site,
        stack: candidate.stack(learned),
        at: candidate.now(),
        new: learned.is_new(said),
    })
}

/// What a lock that is wanted may need, and the held lock that decides it; without one it is the
/// context.
fn allowed(candidate: &Candidate<'_>) -> (WaitType, Option<HeldLock>) {
    let mut allowed = (candidate.context.wait_type(), None);
    for held in candidate.below.iter().rev() {
        let LockType { inner, kind, .. } = *ClassId::from_word(held.class_word()).facts().lock_type;
        let narrows = inner <= allowed.0 || kind == LockKind::WaitOverride;
        if inner != WaitType::Unchecked && narrows {
            allowed = (inner, Some(*held));
        }
    }
    allowed
}
