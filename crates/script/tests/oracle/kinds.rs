//! Why a program that cannot deadlock is reported: what a finer rule would have to know.
//!
//! The answer comes from the program alone: its dependencies, and the cycles that they make.

use super::program::{Action, Program};

/// Why an alarm is false.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// No locks form a cycle: those of one class are not told apart.
    OneClass,
    /// Every cycle needs two dependencies of one thread, which cannot happen at once.
    OneThread,
    /// Of the others, every cycle has two dependencies that a common lock keeps apart.
    Gate,
    /// Of the others, every cycle needs a waiting writer that no thread is left to be.
    NoWriter,
    /// Something else, such as a waiting writer that a common lock keeps apart from the readers.
    Other,
}

/// A lock that is held since an action.
#[derive(Clone, Copy, Debug)]
struct Hold {
    since: usize,
    lock: usize,
    writes: bool,
}

/// A dependency: while `from` was held, `to` was asked for.
#[derive(Clone, Debug)]
struct Dependency {
    thread: usize,
    from: Hold,
    to: usize,
    to_writes: bool,
    /// All that the thread held then.
    held: Vec<Hold>,
}

/// Tells why the alarm about `program` is false.
pub(crate) fn kind_of(program: &Program) -> Kind {
    let all = dependencies(program);
    let mut cycles = Vec::new();
    for first in &all {
        extend(&all, vec![first], &mut cycles);
    }
    if cycles.is_empty() {
        return Kind::OneClass;
    }
    cycles.retain(|cycle| pairs(cycle).all(|(a, b)| a.thread != b.thread));
    if cycles.is_empty() {
        return Kind::OneThread;
    }
    cycles.retain(|cycle| pairs(cycle).all(|(a, b)| !excludes(a, b)));
    if cycles.is_empty() {
        return Kind::Gate;
    }
    let closes = |cycle: &Vec<&Dependency>| {
        let count = cycle.len();
        (0..count).all(|joint| closes(&all, cycle, cycle[joint], cycle[(joint + 1) % count]))
    };
    if cycles.iter().any(closes) {
        Kind::Other
    } else {
        Kind::NoWriter
    }
}

fn dependencies(program: &Program) -> Vec<Dependency> {
    let mut all = Vec::new();
    for (thread, actions) in program.threads.iter().enumerate() {
        let mut held: Vec<Hold> = Vec::new();
        for (number, &action) in actions.iter().enumerate() {
            match action {
                Action::Acquire {
                    lock: to,
                    write: to_writes,
                    try_only,
                } => {
                    let froms = if try_only { &[] } else { held.as_slice() };
                    all.extend(froms.iter().map(|&from| Dependency {
                        thread,
                        from,
                        to,
                        to_writes,
                        held: held.clone(),
                    }));
                    held.push(Hold {
                        since: number,
                        lock: to,
                        writes: to_writes,
                    });
                }
                Action::Release { of, .. } => held.retain(|hold| hold.since != of),
            }
        }
    }
    all
}

/// Collects every cycle that begins with `path` and passes no lock twice.
fn extend<'a>(
    all: &'a [Dependency],
    path: Vec<&'a Dependency>,
    cycles: &mut Vec<Vec<&'a Dependency>>,
) {
    let (start, end) = (path[0].from.lock, path[path.len() - 1].to);
    if end == start {
        cycles.push(path);
        return;
    }
    for next in all.iter().filter(|next| next.from.lock == end) {
        if path.iter().all(|before| before.from.lock != next.from.lock) {
            extend(all, [path.as_slice(), &[next]].concat(), cycles);
        }
    }
}

fn pairs<'a>(cycle: &'a [&Dependency]) -> impl Iterator<Item = (&'a Dependency, &'a Dependency)> {
    let numbered = cycle.iter().enumerate();
    numbered.flat_map(|(number, &a)| cycle[number + 1..].iter().map(move |&b| (a, b)))
}

/// Returns whether what `a` and `b` hold cannot be held by two threads at once.
fn excludes(a: &Dependency, b: &Dependency) -> bool {
    let clash = |x: &Hold, y: &Hold| x.lock == y.lock && (x.writes || y.writes);
    a.held.iter().any(|x| b.held.iter().any(|y| clash(x, y)))
}

/// Returns whether `waiter` can wait for `holder` where they meet.
///
/// One of them writes there, or a thread outside the cycle can be the writer that waits between.
fn closes(
    all: &[Dependency],
    cycle: &[&Dependency],
    waiter: &Dependency,
    holder: &Dependency,
) -> bool {
    let outside = |writer: &&Dependency| cycle.iter().all(|inside| inside.thread != writer.thread);
    waiter.to_writes
        || holder.from.writes
        || all
            .iter()
            .filter(outside)
            .any(|writer| writer.to == waiter.to && writer.to_writes)
}
