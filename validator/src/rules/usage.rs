//! Usage states: a lock that is taken in an interrupt-like context is never waited for, not even
//! through other locks, while one is held that such a context can interrupt.
//!
//! The interrupted thread goes on only after the context, so the context waits for whatever that
//! thread holds: "`B` is held where it can be interrupted" and "`A` is taken in the context" are two
//! ends of a dependency, and a path from `A` to `B` closes the cycle.
//! `docs/design/contexts.md` tells why the nodes of the graph judge that path right.
//!
//! # Source
//! Linux `mark_lock()` and `check_irq_usage()`.

use heldby_graph::{Hold, Place, Step, Want, Way};
use heldby_model::{Certainty, Code};

use crate::class::ClassId;
use crate::config::Profile;
use crate::context_kind::ContextKind;
use crate::learned::Learned;
use crate::lock_type::LockKind;
use crate::mode::Mode;
use crate::rules::recursion;
use crate::site::Site;
use crate::validate::{Candidate, append};
use crate::violation::{Interruption, Subject, Use, Violation, Wrong};

/// Whether an acquire can wait for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waits {
    Yes,
    No,
}

/// Marks how the wanted lock is used, and reports what each use that is new comes into conflict
/// with.
///
/// An acquire that does not wait is no use inside a context, but what it got is held all the same;
/// one that holds nothing afterwards is the other way round.
pub(crate) fn check(
    learned: &mut Learned,
    candidate: &Candidate<'_>,
    waits: Waits,
) -> Vec<Violation> {
    let mut violations = Vec::new();
    if waits == Waits::Yes {
        append(&mut violations, used_inside(learned, candidate));
    }
    if !candidate.wanted.meta.is_sync() {
        append(&mut violations, held_outside(learned, candidate, None));
    }
    violations
}

fn used_inside(learned: &mut Learned, candidate: &Candidate<'_>) -> Vec<Violation> {
    let of = (candidate.class.0, want(candidate));
    let new = learned.usages.inside.unknown(of, candidate.context.active);
    if new.is_empty() {
        return Vec::new();
    }
    let seen = candidate.used(learned, None);
    learned.usages.inside.add(of, new, seen);
    let place = Place::Arrival(of.0, of.1);
    let reach = learned.graph.reach(place, Way::After, is_through_node);
    let usages = &learned.usages;
    let nearest = |kind| {
        let mut held = usages.held(kind, &reach);
        let (number, outside) = held.find(|(_, it)| !usages.is_reported(kind, of.0, it.0))?;
        let path = reach.path(number);
        Some(Conflict {
            kind,
            inside: of,
            outside,
            path,
        })
    };
    let conflicts: Vec<_> = new.iter().filter_map(nearest).collect();
    report(learned, candidate, &conflicts, candidate.wanted.site)
}

/// A lock is held where contexts can interrupt: when it is acquired, or, at `unmasked`, when they
/// are let in.
pub(crate) fn held_outside(
    learned: &mut Learned,
    candidate: &Candidate<'_>,
    unmasked: Option<Site>,
) -> Vec<Violation> {
    let of = (candidate.class.0, candidate.wanted.mode().hold());
    let enabled = candidate.context.enabled();
    let new = learned.usages.outside.unknown(of, enabled);
    if new.is_empty() {
        return Vec::new();
    }
    let seen = candidate.used(learned, unmasked);
    learned.usages.outside.add(of, new, seen);
    let new = new.and(learned.usages.inside.kinds);
    if new.is_empty() {
        return Vec::new();
    }
    let place = Place::Departure(of.0, of.1);
    let reach = learned.graph.reach(place, Way::Before, is_through_node);
    let usages = &learned.usages;
    let nearest = |kind| {
        let mut taken = usages.taken(kind, &reach);
        let (number, inside) = taken.find(|(_, it)| !usages.is_reported(kind, it.0, of.0))?;
        let path = reach.path(number);
        Some(Conflict {
            kind,
            inside,
            outside: of,
            path,
        })
    };
    let conflicts: Vec<_> = new.iter().filter_map(nearest).collect();
    let site = unmasked.unwrap_or(candidate.wanted.site);
    report(learned, candidate, &conflicts, site)
}

/// Reports what the dependencies past the first `known` ones join: a lock taken inside a context to
/// one held outside.
pub(crate) fn joined(
    learned: &mut Learned,
    candidate: &Candidate<'_>,
    known: usize,
) -> Vec<Violation> {
    if learned.usages.inside.kinds.is_empty() {
        return Vec::new();
    }
    let new: Vec<_> = learned.dependencies.past(known).collect();
    let step = |&(from, to, kind): &(u32, u32, heldby_graph::Kind)| Step {
        from,
        to,
        kind,
        queued_writer: false,
    };
    new.iter()
        .flat_map(|id| {
            let &(from, to, kind) = id;
            let (tail, head) = (
                Place::Departure(from, kind.hold),
                Place::Arrival(to, kind.want),
            );
            through(learned, candidate, tail, Some(step(id)), head)
        })
        .collect()
}

/// Reports what the first writer of `class` joins: it lets a reader wait for a reader.
pub(crate) fn joined_by_writer(
    learned: &mut Learned,
    candidate: &Candidate<'_>,
    class: ClassId,
) -> Vec<Violation> {
    if learned.usages.inside.kinds.is_empty() {
        return Vec::new();
    }
    let tail = Place::Arrival(class.0, Want::Read);
    let head = Place::Arrival(class.0, Want::Write);
    through(learned, candidate, tail, None, head)
}

/// For each kind, the nearest conflict whose path goes from `tail` by `step` to `head`.
fn through(
    learned: &mut Learned,
    candidate: &Candidate<'_>,
    tail: Place,
    step: Option<Step>,
    head: Place,
) -> Vec<Violation> {
    let skipped = step.is_some_and(|step| is_through_node(step.from) || is_through_node(step.to));
    if skipped {
        return Vec::new();
    }
    let before = learned.graph.reach(tail, Way::Before, is_through_node);
    let after = learned.graph.reach(head, Way::After, is_through_node);
    let usages = &learned.usages;
    let nearest = |kind: ContextKind| {
        let ends = usages.taken(kind, &before).flat_map(|taken| {
            let held = usages.held(kind, &after);
            held.map(move |held| (taken, held))
        });
        let mut new = ends
            .filter(|((_, inside), (_, outside))| !usages.is_reported(kind, inside.0, outside.0));
        let ((begin, inside), (end, outside)) = new.next()?;
        let mut path = before.path(begin);
        path.extend(step);
        path.extend(after.path(end));
        Some(Conflict {
            kind,
            inside,
            outside,
            path,
        })
    };
    let conflicts: Vec<_> = usages.inside.kinds.iter().filter_map(nearest).collect();
    report(learned, candidate, &conflicts, candidate.wanted.site)
}

/// How the wanted lock is used inside: lockdep marks a fair read as a recursive one.
fn want(candidate: &Candidate<'_>) -> Want {
    match (candidate.profile, candidate.wanted.mode()) {
        (Profile::Kernel, Mode::Read) => Want::Recursive,
        (_, mode) => mode.want(),
    }
}

/// Whether no path leads through the class: nobody who is interrupted holds what another waits for.
///
/// # Source
/// Linux `usage_skip()`.
fn is_through_node(class: u32) -> bool {
    ClassId(class).facts().lock_type.kind != LockKind::Normal
}

/// A path from a lock that a context takes to one that it can interrupt.
struct Conflict {
    kind: ContextKind,
    inside: (u32, Want),
    outside: (u32, Hold),
    path: Vec<Step>,
}

fn report(
    learned: &mut Learned,
    candidate: &Candidate<'_>,
    conflicts: &[Conflict],
    site: Site,
) -> Vec<Violation> {
    let violations = conflicts.iter().map(|conflict| {
        let (inside, outside) = (conflict.inside.0, conflict.outside.0);
        learned.usages.reported(conflict.kind, inside, outside);
        conflict.violation(learned, candidate, site)
    });
    violations.collect()
}

impl Conflict {
    fn violation(&self, learned: &mut Learned, candidate: &Candidate<'_>, site: Site) -> Violation {
        let seen = |seen: Option<&Use>| seen.expect("a conflict is between two uses").clone();
        let usages = &learned.usages;
        let interruption = Interruption {
            kind: self.kind,
            inside: seen(usages.inside.get(self.inside, self.kind)),
            outside: seen(usages.outside.get(self.outside, self.kind)),
            path: self
                .path
                .iter()
                .map(|step| learned.describe_step(step))
                .collect(),
        };
        let code = match self.path.as_slice() {
            [] => Code::Hb0302,
            _ => Code::Hb0303,
        };
        let hangs = |held| recursion::waits_for_itself(candidate, held);
        let certainty = match candidate.interrupted.iter().any(hangs) {
            true => Certainty::Now,
            false => Certainty::Possible,
        };
        Violation {
            code,
            certainty,
            wrong: Wrong::Interruption(Box::new(interruption)),
            subject: Some(Subject {
                class: candidate.class,
                mode: candidate.wanted.mode(),
            }),
            site: Some(site),
            stack: candidate.stack(learned),
            at: candidate.now(),
            new: true,
        }
    }
}

impl Candidate<'_> {
    /// This acquire as a use of its lock.
    fn used(&self, learned: &mut Learned, unmasked: Option<Site>) -> Use {
        let stack = match unmasked {
            None => self.stack(learned),
            Some(_) => learned.stack_of(self.wanted.key, self.wanted.site),
        };
        Use {
            class: self.class,
            mode: self.wanted.mode(),
            instance: self.wanted.instance(),
            site: self.wanted.site,
            unmasked,
            stack,
            thread: self.task.name(),
            seen: self.now(),
        }
    }
}
