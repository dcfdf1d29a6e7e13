//! A large graph: writing it down, and finding all its cycles.

use std::io;
use std::time::Instant;

use heldby::{Config, OnViolation, Stacks};

use crate::learn::{Learning, Plan};
use crate::locks::{Bare, Lock};
use crate::options::Options;
use crate::sections::Lines;
use crate::verdict::{Goal, Row};

/// What is timed: its name, itself, and the most milliseconds that will do.
type Piece<'a> = (&'a str, &'a dyn Fn(), Option<f64>);

/// Cycles that are closed, each of two locks.
pub(crate) const CYCLES: usize = 100;

/// Without stacks.
pub(crate) fn print(options: &Options, out: &mut Lines<'_>) -> io::Result<()> {
    let dependencies = options.size(65_000);
    let plan = Plan {
        classes: 10_000,
        dependencies,
        backward: 20,
    };
    let config = Config::new().stacks(Stacks::Off).stderr(false);
    heldby::install(config.on_violation(OnViolation::Warn)).map_err(io::Error::other)?;
    Learning::new::<Bare>(&plan).run();
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
    for (what, run, goal) in pieces {
        let work = format!("10000 classes, {dependencies} dependencies: {what}");
        let mut row = Row::new(work, "heldby", time(run), "ms");
        row.goal = goal.map(Goal::Value);
        out.row(row)?;
    }
    Ok(())
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
