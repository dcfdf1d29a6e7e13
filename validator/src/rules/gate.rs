//! Gates: locks that keep the threads of a cycle apart.
//!
//! A cycle cannot close while one lock is held exclusively at all its dependencies, since two
//! threads of it would have to hold that lock at once.
//! So every dependency carries the locks under which all its occurrences were seen, and the graph
//! tells a cycle only when none is common.
//!
//! A known chain says which classes were held and not which locks, so a lock counts as a gate only
//! while it is the one lock of its class. When a second one is met, the gate is taken from every
//! dependency, and what it alone kept apart is reported.
//! Why that misses no deadlock: `docs/design/gates.md`.

use heldby_graph::planted;
use heldby_model::Role;
use smallvec::SmallVec;

use super::{nestings, order};
use crate::class::ClassId;
use crate::config::Profile;
use crate::held::HeldLock;
use crate::learned::Learned;
use crate::limits::FEW_HELD;
use crate::lock_key::ClassPolicy;
use crate::mode::Mode;
use crate::record::Note;
use crate::validate::Candidate;
use crate::violation::{Subject, Violation};

/// Some gates, by their instances.
pub(crate) type GateList = SmallVec<[u32; FEW_HELD]>;

/// How many locks of a class a validator has met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Met {
    /// None.
    #[default]
    None,
    /// Only this one.
    One(u32),
    /// More than one, or one without a number.
    Many,
}

/// The locks that a validator has met, by class; the subclasses of a lock are the same lock.
#[derive(Debug, Default)]
pub(crate) struct Gates {
    /// By the number of the class, since every new chain asks of each of its locks.
    met: Vec<Met>,
}

impl Gates {
    /// Notes a lock, and returns the one that was alone in its class until now.
    pub(crate) fn meet(&mut self, lock: &HeldLock) -> Option<u32> {
        let instance = lock.instance();
        let new = match instance {
            0 => Met::Many,
            _ => Met::One(instance),
        };
        let class = base_of(lock).0 as usize;
        if self.met.len() <= class {
            self.met.resize(class + 1, Met::None);
        }
        let met = &mut self.met[class];
        match *met {
            Met::None => {
                *met = new;
                None
            }
            Met::One(only) if only != instance && !planted("keep-gate-past-second-lock") => {
                *met = Met::Many;
                Some(only)
            }
            Met::One(_) | Met::Many => None,
        }
    }

    /// Whether [`meet`](Self::meet) would note the lock.
    pub(crate) fn is_news(&self, lock: &HeldLock) -> bool {
        match self.of_class(lock) {
            Met::None => true,
            Met::One(only) => only != lock.instance(),
            Met::Many => false,
        }
    }

    /// Whether the lock is the only one of its class.
    fn is_alone(&self, lock: &HeldLock) -> bool {
        self.of_class(lock) == Met::One(lock.instance())
    }

    fn of_class(&self, lock: &HeldLock) -> Met {
        let met = self.met.get(base_of(lock).0 as usize);
        met.copied().unwrap_or_default()
    }

    /// The class of a lock that is alone in it.
    pub(crate) fn class_of(&self, gate: u32) -> Option<ClassId> {
        let alone = |met: &Met| *met == Met::One(gate);
        let class = self.met.iter().position(alone)?;
        Some(ClassId(class as u32))
    }
}

fn base_of(lock: &HeldLock) -> ClassId {
    ClassId::from_word(lock.class_word()).base()
}

/// Notes the wanted lock and the held ones, and reports what second locks of a class let close.
pub(crate) fn meet_all(learned: &mut Learned, candidate: &Candidate<'_>) -> Vec<Violation> {
    if candidate.profile == Profile::Kernel {
        return Vec::new();
    }
    let mut violations = Vec::new();
    let mut meet = |lock: &HeldLock| {
        if let Some(gate) = learned.gates.meet(lock) {
            violations.extend(broken(learned, candidate, lock, gate));
        }
    };
    candidate.all_below().for_each(&mut meet);
    meet(&candidate.wanted);
    violations
}

/// Takes `gate` from every dependency, since `second` is another lock of its class.
fn broken(
    learned: &mut Learned,
    candidate: &Candidate<'_>,
    second: &HeldLock,
    gate: u32,
) -> Vec<Violation> {
    learned.note(Note::Second(base_of(second)));
    let cycles = learned.graph.break_gate(gate);
    let report = |cycle| {
        let subject = Some(Subject {
            class: base_of(second),
            mode: second.mode(),
        });
        let violation = order::violation(learned, candidate, cycle)?;
        Some(Violation {
            subject,
            ..violation
        })
    };
    let mut violations: Vec<_> = cycles.into_iter().filter_map(report).collect();
    violations.extend(nestings::break_gate(learned, candidate, gate));
    violations
}

/// The gates that the task holds below the wanted lock.
///
/// What it held before it entered an arm, it holds in other arms, too, and keeps none of them out.
/// What is still waited for is not held, what is held shared keeps nobody out, and what is not
/// validated vouches for nothing.
pub(crate) fn held(learned: &Learned, candidate: &Candidate<'_>) -> GateList {
    if candidate.profile == Profile::Kernel {
        return GateList::new();
    }
    let is_gate = |lock: &&HeldLock| {
        let class = ClassId::from_word(lock.class_word());
        let policy = learned.policy(class, candidate.profile);
        (lock.mode() == Mode::Write || planted("take-shared-hold-for-gate"))
            && !lock.meta.is_waiting()
            && lock.meta.is_checked()
            && lock.instance() != candidate.wanted.instance()
            && class.role() == Role::Lock
            && policy != ClassPolicy::NoValidate
            && learned.gates.is_alone(lock)
    };
    let held = match planted("take-what-is-around-arms-for-gate") {
        true => candidate.below,
        false => candidate.taken_in_arm(),
    };
    let held = held.iter().filter(is_gate);
    held.map(HeldLock::instance).collect()
}

/// The gates but for `held`, which is none of a dependency from itself.
pub(crate) fn without(gates: &[u32], held: &HeldLock) -> GateList {
    let others = gates.iter().copied();
    others.filter(|&gate| gate != held.instance()).collect()
}
