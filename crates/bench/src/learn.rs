//! New dependencies: the whole cold path.
//!
//! Classes have a random order, and every dependency is a random pair of them in that order, so no
//! cycle closes and the order has to be found.
//! *Legal backward reads* close none either: a class that is only ever held by recursive readers is
//! asked for under a later one that is held for writing.

use std::collections::HashSet;
use std::hint::black_box;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

use crate::locks::{Bare, Lock};
use crate::options::Options;
use crate::random::Random;
use crate::sections::{Curve, Line, Lines, Run};
use crate::shapes::{Base, Side};
use crate::verdict::{Goal, Row};

/// What is to be learned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) classes: usize,
    pub(crate) dependencies: usize,
    /// One in so many is a legal backward read; 0: none.
    pub(crate) backward: usize,
}

/// The outer and the inner lock of a dependency.
type Pair = (usize, usize);

/// Locks, and the pairs to take.
pub(crate) struct Learning {
    pairs: Vec<Pair>,
    run: Box<TakeAll>,
}

/// Takes all pairs until some moment, and adds the nanoseconds that each inner lock took.
type TakeAll = dyn FnMut(&[Pair], Instant, &mut Vec<u32>) + Send;

/// Parts that the dependencies are told in.
const PARTS: usize = 20;

impl Plan {
    /// Which classes are only ever held by recursive readers.
    fn is_recursive(&self, class: usize) -> bool {
        self.backward > 0 && class.is_multiple_of(10)
    }

    /// What it is called in the table.
    fn work(&self) -> String {
        let backward = if self.backward > 0 {
            ", 5 % backward"
        } else {
            ""
        };
        format!("new dependency, {} classes{backward}", self.classes)
    }

    /// Every dependency once, in random order.
    fn pairs(&self) -> Vec<Pair> {
        let mut random = Random::new(self.classes as u64);
        let mut order: Vec<_> = (0..self.classes).collect();
        random.shuffle(&mut order);
        let mut seen = HashSet::new();
        let mut pairs = Vec::with_capacity(self.dependencies);
        while pairs.len() < self.dependencies {
            let (first, second) = random.pair(self.classes);
            let (first, second) = (order[first], order[second]);
            let is_backward = self.backward > 0 && pairs.len().is_multiple_of(self.backward);
            let pair = match is_backward {
                false => (first, second),
                true if self.is_recursive(first) && !self.is_recursive(second) => (second, first),
                true => continue,
            };
            if seen.insert(pair) {
                pairs.push(pair);
            }
        }
        pairs
    }
}

/// A side that takes longer than this does not learn all.
const PATIENCE: Duration = Duration::from_secs(10);

impl Learning {
    /// Makes the locks and takes each of them once.
    pub(crate) fn new<L: Lock>(plan: &Plan) -> Self {
        let make = |class| match plan.is_recursive(class) {
            true => L::make_recursive(class),
            false => L::make(class),
        };
        let locks: Vec<L> = (0..plan.classes).map(make).collect();
        locks.iter().for_each(|lock| drop(lock.acquire()));
        let run = move |pairs: &[Pair], until: Instant, times: &mut Vec<u32>| {
            for &(outer, inner) in pairs {
                let _outer = locks[outer].acquire();
                let start = Instant::now();
                let inner = locks[inner].acquire();
                let end = Instant::now();
                drop(inner);
                times.push((end - start).as_nanos() as u32);
                if end > until {
                    return;
                }
            }
        };
        Self {
            pairs: plan.pairs(),
            run: Box::new(run),
        }
    }

    /// Learns, and returns the nanoseconds of each.
    pub(crate) fn run(&mut self) -> Vec<u32> {
        let mut times = Vec::with_capacity(self.pairs.len());
        (self.run)(&self.pairs, Instant::now() + PATIENCE, &mut times);
        times
    }

    /// Learns, and returns how many nodes and edges the validator visited in each part. That is asked of
    /// it in between, which takes its time.
    fn visits(&mut self) -> Vec<u32> {
        let until = Instant::now() + PATIENCE;
        let (mut before, mut visits, mut times) = (visited(), Vec::new(), Vec::new());
        for part in self.pairs.chunks(part_of(self.pairs.len())) {
            (self.run)(part, until, &mut times);
            let now = visited();
            visits.push((now - before) as u32);
            before = now;
        }
        visits
    }
}

/// How many dependencies one of the [`PARTS`] has.
fn part_of(dependencies: usize) -> usize {
    dependencies.div_ceil(PARTS).max(1)
}

/// Nodes and edges that the validator has visited so far.
fn visited() -> u64 {
    let stats = heldby::stats();
    stats.visited_nodes + stats.visited_edges
}

/// Learns on a stack of so many frames; tells how many there were, which is more if a thread begins
/// with more.
fn on_stack(frames: usize, mut learning: Learning) -> (usize, Vec<u32>) {
    // The main thread's stack is deep already.
    let thread = thread::spawn(move || under(frames, &mut learning));
    thread.join().expect("learning does not panic")
}

#[inline(never)]
fn under(frames: usize, learning: &mut Learning) -> (usize, Vec<u32>) {
    let here = 0_u8;
    let here = std::ptr::from_ref(black_box(&here)).addr();
    // What takes the locks comes on top.
    let mut depth = 1;
    backtrace::trace(|frame| {
        depth += usize::from(frame.sp().addr() > here);
        true
    });
    if depth >= frames {
        (depth, learning.run())
    } else {
        // Kept from being a tail call.
        black_box(under(frames, learning))
    }
}

const NO_STACKS: &[(&str, &str)] = &[("HELDBY_STACKS", "off"), ("RUST_BACKTRACE", "0")];
const STACKS: &[(&str, &str)] = &[("HELDBY_STACKS", "edges"), ("RUST_BACKTRACE", "1")];

/// Stands for the lock where not the time counts but what is visited.
const VISITS: &str = "visits";

/// Each row of its own in a process of its own: whose lock, classes, dependencies, of which one in so
/// many is a backward read, and the frames of the stack.
pub(crate) fn runs(options: &Options) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut add = |lock: &str, [classes, dependencies, backward, frames]: [usize; 4]| {
        let dependencies = options.size(dependencies);
        runs.push(Run {
            child: format!("{lock} {classes} {dependencies} {backward} {frames}"),
            environment: if frames == 0 { NO_STACKS } else { STACKS },
            times: if lock == "heldby" {
                options.rounds(9)
            } else {
                1
            },
        });
    };
    for backward in [0, 20] {
        for classes in [1_000, 10_000] {
            add("heldby", [classes, 100_000, backward, 0]);
            add(VISITS, [classes, 100_000, backward, 0]);
        }
    }
    add("heldby", [1_000, 100_000, 0, 8]);
    add("heldby", [1_000, 100_000, 0, 16]);
    if options.has_rivals() {
        for classes in [1_000, 10_000] {
            add("tracing-mutex", [classes, 100_000, 0, 0]);
            add("deloxide", [classes, 100_000, 0, 0]);
        }
        for frames in [8, 16] {
            add("tracing-mutex", [1_000, 100_000, 0, frames]);
        }
    }
    runs
}

/// Measures one of [`runs`].
pub(crate) fn print(
    run: &str,
    _options: &Options,
    rivals: &[Side],
    out: &mut Lines<'_>,
) -> io::Result<()> {
    let mut words = run.split(' ');
    let name = words.next().unwrap_or_default();
    let numbers: Vec<usize> = words.filter_map(|word| word.parse().ok()).collect();
    let Ok([classes, dependencies, backward, frames]) = <[usize; 4]>::try_from(numbers) else {
        return Err(io::Error::other(format!("unknown section `{run}`")));
    };
    let plan = Plan {
        classes,
        dependencies,
        backward,
    };
    if name == VISITS {
        let visits = Learning::new::<Bare>(&plan).visits();
        let visits = visits.into_iter().map(f64::from);
        let work = plan.work();
        let points = tell_growth(Curve::Visited, &work, dependencies, visits, out)?;
        return tell_visited(&work, &points, out);
    }
    let learning = if name == "heldby" {
        Learning::new::<Bare>(&plan)
    } else {
        let mutexes = [Base::StdMutex, Base::ParkingMutex];
        let is_meant = |side: &&Side| side.name == name && mutexes.contains(&side.base);
        let Some(side) = rivals.iter().find(is_meant) else {
            return Err(io::Error::other(format!("unknown lock `{name}`")));
        };
        (side.learn)(&plan)
    };
    let (depth, times) = on_stack(frames, learning);
    if name == "heldby" {
        check(times.len())?;
    }
    // How deep the stack is makes no difference where none is captured.
    let depth = if frames == 0 { 0 } else { depth };
    tell(name, plan, [frames, depth], times, out)
}

/// The validator has learned what it was to learn.
fn check(learned: usize) -> io::Result<()> {
    match heldby::stats().dependencies {
        dependencies if dependencies == learned => Ok(()),
        dependencies => Err(io::Error::other(format!(
            "{dependencies} dependencies of {learned}"
        ))),
    }
}

fn tell(
    name: &str,
    plan: Plan,
    [frames, depth]: [usize; 2],
    mut times: Vec<u32>,
    out: &mut Lines<'_>,
) -> io::Result<()> {
    let mut work = plan.work();
    if frames > 0 {
        work += &format!(", stack of {frames}");
    }
    if name == "heldby" {
        let parts = times.chunks(part_of(times.len()));
        let sums = parts.map(|part| part.iter().map(|&time| f64::from(time)).sum());
        tell_growth(Curve::Time, &work, times.len(), sums, out)?;
    }
    let learned = times.len();
    let mean = times.iter().map(|&time| f64::from(time)).sum::<f64>() / learned as f64;
    times.sort_unstable();
    let (mean_goal, p99_goal) = match frames {
        0 => (Some(700.0), Some(5_000.0)),
        8 => (Some(4_000.0), None),
        _ => (Some(6_000.0), None),
    };
    let rows = [
        ("mean", mean, mean_goal),
        ("p99", f64::from(times[learned * 99 / 100]), p99_goal),
        ("worst", f64::from(times[learned - 1]), None),
    ];
    for (what, value, goal) in rows {
        let mut row = Row::new(format!("{work}: {what}"), name, value, "ns");
        row.goal = goal.filter(|_| name == "heldby").map(Goal::Value);
        if depth > frames {
            row = row.note(format!("{depth} frames"));
        }
        if learned < plan.dependencies {
            row = row.note(format!("gave up after {learned}"));
        }
        out.row(row)?;
    }
    Ok(())
}

/// Tells the means of the parts by the size of the graph.
fn tell_growth(
    curve: Curve,
    work: &str,
    dependencies: usize,
    sums: impl Iterator<Item = f64>,
    out: &mut Lines<'_>,
) -> io::Result<Vec<(f64, f64)>> {
    let part = part_of(dependencies);
    let mean = |(index, sum)| {
        let size = dependencies.min((index + 1) * part);
        (size as f64, sum / (size - index * part) as f64)
    };
    let points: Vec<_> = sums.enumerate().map(mean).collect();
    out.line(&Line::Points {
        curve,
        name: work.to_owned(),
        points: points.clone(),
    })?;
    Ok(points)
}

/// One row for each quarter of the dependencies; the last one must not have visited more than the first.
fn tell_visited(work: &str, points: &[(f64, f64)], out: &mut Lines<'_>) -> io::Result<()> {
    let quarters = points.chunks(points.len().div_ceil(4));
    let quarters: Vec<_> = quarters
        .map(|quarter| {
            let sum: f64 = quarter.iter().map(|point| point.1).sum();
            let (size, _) = quarter[quarter.len() - 1];
            (size, sum / quarter.len() as f64)
        })
        .collect();
    for &(size, mean) in &quarters {
        let row = Row::new(
            format!("{work}: visited, to {size}"),
            "heldby",
            mean,
            "visit",
        );
        out.row(match quarters.last() == Some(&(size, mean)) {
            // In tenths, and a tenth more: chance has a part in it.
            true => row.goal(Goal::Value((quarters[0].1 * 11.0).ceil() / 10.0)),
            false => row,
        })?;
    }
    Ok(())
}
