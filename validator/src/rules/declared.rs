//! The declared order: a dependency that it does not have.

use heldby_graph::Step;
use heldby_model::{Certainty, Code};

use crate::class::ClassId;
use crate::dependencies::DependencyId;
use crate::learned::Learned;
use crate::validate::Candidate;
use crate::violation::{Subject, Undeclared, Violation, Wrong};

/// Looks at what was learned since there were `known` dependencies, and adds to `violations`. One
/// that closes a cycle of these is reported as that already.
#[inline(always)]
pub(crate) fn check(
    learned: &mut Learned,
    candidate: &Candidate<'_>,
    known: usize,
    violations: &mut Vec<Violation>,
) {
    if learned.declared.is_some() {
        judge(learned, candidate, known, violations);
    }
}

#[cold]
#[inline(never)]
fn judge(
    learned: &mut Learned,
    candidate: &Candidate<'_>,
    known: usize,
    violations: &mut Vec<Violation>,
) {
    let new: Vec<_> = learned.dependencies.past(known).collect();
    for id in new {
        let found = undeclared(learned, candidate, id, violations);
        violations.extend(found);
    }
}

fn closes(violation: &Violation, from: u32, to: u32) -> bool {
    let closing = match &violation.wrong {
        Wrong::Cycle(steps) => steps.last(),
        _ => None,
    };
    closing.is_some_and(|step| (step.from.0, step.to.0) == (from, to))
}

fn undeclared(
    learned: &mut Learned,
    candidate: &Candidate<'_>,
    (from, to, kind): DependencyId,
    found: &[Violation],
) -> Option<Violation> {
    let (held, taken) = (ClassId(from), ClassId(to));
    let is_ordered = [held, taken].iter().all(|class| class.role().is_ordered());
    if held == taken || !is_ordered {
        return None;
    }
    let declared = learned.declared.as_mut()?;
    let standing = declared.news(held, taken)?;
    let order = declared.name.clone();
    if found.iter().any(|of| closes(of, from, to)) {
        return None;
    }
    let step = learned.describe_step(&Step {
        from,
        to,
        kind,
        queued_writer: false,
    });
    let stack = candidate.stack(learned);
    Some(Violation {
        code: Code::Hb0401,
        certainty: Certainty::Possible,
        wrong: Wrong::Undeclared(Box::new(Undeclared {
            step,
            standing,
            order,
        })),
        subject: Some(Subject {
            class: candidate.class,
            mode: candidate.wanted.mode(),
        }),
        site: Some(candidate.wanted.site),
        stack,
        at: candidate.now(),
        new: true,
    })
}
