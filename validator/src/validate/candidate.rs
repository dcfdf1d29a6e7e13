//! What is validated: a new lock, with what it comes on top of.
//!
//! What most chains do not ask for (the moment, the stack, the gates) is made when a rule asks.

use std::cell::OnceCell;
use std::time::Instant;

use heldby_graph::Kind;

use crate::class::ClassId;
use crate::config::{Events, Profile, Stacks};
use crate::context::{Below, Context};
use crate::dependencies::{DependencyId, Seen};
use crate::held::HeldLock;
use crate::learned::Learned;
use crate::rules::gate::{self, GateList};
use crate::rules::nest::Nest;
use crate::stack::{Captured, Stack, StackId};
use crate::task::Task;
use crate::validator::Validator;
use crate::violation::Dependency;

/// A new lock on top of what a task holds, while it is validated.
pub(crate) struct Candidate<'a> {
    /// The lock that is wanted, with the chain key that it makes.
    pub(crate) wanted: HeldLock,
    pub(crate) class: ClassId,
    /// What the task took below it in the same context, newest first; behind it, what arms of the task
    /// hold that do not go on before it is got.
    pub(crate) below: &'a [HeldLock],
    /// How many of these are on the task's stack.
    on_stack: usize,
    /// How many of these were taken in the arm that it is asked for in.
    in_arm: usize,
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
    pub(super) stacks: Stacks,
    /// The span in which it is asked for.
    pub(super) span: Option<&'static str>,
    captured: OnceCell<Captured>,
    stack: OnceCell<StackId>,
    now: OnceCell<Instant>,
    gates: OnceCell<GateList>,
    nests_one_class: OnceCell<bool>,
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
            on_stack: below.on_stack.min(below.locks.len()),
            in_arm: below.in_arm.min(below.locks.len()),
            interrupted: &below.interrupted,
            context: below.context,
            nest: Nest::None,
            exempt: 0,
            profile: validator.config.profile,
            events: validator.config.events,
            task,
            life: task.life(),
            stacks,
            span: None,
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
    pub(super) fn stack_id(&self, learned: &mut Learned) -> StackId {
        let intern = || match (self.stacks, self.span) {
            (Stacks::Off, None) => StackId::default(),
            _ => learned.stacks.intern(self.captured()),
        };
        *self.stack.get_or_init(intern)
    }

    pub(super) fn captured(&self) -> &Captured {
        self.captured.get_or_init(|| match self.stacks {
            Stacks::Edges | Stacks::All => Captured::now(self.span),
            Stacks::Off => Captured::of_span(self.span),
        })
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
    pub(super) fn nests_one_class(&self) -> bool {
        let base = self.class.base();
        let nests = |held: &HeldLock| {
            let class = ClassId::from_word(held.class_word());
            class == self.class || class.base() == base
        };
        let any = || self.below.iter().any(nests) || self.interrupted.iter().any(nests);
        *self.nests_one_class.get_or_init(any)
    }

    /// What stands below it on the task's own stack, and what arms hold.
    pub(crate) fn stack_and_arms(&self) -> (&'a [HeldLock], &'a [HeldLock]) {
        self.below.split_at(self.on_stack)
    }

    /// What was taken below it in the same arm.
    pub(crate) fn taken_in_arm(&self) -> &'a [HeldLock] {
        &self.below[..self.in_arm]
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
            doubt: None,
            seen: self.now(),
        }
    }
}
