use heldby::sync::Mutex;

use super::{Bug, on_thread};
use crate::job::Mm;
use crate::lease::recover;

pub(super) const BUG: Bug = Bug {
    name: "abba",
    code: "HB0001",
    summary: "two mutexes are taken in opposite orders",
    commit,
};

fn commit(_mm: &Mm) {
    let index = Mutex::named("index", ());
    let cache = Mutex::named("cache", ());
    on_thread("loader", || {
        let _index = recover(index.lock());
        let _cache = recover(cache.lock());
    });
    on_thread("evictor", || {
        let _cache = recover(cache.lock());
        let _index = recover(index.lock());
    });
}
