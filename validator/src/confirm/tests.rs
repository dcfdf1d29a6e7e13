//! Arrivals in every order, by hand.

use std::sync::Arc;
use std::time::Duration;

use expect_test::{Expect, expect};

use super::Confirm;
use super::plan::Arrival;
use super::rendezvous::{Met, Rendezvous};
use super::turn::Turn;
use crate::acquire::Acquire;
use crate::class::ClassId;
use crate::config::{Config, OnViolation};
use crate::limits::{ALWAYS_HELD, MOST_HELD};
use crate::lock_type::LockType;
use crate::map::LockMap;
use crate::mode::Mode;
use crate::site::Site;
use crate::validator::Validator;

/// `2:7>8` arrives at the third dependency, holds lock 7 and wants lock 8; `r7` and `r8` are shared,
/// and `~` in front says that it is at another place than the report's.
fn arrival(text: &str) -> Arrival {
    let (as_reported, text) = match text.strip_prefix('~') {
        Some(text) => (false, text),
        None => (true, text),
    };
    let (step, locks) = text.split_once(':').expect("a dependency");
    let (held, wanted) = locks.split_once('>').expect("two locks");
    let lock = |text: &str| match text.strip_prefix('r') {
        Some(number) => (number.parse().expect("a number"), Mode::Read),
        None => (text.parse().expect("a number"), Mode::Write),
    };
    let ((held, held_mode), (wanted, wanted_mode)) = (lock(held), lock(wanted));
    Arrival {
        step: step.parse().expect("a number"),
        held,
        held_mode,
        wanted,
        wanted_mode,
        as_reported,
    }
}

/// Lets threads arrive, one a word, at any of the dependencies between its commas; `-1` is the first
/// one, which goes on. Tells what came of each: a ticket, `pass`, or how many went on with it.
#[track_caller]
fn check(steps: usize, arrivals: &str, expect: Expect) {
    let mut rendezvous = Rendezvous::of(steps);
    let mut came = Vec::new();
    for word in arrivals.split_whitespace() {
        if let Some(ticket) = word.strip_prefix('-') {
            rendezvous.leave(ticket.parse().expect("a number"));
            continue;
        }
        let arrivals = word.split(',').map(arrival).collect();
        came.push(
            match rendezvous.arrive(arrivals, &Arc::new(Turn::default())) {
                Met::Pass => "pass".to_owned(),
                Met::Hold(ticket) => ticket.to_string(),
                Met::All { turns, .. } => format!("all {}", turns.len() + 1),
            },
        );
    }
    if rendezvous.confirmation().apart {
        came.push("apart".to_owned());
    }
    expect.assert_eq(&came.join(" "));
}

#[test]
fn a_ring_closes_in_whatever_order_threads_arrive() {
    check(2, "0:1>2 1:2>1", expect!["1 all 2"]);
    check(2, "1:2>1 0:1>2", expect!["1 all 2"]);
    for order in [
        "0:1>2 1:2>3 2:3>1",
        "2:3>1 1:2>3 0:1>2",
        "1:2>3 2:3>1 0:1>2",
    ] {
        check(3, order, expect!["1 2 all 3"]);
    }
}

#[test]
fn a_ring_is_of_the_same_locks() {
    check(2, "0:1>2 1:2>3", expect!["1 2 apart"]);
    check(2, "0:1>2 1:4>1", expect!["1 2 apart"]);
    // The third comes over the locks of the first.
    check(2, "0:1>2 1:4>3 1:2>1", expect!["1 2 all 2 apart"]);
    check(3, "0:1>2 1:2>3 2:4>1", expect!["1 2 3 apart"]);
}

#[test]
fn a_ring_takes_a_thread_for_each_dependency() {
    check(2, "0:1>2 0:1>2", expect!["1 2"]);
    // One class whose locks are taken at one place: every thread arrives at both.
    check(2, "0:1>2,1:1>2 0:2>1,1:2>1", expect!["1 all 2"]);
    check(2, "0:1>2,1:1>2 0:3>4,1:3>4", expect!["1 2 apart"]);
    // A thread that holds two locks of the class stands there with either.
    check(2, "0:5>2,0:1>2 1:2>1", expect!["1 all 2"]);
    check(3, "0:1>2,1:1>2,2:1>2 0:2>1,1:2>1,2:2>1", expect!["1 2"]);
}

#[test]
fn who_went_on_with_all_is_in_no_other_ring() {
    check(2, "0:1>2 1:2>1 1:2>1", expect!["1 all 2 2"]);
    check(
        2,
        "0:1>2 0:1>2 1:2>1 1:2>1 1:2>1",
        expect!["1 2 all 2 all 2 3"],
    );
    check(
        3,
        "0:1>2 1:2>3 2:3>1 -1 -2 2:3>1 1:2>3 0:1>2",
        expect!["1 2 all 3 3 4 all 3"],
    );
}

#[test]
fn who_left_is_in_no_ring() {
    check(2, "0:1>2 -1 1:2>1", expect!["1 2"]);
    check(2, "0:1>2 -1 1:2>1 0:1>2", expect!["1 2 all 2"]);
}

#[test]
fn readers_wait_for_writers_alone() {
    check(2, "0:r1>2 1:2>1", expect!["1 all 2"]);
    check(2, "0:1>2 1:2>r1", expect!["1 all 2"]);
    check(2, "0:r1>2 1:2>r1", expect!["1 2 apart"]);
}

#[test]
fn other_places_count_until_the_reported_ones_are_seen() {
    check(2, "~0:1>2 1:2>1", expect!["1 all 2"]);
    check(2, "0:1>2 -1 ~0:1>2", expect!["1 pass"]);
    // Whoever goes on by itself still closes the ring.
    check(2, "0:1>2 -1 1:2>1 ~0:1>2", expect!["1 2 all 2"]);
}

/// How often a thread is held back that arrives so many times and never meets anyone.
fn held(times: u64) -> u64 {
    let mut rendezvous = Rendezvous::of(2);
    for _ in 0..times {
        let turn = Arc::new(Turn::default());
        if let Met::Hold(ticket) = rendezvous.arrive(vec![arrival("0:1>2")], &turn) {
            rendezvous.leave(ticket);
        }
    }
    let told = rendezvous.confirmation();
    assert_eq!((told.steps[0].seen, told.reached), (times, false));
    told.steps[0].held
}

#[test]
fn threads_are_held_back_ever_more_seldom() {
    assert_eq!(held(ALWAYS_HELD), ALWAYS_HELD);
    assert_eq!(held(2 * ALWAYS_HELD - 1), ALWAYS_HELD);
    assert_eq!(held(2 * ALWAYS_HELD), ALWAYS_HELD + 1);
    assert_eq!(held(1000 * ALWAYS_HELD), ALWAYS_HELD + 9);
    assert!(held(1 << 20) <= MOST_HELD);
}

#[test]
fn a_forked_child_has_nobody_who_was_held_back() {
    static LOCK: LockType = LockType::sleeping::<Turn>("test::Lock");
    let validator = Validator::new(Config::new().on_violation(OnViolation::Warn).stderr(false));
    let [a, b] = ["a", "b"].map(|name| LockMap::of_class(ClassId::named(name, &LOCK)));
    for [outer, inner] in [[&a, &b], [&b, &a]] {
        let task = validator.task("T");
        for (line, map) in [(1, outer), (2, inner)] {
            task.acquire(
                map,
                Acquire::new(&LOCK, Mode::Write, Site::intern("a.rs", line, 1)),
            );
        }
    }
    let confirm = Confirm::new(&validator.reports()[0], Duration::ZERO).expect("two locks");
    let arrive = |text| {
        let turn = Arc::new(Turn::default());
        confirm.met().rendezvous.arrive(vec![arrival(text)], &turn)
    };
    assert!(matches!(arrive("0:1>2"), Met::Hold(1)));
    // No process has that number.
    confirm.met().pid = 0;
    assert!(matches!(arrive("1:2>1"), Met::Hold(1)));
    assert!(matches!(arrive("0:1>2"), Met::All { first: true, .. }));
}
