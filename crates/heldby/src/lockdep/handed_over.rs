//! Guards on their way from one thread to another.

use super::Guard;
use crate::engine::Carried;

/// A guard that no thread holds: it is on its way to another one.
///
/// Made by [`Guard::hand_over`]. If it is dropped, the lock is released where that happens.
#[derive(Debug)]
#[must_use = "if unused the lock will immediately unlock"]
pub struct HandedOver<G> {
    // Dropped first, so that whoever releases the lock holds it.
    hold: Carried,
    guard: G,
}

impl<G: Guard> HandedOver<G> {
    #[inline]
    #[cfg_attr(feature = "validate", track_caller)]
    pub(super) fn new(guard: G) -> Self {
        Self {
            hold: Carried::from_this_thread(guard.lock_map()),
            guard,
        }
    }

    /// Takes the guard: from now on the calling thread holds the lock.
    ///
    /// It waited for nothing here, so no order leads into the lock; what the thread takes from now on
    /// comes after it.
    #[inline]
    pub fn adopt(self) -> G {
        let Self { hold, guard } = self;
        hold.arrive();
        guard
    }
}
