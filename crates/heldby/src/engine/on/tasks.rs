//! Async tasks and their branches.

use heldby_validator::Site;

/// A future's own held stack.
#[derive(Debug)]
pub(crate) struct AsyncTask(pub(super) heldby_validator::AsyncTask);

impl AsyncTask {
    /// A task that nobody joins.
    #[track_caller]
    pub(crate) fn new(name: Option<&str>) -> Self {
        Self(heldby_validator::AsyncTask::new(name, Site::caller(), None))
    }

    #[inline(always)]
    pub(crate) fn poll<R>(
        &mut self,
        poll: impl FnOnce() -> R,
        is_suspended: impl FnOnce(&R) -> bool,
    ) -> R {
        self.0.poll(poll, is_suspended)
    }
}

/// An arm's own holds.
#[derive(Debug)]
pub(crate) struct Branch(heldby_validator::Branch);

impl Branch {
    /// The branch of a future that moves, or of one that stays at an address.
    pub(crate) fn new(address: Option<usize>) -> Self {
        let stays = heldby_validator::Branch::of_future_at;
        Self(address.map_or_else(heldby_validator::Branch::new, stays))
    }

    #[inline(always)]
    pub(crate) fn poll<R>(
        &mut self,
        poll: impl FnOnce() -> R,
        is_suspended: impl FnOnce(&R) -> bool,
    ) -> R {
        self.0.poll(poll, is_suspended)
    }
}

/// What gives up by itself.
#[derive(Debug)]
pub(crate) struct Bounded;

impl Bounded {
    #[inline(always)]
    pub(crate) fn poll<R>(
        &mut self,
        poll: impl FnOnce() -> R,
        _is_suspended: impl FnOnce(&R) -> bool,
    ) -> R {
        heldby_validator::bounded(poll)
    }
}
