//! Cells that are initialised once: held by whoever initialises them, and acquired for a moment by
//! whoever looks at them in a way that could.

use std::sync::{Mutex, OnceLock, PoisonError};

use heldby_validator::{Mode, Site, Slot};

use super::{Hold, TypeOf, acquire};
use crate::engine::Lock;
use crate::lockdep::LockMap;

/// A look at a cell that could initialise it, until it is dropped.
pub(crate) struct Look<'a> {
    /// Of a cell that was empty: what waits for whoever initialises it, or comes to do that.
    waits: Option<(Slot, Hold<'a>)>,
}

/// Begins a look at a cell, and checks that the thread may wait for the initialiser.
///
/// # Cost
/// Of an initialised cell under a known chain: one look-up.
#[inline(always)]
#[track_caller]
pub(crate) fn look<C: Lock + ?Sized>(
    map: &LockMap,
    is_initialised: impl FnOnce() -> bool,
) -> Look<'_> {
    if is_initialised() {
        heldby_validator::might_lock(map, TypeOf::<C>::LOCK_TYPE, Mode::Write, Site::caller());
        return Look { waits: None };
    }
    let slot = acquire::<C>(map, Mode::Write);
    Look {
        waits: Some((slot, Hold::new(map))),
    }
}

impl Look<'_> {
    /// Runs the initialiser: it is this look that initialises the cell.
    pub(crate) fn initialise<R>(self, run: impl FnOnce() -> R) -> R {
        let _hold = self.waits.map(|(slot, hold)| {
            slot.acquired();
            hold
        });
        run()
    }
}

/// What `std::sync::LazyLock` is, but one that says when its initialiser runs.
pub(crate) struct Lazy<T, F> {
    cell: OnceLock<T>,
    /// Gone once it runs; if it panics, the cell stays empty for ever.
    initialiser: Mutex<Option<F>>,
}

impl<T, F> Lazy<T, F> {
    pub(crate) const fn new(initialiser: F) -> Self {
        Self {
            cell: OnceLock::new(),
            initialiser: Mutex::new(Some(initialiser)),
        }
    }

    /// The mutex only lends it to whoever has the cell to itself.
    fn take_initialiser(&self) -> Option<F> {
        let slot = self.initialiser.lock();
        slot.unwrap_or_else(PoisonError::into_inner).take()
    }

    #[inline(always)]
    pub(crate) fn is_initialised(&self) -> bool {
        self.cell.get().is_some()
    }
}

impl<T, F: FnOnce() -> T> Lazy<T, F> {
    /// The value; if there is none yet, `look` runs the initialiser.
    #[inline(always)]
    pub(crate) fn force(&self, look: Look<'_>) -> &T {
        self.cell.get_or_init(|| {
            let initialiser = self.take_initialiser();
            let initialiser = initialiser.expect("LazyLock instance has previously been poisoned");
            look.initialise(initialiser)
        })
    }
}

impl<T: std::fmt::Debug, F> std::fmt::Debug for Lazy<T, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_tuple("LazyLock");
        match self.cell.get() {
            Some(value) => shown.field(value),
            None => shown.field(&format_args!("<uninit>")),
        };
        shown.finish()
    }
}
