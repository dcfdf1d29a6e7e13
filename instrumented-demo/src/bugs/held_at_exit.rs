use std::mem;

use heldby::sync::Mutex;

use super::{Bug, on_thread};
use crate::job::Mm;
use crate::lease::recover;

pub(super) const BUG: Bug = Bug {
    name: "held-at-exit",
    code: "HB0103",
    summary: "a thread ends while it holds a mutex",
    commit,
};

fn commit(_mm: &Mm) {
    let cache = Mutex::named("cache", ());
    on_thread("loader", || mem::forget(recover(cache.lock())));
}
