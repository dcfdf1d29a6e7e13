//! Which lock class an operand means to a validator.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use heldby_model::Role;
use heldby_validator::WaitType::{Config, Free, Sleep, Spin, Unchecked};
use heldby_validator::{ClassId, LockKind, LockMap, LockType as Kind, Profile, WaitType};

use crate::{LockType, Op, Operand, Scenario, support};

/// What a validator knows an operand by.
#[derive(Debug)]
pub(crate) struct Lock {
    pub(crate) map: LockMap,
    pub(crate) lock_type: &'static Kind,
    /// What the class is called that it was made of.
    pub(crate) name: String,
}

impl Lock {
    /// Its class now: a held lock can be moved to another one.
    pub(crate) fn class(&self) -> ClassId {
        self.map.class().expect("it was made of a class")
    }
}

/// The operand that stands for the class `name` of locks of the type of `lock`.
pub(crate) fn class_operand(lock: &Operand, name: &str) -> Operand {
    Operand {
        lock_type: lock.lock_type,
        class: name.to_owned(),
        instance: None,
    }
}

/// Makes a lock for every operand of `scenario`.
///
/// A class is called by its name alone, unless two types share the name.
pub(crate) fn locks(scenario: &Scenario, profile: Profile) -> HashMap<Operand, Lock> {
    let operands = operands(scenario);
    let mut types: BTreeMap<&str, BTreeSet<LockType>> = BTreeMap::new();
    for operand in &operands {
        types
            .entry(&operand.class)
            .or_default()
            .insert(operand.lock_type);
    }
    let lock = |operand: &Operand| {
        let name = match types[operand.class.as_str()].len() {
            1 => operand.class.clone(),
            _ => format!("{}:{}", operand.lock_type, operand.class),
        };
        let lock_type = kind(operand, profile);
        let class = ClassId::named(&name, lock_type);
        Lock {
            map: LockMap::of_class(class),
            lock_type,
            name,
        }
    };
    operands
        .iter()
        .map(|operand| (operand.clone(), lock(operand)))
        .collect()
}

/// The lives of the threads that `scenario` joins, by name; no other thread has one.
pub(crate) fn lives(scenario: &Scenario) -> HashMap<String, ClassId> {
    let operands = operands(scenario);
    let locks: BTreeSet<&str> = operands
        .iter()
        .map(|operand| operand.class.as_str())
        .collect();
    let joined = scenario.steps.iter().filter_map(|step| match &step.op {
        Op::Join(thread) => Some(thread),
        _ => None,
    });
    let class = |thread: &String| {
        let name = match locks.contains(thread.as_str()) {
            true => format!("thread:{thread}"),
            false => thread.clone(),
        };
        (thread.clone(), ClassId::named(&name, &LIFE))
    };
    joined.map(class).collect()
}

/// The operands of all steps, and one for each class that a lock is moved to.
fn operands(scenario: &Scenario) -> BTreeSet<Operand> {
    let ops = || scenario.steps.iter().map(|step| &step.op);
    let named = ops().filter_map(|op| match op {
        Op::SetClass(lock, name) => Some(class_operand(lock, name)),
        _ => None,
    });
    ops()
        .flat_map(support::locks)
        .cloned()
        .chain(named)
        .collect()
}

/// The validator's type for locks of this type; a read-copy-update section's name counts, too.
fn kind(operand: &Operand, profile: Profile) -> &'static Kind {
    match (operand.lock_type, operand.class.as_str()) {
        (LockType::Mutex, _) => &MUTEX,
        (LockType::Spin, _) => &SPIN,
        (LockType::Raw, _) => &RAW,
        (LockType::Rw, _) => match profile {
            Profile::Kernel => &RW,
            Profile::Userspace => &RW_THAT_SLEEPS,
        },
        (LockType::Rwsem, _) => &RWSEM,
        (LockType::Rtm, _) => &RTM,
        (LockType::Ww, _) => &WW,
        (LockType::Local, _) => &LOCAL,
        (LockType::RcuSched, _) | (LockType::Rcu, "rcu_sched") => &RCU_SCHED,
        (LockType::RcuBh, _) | (LockType::Rcu, "rcu_bh") => &RCU_BH,
        (LockType::Rcu, _) => &RCU,
        (LockType::Once, _) => &ONCE,
        (LockType::Cond, _) => &COND,
        (LockType::Chan, _) => &CHAN,
        (LockType::Map, _) => &MAP,
        (LockType::Amutex, _) => &AMUTEX,
        (LockType::Arw, _) => &ARW,
        (LockType::Sem, _) => &SEM,
    }
}

const fn type_of(
    family: &'static str,
    type_name: fn() -> &'static str,
    outer: WaitType,
    inner: WaitType,
) -> Kind {
    Kind {
        family,
        type_name,
        outer,
        inner,
        role: Role::Lock,
        kind: LockKind::Normal,
        unwinds: true,
        awaited: false,
        in_task: None,
    }
}

/// Something else than a lock that threads wait for; its wait type is not checked.
const fn event_of(family: &'static str, type_name: fn() -> &'static str, role: Role) -> Kind {
    Kind {
        role,
        ..type_of(family, type_name, Unchecked, Unchecked)
    }
}

static MUTEX: Kind = type_of("mutex", || "mutex", Sleep, Sleep);
static SPIN: Kind = type_of("spin", || "spin", Config, Config);
static RAW: Kind = type_of("raw", || "raw", Spin, Spin);
static RW: Kind = type_of("rw", || "rw", Config, Config);
/// The kernel's `rwlock_t` spins, but whatever is called so in userspace sleeps.
static RW_THAT_SLEEPS: Kind = type_of("rw", || "rw that sleeps", Sleep, Sleep);
static RWSEM: Kind = type_of("rwsem", || "rwsem", Sleep, Sleep);
static RTM: Kind = type_of("rtm", || "rtm", Sleep, Sleep);
static WW: Kind = type_of("ww", || "ww", Sleep, Sleep);
static LOCAL: Kind = Kind {
    kind: LockKind::Local,
    ..type_of("local", || "local", Config, Config)
};
static RCU: Kind = type_of("rcu", || "rcu", Free, Config);
static RCU_BH: Kind = type_of("rcu_bh", || "rcu_bh", Free, Config);
static RCU_SCHED: Kind = type_of("rcu_sched", || "rcu_sched", Free, Spin);
static ONCE: Kind = event_of("once cell", || "once", Role::Initialiser);
static COND: Kind = event_of("condition variable", || "cond", Role::Condvar);
static CHAN: Kind = event_of("channel", || "chan", Role::Channel);
pub(crate) static LIFE: Kind = event_of("thread", || "thread", Role::Thread);
static AMUTEX: Kind = type_of("amutex", || "amutex", Sleep, Sleep).by_await();
static ARW: Kind = type_of("arw", || "arw", Sleep, Sleep).by_await();
static SEM: Kind = type_of("sem", || "sem", Sleep, Sleep).by_await();
static MAP: Kind = type_of("map", || "map", Unchecked, Unchecked);
