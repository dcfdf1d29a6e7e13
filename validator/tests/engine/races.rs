//! Two threads that do the same at once, with no lock behind what they take.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier};

use heldby_model::Report;
use heldby_validator::{
    LockKey, LockMap, Mode, Profile, Sink, Site, Validator, acquire, enter, release, release_at,
};

use crate::rig::{LOCK, class, quiet, short};

const ROUNDS: u32 = 500;
/// How long a thread waits for the other before it gives its processor up.
const SPINS: u32 = 20_000;

/// Where two threads wait for each other, without a sleep that would let one of them run ahead.
#[derive(Default)]
struct Start {
    arrived: AtomicU32,
}

impl Start {
    fn together(&self, round: u32) {
        self.arrived.fetch_add(1, Ordering::AcqRel);
        let both_are_here = || self.arrived.load(Ordering::Acquire) >= 2 * (round + 1);
        while !(0..SPINS).any(|_| both_are_here()) {
            std::thread::yield_now();
        }
    }
}

/// Counts what it gets.
#[derive(Debug, Default)]
struct Count(AtomicU32);

impl Sink for Count {
    fn report(&self, _report: &Report) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Two locks of two classes in each round.
fn pairs() -> Vec<[LockMap; 2]> {
    let lock = |name: &str, round| LockMap::of_class(class(&format!("{name}{round}")));
    (0..ROUNDS)
        .map(|round| ["First", "Second"].map(|name| lock(name, round)))
        .collect()
}

fn nest<const N: usize>(maps: [&LockMap; N]) {
    for map in maps {
        acquire(map, &LOCK, Mode::Write, Site::caller()).acquired();
    }
    maps.into_iter().rev().for_each(release);
}

/// Lets two threads act at once on the pair of each round, and looks that each round has one report.
#[track_caller]
fn check(before: fn(&[LockMap; 2]), acts: [fn(&[LockMap; 2]); 2], code: &str) {
    let (validator, sink) = (Validator::new(quiet()), Arc::<Count>::default());
    validator.add_sink(Arc::clone(&sink) as Arc<dyn Sink>);
    let (pairs, start) = (pairs(), Start::default());
    enter(&validator, || pairs.iter().for_each(before));
    let each = |act: fn(&[LockMap; 2])| {
        for (round, pair) in (0..).zip(&pairs) {
            start.together(round);
            act(pair);
        }
    };
    std::thread::scope(|scope| {
        for act in acts {
            let (validator, each) = (&validator, &each);
            scope.spawn(move || enter(validator, || each(act)));
        }
    });
    let mut found: Vec<_> = validator.reports().iter().map(short).collect();
    found.sort_unstable();
    found.dedup();
    assert_eq!(found.len(), ROUNDS as usize, "no two are alike");
    assert!(found.iter().all(|report| report.starts_with(code)));
    assert_eq!(validator.stats().reports, ROUNDS as usize);
    assert_eq!(sink.0.load(Ordering::Relaxed), ROUNDS);
}

#[test]
fn a_cycle_that_two_threads_close_is_reported_once() {
    let forth = |[first, second]: &[LockMap; 2]| nest([first, second]);
    let back = |[first, second]: &[LockMap; 2]| nest([second, first]);
    // Each has one half of it.
    check(|_| {}, [forth, back], "HB0001");
    // Each would close it alone.
    check(forth, [back, back], "HB0001");
}

#[test]
fn what_two_threads_do_wrong_in_one_place_is_reported_once() {
    let wrong = |[first, _]: &[LockMap; 2]| release_at(first, Site::intern("wrong", 1, 1));
    check(|_| {}, [wrong, wrong], "HB0101");
}

thread_local! {
    /// Where a thread waits while it tells the number of a lock.
    static MEETING: Cell<Option<Arc<Barrier>>> = const { Cell::new(None) };
}

/// A lock has its number in the order of its class before another thread can see that it is
/// registered.
#[test]
fn an_ordered_lock_is_nested_while_its_first_acquire_asks_for_its_number() {
    static ORDERED: LockKey = LockKey::by_order("ordered in a race", |map| {
        if let Some(meeting) = MEETING.take() {
            meeting.wait();
            meeting.wait();
        }
        std::ptr::from_ref(map).addr() as u64
    });
    let validator = Validator::new(quiet().profile(Profile::Kernel));
    let [lower, higher] = &[0, 1].map(|_| LockMap::with_key(&ORDERED));
    let meeting = Arc::new(Barrier::new(2));
    let first = || {
        MEETING.set(Some(Arc::clone(&meeting)));
        nest([higher]);
    };
    let second = || {
        meeting.wait();
        nest([lower, higher]);
        meeting.wait();
    };
    std::thread::scope(|scope| {
        scope.spawn(|| enter(&validator, first));
        scope.spawn(|| enter(&validator, second));
    });
    assert_eq!(validator.reports(), []);
}
