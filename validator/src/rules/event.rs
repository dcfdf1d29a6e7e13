//! Cycles through what is no lock: a thread's life, an initialiser, a condition variable, a channel.
//!
//! Lives and initialisers are held, so their cycles are found by the rule of order.
//! A condition variable is not: who waits on it waits for the next notify, and what a notify needs is
//! known only from those that were seen. So there are two sorts of dependencies here, both kept
//! apart from the order of locks:
//!
//! - `L -> C`: a thread waited on C while it held L.
//! - `C -> M`: every notify of C so far was made under M. One without M ends that.
//!
//! What cycles they close is asked of a copy of the graph, so none of them ever makes or hides a
//! cycle of locks. A receive from a channel is what a notify is.

use std::collections::BTreeMap;

use heldby_graph::{Added, Cycle, Hold, Kind, Want};
use heldby_model::{Certainty, Code, Role};
use rustc_hash::{FxHashMap, FxHashSet};

use super::order;
use crate::class::ClassId;
use crate::config::{Events as Trust, Profile};
use crate::dependencies::DependencyId;
use crate::held::HeldLock;
use crate::learned::{Learned, Said};
use crate::mode::Attempt;
use crate::validate::Candidate;
use crate::violation::{CycleStep, Dependency, Violation, Wrong};

/// The code of a cycle that something else than a lock takes part in.
pub(crate) fn code_of(steps: &[CycleStep]) -> Option<Code> {
    let is_event = |step: &CycleStep| step.from.role().is_event() || step.dependency.after_wait;
    steps.iter().any(is_event).then_some(Code::Hb0005)
}

/// Whether the violation can happen: threads that only wait for each other's ends cannot form a
/// ring, since who can join a thread came before it.
///
/// Only where the very same threads were seen to join each other is that a ring all the same; those
/// are of one class, and judged by instance.
pub(crate) fn is_possible(violation: &Violation) -> bool {
    match &violation.wrong {
        Wrong::Cycle(steps) => {
            let of_one_class = steps.iter().all(|step| step.from == step.to);
            of_one_class || steps.iter().any(|step| step.from.role() != Role::Thread)
        }
        _ => true,
    }
}

/// Waits for events and their signals, as far as they were seen.
#[derive(Debug, Default)]
pub(crate) struct Events {
    /// From what was held to what was waited for, in the order in which they were first seen.
    waits: Vec<DependencyId>,
    /// For each event what every signal of it was made under, and how that has to be wanted.
    needs: FxHashMap<ClassId, BTreeMap<ClassId, Want>>,
    /// For each event the mutexes that waits for it give up.
    ///
    /// An order through such a mutex is one of locks, since the waiter takes it back.
    given_up: FxHashMap<ClassId, FxHashSet<ClassId>>,
    /// How each dependency was first seen.
    dependencies: FxHashMap<DependencyId, Dependency>,
    changes: u64,
    /// The cycles that were found last, and what was known then.
    found: Option<(Known, Vec<Vec<CycleStep>>)>,
}

/// How much was known: a cycle closes only when one of these has changed.
type Known = (u64, usize, u64);

/// Keeps that the candidate, an event, is waited for under what is held; `given_up` is not.
pub(crate) fn wait(learned: &mut Learned, candidate: &Candidate<'_>, given_up: Option<ClassId>) {
    let event = candidate.class;
    if let Some(mutex) = given_up {
        let mutexes = learned.events.given_up.entry(event).or_default();
        learned.events.changes += u64::from(mutexes.insert(mutex));
    }
    for (id, held) in waits(learned, candidate) {
        if learned.events.dependencies.contains_key(&id) {
            continue;
        }
        let dependency = candidate.dependency_from(held, learned);
        let events = &mut learned.events;
        events.dependencies.insert(id, dependency);
        events.waits.push(id);
        events.changes += 1;
    }
}

/// The dependencies from what is held to the event that is waited for.
fn waits<'a>(learned: &Learned, candidate: &Candidate<'a>) -> Vec<(DependencyId, &'a HeldLock)> {
    let held = order::ordered_before(learned, candidate).into_iter();
    held.map(|held| {
        let class = ClassId::from_word(held.class_word());
        let id = (class.0, candidate.class.0, candidate.kind_from(held));
        (id, held)
    })
    .collect()
}

/// Keeps that the candidate, an event, is signalled under what is held.
///
/// What was got by an attempt that gives up does not count: the signal is then made later.
/// Nor does the thread's life: nothing has to be waited for to have that.
pub(crate) fn signal(learned: &mut Learned, candidate: &Candidate<'_>) {
    let is_needed = |held: &&HeldLock| {
        !held.meta.is_hidden()
            && held.meta.is_checked()
            && matches!(held.meta.attempt(), Attempt::Block | Attempt::Again)
    };
    let event = candidate.class;
    let before = learned.events.needs.remove(&event);
    let mut needs = BTreeMap::new();
    for held in candidate.below.iter().filter(is_needed) {
        let class = ClassId::from_word(held.class_word());
        let now = want_of(held, candidate.profile);
        let want = match &before {
            // The weakest way is one that every signal has to wait in.
            Some(before) => before.get(&class).map(|&known| known.max(now)),
            None => Some(now),
        };
        let Some(want) = want else { continue };
        needs.insert(class, want);
        let id = (event.0, class.0, needs_kind(want));
        if !learned.events.dependencies.contains_key(&id) {
            let dependency = needed_by(learned, candidate, held);
            learned.events.dependencies.insert(id, dependency);
        }
    }
    learned.events.changes += u64::from(before.as_ref() != Some(&needs));
    learned.events.needs.insert(event, needs);
}

fn want_of(held: &HeldLock, profile: Profile) -> Want {
    match (held.mode().want(), profile) {
        (Want::Read, Profile::Kernel) => Want::Write,
        (want, _) => want,
    }
}

/// Whoever waits for the event waits for the signal, whatever that waits for.
fn needs_kind(want: Want) -> Kind {
    let hold = Hold::Exclusive;
    Kind { hold, want }
}

/// The dependency from the event to what its signal is made under.
fn needed_by(learned: &mut Learned, candidate: &Candidate<'_>, held: &HeldLock) -> Dependency {
    let seen = candidate.dependency_from(held, learned);
    Dependency {
        from_mode: candidate.wanted.mode(),
        to_mode: held.mode(),
        from_instance: candidate.wanted.instance(),
        to_instance: held.instance(),
        held_site: candidate.wanted.site,
        acquired_site: held.site,
        held_stack: seen.acquired_stack,
        acquired_stack: seen.held_stack,
        ..seen
    }
}

/// Whether no wait for `event` can close a cycle any more, since no lock is needed to signal it.
pub(crate) fn is_harmless(learned: &Learned, event: ClassId) -> bool {
    let events = &learned.events;
    let needs = events.needs.get(&event);
    needs.is_some_and(|needs| events.needed(event, needs).next().is_none())
}

impl Events {
    /// What signals of `event` need, but for what its waiters give up.
    fn needed<'a>(
        &'a self,
        event: ClassId,
        needs: &'a BTreeMap<ClassId, Want>,
    ) -> impl Iterator<Item = (ClassId, Want)> + 'a {
        let given_up = self.given_up.get(&event);
        let is_given_up = move |class| given_up.is_some_and(|mutexes| mutexes.contains(class));
        needs
            .iter()
            .filter(move |&(class, _)| !is_given_up(class))
            .map(|(&class, &want)| (class, want))
    }

    /// All dependencies from events to what their signals need.
    fn all_needs(&self) -> Vec<(ClassId, ClassId, Want)> {
        let mut all: Vec<_> = self
            .needs
            .iter()
            .flat_map(|(&event, needs)| {
                self.needed(event, needs)
                    .map(move |(class, want)| (event, class, want))
            })
            .collect();
        all.sort_unstable();
        all
    }

    /// How often something was learned here, or forgotten.
    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }

    /// Forgets `class`, an event or a lock.
    pub(crate) fn forget(&mut self, class: ClassId) {
        self.needs.remove(&class);
        self.needs.values_mut().for_each(|needs| {
            needs.remove(&class);
        });
        let other = |&(from, to, _): &DependencyId| from != class.0 && to != class.0;
        self.waits.retain(other);
        self.dependencies.retain(|id, _| other(id));
        self.changes += 1;
    }
}

/// The cycles through events, each with a wait as its last step.
///
/// # Cost
/// Nothing while no event is both waited for under a lock and signalled under one; else a copy of
/// the graph, and a search for each wait.
pub(crate) fn cycles(learned: &Learned) -> Vec<Vec<CycleStep>> {
    let events = &learned.events;
    let needs = events.all_needs();
    if needs.is_empty() || events.waits.is_empty() {
        return Vec::new();
    }
    let mut graph = learned.graph.clone();
    for (event, class, want) in needs {
        graph.add(event.0, class.0, needs_kind(want), &[]);
    }
    let closed = events.waits.iter().filter_map(|&(held, event, kind)| {
        match graph.add(held, event, kind, &[]) {
            Added::Closes(cycle) => Some(describe(learned, &cycle)),
            Added::Known | Added::Accepted | Added::Gated => None,
        }
    });
    closed.collect()
}

fn describe(learned: &Learned, cycle: &Cycle) -> Vec<CycleStep> {
    let steps = cycle.steps.iter().map(|step| {
        let id = (step.from, step.to, step.kind);
        match learned.events.dependencies.get(&id) {
            Some(of_event) => CycleStep {
                from: ClassId(step.from),
                to: ClassId(step.to),
                kind: step.kind,
                queued_writer: step.queued_writer,
                dependency: of_event.clone(),
            },
            None => learned.describe_step(step),
        }
    });
    steps.collect()
}

/// By what a cycle is known to be said: the event, where it is waited for, where it is signalled.
fn said(steps: &[CycleStep]) -> Said {
    let [first, .., last] = steps else {
        unreachable!("a cycle through an event has two steps or more");
    };
    (
        Code::Hb0005,
        Certainty::Possible,
        Some(last.to),
        Some(last.dependency.acquired_site),
        Some(first.dependency.held_site),
    )
}

/// The cycles that were not said yet.
pub(crate) fn pending(learned: &Learned) -> Vec<Vec<CycleStep>> {
    let mut cycles = cycles(learned);
    cycles.retain(|steps| !learned.said.contains(&said(steps)));
    cycles
}

/// The cycles that the candidate's wait would close, and that were not said yet.
fn through(learned: &mut Learned, candidate: &Candidate<'_>) -> Vec<Vec<CycleStep>> {
    let known = (
        learned.events.changes,
        learned.dependencies.len(),
        learned.chains,
    );
    if learned.events.found.as_ref().map(|(at, _)| *at) != Some(known) {
        let cycles = cycles(learned);
        learned.events.found = Some((known, cycles));
    }
    let waits = waits(learned, candidate);
    let is_ours = |steps: &&Vec<CycleStep>| {
        let last = &steps[steps.len() - 1];
        let id = (last.from.0, last.to.0, last.kind);
        waits.iter().any(|&(wait, _)| wait == id) && !learned.said.contains(&said(steps))
    };
    let found = learned.events.found.iter().flat_map(|(_, cycles)| cycles);
    found.filter(is_ours).cloned().collect()
}

/// Whether the candidate's wait would close a cycle.
pub(crate) fn is_suspect(learned: &mut Learned, candidate: &Candidate<'_>) -> bool {
    !through(learned, candidate).is_empty()
}

/// The cycles of a wait that has been blocked for long: what had to be assumed so far has come true.
pub(crate) fn blocked(learned: &mut Learned, candidate: &Candidate<'_>) -> Vec<Violation> {
    let waits = waits(learned, candidate);
    let mut violations = Vec::new();
    for mut steps in through(learned, candidate) {
        learned.is_new(said(&steps));
        if let Some(last) = steps.last_mut() {
            let id = (last.from.0, last.to.0, last.kind);
            let held = waits.iter().find(|&&(wait, _)| wait == id);
            if let Some((_, held)) = held {
                last.dependency = candidate.dependency_from(held, learned);
            }
        }
        violations.push(violation(learned, candidate, steps));
    }
    violations
}

/// Where signals are trusted to need what they needed so far: the cycles that have just closed.
pub(crate) fn closed(learned: &mut Learned, candidate: &Candidate<'_>) -> Vec<Violation> {
    if candidate.events == Trust::Lenient {
        return Vec::new();
    }
    let mut violations = Vec::new();
    for mut steps in pending(learned) {
        learned.is_new(said(&steps));
        let newest = (0..steps.len()).max_by_key(|&at| steps[at].dependency.seen);
        steps.rotate_left(newest.map_or(0, |newest| newest + 1));
        violations.push(violation(learned, candidate, steps));
    }
    violations
}

fn violation(learned: &mut Learned, candidate: &Candidate<'_>, steps: Vec<CycleStep>) -> Violation {
    let stack = candidate.stack(learned);
    order::cycle_violation(candidate, steps, Code::Hb0005, stack)
}
