use heldby::sync::{Mutex, RwLock};

use super::{Bug, on_thread};
use crate::job::Mm;
use crate::lease::recover;

pub(super) const BUG: Bug = Bug {
    name: "rw-cycle",
    code: "HB0001",
    summary: "a read lock is held before a mutex, and written after it elsewhere",
    commit,
};

fn commit(_mm: &Mm) {
    let index = RwLock::named("index", ());
    let cache = Mutex::named("cache", ());
    on_thread("loader", || {
        let _index = recover(index.read());
        let _cache = recover(cache.lock());
    });
    on_thread("rebuilder", || {
        let _cache = recover(cache.lock());
        let _index = recover(index.write());
    });
}
