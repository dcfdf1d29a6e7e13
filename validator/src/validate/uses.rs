//! What is marked of a lock besides its order: how it is used where contexts can interrupt it, and
//! what a signal handler left to be validated.

use super::{Candidate, finish, run_rules};
use crate::config::Stacks;
use crate::context::{self, Below};
use crate::deferred;
use crate::held::HeldLock;
use crate::learned::Learned;
use crate::rules::usage::{self, Waits};
use crate::site::Site;
use crate::task::Task;
use crate::validator::Validator;
use crate::violation::Violation;

/// Marks how a lock is used that was got without waiting.
pub(crate) fn new_try(validator: &Validator, task: &Task, taken: HeldLock) -> Vec<Violation> {
    let below = Below::at(task, task.held.depth());
    let mut learned = validator.lock();
    let candidate = Candidate::new(validator, task, taken, &below, validator.config.stacks);
    mark_try(validator, task, &mut learned, &candidate)
}

fn mark_try(
    validator: &Validator,
    task: &Task,
    learned: &mut Learned,
    candidate: &Candidate<'_>,
) -> Vec<Violation> {
    let key = candidate.wanted.tried_key();
    validator.chains.insert(key, learned);
    task.chains.learn(key);
    if learned.is_unchecked(candidate.class, candidate.profile) {
        return Vec::new();
    }
    usage::check(learned, candidate, Waits::No)
}

/// Whether the chain that a lock makes was validated; of one that was got without waiting, whether
/// its use was marked. No lock, no allocation.
pub(crate) fn is_known(task: &Task, lock: HeldLock, waits: bool) -> bool {
    let key = if waits { lock.key } else { lock.tried_key() };
    task.chains.knows(key) || task.validator().recall(task, key)
}

/// Validates the chains that signal handlers on `task` left.
pub(crate) fn deferred(validator: &Validator, task: &Task) -> Vec<Violation> {
    let mut violations = Vec::new();
    for chain in deferred::take(task) {
        let below = Below::of(chain.below.iter().copied());
        let mut learned = validator.lock();
        // What is on the stack now is not what was when the handler ran.
        let candidate = Candidate::new(validator, task, chain.wanted, &below, Stacks::Off);
        if chain.waits {
            violations.extend(run_rules(&mut learned, &candidate));
            finish(validator, task, &mut learned, &candidate);
        } else {
            violations.extend(mark_try(validator, task, &mut learned, &candidate));
        }
    }
    violations
}

/// Marks how the locks are used that a task took in its context, once contexts can interrupt it
/// that could not before; `site` is where they are let in.
pub(crate) fn unmasked(validator: &Validator, task: &Task, site: Site) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut learned = validator.lock();
    let context = context::now(task);
    let mut held: Vec<_> = context::entries(task).collect();
    held.retain(|(_, entry)| !entry.meta.is_hidden() && entry.meta.is_checked());
    // Oldest first, as lockdep does: what is found of it says all of what it leads to.
    for (depth, held) in held.into_iter().rev() {
        let below = Below::at(task, depth);
        let mut candidate = Candidate::new(validator, task, held, &below, validator.config.stacks);
        candidate.context = context;
        if !learned.is_unchecked(candidate.class, candidate.profile) {
            violations.extend(usage::held_outside(&mut learned, &candidate, Some(site)));
        }
    }
    violations
}
