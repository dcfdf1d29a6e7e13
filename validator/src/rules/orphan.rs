//! A lock that a thread held which this process does not have: a fork left it held for ever.

use heldby_model::{Certainty, Code};

use crate::learned::Learned;
use crate::orphans;
use crate::validate::Candidate;
use crate::violation::{Subject, Violation, Wrong};

/// Reports if nobody is left who could release what the wanted lock waits for. It hangs now, each
/// time that it is asked for.
pub(crate) fn check(learned: &mut Learned, candidate: &Candidate<'_>) -> Option<Violation> {
    let orphan = orphans::in_the_way(&candidate.wanted)?;
    let (site, certainty) = (Some(candidate.wanted.site), Certainty::Now);
    let said = (Code::Hb0501, certainty, Some(candidate.class), site, None);
    Some(Violation {
        code: Code::Hb0501,
        certainty,
        wrong: Wrong::Orphaned(orphan),
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
