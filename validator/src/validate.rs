//! The cold path: a chain that was not known is validated, once.
//!
//! The order of work is lockdep's: wait types, then usage states, the nest lock, then two locks of
//! one class, then the dependencies from what is held to what is wanted.
//! Everything is added to the graph whatever is found, so that no violation hides a later one.

mod uses;

use std::cell::OnceCell;
use std::time::Instant;

use heldby_graph::{Kind, planted};
use heldby_model::Role;

use crate::chain::extend;
use crate::class::ClassId;
use crate::config::{Events, Profile, Stacks};
use crate::context::{Below, Context};
use crate::dependencies::{DependencyId, Seen};
use crate::held::HeldLock;
use crate::learned::Learned;
use crate::limits::INLINE_HELD;
use crate::lock_key::ClassPolicy;
use crate::mode::{Meta, Mode};
use crate::orphans;
use crate::rules::gate::GateList;
use crate::rules::nest::{self, Nest};
use crate::rules::usage::Waits;
use crate::rules::{event, gate, order, orphan, recursion, usage, wait_type};
use crate::stack::{Captured, Stack, StackId};
use crate::task::Task;
use crate::validator::Validator;
use crate::violation::{Dependency, Violation};

pub(crate) use uses::{deferred, is_known, new_try, unmasked};

/// A new lock on top of what a task holds, while it is validated.
pub(crate) struct Candidate<'a> {
    /// The lock that is wanted, with the chain key that it makes.
    pub(crate) wanted: HeldLock,
    pub(crate) class: ClassId,
    /// What the task took below it in the same context, newest first.
    pub(crate) below: &'a [HeldLock],
    /// The nest lock that it names.
    pub(crate) nest: Nest<'a>,
    /// How many of the newest locks below it that one orders, so that no order is kept from them.
    pub(crate) exempt: usize,
    /// What the task held when that context interrupted it, newest first.
    pub(crate) interrupted: &'a [HeldLock],
    pub(crate) context: Context,
    pub(crate) profile: Profile,
    pub(crate) events: Events,
    pub(crate) task: &'a Task,
    /// Instance number of the life of the thread; 0 if it has none.
    life: u32,
    stacks: Stacks,
    captured: OnceCell<Captured>,
    stack: OnceCell<StackId>,
    now: OnceCell<Instant>,
    gates: OnceCell<GateList>,
    nests_one_class: OnceCell<bool>,
}

/// Validates a blocking acquire of `wanted` by `task`; nothing has been pushed yet.
///
/// Tells what the entry has to say beside its lock and place, too.
pub(crate) fn new_chain(
    validator: &Validator,
    task: &Task,
    wanted: HeldLock,
    nest: Nest<'_>,
) -> (Meta, Vec<Violation>) {
    let below = Below::at(task, task.held.depth());
    let mut candidate = Candidate::new(validator, task, wanted, &below, validator.config.stacks);
    candidate.nest = nest;
    if candidate.stacks != Stacks::Off && !candidate.nests_one_class() {
        // It is kept with the chain. Nobody has to wait for it, and the stack is not yet deeper by the
        // frames of the rules, each of which takes its time.
        candidate.captured();
    }
    let mut learned = validator.lock();
    candidate.exempt = nest::exempt(&learned, &candidate);
    let mut violations = gate::meet_all(&mut learned, &candidate);
    append(&mut violations, run_rules(&mut learned, &candidate));
    finish(validator, task, &mut learned, &candidate);
    if violations.is_empty() {
        settle_nesting(validator, task, &learned, &candidate);
    }
    let meta = match candidate.exempt {
        0 => wanted.meta,
        _ => wanted.meta.nested(),
    };
    (meta, violations)
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
pub(crate) fn keep_stack(validator: &Validator, wanted: HeldLock) {
    let captured = Captured::now();
    let mut learned = validator.lock();
    let stack = learned.stacks.intern(captured.frames());
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
                violations.extend(order::uncover(&mut learned, &candidate, gone));
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
                violations.extend(recursion::check(&mut learned, &candidate));
                violations.extend(order::check(&mut learned, &candidate));
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
    validator.tell_news(learned);
    let stack = candidate.stack_id(learned);
    if stack != StackId::default() {
        let made = (candidate.wanted.site, stack);
        learned.chain_stacks.get_or_insert(key, made);
    }
    validator.chains.insert(key, learned);
    if validator.config.stacks != Stacks::All {
        task.chains.learn(key);
    }
}

impl<'a> Candidate<'a> {
    pub(crate) fn new(
        validator: &Validator,
        task: &'a Task,
        wanted: HeldLock,
        below: &'a Below,
        stacks: Stacks,
    ) -> Self {
        Self {
            wanted,
            class: ClassId::from_word(wanted.class_word()),
            below: &below.locks,
            interrupted: &below.interrupted,
            context: below.context,
            nest: Nest::None,
            exempt: 0,
            profile: validator.config.profile,
            events: validator.config.events,
            task,
            life: task.life(),
            stacks,
            captured: OnceCell::new(),
            stack: OnceCell::new(),
            now: OnceCell::new(),
            gates: OnceCell::new(),
            nests_one_class: OnceCell::new(),
        }
    }

    /// The stack of this acquire, captured when it is first asked for: most nestings of one class
    /// are known and never ask.
    pub(crate) fn stack(&self, learned: &mut Learned) -> Option<Stack> {
        let id = self.stack_id(learned);
        learned.stacks.get(id)
    }

    /// The same as a number.
    fn stack_id(&self, learned: &mut Learned) -> StackId {
        let capture = || match self.stacks {
            Stacks::Edges | Stacks::All => learned.stacks.intern(self.captured().frames()),
            Stacks::Off => StackId::default(),
        };
        *self.stack.get_or_init(capture)
    }

    fn captured(&self) -> &Captured {
        self.captured.get_or_init(Captured::now)
    }

    /// The moment of this acquire, taken when it is first asked for.
    pub(crate) fn now(&self) -> Instant {
        *self.now.get_or_init(Instant::now)
    }

    /// The gates of a dependency from `held`, which is none itself.
    pub(crate) fn gates_from(&self, held: &HeldLock, learned: &Learned) -> GateList {
        if self.below.len() < 2 {
            return GateList::new();
        }
        let gates = self.gates.get_or_init(|| gate::held(learned, self));
        gate::without(gates, held)
    }

    /// Whether a lock of the wanted class, or of a subclass of it, is held: it may be the same lock.
    /// Such a chain is decided by instance, every time.
    fn nests_one_class(&self) -> bool {
        let base = self.class.base();
        let nests = |held: &HeldLock| {
            let class = ClassId::from_word(held.class_word());
            class == self.class || class.base() == base
        };
        let any = || self.below.iter().any(nests) || self.interrupted.iter().any(nests);
        *self.nests_one_class.get_or_init(any)
    }

    /// Everything that the task holds below it, in whatever context, newest first.
    pub(crate) fn all_below(&self) -> impl DoubleEndedIterator<Item = &'a HeldLock> {
        self.below.iter().chain(self.interrupted)
    }

    /// The kind of the dependency from `held`.
    pub(crate) fn kind_from(&self, held: &HeldLock) -> Kind {
        let mut want = self.wanted.mode().want();
        if self.profile == Profile::Kernel && want == heldby_graph::Want::Read {
            want = heldby_graph::Want::Write;
        }
        Kind {
            hold: held.mode().hold(),
            want,
        }
    }

    /// Keeps how the dependency `id` from `held` is seen now.
    pub(crate) fn keep(&self, learned: &mut Learned, id: DependencyId, held: &HeldLock) {
        let seen = Seen {
            modes: (held.mode(), self.wanted.mode()),
            instances: (held.instance(), self.wanted.instance()),
            sites: (held.site, self.wanted.site),
            stacks: (
                learned.stack_id_of(held.key, held.site),
                self.stack_id(learned),
            ),
            life: self.life,
            after_wait: self.wanted.meta.is_again(),
            at: self.now(),
        };
        learned.keep(id, &seen, self.task);
    }

    /// The dependency from `held`, as it is seen now.
    pub(crate) fn dependency_from(&self, held: &HeldLock, learned: &mut Learned) -> Dependency {
        Dependency {
            from_mode: held.mode(),
            to_mode: self.wanted.mode(),
            from_instance: held.instance(),
            to_instance: self.wanted.instance(),
            held_site: held.site,
            acquired_site: self.wanted.site,
            held_stack: learned.stack_of(held.key, held.site),
            acquired_stack: self.stack(learned),
            thread: self.task.name(),
            life: self.life,
            after_wait: self.wanted.meta.is_again(),
            seen: self.now(),
        }
    }
}
