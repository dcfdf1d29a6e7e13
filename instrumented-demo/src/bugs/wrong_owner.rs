use heldby::assert_held;
use heldby::sync::Mutex;

use super::{Bug, on_thread};
use crate::job::Mm;
use crate::lease::recover;

pub(super) const BUG: Bug = Bug {
    name: "wrong-owner",
    code: "HB0202",
    summary: "a thread relies on a lock that another one holds",
    commit,
};

fn commit(_mm: &Mm) {
    let cache = Mutex::named("cache", ());
    let _cache = recover(cache.lock());
    on_thread("evictor", || assert_held!(cache));
}
