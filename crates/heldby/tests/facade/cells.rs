//! A cell is held while its initialiser runs, and a look that could run it waits for that.

use std::panic::{AssertUnwindSafe, catch_unwind};

use heldby::model::Report;
use heldby::sync::{LazyLock, Mutex, Once, OnceLock};
use heldby::test::check;
use heldby::thread;

type Run<'a> = &'a (dyn Fn() + Sync);

/// Initialises a cell by a closure, then lets a thread look at it in the way of this row.
type Way = fn(init: Run<'_>, around: &dyn Fn(&dyn Fn()));

/// Runs on a thread of its own, and waits for its end.
fn elsewhere(run: impl FnOnce() + Send) {
    thread::scope(|scope| {
        scope.spawn(run);
    });
}

/// Every look that could initialise a cell.
const LOOKS: [(&str, Way); 9] = [
    ("OnceLock::get_or_init", |init, around| {
        let cell = OnceLock::new();
        elsewhere(|| {
            cell.get_or_init(init);
        });
        around(&|| {
            cell.get_or_init(|| ());
        });
    }),
    ("OnceLock::set", |init, around| {
        let cell = OnceLock::new();
        elsewhere(|| {
            cell.get_or_init(init);
        });
        around(&|| assert_eq!(cell.set(()), Err(())));
    }),
    ("OnceLock::wait", |init, around| {
        let cell = OnceLock::new();
        elsewhere(|| {
            cell.get_or_init(init);
        });
        around(&|| {
            cell.wait();
        });
    }),
    ("LazyLock::deref", |init, around| {
        let lazy = LazyLock::new(init);
        elsewhere(|| {
            LazyLock::force(&lazy);
        });
        around(&|| *lazy);
    }),
    ("LazyLock::force", |init, around| {
        let lazy = LazyLock::new(init);
        elsewhere(|| *lazy);
        around(&|| {
            LazyLock::force(&lazy);
        });
    }),
    ("Once::call_once", |init, around| {
        let once = Once::new();
        elsewhere(|| once.call_once(init));
        around(&|| once.call_once(|| ()));
    }),
    ("Once::call_once_force", |init, around| {
        let once = Once::new();
        elsewhere(|| once.call_once_force(|_| init()));
        around(&|| once.call_once_force(|_| ()));
    }),
    ("Once::wait", |init, around| {
        let once = Once::new();
        elsewhere(|| once.call_once(init));
        around(&|| once.wait());
    }),
    ("Once::wait_force", |init, around| {
        let once = Once::new();
        elsewhere(|| once.call_once(init));
        around(&|| once.wait_force());
    }),
];

fn codes(reports: &[Report]) -> Vec<&str> {
    reports.iter().map(|report| report.code.as_str()).collect()
}

#[test]
fn a_look_under_what_the_initialiser_takes_is_told() {
    for (way, look_by) in LOOKS {
        let reports = check(|| {
            let table = Mutex::named("table", ());
            let take = || drop(table.lock());
            look_by(&take, &|look| {
                // The second time it is known, and told no more.
                for _ in 0..2 {
                    let _table = table.lock();
                    look();
                }
            });
        });
        assert_eq!(codes(&reports), ["HB0005"], "{way}");
        let report = &reports[0];
        let (family, _) = way.split_once("::").unwrap();
        let cell = format!("the initialiser of `{family}@cells.rs:");
        assert!(report.title.contains(&cell), "{way}: {}", report.title);
        assert_eq!(report.locks[1], "table", "{way}");
        let held: Vec<_> = report.held.iter().map(|held| &*held.lock).collect();
        assert_eq!(held, ["table"], "{way}: a look holds nothing");
    }
}

#[test]
fn the_order_of_initialiser_and_look_does_not_matter() {
    let reports = check(|| {
        let (table, cell) = (Mutex::named("table", ()), OnceLock::new());
        elsewhere(|| {
            let _table = table.lock();
            cell.get_or_init(|| ());
        });
        let mut cell = cell;
        // Empty again, and still the same cell.
        cell.take();
        cell.get_or_init(|| drop(table.lock()));
    });
    assert_eq!(codes(&reports), ["HB0005"]);
    assert_eq!(reports[0].locks[0], "table");
}

#[test]
fn looks_that_cannot_wait_are_silent() {
    for (way, look_by) in LOOKS {
        let reports = check(|| {
            let (table, other) = (Mutex::new(()), Mutex::new(()));
            let take = || drop(table.lock());
            look_by(&take, &|look| {
                look();
                // Another lock, and the same one after the look.
                let _other = other.lock();
                look();
                take();
            });
        });
        assert_eq!(reports, [], "{way}");
    }
    let reports = check(|| {
        let (table, once) = (Mutex::new(()), Once::new());
        let mut cell = OnceLock::new();
        cell.get_or_init(|| drop(table.lock()));
        once.call_once(|| drop(table.lock()));
        let _table = table.lock();
        // None of these could run an initialiser.
        assert!(cell.get().is_some() && once.is_completed());
        assert!(cell.get_mut().is_some() && cell.take().is_some());
        assert!(cell.into_inner().is_none());
    });
    assert_eq!(reports, []);
}

/// Three cells of one class, where each pair's first needs its second; all start empty.
fn needs(pairs: &[(usize, usize)]) -> Vec<Report> {
    check(|| {
        let mut cells = [1, 2, 3].map(|_| OnceLock::new());
        for &(one, other) in pairs {
            cells[one].get_or_init(|| *cells[other].get_or_init(|| 1));
            for cell in &mut cells {
                cell.take();
            }
        }
    })
}

#[test]
fn cells_of_one_class_need_each_other_in_one_order() {
    assert_eq!(needs(&[(0, 1), (1, 2), (0, 2)]), []);
    for pairs in [&[(0, 1), (1, 0)][..], &[(0, 1), (1, 2), (2, 0)]] {
        let reports = needs(pairs);
        assert_eq!(codes(&reports), ["HB0005"], "{pairs:?}");
        assert_eq!(reports[0].locks[0], reports[0].locks[1]);
    }
}

#[test]
fn an_initialiser_that_panics_holds_nothing_afterwards() {
    let reports = check(|| {
        let (table, cell, once) = (Mutex::new(()), OnceLock::new(), Once::new());
        let lazy: LazyLock<()> = LazyLock::new(|| panic!("on purpose"));
        let panics = |look: &dyn Fn()| {
            let caught = catch_unwind(AssertUnwindSafe(look));
            assert!(caught.is_err());
        };
        for _ in 0..2 {
            panics(&|| {
                cell.get_or_init(|| panic!("on purpose"));
            });
            panics(&|| once.call_once(|| panic!("on purpose")));
            panics(&|| *lazy);
        }
        // Were one still held, this would be an order.
        drop(table.lock());
        let _table = table.lock();
        once.call_once_force(|_| ());
        cell.get_or_init(|| ());
        panics(&|| *lazy);
    });
    assert_eq!(reports, []);
}

#[test]
fn many_looks_at_once_are_silent() {
    let reports = check(|| {
        let (cell, lazy) = (OnceLock::new(), LazyLock::new(|| Mutex::new(0)));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        *cell.get_or_init(|| Mutex::new(0)).lock().unwrap() += 1;
                        *lazy.lock().unwrap() += 1;
                    }
                });
            }
        });
        let sums = [cell.get().unwrap(), &lazy].map(|sum| *sum.lock().unwrap());
        assert_eq!(sums, [400, 400]);
    });
    assert_eq!(reports, []);
}
