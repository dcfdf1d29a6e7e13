//! What the calling thread polls: one thread-local, since each costs a call where it is not inlined.

use std::cell::Cell;

use crate::async_task::{AsyncTask, Leaf};

/// What a thread polls.
#[derive(Clone, Copy)]
pub(crate) struct Polling {
    /// The innermost async task; null if there is none.
    pub(crate) task: *const AsyncTask,
    /// An address in the frame by which the innermost task or branch is polled; the highest one where there
    /// is none.
    pub(crate) boundary: usize,
    /// It gives up by itself.
    pub(crate) bounded: bool,
    /// Where the innermost future of ours came to wait, since the poll of the task began.
    pub(crate) leaf: Option<Leaf>,
}

thread_local! {
    static POLLING: Cell<Polling> = const {
        Cell::new(Polling {
            task: std::ptr::null(),
            boundary: usize::MAX,
            bounded: false,
            leaf: None,
        })
    };
}

#[inline(always)]
pub(crate) fn get() -> Polling {
    POLLING.get()
}

#[inline(always)]
pub(crate) fn set(polling: Polling) {
    POLLING.set(polling);
}

/// Changes something of it, and returns what was there.
#[inline(always)]
pub(crate) fn change(change: impl FnOnce(&mut Polling)) -> Polling {
    POLLING.with(|polling| {
        let before = polling.get();
        let mut after = before;
        change(&mut after);
        polling.set(after);
        before
    })
}
