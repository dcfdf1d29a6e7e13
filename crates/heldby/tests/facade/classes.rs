//! What a class is: the place and type of a lock, or its name.

use std::collections::HashMap;
use std::sync::Arc;

use heldby::lockdep::LockKey;
use heldby::sync::{Mutex, RwLock};
use heldby::test::check;

type Lock = Mutex<Vec<u8>>;

#[derive(Default)]
struct Derived {
    first: Lock,
    second: Lock,
}

/// Makes two locks and lends them.
type WithTwo = fn(&mut dyn FnMut(&Lock, &Lock));

/// Locks that std makes, two by each of the ways in which `Location::caller` lies.
const MADE_BY_STD: [(&str, WithTwo); 4] = [
    ("map", |with| {
        let locks: Vec<Lock> = [vec![], vec![1]].map(Mutex::new).into();
        with(&locks[0], &locks[1]);
    }),
    ("Arc::default", |with| {
        let (one, other): (Arc<Lock>, Arc<Lock>) = Default::default();
        with(&one, &other);
    }),
    ("or_default", |with| {
        let mut table: HashMap<u8, Lock> = HashMap::new();
        for key in [1, 2] {
            table.entry(key).or_default();
        }
        with(&table[&1], &table[&2]);
    }),
    ("derive", |with| {
        let both = Derived::default();
        with(&both.first, &both.second);
    }),
];

/// Each lock is first acquired in a place of its own, and these places are in this file; so they
/// are two classes, told apart by lines of this file.
#[test]
fn a_lock_that_std_made_is_of_the_place_where_it_is_first_acquired() {
    for (way, with_two) in MADE_BY_STD {
        let mut lines = [0, 0];
        let reports = check(|| {
            with_two(&mut |one, other| {
                lines = [line!() + 1, line!() + 2];
                drop(one.lock().unwrap());
                drop(other.lock().unwrap());
                drop((one.lock().unwrap(), other.lock().unwrap()));
                drop((other.lock().unwrap(), one.lock().unwrap()));
            });
        });
        assert_eq!(reports.len(), 1, "{way}");
        for (name, line) in reports[0].locks.iter().zip(lines) {
            // Other rows use the same lines, so a number may follow.
            let place = format!("Mutex@classes.rs:{line}");
            assert!(name.starts_with(&place), "{way}: `{name}` is not `{place}`");
        }
        let classes = &reports[0].classes;
        let made_at = |class: &heldby::model::LockClass| {
            let site = class.made_at.as_ref().expect("it is told");
            (site.file.ends_with("classes.rs"), site.line)
        };
        assert_eq!(
            classes.iter().map(made_at).collect::<Vec<_>>(),
            lines.map(|line| (true, line))
        );
    }
}

/// The control: first acquired in one place, they are one class.
#[test]
fn locks_that_std_made_and_one_place_acquires_are_of_one_class() {
    for (way, with_two) in MADE_BY_STD {
        let reports = check(|| {
            with_two(&mut |one, other| {
                [one, other]
                    .into_iter()
                    .for_each(|lock| drop(lock.lock().unwrap()));
                for (outer, inner) in [(one, other), (other, one)] {
                    drop((outer.lock().unwrap(), inner.lock().unwrap()));
                }
            });
        });
        assert_eq!(reports.len(), 1, "{way}");
        assert_eq!(reports[0].locks[0], reports[0].locks[1], "{way}");
        assert_eq!(reports[0].classes.len(), 1, "{way}");
    }
}

#[test]
fn a_lock_that_the_host_made_is_of_the_place_where_it_was_made() {
    let lines = [line!() + 1, line!() + 2];
    let one = Mutex::new(1_i8);
    let others = [2, 3].map(|value: i8| Mutex::new(value));
    let reports = check(|| {
        drop((one.lock(), others[0].lock()));
        drop((others[1].lock(), one.lock()));
    });
    assert_eq!(reports.len(), 1);
    let names = lines.map(|line| format!("Mutex@classes.rs:{line}"));
    assert_eq!(reports[0].locks, names);
}

#[test]
fn a_lock_in_a_static_is_of_the_static() {
    static ONE: Mutex<i16> = Mutex::new(0);
    static OTHER: RwLock<i16> = RwLock::new(0);
    let line = line!() - 2;
    let reports = check(|| {
        drop((ONE.lock(), OTHER.read()));
        drop((OTHER.write(), ONE.lock()));
    });
    assert_eq!(reports.len(), 1);
    let names = [
        format!("Mutex@classes.rs:{line}"),
        format!("RwLock@classes.rs:{}", line + 1),
    ];
    assert_eq!(reports[0].locks, names);
}

heldby::lock_class!(
    /// The class of routes, by its key.
    ROUTES, "classes::routes"
);
static KEYED: Mutex<u8> = Mutex::with_class(&ROUTES, 0);
static SESSIONS: LockKey = LockKey::new("classes::sessions");
static KEYED_RW: RwLock<u8> = RwLock::with_class(&SESSIONS, 0);

#[test]
fn a_name_is_a_class_wherever_its_locks_are_made() {
    let named = Mutex::named("classes::routes", 0_u8);
    let named_rw = RwLock::named("classes::sessions", 0_u8);
    let reports = check(|| {
        // By key here, by name there: two instances of each class.
        drop((KEYED.lock(), KEYED_RW.write()));
        drop((named_rw.read(), named.lock()));
    });
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].locks, ["classes::routes", "classes::sessions"]);
    assert!(reports[0].classes.iter().all(|class| class.instances >= 2));
}

#[test]
fn one_name_on_two_types_is_two_classes() {
    let (mutex, lock) = (
        Mutex::named("classes::twice", 0_u8),
        RwLock::named("classes::twice", 0_u8),
    );
    let reports = check(|| {
        drop((mutex.lock(), lock.write()));
        drop((lock.write(), mutex.lock()));
    });
    assert_eq!(reports.len(), 1);
    let types: Vec<_> = reports[0]
        .classes
        .iter()
        .map(|class| &*class.type_name)
        .collect();
    assert_eq!(types, ["std::sync::Mutex", "std::sync::RwLock"]);
}
