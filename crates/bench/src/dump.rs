//! A large graph: writing it down, and finding all its cycles.

use std::io;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use heldby::{Config, OnViolation, Stacks};

use crate::learn::{Learning, Plan};
use crate::locks::{Bare, Lock, Read};
use crate::options::Options;
use crate::sections::Lines;
use crate::verdict::{Goal, Row};

/// What is timed: its name, itself, and the most milliseconds that will do.
type Piece<'a> = (&'a str, &'a dyn Fn(), Option<f64>);

/// Cycles that are closed, each of two locks.
pub(crate) const CYCLES: usize = 100;

/// Locks that are held alone, but for the legal backward reads.
pub(crate) fn print(options: &Options, out: &mut Lines<'_>) -> io::Result<()> {
    measure::<Bare>("dependencies", 20, options, out)
}

/// Every lock is taken by a fair reader, so that each class has to be looked at for what its first
/// writer would close. It would close nothing: a backward read closes a cycle there.
pub(crate) fn print_readers(options: &Options, out: &mut Lines<'_>) -> io::Result<()> {
    measure::<Read<Bare>>("fair reads", 0, options, out)
}

/// Without stacks.
fn measure<L: Lock>(
    kind: &str,
    backward: usize,
    options: &Options,
    out: &mut Lines<'_>,
) -> io::Result<()> {
    let dependencies = options.size(65_000);
    let plan = Plan {
        classes: 10_000,
        dependencies,
        backward,
    };
    let config = Config::new().stacks(Stacks::Off).stderr(false);
    heldby::install(config.on_violation(OnViolation::Warn)).map_err(io::Error::other)?;
    Learning::new::<L>(&plan).run();
    close_cycles();
    let rounds = options.rounds(20);
    let time = |run: &dyn Fn()| {
        let once = || {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64() * 1e3
        };
        (0..rounds).map(|_| once()).fold(f64::INFINITY, f64::min)
    };
    let snapshot = || drop(heldby::graph());
    let dot = || drop(heldby_model::render::dot(&heldby::graph()));
    let json = || drop(heldby::graph().to_json());
    let cycles = || drop((heldby::reports(), heldby::pending(), heldby::gated()));
    let all = || {
        dot();
        cycles();
    };
    let pieces: [Piece<'_>; 5] = [
        ("snapshot alone", &snapshot, None),
        ("snapshot as dot", &dot, None),
        ("snapshot as JSON", &json, None),
        ("all cycles", &cycles, None),
        ("dot and all cycles", &all, Some(100.0)),
    ];
    let row = |what: &str, value| {
        let work = format!("10000 classes, {dependencies} {kind}: {what}");
        Row::new(work, "heldby", value, "ms")
    };
    for (what, run, goal) in pieces {
        let mut row = row(what, time(run));
        row.goal = goal.map(Goal::Value);
        out.row(row)?;
    }
    // By one snapshot.
    out.row(row("graph locked for", locked_for(rounds, &snapshot)))
}

/// The milliseconds that another thread waits for the graph lock at most, while `run` runs.
///
/// The median of all rounds: in one where the other thread was not running, it did not wait.
fn locked_for(rounds: u32, run: &dyn Fn()) -> f64 {
    let round = |_| {
        let done = AtomicBool::new(false);
        let both = Barrier::new(2);
        thread::scope(|scope| {
            let other = scope.spawn(|| {
                both.wait();
                let mut longest = Duration::ZERO;
                // Relaxed: when it ends does not matter.
                while !done.load(Ordering::Relaxed) {
                    let start = Instant::now();
                    // The least that takes the graph lock.
                    drop(heldby::unused_allowances());
                    longest = longest.max(start.elapsed());
                }
                longest
            });
            both.wait();
            run();
            // Relaxed: see above.
            done.store(true, Ordering::Relaxed);
            other.join().expect("waiting does not panic")
        })
    };
    let mut longest: Vec<_> = (0..rounds).map(round).collect();
    longest.sort_unstable();
    longest[longest.len() / 2].as_secs_f64() * 1e3
}

/// Takes pairs of locks in both orders, so that there are cycles to tell.
fn close_cycles() {
    for pair in 0..CYCLES {
        let [a, b] = [0, 1].map(|which| Bare::make(10_000 + 2 * pair + which));
        for [outer, inner] in [[&a, &b], [&b, &a]] {
            let _outer = outer.acquire();
            drop(inner.acquire());
        }
    }
}
