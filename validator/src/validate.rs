//! The cold path: a chain that was not known is validated, once.
//!
//! The order of work is lockdep's: wait types, then usage states, the nest lock, then two locks of
//! one class, then the dependencies from what is held to what is wanted.
//! Everything is added to the graph whatever is found, so that no violation hides a later one.

mod candidate;
mod uses;

use heldby_graph::planted;
use heldby_model::Role;

use crate::arm_mark;
use crate::arms::Doubt;
use crate::chain::extend;
use crate::config::{Profile, Stacks};
use crate::context::Below;
use crate::held::HeldLock;
use crate::learned::Learned;
use crate::limits::INLINE_HELD;
use crate::lock_key::ClassPolicy;
use crate::mode::{Meta, Mode};
use crate::orphans;
use crate::rules::nest::{self, Nest};
use crate::rules::usage::Waits;
use crate::rules::{declared, event, gate, order, orphan, recursion, unmarked, usage, wait_type};
use crate::stack::{Captured, StackId};
use crate::task::Task;
use crate::validator::Validator;
use crate::violation::Violation;

pub(crate) use candidate::Candidate;
pub(crate) use uses::{deferred, is_known, new_try, unmasked};

/// Validates a blocking acquire of `wanted` by `task`, in the span `span`; nothing has been pushed yet.
///
/// Tells what the entry has to say beside its lock and place, too.
pub(crate) fn new_chain(
    validator: &Validator,
    task: &Task,
    wanted: HeldLock,
    nest: Nest<'_>,
    span: Option<&'static str>,
) -> (Meta, Vec<Violation>) {
    let below = arm_mark::below_wait(task, &wanted);
    let mut candidate = Candidate::new(validator, task, wanted, &below, validator.config.stacks);
    candidate.nest = nest;
    candidate.span = span;
    if candidate.stacks != Stacks::Off && !candidate.nests_one_class() {
        // It is kept with the chain. Nobody has to wait for it, and the stack is not yet deeper by the
        // frames of the rules, each of which takes its time.
        candidate.captured();
    }
    let mut learned = validator.lock();
    candidate.exempt = nest::exempt(&learned, &candidate);
    let mut violations = gate::meet_all(&mut learned, &candidate);
    append(&mut violations, run_rules(&mut learned, &candidate));
    if below.is_told {
        finish(validator, task, &mut learned, &candidate);
    }
    if violations.is_empty() {
        settle_nesting(validator, task, &learned, &candidate);
    }
    let meta = match candidate.exempt {
        0 => wanted.meta,
        _ => wanted.meta.nested(),
    };
    (meta, violations)
}

/// Validates a blocking acquire of which it is in doubt whether it is nested in what `task` holds at all.
///
/// The order from the task's own life is in none. The chain is not made known: it may come back without
/// the doubt.
pub(crate) fn doubtful(
    validator: &Validator,
    task: &Task,
    wanted: HeldLock,
    span: Option<&'static str>,
    doubt: Doubt,
) -> (Meta, Vec<Violation>) {
    let below = arm_mark::below_wait(task, &wanted);
    let mut certain = Below::at(task, task.held.depth());
    certain.locks.retain(|lock| lock.meta.is_hidden());
    let stacks = validator.config.stacks;
    let mut learned = validator.lock();
    let mut candidate = Candidate::new(validator, task, wanted, &below, stacks);
    candidate.span = span;
    if !learned.is_unchecked(candidate.class, candidate.profile) {
        unmarked::keep(&mut learned, &candidate, doubt);
    }
    let mut violations = gate::meet_all(&mut learned, &candidate);
    let candidate = Candidate::new(validator, task, wanted, &certain, stacks);
    append(&mut violations, run_rules(&mut learned, &candidate));
    (wanted.meta.implying_nothing(), violations)
}

/// Checks the nest lock alone, of an acquire that is otherwise known or not checked: whether a lock
/// is held follows from the instance, which no chain tells.
pub(crate) fn nest_lock(
    validator: &Validator,
    task: &Task,
    wanted: HeldLock,
    nest: Nest<'_>,
) -> Option<Violation> {
    let below = Below::default();
    let mut learned = validator.lock();
    let mut candidate = Candidate::new(validator, task, wanted, &below, validator.config.stacks);
    candidate.nest = nest;
    nest::check(&mut learned, &candidate)
}

/// Notes a lock that may be the second one of its class, before any chain answers for it.
pub(crate) fn meet(validator: &Validator, task: &Task, lock: HeldLock) -> Vec<Violation> {
    if validator.config.profile == Profile::Kernel || !validator.lock().gates.is_news(&lock) {
        return Vec::new();
    }
    let below = Below::at(task, task.held.depth());
    let candidate = Candidate::new(validator, task, lock, &below, validator.config.stacks);
    gate::meet_all(&mut validator.lock(), &candidate)
}

/// Keeps the stack of an acquire whose chain is known, for [`Stacks::All`].
pub(crate) fn keep_stack(validator: &Validator, wanted: HeldLock, span: Option<&'static str>) {
    let captured = Captured::now(span);
    let mut learned = validator.lock();
    let stack = learned.stacks.intern(&captured);
    learned
        .chain_stacks
        .insert(wanted.key, (wanted.site, stack));
}

/// Whether some chain above the lock that went is not known yet, as [`uncovered`] looks at them.
pub(crate) fn is_uncovered(validator: &Validator, task: &Task, depth: usize) -> bool {
    for at in depth..=task.held.depth() {
        let lock = task.held.get(at);
        // Recalled, so that the next such release finds it in the own cache.
        let known =
            validator.recall(task, lock.key) || validator.recall(task, uncovered_key(lock.key));
        if lock.meta.is_ordered() && !known {
            return true;
        }
        if order::implies_the_rest(&lock, validator.config.profile) {
            break;
        }
    }
    false
}

/// Stands for the chain `key` where the locks of a task came to stand so without having been taken
/// so. No class has the word 0, so it is the key of no chain.
pub(crate) fn uncovered_key(key: u64) -> u64 {
    extend(key, 0, Mode::Write)
}

fn is_known_uncovered(validator: &Validator, key: u64) -> bool {
    let chains = &validator.chains;
    chains.contains(key) || chains.contains(uncovered_key(key))
}

/// Adds what became visible when `gone` went from `depth`: an order that it implied so far is now
/// kept for itself. What it closes was closed before, and is reported if it was not then.
///
/// Only the locks up to the next one that implies what is below it can have lost an order.
/// The chains that are left are not known by that: the locks were asked for under `gone` as well,
/// which may have been their gate.
pub(crate) fn uncovered(
    validator: &Validator,
    task: &Task,
    depth: usize,
    gone: &HeldLock,
) -> Vec<Violation> {
    let mut violations = Vec::new();
    for at in depth..=task.held.depth() {
        let wanted = task.held.get(at);
        let below = Below::at(task, at - 1);
        if wanted.meta.is_ordered() && !is_known_uncovered(validator, wanted.key) {
            let mut learned = validator.lock();
            let candidate = Candidate::new(validator, task, wanted, &below, Stacks::Off);
            if !learned.is_unchecked(candidate.class, candidate.profile) {
                let known = learned.dependencies.len();
                violations.extend(order::uncover(&mut learned, &candidate, gone));
                declared::check(&mut learned, &candidate, known, &mut violations);
                validator.chains.insert(uncovered_key(wanted.key), &learned);
            }
        }
        if order::implies_the_rest(&wanted, validator.config.profile) {
            break;
        }
    }
    violations.retain(event::is_possible);
    violations
}

/// Checks what became another order when the lock at `depth` was moved to another class: that lock as
/// if it were acquired again, and those above it.
///
/// What holds for the moment of an acquire alone, a wait and a nest lock, is not asked again.
pub(crate) fn reclassed(validator: &Validator, task: &Task, depth: usize) -> Vec<Violation> {
    let mut violations = meet(validator, task, task.held.get(depth));
    for at in depth..=task.held.depth() {
        let wanted = task.held.get(at);
        let below = Below::at(task, at - 1);
        if wanted.meta.is_ordered() && !validator.chains.contains(wanted.key) {
            let mut learned = validator.lock();
            let stacks = validator.config.stacks;
            let candidate = Candidate::new(validator, task, wanted, &below, stacks);
            if !learned.is_unchecked(candidate.class, candidate.profile) {
                violations.extend(usage::check(&mut learned, &candidate, Waits::Yes));
                let known = learned.dependencies.len();
                violations.extend(recursion::check(&mut learned, &candidate));
                violations.extend(order::check(&mut learned, &candidate));
                declared::check(&mut learned, &candidate, known, &mut violations);
            }
            finish(validator, task, &mut learned, &candidate);
        }
    }
    if validator.config.profile == Profile::Kernel {
        // Lockdep reports the first rule that is broken.
        violations.truncate(1);
    }
    violations
}

/// Makes the chain known, unless it is one that is decided by instance, every time.
fn finish(validator: &Validator, task: &Task, learned: &mut Learned, candidate: &Candidate<'_>) {
    if candidate.nests_one_class() && !planted("know-chain-of-one-class") {
        validator.note_nesting();
    } else if !orphans::has_class_of(&candidate.wanted) {
        remember(validator, task, learned, candidate);
    }
}

/// Makes known to the task that these very locks of one class, nested in this way, were judged and
/// nothing was wrong: judging them again would find and keep nothing.
///
/// What the verdict depends on is told by the key: the classes and modes, and the instances. What can
/// change it later does so for the nestings that are known, as soon as it is seen: a first writer of
/// the class, and a second lock of a gate's class. A lock that goes or is made anew comes back under
/// another number, and who changes a policy forgets all chains.
fn settle_nesting(
    validator: &Validator,
    task: &Task,
    learned: &Learned,
    candidate: &Candidate<'_>,
) {
    if !candidate.nests_one_class() {
        return;
    }
    let (wanted, depth) = (&candidate.wanted, task.held.depth());
    let by_instance = learned.policy(candidate.class, candidate.profile) == ClassPolicy::ByInstance
        && candidate.class.role() == Role::Lock;
    // Of a lock without a number nothing is known, and no key tells it from another one.
    let mut numbered = candidate.below.iter().chain([wanted]);
    let plain = wanted.meta == Meta::waiting(wanted.mode())
        && candidate.interrupted.is_empty()
        && matches!(candidate.nest, Nest::None)
        && numbered.all(|lock| lock.instance() != 0)
        && validator.plain_chains().is_some()
        && !orphans::has_class_of(wanted);
    if by_instance && plain && depth < INLINE_HELD {
        let nesting = task.held.nesting_key(depth, wanted.key, wanted.instance());
        if let Some(nesting) = nesting {
            validator.chains.insert(nesting, learned);
            task.chains.learn_nesting(wanted.key, nesting);
        }
    }
}

fn run_rules(learned: &mut Learned, candidate: &Candidate<'_>) -> Vec<Violation> {
    if learned.is_unchecked(candidate.class, candidate.profile) {
        return nest::check(learned, candidate).into_iter().collect();
    }
    let mut violations = Vec::new();
    push(&mut violations, orphan::check(learned, candidate));
    push(&mut violations, wait_type::check(learned, candidate));
    let conflicts = usage::check(learned, candidate, Waits::Yes);
    if conflicts.is_empty() {
        push(
            &mut violations,
            recursion::of_interrupted(learned, candidate),
        );
    }
    append(&mut violations, conflicts);
    push(&mut violations, nest::check(learned, candidate));
    let known = learned.dependencies.len();
    append(&mut violations, recursion::check(learned, candidate));
    append(&mut violations, usage::joined(learned, candidate, known));
    append(&mut violations, order::check(learned, candidate));
    violations.retain(event::is_possible);
    append(&mut violations, event::closed(learned, candidate));
    if candidate.profile == Profile::Kernel {
        // Lockdep reports the first rule that is broken.
        violations.truncate(1);
    }
    declared::check(learned, candidate, known, &mut violations);
    violations
}

/// Adds one to `violations`, if there is one; nearly always there is none, and nothing is to be copied.
#[inline(always)]
pub(crate) fn push(violations: &mut Vec<Violation>, violation: Option<Violation>) {
    if let Some(violation) = violation {
        violations.push(violation);
    }
}

/// As [`push`], of any number.
#[inline(always)]
pub(crate) fn append(violations: &mut Vec<Violation>, mut more: Vec<Violation>) {
    if !more.is_empty() {
        violations.append(&mut more);
    }
}

/// Makes the chain known; repeats of it are hits, reported or not.
fn remember(validator: &Validator, task: &Task, learned: &mut Learned, candidate: &Candidate<'_>) {
    let key = candidate.wanted.key;
    learned.chains += 1;
    let stack = candidate.stack_id(learned);
    if stack != StackId::default() {
        let made = (candidate.wanted.site, stack);
        learned.chain_stacks.get_or_insert(key, made);
    }
    validator.chains.insert(key, learned);
    if !validator.looks_at_all() {
        task.chains.learn(key);
    }
}
