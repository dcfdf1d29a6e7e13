//! What was counted, read while it is being counted.

use heldby_model::LockStat;

use super::Books;
use super::counts::{Counters, Counts, Key};
use crate::registry;
use crate::task::Task;
use crate::validator::Validator;

/// What was counted so far, by all tasks of the validator, the classes by their numbers; nothing if it
/// keeps no statistics. Inside the validator.
pub(crate) fn told(validator: &Validator) -> Vec<LockStat> {
    let Some(statistics) = &validator.statistics else {
        return Vec::new();
    };
    let ended = statistics.ended();
    let mut all = Counts::default();
    all.merge(ended.iter());
    for task in registry::of(validator) {
        all.merge(copied(task));
    }
    drop(ended);
    all.told()
}

/// What the books of a task say, copied without an allocation while they are locked.
fn copied(task: &Task) -> Vec<(Key, Counters)> {
    let mut copy = Vec::new();
    loop {
        let books = task.books();
        let Some(Books { holds, counts }) = &*books else {
            return copy;
        };
        let needed = holds.len() + counts.iter().len();
        if copy.capacity() >= needed {
            copy.extend(counts.iter());
            let open = holds.iter();
            copy.extend(open.map(|hold| (hold.key(), Counters::so_far(hold))));
            return copy;
        }
        drop(books);
        copy.reserve(needed);
    }
}
