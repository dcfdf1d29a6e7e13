//! The rungs: known chains at several depths.

use std::hint::black_box;

use crate::rounds::interleaved;

/// One row of the table.
pub(crate) struct Row {
    pub(crate) work: String,
    pub(crate) raw: f64,
    pub(crate) heldby: f64,
}

/// Pairs in one timed round.
const PAIRS: u32 = 20_000;

/// Makes a function that takes a lock `PAIRS` times under `depth - 1` others of other classes.
macro_rules! nested {
    ($name:ident, $lock:ty, $make:expr, $acquire:ident) => {
        fn $name(depth: usize) -> impl FnMut(u32) {
            let make: fn(usize) -> $lock = $make;
            let outer: Vec<$lock> = (1..depth).map(make).collect();
            let inner = make(0);
            move |repeat| {
                let mut held: Vec<_> = outer.iter().map(|lock| lock.$acquire().unwrap()).collect();
                for _ in 0..repeat {
                    drop(black_box(&inner).$acquire().unwrap());
                }
                while held.pop().is_some() {}
            }
        }
    };
}

const CLASSES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

nested!(
    raw_mutex,
    std::sync::Mutex<usize>,
    std::sync::Mutex::new,
    lock
);
nested!(
    raw_read,
    std::sync::RwLock<usize>,
    std::sync::RwLock::new,
    read
);
nested!(
    raw_write,
    std::sync::RwLock<usize>,
    std::sync::RwLock::new,
    write
);
nested!(
    mutex,
    heldby::sync::Mutex<usize>,
    |i| heldby::sync::Mutex::named(CLASSES[i], i),
    lock
);
nested!(
    read,
    heldby::sync::RwLock<usize>,
    |i| heldby::sync::RwLock::named(CLASSES[i], i),
    read
);
nested!(
    write,
    heldby::sync::RwLock<usize>,
    |i| heldby::sync::RwLock::named(CLASSES[i], i),
    write
);

/// All rows, measured one after another.
pub(crate) fn rows() -> impl Iterator<Item = Row> {
    let depths = || [1, 2, 4, 8].into_iter();
    let mutexes = depths().map(|depth| row("Mutex", depth, raw_mutex(depth), mutex(depth)));
    let reads = depths().map(|depth| row("RwLock read", depth, raw_read(depth), read(depth)));
    let writes = depths().map(|depth| row("RwLock write", depth, raw_write(depth), write(depth)));
    mutexes.chain(reads).chain(writes)
}

fn row(lock: &str, depth: usize, raw: impl FnMut(u32), heldby: impl FnMut(u32)) -> Row {
    let (raw, heldby) = interleaved(PAIRS, raw, heldby);
    Row {
        work: format!("{lock}, known chain, depth {depth}"),
        raw,
        heldby,
    }
}
