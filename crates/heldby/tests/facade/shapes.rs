//! Orders of locks on real threads, whose turns are fixed: what is told, and what is not.

use std::sync::atomic::{AtomicUsize, Ordering};

use heldby::model::Report;
use heldby::sync::{Barrier, Condvar, Mutex, RwLock};
use heldby::test::check;
use heldby::thread;

type Part<'a> = Box<dyn FnOnce() + Send + 'a>;

/// Runs each part on a thread of its own, one after the other; all threads live from the first part to
/// the last.
fn in_turn<'a>(parts: impl IntoIterator<Item = Part<'a>>) {
    let parts: Vec<_> = parts.into_iter().collect();
    let (turn, all) = (AtomicUsize::new(0), Barrier::new(parts.len()));
    thread::scope(|scope| {
        for (at, part) in parts.into_iter().enumerate() {
            let (turn, all) = (&turn, &all);
            scope.spawn(move || {
                while turn.load(Ordering::Acquire) != at {
                    thread::yield_now();
                }
                part();
                turn.store(at + 1, Ordering::Release);
                all.wait();
            });
        }
    });
}

/// What a body reports, by codes.
fn codes(body: impl FnOnce()) -> Vec<&'static str> {
    let code = |report: &Report| report.code.as_str();
    check(body).iter().map(code).collect()
}

/// Takes the first and then the second.
fn nest(one: &Mutex<()>, other: &Mutex<()>) {
    let _one = one.lock();
    drop(other.lock());
}

fn nested<'a>(one: &'a Mutex<()>, other: &'a Mutex<()>) -> Part<'a> {
    Box::new(|| nest(one, other))
}

#[test]
fn an_inversion_is_told_whoever_makes_it() {
    let [a, b] = ["shapes::a", "shapes::b"].map(|name| Mutex::named(name, ()));
    let inverted = || in_turn([nested(&a, &b), nested(&b, &a), nested(&a, &b)]);
    assert_eq!(codes(inverted), ["HB0001"]);
    assert_eq!(codes(|| in_turn([nested(&a, &b), nested(&a, &b)])), [""; 0]);
}

/// No lock is taken in both orders, and no two threads share one: only the classes are.
#[test]
fn an_inversion_of_classes_alone_is_told() {
    let [a, other_a] = [(); 2].map(|()| Mutex::named("shapes::a", ()));
    let [b, other_b] = [(); 2].map(|()| Mutex::named("shapes::b", ()));
    let inverted = || in_turn([nested(&a, &b), nested(&other_b, &other_a)]);
    assert_eq!(codes(inverted), ["HB0001"]);
}

/// Each philosopher takes the fork on the left, then the one on the right.
fn dine<'a>(forks: &'a [Mutex<()>], is_careful: bool, waiter: Option<&'a Mutex<()>>) {
    let last = forks.len() - 1;
    let philosopher = |at: usize| -> Part<'a> {
        let (left, right) = (&forks[at], &forks[(at + 1) % forks.len()]);
        let swapped = is_careful && at == last;
        let (first, second) = if swapped {
            (right, left)
        } else {
            (left, right)
        };
        Box::new(move || {
            let _waiter = waiter.map(|waiter| waiter.lock());
            nest(first, second);
        })
    };
    in_turn((0..=last).map(philosopher));
}

#[test]
fn philosophers_that_all_take_the_left_fork_first_are_told() {
    let waiter = Mutex::named("shapes::waiter", ());
    let named: Vec<_> = (0..5)
        .map(|at| Mutex::named(&format!("shapes::fork {at}"), ()))
        .collect();
    let alike: Vec<_> = (0..5).map(|_| Mutex::named("shapes::fork", ())).collect();
    for forks in [named, alike] {
        assert_eq!(codes(|| dine(&forks, false, None)), ["HB0002"]);
        assert_eq!(codes(|| dine(&forks, true, None)), [""; 0]);
        assert_eq!(codes(|| dine(&forks, false, Some(&waiter))), [""; 0]);
    }
}

#[test]
fn a_common_lock_keeps_an_inversion_apart_until_one_goes_without() {
    let [gate, a, b] = ["gate", "a", "b"].map(|name| Mutex::named(&format!("shapes::{name}"), ()));
    let gated = |one, other| -> Part<'_> {
        let gate = &gate;
        Box::new(move || {
            let _gate = gate.lock();
            nest(one, other);
        })
    };
    let both = || [gated(&a, &b), gated(&b, &a)];
    assert_eq!(codes(|| in_turn(both())), [""; 0]);
    // The other side still takes it, which keeps nobody from anything.
    let without = || in_turn(both().into_iter().chain([nested(&b, &a)]));
    assert_eq!(codes(without), ["HB0001"]);
}

#[test]
fn reads_in_opposite_orders_need_a_writer_to_hang() {
    let [a, b] = ["shapes::read", "shapes::also read"].map(|name| RwLock::named(name, ()));
    let reads = |one: &'static str| -> Part<'_> {
        let (one, other) = if one == "a" { (&a, &b) } else { (&b, &a) };
        Box::new(move || {
            let _one = one.read();
            drop(other.read());
        })
    };
    let writes = |lock| -> Part<'_> { Box::new(move || drop(RwLock::write(lock))) };
    let both = || [reads("a"), reads("b")];
    assert_eq!(codes(|| in_turn(both())), [""; 0]);
    // Both need one, since each reader waits behind a queued writer.
    let one = || in_turn(both().into_iter().chain([writes(&a)]));
    assert_eq!(codes(one), [""; 0]);
    let two = || in_turn(both().into_iter().chain([writes(&a), writes(&b)]));
    assert_eq!(codes(two), ["HB0004"]);
}

#[test]
fn a_lock_read_twice_needs_a_writer_to_hang() {
    let lock = RwLock::named("shapes::twice", ());
    let twice = || -> Part<'_> {
        Box::new(|| {
            let _first = lock.read();
            drop(lock.read());
        })
    };
    assert_eq!(codes(|| in_turn([twice()])), [""; 0]);
    let write: Part<'_> = Box::new(|| drop(lock.write()));
    assert_eq!(codes(|| in_turn([twice(), write])), ["HB0003"]);
}

#[test]
fn what_gives_up_waits_for_nobody() {
    let [a, b] = ["shapes::a", "shapes::b"].map(|name| Mutex::named(name, ()));
    let try_second = |one, other| -> Part<'_> {
        Box::new(move || {
            let _one = Mutex::lock(one);
            drop(Mutex::try_lock(other));
        })
    };
    let tries = || in_turn([nested(&a, &b), try_second(&b, &a)]);
    assert_eq!(codes(tries), [""; 0]);
    // What is waited for after a try counts.
    let try_first: Part<'_> = Box::new(|| {
        let _b = b.try_lock();
        drop(a.lock());
    });
    assert_eq!(codes(|| in_turn([nested(&a, &b), try_first])), ["HB0001"]);
}

#[test]
fn a_wait_that_ends_by_time_is_silent() {
    let (outer, inner) = (Mutex::new(()), Mutex::new(()));
    let changed = Condvar::new();
    let notify: Part<'_> = Box::new(|| {
        let _outer = outer.lock();
        changed.notify_all();
    });
    let wait: Part<'_> = Box::new(|| {
        let _outer = outer.lock();
        let time = std::time::Duration::ZERO;
        drop(changed.wait_timeout(inner.lock().unwrap(), time));
        drop(changed.wait_timeout_while(inner.lock().unwrap(), time, |()| true));
    });
    assert_eq!(codes(|| in_turn([notify, wait])), [""; 0]);
}

#[test]
fn no_order_is_learned_of_a_barrier() {
    let [a, b] = ["shapes::a", "shapes::b"].map(|name| Mutex::named(name, ()));
    let both = Barrier::new(2);
    let met = codes(|| {
        thread::scope(|scope| {
            for lock in [&a, &b] {
                scope.spawn(|| {
                    let _held = lock.lock();
                    both.wait();
                });
            }
        });
    });
    assert_eq!(met, [""; 0]);
}

#[test]
fn a_lock_that_was_made_where_another_was_is_another() {
    let [old, new] = ["shapes::old", "shapes::new"];
    let fixed = Mutex::named("shapes::fixed", ());
    let mut place = Mutex::named(old, ());
    let address = std::ptr::from_ref(&place).addr();
    let in_one_place = codes(|| {
        in_turn([nested(&place, &fixed)]);
        place = Mutex::named(new, ());
        in_turn([nested(&fixed, &place)]);
    });
    assert_eq!(in_one_place, [""; 0]);

    // Of one class: the second is nested in a lock that was nested in the first.
    let class = "shapes::of one class";
    let fixed = Mutex::named(class, ());
    place = Mutex::named(class, ());
    let in_one_place = codes(|| {
        in_turn([nested(&place, &fixed)]);
        place = Mutex::named(class, ());
        in_turn([nested(&fixed, &place)]);
    });
    assert_eq!(in_one_place, [""; 0]);
    assert_eq!(std::ptr::from_ref(&place).addr(), address);
}
