use std::mem;

use heldby::sync::Mutex;

use super::{Bug, on_thread};
use crate::job::Mm;
use crate::lease::recover;

pub(super) const BUG: Bug = Bug {
    name: "forgotten-release",
    code: "HB0003",
    summary: "a mutex is locked again by the thread that forgot to unlock it",
    commit,
};

fn commit(_mm: &Mm) {
    let cache = Mutex::named("cache", ());
    on_thread("loader", || {
        mem::forget(recover(cache.lock()));
        drop(recover(cache.lock()));
    });
}
