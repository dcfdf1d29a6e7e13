use heldby::sync::Mutex;

use super::{Bug, on_thread};
use crate::job::Mm;
use crate::lease::recover;

pub(super) const BUG: Bug = Bug {
    name: "three-locks",
    code: "HB0002",
    summary: "three threads that never overlap close a cycle of three mutexes",
    commit,
};

fn commit(_mm: &Mm) {
    let index = Mutex::named("index", ());
    let cache = Mutex::named("cache", ());
    let journal = Mutex::named("journal", ());
    on_thread("loader", || {
        let _index = recover(index.lock());
        let _cache = recover(cache.lock());
    });
    on_thread("evictor", || {
        let _cache = recover(cache.lock());
        let _journal = recover(journal.lock());
    });
    on_thread("recovery", || {
        let _journal = recover(journal.lock());
        let _index = recover(index.lock());
    });
}
