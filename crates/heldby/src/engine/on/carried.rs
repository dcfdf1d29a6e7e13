//! Holds on their way from one thread to another.

use heldby_validator::{Disowned, Site};

use crate::lockdep::LockMap;

/// A hold that no thread has; the thread where this goes has it then.
#[derive(Debug)]
pub(crate) struct Carried(Option<Disowned>);

impl Carried {
    /// Takes the newest hold of a lock from the calling thread.
    #[track_caller]
    pub(crate) fn from_this_thread(map: &LockMap) -> Self {
        Self(heldby_validator::disown(map, Site::caller()))
    }

    /// Gives the hold to the calling thread.
    #[inline(always)]
    pub(crate) fn arrive(self) {}
}

impl Drop for Carried {
    fn drop(&mut self) {
        if let Some(hold) = self.0.take() {
            heldby_validator::adopt(hold);
        }
    }
}
