//! What the hot and the warm path answer, beside tasks driven by hand, which have the cold one alone:
//! the same programs, repeated until everything is known, and the same reports and holds.

use std::sync::Arc;

use heldby_validator::{Acquire, Attempt};
use heldby_validator::{
    Held, LockMap, Mode, Site, TaskHandle, Validator, acquire, acquire_as, enter, held, introduce,
    release, release_at, taken,
};

use crate::rig::{LOCK, class, quiet, short};

/// Classes with several locks, and with one.
const LOCKS: [&str; 8] = ["A", "A", "A", "B", "B", "B", "C", "D"];
const TASKS: u64 = 3;
const STEPS: u32 = 14;
/// The first time is cold, the second one teaches the own cache what others know.
const REPEATS: u32 = 3;

#[derive(Clone, Copy, Debug)]
enum Step {
    Acquire(usize, Mode),
    Try(usize, Mode),
    Release(usize),
}

/// A program that takes no lock twice and ends with none held.
fn program(seed: u64) -> Vec<Step> {
    let mut random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut below = |limit: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random >> 33) as usize % limit
    };
    let (mut steps, mut holds) = (Vec::new(), Vec::new());
    for _ in 0..STEPS {
        let lock = below(LOCKS.len());
        if below(3) == 0 && !holds.is_empty() {
            steps.push(Step::Release(holds.remove(below(holds.len()))));
        } else if !holds.contains(&lock) {
            let mode = [Mode::Write, Mode::Write, Mode::Read][below(3)];
            let step = [Step::Acquire, Step::Acquire, Step::Acquire, Step::Try][below(4)];
            steps.push(step(lock, mode));
            holds.push(lock);
        }
    }
    while !holds.is_empty() {
        steps.push(Step::Release(holds.remove(below(holds.len()))));
    }
    steps
}

/// The same for every path: which of several cycles is told depends on the numbers of the locks.
type Locks = [LockMap; LOCKS.len()];

fn locks() -> Locks {
    LOCKS.map(|name| LockMap::of_class(class(&format!("warm {name}"))))
}

fn site(task: u64, step: usize) -> Site {
    Site::intern(&format!("T{task}"), step as u32 + 1, 1)
}

/// What all locks are to the task after each step.
type Holds = Vec<[Held; LOCKS.len()]>;

fn by_hand(validator: &Arc<Validator>, locks: &Locks, programs: &[Vec<Step>]) -> Holds {
    let mut seen = Vec::new();
    for (number, program) in (1..).zip(programs) {
        let task: TaskHandle = validator.task(&format!("T{number}"));
        for _ in 0..REPEATS {
            for (step, &what) in program.iter().enumerate() {
                let site = site(number, step);
                let acquire = |lock: usize, mode, attempt| {
                    let wanted = Acquire {
                        attempt,
                        ..Acquire::new(&LOCK, mode, site)
                    };
                    task.acquire(&locks[lock], wanted);
                };
                match what {
                    Step::Acquire(lock, mode) => acquire(lock, mode, Attempt::Block),
                    Step::Try(lock, mode) => acquire(lock, mode, Attempt::Try),
                    Step::Release(lock) => task.release(&locks[lock], site),
                }
                seen.push(locks.each_ref().map(|map| task.held(map)));
            }
        }
    }
    seen
}

fn on_a_thread(validator: &Arc<Validator>, locks: &Locks, programs: &[Vec<Step>]) -> Holds {
    let (mut seen, mut met) = (Vec::new(), [false; LOCKS.len()]);
    for (number, program) in (1..).zip(programs) {
        enter(validator, || {
            for _ in 0..REPEATS {
                for (step, &what) in program.iter().enumerate() {
                    if let Step::Acquire(lock, _) | Step::Try(lock, _) = what
                        && !std::mem::replace(&mut met[lock], true)
                    {
                        introduce(&locks[lock], site(number, step));
                    }
                    match what {
                        Step::Acquire(lock, mode) => {
                            acquire(&locks[lock], &LOCK, mode, site(number, step)).acquired();
                        }
                        Step::Try(lock, mode) => {
                            taken(&locks[lock], &LOCK, mode, Attempt::Try, site(number, step));
                        }
                        Step::Release(lock) if step % 2 == 0 => release(&locks[lock]),
                        Step::Release(lock) => release_at(&locks[lock], site(number, step)),
                    }
                    seen.push(locks.each_ref().map(held));
                }
            }
        });
    }
    seen
}

#[test]
fn every_path_finds_the_same() {
    let mut reports = 0;
    for seed in 0..600 {
        let programs: Vec<_> = (0..TASKS)
            .map(|task| program(seed * TASKS + task + 1))
            .collect();
        let (cold, warm) = [(); 2].map(|()| Validator::new(quiet())).into();
        let locks = locks();
        let holds = (
            by_hand(&cold, &locks, &programs),
            on_a_thread(&warm, &locks, &programs),
        );
        let found = [&cold, &warm].map(|validator| {
            let reports = validator.reports();
            reports.iter().map(short).collect::<Vec<_>>()
        });
        assert_eq!(found[0], found[1], "program {seed}: {programs:?}");
        assert!(
            holds.0 == holds.1,
            "program {seed} holds something else: {programs:?}"
        );
        assert_eq!(
            cold.stats().dependencies,
            warm.stats().dependencies,
            "program {seed}"
        );
        reports += found[0].len();
    }
    assert!(
        reports > 1_000,
        "the programs are too tame: {reports} reports"
    );
}

/// What is known of two locks says nothing of the same lock on top of a third one.
#[test]
fn a_nesting_is_known_of_these_very_locks_alone() {
    let validator = Validator::new(quiet());
    let [a, b, c] = [(); 3].map(|()| LockMap::of_class(class("warm three")));
    let nest = |outer: &LockMap, inner: &LockMap| {
        for map in [outer, inner] {
            acquire(map, &LOCK, Mode::Write, Site::caller()).acquired();
        }
        [inner, outer].into_iter().for_each(release);
    };
    enter(&validator, || {
        (0..REPEATS).for_each(|_| nest(&a, &b));
        nest(&c, &b);
        assert!(validator.reports().is_empty());
        nest(&b, &c);
    });
    let found: Vec<_> = validator.reports().iter().map(short).collect();
    assert_eq!(found, ["HB0001 warm three warm three"]);
}

/// Of two holds of one lock the newest one goes, in whatever class it is.
#[test]
fn the_newest_hold_of_a_lock_goes() {
    let validator = Validator::new(quiet());
    let lock = LockMap::of_class(class("warm twice"));
    let read = |subclass| {
        let wanted = Acquire {
            subclass,
            ..Acquire::new(&LOCK, Mode::Recursive, site(1, subclass as usize))
        };
        acquire_as(&lock, wanted).acquired();
    };
    for release in [release, |map: &LockMap| release_at(map, Site::caller())] {
        enter(&validator, || {
            read(0);
            read(1);
            release(&lock);
            let left = &validator.held_locks()[0].held;
            assert_eq!(
                left.iter().map(|lock| lock.site.line).collect::<Vec<_>>(),
                [1]
            );
            release(&lock);
        });
    }
}
