//! Locks of one class, nested: what is told of their order.

use heldby::lockdep::{ClassPolicy, LockKey};
use heldby::sync::{Mutex, RwLock};
use heldby::test::check;

/// The codes of what is reported.
#[track_caller]
fn codes(body: impl FnOnce()) -> Vec<String> {
    check(body)
        .iter()
        .map(|report| report.code.to_string())
        .collect()
}

static FORBID: LockKey = LockKey::with_policy("nested::forbid", ClassPolicy::Forbid);

#[test]
fn a_subclass_is_a_class_of_its_own() {
    let [parent, child] = [1, 2].map(|value| Mutex::with_class(&FORBID, value));
    let down = || drop((parent.lock(), child.lock_nested(1)));
    assert_eq!(codes(down), [""; 0]);
    assert_eq!(codes(|| drop((parent.lock(), child.lock()))), ["HB0003"]);
    let up = || drop((parent.lock_nested(1), child.lock()));
    assert_eq!(codes(|| (down(), up()).1), ["HB0001"]);

    let [parent, child] = [1, 2].map(|value| RwLock::with_class(&FORBID, value));
    let down = || {
        drop((parent.read(), child.read_nested(1)));
        drop((parent.write(), child.write_nested(1)));
    };
    assert_eq!(codes(down), [""; 0]);
    assert_eq!(codes(|| drop((parent.read(), child.read()))), ["HB0003"]);
}

#[test]
fn a_nest_lock_that_is_held_permits_any_order() {
    let tree = Mutex::named("nested::tree", ());
    let other = Mutex::named("nested::tree", ());
    let nodes = [1, 2].map(|value| Mutex::with_class(&FORBID, value));
    let both_orders = || {
        for (outer, inner) in [(0, 1), (1, 0)] {
            let outer = nodes[outer].lock_nest_lock(&tree).unwrap();
            let inner = nodes[inner].lock_nest_lock(&tree).unwrap();
            assert_eq!(*outer + *inner, 3);
        }
    };
    let held = codes(|| {
        let _tree = tree.lock().unwrap();
        both_orders();
    });
    assert_eq!(held, [""; 0]);
    // Another one of its class does not help.
    let not_held = codes(|| {
        let _other = other.lock().unwrap();
        drop(nodes[0].lock_nest_lock(&tree));
    });
    assert_eq!(not_held, ["HB0104"]);

    let tables = [1, 2].map(|value| RwLock::with_class(&FORBID, value));
    let held = codes(|| {
        let _tree = tree.lock().unwrap();
        drop((
            tables[0].write_nest_lock(&tree),
            tables[1].read_nest_lock(&tree),
        ));
        drop((
            tables[1].read_nest_lock(&tree),
            tables[0].write_nest_lock(&tree),
        ));
    });
    assert_eq!(held, [""; 0]);
}

#[test]
fn locks_are_taken_in_the_order_of_their_numbers() {
    static KEY: LockKey = LockKey::with_policy("nested::ordered", ClassPolicy::ByOrder);
    let accounts = [1, 2].map(|value| Mutex::with_class(&KEY, value));
    let tables = [1, 2].map(|value| RwLock::with_class(&KEY, value));
    for (index, number) in [(0, 20), (1, 10)] {
        accounts[index].set_order(number);
        tables[index].set_order(number);
    }
    let right = || {
        drop((accounts[1].lock(), accounts[0].lock()));
        drop((tables[1].write(), tables[0].read()));
    };
    assert_eq!(codes(right), [""; 0]);
    let wrong = || {
        right();
        drop((accounts[0].lock(), accounts[1].lock()));
    };
    let reports = check(wrong);
    assert_eq!(reports.len(), 1);
    let note = &reports[0].notes[0];
    assert!(
        note.contains("number 20 is held, and number 10 is wanted"),
        "{note}"
    );
    // A number may change.
    accounts[1].set_order(30);
    assert_eq!(
        codes(|| drop((accounts[0].lock(), accounts[1].lock()))),
        [""; 0]
    );
}
