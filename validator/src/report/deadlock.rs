//! The report of threads that wait for each other now.

use std::time::Instant;

use heldby_graph::Kind;
use heldby_model::{Certainty, Code, Dependency, Frame, Report, Wanted};

use super::{age_ms, empty, frames, known, threads};
use crate::class::ClassId;
use crate::held::HeldLock;
use crate::snapshot::kind_to_model;
use crate::stack;
use crate::validator::Validator;
use crate::waits::{Edge, Waits};

/// One thread of the ring: what it waits for, and the hold that the thread before it waits for.
struct Part<'a> {
    edge: &'a Edge,
    since: Instant,
    /// `None` if it only queues to write, and a reader queues behind it.
    hold: Option<&'a HeldLock>,
}

/// Builds the report of a ring whose waits were first seen at `since`, at the moment `now`. Inside the
/// validator.
///
/// The reporting thread is the last to wait of those that hold something which another waits for.
pub(crate) fn build(
    validator: &Validator,
    waits: &Waits,
    ring: &[Edge],
    since: &[Instant],
    now: Instant,
) -> Report {
    let before = ring.iter().cycle().skip(ring.len() - 1);
    let parts = ring.iter().zip(before).zip(since);
    let mut parts: Vec<_> = parts
        .map(|((edge, before), &since)| Part {
            edge,
            since,
            hold: before.hold.as_ref(),
        })
        .collect();
    parts.sort_by_key(|part| (part.hold.is_some(), part.since));
    let closing = &parts[parts.len() - 1].edge;
    let site = closing.wait.site.to_model();
    let thread = waits.tasks[closing.waiter].thread.to_string();
    let stack = stack_of(validator, &closing.wait);
    let cycle = parts.iter().filter_map(|part| Some((part, part.hold?)));
    let cycle = cycle.map(|(part, hold)| dependency(validator, waits, part, hold, now));
    let mut cycle: Vec<_> = cycle.collect();
    if let Some(closing) = cycle.last_mut() {
        closing.age_ms = None;
    }
    let threads = parts.iter().map(|part| {
        let waited = now.saturating_duration_since(part.since);
        threads::of(validator, waits, part.edge.waiter, Some(waited))
    });
    let threads: Vec<_> = threads.collect();
    let mut report = Report {
        function: stack::function_at(&stack, closing.wait.site),
        wanted: Some(Wanted {
            lock: class_of(&closing.wait).class().name.clone(),
            mode: closing.wait.mode().to_model(),
        }),
        locks: locks(&cycle),
        held: threads
            .last()
            .map(|last| last.held.clone())
            .unwrap_or_default(),
        classes: classes(&parts),
        cycle,
        threads,
        stack,
        ..empty(Code::Hb0502, Certainty::Now, thread, site)
    };
    report.advise();
    report
}

fn class_of(lock: &HeldLock) -> ClassId {
    ClassId::from_word(lock.class_word())
}

/// The locks by name, each once.
fn locks(cycle: &[Dependency]) -> Vec<String> {
    let mut locks: Vec<String> = Vec::new();
    for dependency in cycle {
        if !locks.contains(&dependency.from) {
            locks.push(dependency.from.clone());
        }
    }
    locks
}

fn classes(parts: &[Part<'_>]) -> Vec<heldby_model::LockClass> {
    let mut classes: Vec<_> = parts.iter().map(|part| class_of(&part.edge.wait)).collect();
    classes.sort_unstable();
    classes.dedup();
    classes
        .into_iter()
        .map(|class| class.class().to_model())
        .collect()
}

/// The stack of the acquire that made the lock's chain known, if it was made at the same place.
fn stack_of(validator: &Validator, lock: &HeldLock) -> Vec<Frame> {
    let stack = validator.lock().stack_of(lock.key, lock.site);
    frames(stack.as_ref())
}

fn dependency(
    validator: &Validator,
    waits: &Waits,
    part: &Part<'_>,
    hold: &HeldLock,
    now: Instant,
) -> Dependency {
    let wait = &part.edge.wait;
    let kind = Kind {
        hold: hold.mode().hold(),
        want: wait.mode().want(),
    };
    let (held_stack, acquired_stack) = (stack_of(validator, hold), stack_of(validator, wait));
    Dependency {
        from: class_of(hold).class().name.clone(),
        to: class_of(wait).class().name.clone(),
        kind: kind_to_model(kind, validator.config.profile),
        from_mode: hold.mode().to_model(),
        to_mode: wait.mode().to_model(),
        from_instance: known(hold.instance()),
        to_instance: known(wait.instance()),
        held_site: hold.site.to_model(),
        acquired_site: wait.site.to_model(),
        held_function: stack::function_at(&held_stack, hold.site)
            .or_else(|| stack::function_at(&acquired_stack, hold.site)),
        acquired_function: stack::function_at(&acquired_stack, wait.site),
        thread: waits.tasks[part.edge.waiter].thread.to_string(),
        span: None,
        age_ms: age_ms(part.since, now),
        queued_writer: part.edge.hold.is_none(),
        after_wait: wait.meta.is_again(),
        doubt: None,
        ended_before: false,
        held_stack,
        acquired_stack,
    }
}
