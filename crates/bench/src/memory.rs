//! Memory: a lock, a dependency, and locks that come and go.

use std::io;
use std::mem::size_of;

use heldby::lockdep::LockKey;
use heldby::sync::Mutex;

use crate::counting;
use crate::learn::{Learning, Plan};
use crate::locks::Bare;
use crate::options::Options;
use crate::sections::Lines;
use crate::verdict::{Goal, Row};

static MANY: LockKey = LockKey::new("one of many");

/// Without stacks.
pub(crate) fn print(options: &Options, out: &mut Lines<'_>) -> io::Result<()> {
    let locks = options.size(1_000_000);
    out.row(instance(locks))?;
    out.row(come_and_go(locks))?;
    out.row(dependency(options.size(65_000)))
}

fn instance(count: usize) -> Row {
    let locks: Vec<_> = (0..count)
        .map(|value| Mutex::with_class(&MANY, value))
        .collect();
    // The class and the thread's task are made before.
    drop(locks[0].lock());
    let kept = counting::growth(|| locks.iter().for_each(|lock| drop(lock.lock())));
    let beside = size_of::<Mutex<usize>>() - size_of::<std::sync::Mutex<usize>>();
    let bytes = beside as f64 + kept / count as f64;
    let work = format!("memory: a lock instance, {count} acquired");
    Row::new(work, "heldby", bytes, "bytes").goal(Goal::Value(8.0))
}

fn come_and_go(count: usize) -> Row {
    let one = |value| drop(Mutex::with_class(&MANY, value).lock());
    one(0);
    let kept = counting::growth(|| (0..count).for_each(one));
    let work = format!("memory: growth by {count} locks made and dropped");
    Row::new(work, "heldby", kept, "bytes").goal(Goal::Value(0.0))
}

fn dependency(dependencies: usize) -> Row {
    let mut learning = Learning::new::<Bare>(&Plan {
        classes: 10_000,
        dependencies,
        backward: 0,
    });
    let mut times = Vec::new();
    let kept = counting::growth(|| times = learning.run());
    let kept = kept - size_of_val(&*times) as f64;
    let work = format!("memory: a dependency, {dependencies} over 10000 classes");
    Row::new(work, "heldby", kept / dependencies as f64, "bytes").goal(Goal::Value(128.0))
}
