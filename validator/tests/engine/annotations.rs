//! What a thread tells of its locks beside acquires and releases, by the kernel's names.

use heldby_validator::hooks::*;
use heldby_validator::{
    Acquire, ClassPolicy, Config, Held, LockKey, LockMap, Mode, OnViolation, PinCookie, Site,
    Validator, enter, held,
};

use crate::rig::{LOCK, class, quiet, short};

/// What is reported of `body`.
#[track_caller]
fn reports_with(config: Config, body: impl FnOnce()) -> Vec<String> {
    let validator = Validator::new(config.on_violation(OnViolation::Warn));
    enter(&validator, body);
    validator.reports().iter().map(short).collect()
}

#[track_caller]
fn reports(body: impl FnOnce()) -> Vec<String> {
    reports_with(quiet(), body)
}

/// Locks of one class, each of which has its address for its place.
fn ordered<const N: usize>(key: &'static LockKey) -> [LockMap; N] {
    std::array::from_fn(|_| LockMap::with_key(key))
}

#[test]
fn the_hooks_with_a_nest_lock() {
    static NODE: LockKey = LockKey::with_policy("nest_node", ClassPolicy::Forbid);
    type Acquire = fn(&LockMap, u32, bool, &LockMap);
    type Release = fn(&LockMap);
    let rows: [(Acquire, Release); 3] = [
        (mutex_acquire_nest, mutex_release),
        (spin_acquire_nest, spin_release),
        (rwsem_acquire_nest, rwsem_release),
    ];
    for (acquire, release) in rows {
        let (tree, nodes) = (LockMap::new(), ordered::<3>(&NODE));
        let take_all = || {
            nodes.iter().for_each(|node| acquire(node, 0, false, &tree));
            assert_eq!(lock_is_held(&nodes[1]), LockState::Held);
            nodes.iter().for_each(release);
            assert_eq!(lock_is_held(&nodes[1]), LockState::NotHeld);
        };
        let held = reports(|| {
            lock_map_acquire(&tree);
            take_all();
            take_all();
            lock_map_release(&tree);
        });
        assert_eq!(held, [""; 0]);
        let tree = LockMap::named("nest_tree");
        let missing = reports(|| {
            acquire(&nodes[0], 0, true, &tree);
            release(&nodes[0]);
        });
        assert_eq!(missing, ["HB0104 nest_node nest_tree"]);
    }
}

#[test]
fn a_class_that_tells_its_order_by_itself() {
    static KEY: LockKey =
        LockKey::by_order("by_address", |map| std::ptr::from_ref(map).addr() as u64);
    let [low, high] = ordered(&KEY);
    let nest = |outer: &LockMap, inner: &LockMap| {
        mutex_acquire(outer, 0, false);
        mutex_acquire(inner, 0, false);
        mutex_release(inner);
        mutex_release(outer);
    };
    let found = reports(|| {
        (0..3).for_each(|_| nest(&low, &high));
    });
    assert_eq!(found, [""; 0]);
    let found = reports(|| {
        nest(&low, &high);
        nest(&high, &low);
    });
    assert_eq!(found, ["HB0003 by_address"]);
}

#[test]
fn what_a_thread_does_while_it_is_off_is_neither_checked_nor_lost() {
    let [a, b, c] = ["before_off", "while_off", "after_off"].map(LockMap::named);
    let found = reports(|| {
        mutex_acquire(&a, 0, false);
        mutex_acquire(&b, 0, false);
        mutex_release(&b);
        lockdep_off();
        lockdep_off();
        mutex_acquire(&b, 0, false);
        // From before: it is taken off, though the newest unseen one is another.
        mutex_release(&a);
        // Against the order, and each of these is wrong.
        mutex_acquire(&a, 0, false);
        might_lock(&a);
        lockdep_assert_held(&c);
        lockdep_assert_not_held(&a);
        lockdep_on();
        lockdep_assert_held(&c);
        mutex_release(&a);
        lockdep_on();
        // One that passed through is still held, so nothing can be told.
        assert_eq!(held(&c), Held::Unknown);
        lockdep_assert_none_held_once();
        mutex_release(&b);
        for lock in [&a, &b, &c] {
            assert_eq!(held(lock), Held::No);
        }
        // Once more than off: nothing happens.
        lockdep_on();
        lockdep_assert_held(&c);
    });
    assert_eq!(found, ["HB0202 after_off"]);
}

#[test]
fn an_unchecked_acquire_is_held_and_gives_no_order() {
    let [a, b] = ["unchecked_a", "unchecked_b"].map(|name| LockMap::of_class(class(name)));
    let site = Site::caller();
    let take = |check| {
        let wanted = Acquire::new(&LOCK, Mode::Write, site);
        for map in [&a, &b] {
            let unchecked = check == Some(std::ptr::from_ref(map));
            lock_acquire(
                map,
                Acquire {
                    check: !unchecked,
                    ..wanted
                },
            );
            assert_eq!(held(map), Held::Write);
        }
        [&b, &a].into_iter().for_each(lock_release);
    };
    let reversed = || {
        mutex_acquire(&b, 0, false);
        mutex_acquire(&a, 0, false);
        mutex_release(&a);
        mutex_release(&b);
    };
    let unchecked = [&a, &b].map(|map| Some(std::ptr::from_ref(map)));
    let found = reports(|| {
        unchecked.into_iter().for_each(take);
        reversed();
    });
    assert_eq!(found, [""; 0]);
    // Its chain does not answer for a checked one.
    let found = reports(|| {
        unchecked.into_iter().for_each(take);
        take(None);
        reversed();
    });
    assert_eq!(found, ["HB0001 unchecked_a unchecked_b"]);
}

#[test]
fn a_lock_that_was_never_acquired_is_not_released() {
    let [lock, another] = ["never_acquired", "another"].map(LockMap::named);
    let found = reports(|| {
        mutex_acquire(&another, 0, true);
        mutex_release(&lock);
        lock_downgrade(&lock);
        lock_set_subclass(&lock, 1);
        let cookie = lockdep_pin_lock(&lock);
        lockdep_unpin_lock(&lock, cookie);
        mutex_release(&another);
    });
    let codes = ["HB0101", "HB0101", "HB0101", "HB0105", "HB0105"];
    assert_eq!(found, codes.map(|code| format!("{code} never_acquired")));
}

#[test]
fn asserts_by_the_names_of_the_kernel() {
    let [lock, other] = ["asserted", "not_asserted"].map(LockMap::named);
    let found = reports(|| {
        lockdep_assert_none_held_once();
        debug_check_no_locks_held();
        lockdep_assert_not_held(&lock);
        rwsem_acquire_read(&lock, 0, false);
        lockdep_assert_held(&lock);
        lockdep_assert_held_once(&lock);
        lockdep_assert_held_read(&lock);
        for (read, state) in [(-1, true), (0, false), (1, true)] {
            assert_eq!(
                lockdep_is_held_type(&lock, read) == LockState::Held,
                state,
                "{read}"
            );
        }
        assert_eq!(lockdep_is_held(&other), LockState::NotHeld);
        rwsem_release(&lock);
    });
    assert_eq!(found, [""; 0]);
    let found = reports(|| {
        rwsem_acquire_read(&lock, 0, false);
        lockdep_assert_held_write(&lock);
        lockdep_assert_held(&other);
        lockdep_assert_not_held(&lock);
        lockdep_assert_none_held_once();
        debug_check_no_locks_held();
        rwsem_release(&lock);
    });
    let expected = ["HB0202", "HB0202", "HB0202", "HB0202", "HB0103"];
    let codes: Vec<_> = found.iter().map(|short| &short[..6]).collect();
    assert_eq!(codes, expected);
}

#[test]
fn memory_is_freed_with_a_held_lock_in_it() {
    let arena: [LockMap; 4] = std::array::from_fn(|_| LockMap::named("arena"));
    let outside = LockMap::named("outside");
    let free = |locks: &[LockMap]| {
        debug_check_no_locks_freed(locks.as_ptr().cast(), size_of_val(locks));
    };
    let body = || {
        mutex_acquire(&outside, 0, false);
        mutex_acquire(&arena[2], 0, false);
        free(&arena[..2]);
        free(&arena[3..]);
        assert_eq!(held(&arena[2]), Held::Write);
        free(&arena);
        free(&arena);
        assert_eq!(held(&outside), Held::Write);
        mutex_release(&outside);
    };
    assert_eq!(
        reports_with(quiet().freed_ranges(true), body),
        ["HB0102 arena"]
    );
    // Where nobody asked for it, nothing is known.
    let unknown = reports(|| {
        let fresh = [LockMap::named("arena")];
        mutex_acquire(&fresh[0], 0, false);
        free(&fresh);
        mutex_release(&fresh[0]);
    });
    assert_eq!(unknown, [""; 0]);
}

#[test]
fn a_lock_gets_its_class_before_it_is_acquired_or_while_it_is_held() {
    static FORBID: LockKey = LockKey::with_policy("set_forbid", ClassPolicy::Forbid);
    let nest = |set: fn(&LockMap)| {
        let pair = [(); 2].map(|()| LockMap::new());
        reports(|| {
            pair.iter().for_each(|lock| {
                set(lock);
                mutex_acquire(lock, 0, false);
                set(lock);
            });
            pair.iter().rev().for_each(mutex_release);
        })
    };
    assert_eq!(nest(|_| ()), [""; 0]);
    assert_eq!(
        nest(|lock| lockdep_set_class(lock, &FORBID)),
        ["HB0003 set_forbid"]
    );
    let when_held = |lock: &LockMap| {
        if held(lock) == Held::Write {
            lock_set_class(lock, &FORBID, 0);
        }
    };
    assert_eq!(nest(when_held), ["HB0003 set_forbid"]);
    assert_eq!(nest(lockdep_set_novalidate_class), [""; 0]);
    assert_eq!(nest(lockdep_set_notrack_class), [""; 0]);

    // A subclass is of this hold alone.
    let lock = LockMap::with_key(&FORBID);
    let other = LockMap::with_key(&FORBID);
    let found = reports(|| {
        mutex_acquire(&lock, 0, false);
        lock_set_subclass(&lock, 1);
        mutex_acquire(&other, 0, false);
        mutex_release(&other);
        mutex_release(&lock);
    });
    assert_eq!(found, [""; 0]);
    let found = reports(|| {
        mutex_acquire(&lock, 0, false);
        lock_set_novalidate_class(&lock);
        mutex_acquire(&lock, 0, false);
        mutex_release(&lock);
        mutex_release(&lock);
        lock_set_subclass(&lock, 1);
    });
    assert_eq!(found, ["HB0101 novalidate"]);
}

#[test]
fn a_pinned_lock_is_released_by_the_slow_path_alone() {
    let [lock, other] = ["pinned", "not_pinned"].map(LockMap::named);
    let found = reports(|| {
        for _ in 0..3 {
            mutex_acquire(&lock, 0, false);
            let cookie = lockdep_pin_lock(&lock);
            assert_eq!(held(&lock), Held::Write);
            mutex_acquire(&other, 0, false);
            mutex_release(&other);
            lockdep_unpin_lock(&lock, cookie);
            mutex_release(&lock);
            mutex_acquire(&lock, 0, false);
            lockdep_repin_lock(&lock, cookie);
            lockdep_unpin_lock(&lock, cookie);
            mutex_release(&lock);
        }
    });
    assert_eq!(found, [""; 0]);
    let found = reports(|| {
        mutex_acquire(&lock, 0, false);
        let cookie = lockdep_pin_lock(&lock);
        lockdep_unpin_lock(&lock, PinCookie::default());
        mutex_release(&lock);
        lockdep_unpin_lock(&lock, cookie);
        mutex_acquire(&lock, 0, false);
        mutex_release(&lock);
    });
    assert_eq!(found, ["HB0105 pinned"; 3]);
}
