//! What a class is: the place and type of a lock, or its name.

use std::collections::HashMap;
use std::sync::Arc;

use heldby::lockdep::LockKey;
use heldby::sync::{LazyLock, Mutex, OnceLock, RwLock};
use heldby::test::check;
use heldby::thread;

type Lock = Mutex<Vec<u8>>;

#[derive(Default)]
struct Derived {
    first: Lock,
    second: Lock,
}

/// Makes two locks and lends them.
type WithTwo = fn(&mut dyn FnMut(&Lock, &Lock));

/// Locks that std makes, two by each of the ways in which `Location::caller` lies.
const MADE_BY_STD: [(&str, WithTwo); 12] = [
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
    ("array::map of defaults", |with| {
        let locks: [Lock; 2] = [(); 2].map(|()| Default::default());
        with(&locks[0], &locks[1]);
    }),
    ("collect", |with| {
        let locks: Vec<Lock> = [vec![], vec![1]].into_iter().map(Mutex::from).collect();
        with(&locks[0], &locks[1]);
    }),
    ("resize_with", |with| {
        let mut locks: Vec<Lock> = Vec::new();
        locks.resize_with(2, Default::default);
        with(&locks[0], &locks[1]);
    }),
    ("mem::take", |with| {
        let mut lock = Lock::new(vec![]);
        std::mem::take(&mut lock);
        let mut other = Lock::new(vec![]);
        std::mem::take(&mut other);
        with(&lock, &other);
    }),
    ("OnceLock::get_or_init", |with| {
        let [one, other] = [(); 2].map(|()| OnceLock::new());
        with(
            one.get_or_init(Mutex::default),
            other.get_or_init(Mutex::default),
        );
    }),
    ("LazyLock", |with| {
        let [one, other] = [(); 2].map(|()| LazyLock::<Lock>::new(Mutex::default));
        with(&one, &other);
    }),
    ("LazyLock of std", |with| {
        let lazy = || std::sync::LazyLock::<Lock>::new(Mutex::default);
        with(&lazy(), &lazy());
    }),
    ("a thread", |with| {
        let make = || thread::spawn(Lock::default).join().unwrap();
        with(&make(), &make());
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

/// What a check of the two in both orders says they are called.
fn inverted<A, B>(one: &Mutex<A>, other: &Mutex<B>) -> Vec<String> {
    let mut reports = check(|| {
        drop((one.lock(), other.lock()));
        drop((other.lock(), one.lock()));
    });
    assert_eq!(reports.len(), 1, "{reports:?}");
    std::mem::take(&mut reports[0].locks)
}

/// Locks that the host makes, all at one place.
const MADE_AT_ONCE: [(&str, WithTwo); 5] = [
    ("an array of constants", |with| {
        let locks: [Lock; 2] = [const { Mutex::new(vec![]) }; 2];
        with(&locks[0], &locks[1]);
    }),
    ("from_fn", |with| {
        let locks: [Lock; 2] = std::array::from_fn(|_| Mutex::new(vec![]));
        with(&locks[0], &locks[1]);
    }),
    ("collect", |with| {
        let locks: Box<[Lock]> = (0..2).map(|byte| Mutex::new(vec![byte])).collect();
        with(&locks[0], &locks[1]);
    }),
    ("resize_with", |with| {
        let mut locks: Vec<Lock> = vec![];
        locks.resize_with(2, || Mutex::new(vec![]));
        with(&locks[0], &locks[1]);
    }),
    ("get_or_init", |with| {
        let cells = [const { OnceLock::new() }; 2];
        let lock = |at: usize| cells[at].get_or_init(|| Lock::new(vec![]));
        with(lock(0), lock(1));
    }),
];

#[test]
fn locks_that_one_place_makes_are_of_one_class() {
    for (way, with_two) in MADE_AT_ONCE {
        let mut names = Vec::new();
        with_two(&mut |one, other| names = inverted(one, other));
        assert_eq!(names[0], names[1], "{way}");
        assert!(
            names[0].starts_with("Mutex@classes.rs:"),
            "{way}: {names:?}"
        );
    }
}

#[test]
fn locks_of_one_line_are_of_the_columns_that_made_them() {
    let line = line!() + 1;
    let locks = Vec::from([Mutex::new(1_u64), Mutex::new(2_u64)]);
    let mut names = inverted(&locks[0], &locks[1]);
    names.sort_by_key(String::len);
    assert_eq!(names[0], format!("Mutex@classes.rs:{line}"));
    assert!(names[1].starts_with(&format!("{}:", names[0])), "{names:?}");
}

/// A container that makes its lock at one place, whatever it holds.
struct Shelf<T>(Mutex<T>);

impl<T> Shelf<T> {
    fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }
}

#[test]
fn the_lock_of_a_generic_container_is_of_each_type_that_it_holds() {
    let (bytes, words) = (Shelf::new(1_u8), Shelf::new("word"));
    let names = inverted(&bytes.0, &words.0);
    assert_ne!(names[0], names[1]);
    let more = (Shelf::new(2_u8), Shelf::new("more"));
    assert_eq!(inverted(&more.0.0, &more.1.0), names);
    let same = (Shelf::new(3_u8), Shelf::new(4_u8));
    assert_eq!(inverted(&same.0.0, &same.1.0), [&*names[0]; 2]);
}

#[test]
fn what_is_no_lock_is_of_the_place_that_made_it_too() {
    let line = line!() + 1;
    let (cell, other) = (OnceLock::new(), OnceLock::<u8>::default());
    let table = Mutex::named("classes::table", ());
    let reports = check(|| {
        cell.get_or_init(|| drop(table.lock()));
        other.get_or_init(|| table.lock().map_or(0, |_| 1));
        let _table = table.lock();
        cell.get_or_init(|| ());
        other.get_or_init(|| 0);
    });
    let names: Vec<_> = reports.iter().map(|report| &*report.locks[0]).collect();
    let first_use = format!("OnceLock@classes.rs:{}", line + 4);
    assert_eq!(names, [format!("OnceLock@classes.rs:{line}"), first_use]);
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
