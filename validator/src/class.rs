//! Lock classes: what the graph knows instead of single locks.
//!
//! All tables here are process-wide: a class means the same to every validator.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use dashmap::{DashMap, DashSet};
use heldby_model::Role;
use once_cell::race::OnceBox;

use crate::allocator;
use crate::arms;
use crate::class_name::unused_name;
use crate::class_table::ClassTable;
use crate::cold::Inside;
use crate::derived::DerivedFn;
use crate::limits::{Passed, SUBCLASSES};
use crate::lock_key::{ClassPolicy, LockKey, OrderFn, note_policy};
use crate::lock_type::LockType;
use crate::site::Site;

/// A lock class, registered for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClassId(pub(crate) u32);

/// What makes two locks one class.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum ClassKey {
    Named {
        name: &'static str,
        type_name: &'static str,
    },
    Made {
        at: Site,
        type_name: &'static str,
        first_acquired: Option<Site>,
    },
    Subclass {
        of: ClassId,
        number: u32,
    },
}

/// What is known of a class.
#[derive(Debug)]
pub(crate) struct Class {
    pub(crate) name: String,
    pub(crate) lock_type: &'static LockType,
    pub(crate) made_at: Option<Site>,
    pub(crate) order: Option<OrderFn>,
    pub(crate) derived: Option<DerivedFn>,
    instances: AtomicU64,
    subclasses: [AtomicU32; SUBCLASSES as usize],
}

/// What the rules ask of a class whenever they validate an acquire; small, since they ask of a random
/// one.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) lock_type: &'static LockType,
    pub(crate) policy: Option<ClassPolicy>,
    /// Some lock of it was taken in a subclass.
    has_subclasses: AtomicBool,
    /// The class that this one is a subclass of.
    base: Option<ClassId>,
    /// The rest.
    class: &'static Class,
}

#[derive(Debug, Default)]
struct Classes {
    ids: DashMap<ClassKey, ClassId>,
    names: DashSet<String>,
}

static BY_NUMBER: ClassTable = ClassTable::new();

fn classes() -> &'static Classes {
    static CLASSES: OnceBox<Classes> = OnceBox::new();
    CLASSES.get_or_init(Box::default)
}

impl ClassId {
    /// The class of all locks called `name` of the type `lock_type`.
    #[must_use]
    pub fn named(name: &str, lock_type: &'static LockType) -> Self {
        let _inside = Inside::enter();
        Self::of_key(LockKey::named(name), lock_type)
    }

    /// The class of locks of the type `lock_type` that are known by a place alone.
    #[must_use]
    pub fn at(place: Site, lock_type: &'static LockType) -> Self {
        let _inside = Inside::enter();
        Self::made(place, false, lock_type, || place)
    }

    pub(crate) fn of_key(key: &LockKey, lock_type: &'static LockType) -> Self {
        let type_name = (lock_type.type_name)();
        let identity = ClassKey::Named {
            name: key.name,
            type_name,
        };
        let given = Given {
            policy: key.policy,
            order: key.order,
            derived: key.derived,
            made_at: None,
        };
        register(identity, lock_type, given, || key.name.to_owned())
    }

    /// The class of all locks of one type made at `at`.
    ///
    /// A place in a library tells nothing, nor does the one that all defaulted fields of a type
    /// share: where the first lock was acquired then becomes part of the class.
    pub(crate) fn made(
        at: Site,
        shared: bool,
        lock_type: &'static LockType,
        acquired: impl FnOnce() -> Site,
    ) -> Self {
        let type_name = (lock_type.type_name)();
        let first_acquired = (shared || at.is_library()).then(acquired);
        let identity = ClassKey::Made {
            at,
            type_name,
            first_acquired,
        };
        let told = first_acquired.unwrap_or(at);
        // The type of a thread is the closure that it runs, which has no name of its own.
        let called = match lock_type.role {
            Role::Thread => lock_type.family,
            _ => type_name,
        };
        let given = Given {
            made_at: Some(told),
            ..Given::default()
        };
        register(identity, lock_type, given, || {
            unused_name(&classes().names, called, told)
        })
    }

    /// The subclass `number` of this class; 0 is the class itself.
    pub(crate) fn subclass(self, number: u32) -> Self {
        static PASSED: Passed = Passed::new();
        if number >= SUBCLASSES {
            PASSED.say("a subclass past 7 is taken as 7: the locks of both are not told apart");
        }
        let number = number.min(SUBCLASSES - 1);
        if number == 0 {
            return self;
        }
        let base = self.class();
        let known = &base.subclasses[number as usize];
        // Relaxed, both: the value is the whole message, and every thread computes the same one.
        match known.load(Ordering::Relaxed) {
            0 => {
                let identity = ClassKey::Subclass { of: self, number };
                let given = Given {
                    policy: self.facts().policy,
                    order: base.order,
                    derived: base.derived,
                    made_at: base.made_at,
                };
                let id = register(identity, base.lock_type, given, || {
                    format!("{}/{number}", base.name)
                });
                known.store(id.word(), Ordering::Relaxed);
                // Relaxed: who looks at the words after it finds one or none, as without it.
                self.facts().has_subclasses.store(true, Ordering::Relaxed);
                id
            }
            word => Self::from_word(word),
        }
    }

    /// The class that it is a subclass of, or itself.
    pub(crate) fn base(self) -> Self {
        self.facts().base.unwrap_or(self)
    }

    /// The class and all subclasses that its locks were taken in so far: they are the same locks.
    pub(crate) fn siblings(self) -> impl Iterator<Item = Self> {
        let base = self.base();
        let facts = base.facts();
        // Relaxed, both: see `subclass`.
        let words = match facts.has_subclasses.load(Ordering::Relaxed) {
            true => &facts.class.subclasses[..],
            false => &[],
        };
        let words = words.iter().map(|word| word.load(Ordering::Relaxed));
        let known = words.filter(|&word| word != 0).map(Self::from_word);
        std::iter::once(base).chain(known)
    }

    /// The odd word that stands for it in ids and chain keys.
    #[must_use]
    pub fn word(self) -> u32 {
        self.0 << 1 | 1
    }

    /// The class that a word from [`word`](Self::word) stands for.
    #[must_use]
    pub fn from_word(word: u32) -> Self {
        Self(word >> 1)
    }

    pub(crate) fn class(self) -> &'static Class {
        self.facts().class
    }

    pub(crate) fn facts(self) -> &'static Facts {
        BY_NUMBER.get(self.0).expect("a class id is registered")
    }

    /// What its locks are.
    pub(crate) fn role(self) -> Role {
        self.facts().lock_type.role
    }

    /// Counts a lock of this class that was acquired for the first time.
    pub(crate) fn count_instance(self) {
        // Relaxed: a statistic, nothing is ordered by it.
        self.class().instances.fetch_add(1, Ordering::Relaxed);
    }
}

/// Whether the name of some class of this process is as `fits` says.
pub(crate) fn any(fits: impl Fn(&str) -> bool) -> bool {
    BY_NUMBER.iter().any(|facts| fits(&facts.class.name))
}

/// The class of this process that is called so, of locks of that type.
pub(crate) fn called(name: &str, type_name: &str) -> Option<ClassId> {
    let is_it = |facts: &Facts| facts.class.name == name && facts.lock_type.family == type_name;
    let number = BY_NUMBER.iter().position(is_it)?;
    u32::try_from(number).ok().map(ClassId)
}

/// The number of the next lock, from 1; 0 once the process ran out of them.
pub(crate) fn next_instance() -> u32 {
    static INSTANCES: AtomicU64 = AtomicU64::new(1);
    // Relaxed: a counter, nothing is ordered by it.
    number_of(INSTANCES.fetch_add(1, Ordering::Relaxed))
}

/// The number of the lock that comes after `before` others; 0 past the last one.
fn number_of(before: u64) -> u32 {
    static PASSED: Passed = Passed::new();
    u32::try_from(before).unwrap_or_else(|_| {
        PASSED.say(
            "more than 2^32 locks were acquired: new ones have no number, so their order within \
             a class is not checked, and neither is who holds them",
        );
        0
    })
}

impl Class {
    /// How many locks of the class were ever acquired.
    pub(crate) fn instances(&self) -> u64 {
        // Relaxed: a statistic, nothing is ordered by it.
        self.instances.load(Ordering::Relaxed)
    }

    pub(crate) fn to_model(&self) -> heldby_model::LockClass {
        heldby_model::LockClass {
            name: self.name.clone(),
            type_name: self.lock_type.family.to_owned(),
            role: self.lock_type.role,
            made_at: self.made_at.map(Site::to_model),
            instances: self.instances(),
        }
    }
}

/// What a class is given when it is registered.
#[derive(Default)]
struct Given {
    policy: Option<ClassPolicy>,
    order: Option<OrderFn>,
    derived: Option<DerivedFn>,
    made_at: Option<Site>,
}

fn register(
    key: ClassKey,
    lock_type: &'static LockType,
    given: Given,
    name: impl FnOnce() -> String,
) -> ClassId {
    let base = match key {
        ClassKey::Subclass { of, .. } => Some(of),
        ClassKey::Named { .. } | ClassKey::Made { .. } => None,
    };
    let classes = classes();
    given.policy.into_iter().for_each(note_policy);
    if let Some(id) = classes.ids.get(&key) {
        return *id;
    }
    allocator::probe();
    *classes.ids.entry(key).or_insert_with(|| {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        // Relaxed: a counter; the table publishes what it numbers.
        let id = ClassId(COUNT.fetch_add(1, Ordering::Relaxed));
        let class = Box::leak(Box::new(Class {
            name: name(),
            lock_type,
            made_at: given.made_at,
            order: given.order,
            derived: given.derived,
            instances: AtomicU64::new(0),
            subclasses: [const { AtomicU32::new(0) }; SUBCLASSES as usize],
        }));
        let facts = Facts {
            lock_type,
            policy: given.policy,
            has_subclasses: AtomicBool::new(false),
            base,
            class,
        };
        arms::note_type(lock_type);
        BY_NUMBER.insert(id.0, facts);
        id
    })
}

#[cfg(test)]
mod tests {
    use super::number_of;

    #[test]
    fn past_the_last_number_a_lock_has_none() {
        assert_eq!(number_of(u64::from(u32::MAX)), u32::MAX);
        assert_eq!(number_of(u64::from(u32::MAX) + 1), 0);
    }
}
