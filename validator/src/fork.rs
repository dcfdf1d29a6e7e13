//! Fork: the child has one thread, and nothing of ours may stay locked by one that is gone.
//!
//! Whoever is inside the validator holds the gate for reading.
//! A fork takes it for writing first, so it waits until nobody is inside, and gives it back in both
//! processes. The child then forgets the tasks of the threads that it does not have.

use std::sync::{PoisonError, RwLock, RwLockReadGuard};

static GATE: RwLock<()> = RwLock::new(());

/// Keeps forks away until it is dropped. Never taken twice by one thread: whoever holds it is
/// inside the validator, where nothing is instrumented.
pub(crate) fn gate() -> RwLockReadGuard<'static, ()> {
    GATE.read().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(unix)]
pub(crate) fn install() {
    // SAFETY: the handlers are functions for the whole life of the process, and they only touch
    // this module's gate and the tables that it guards.
    unsafe { libc::pthread_atfork(Some(prepare), Some(parent), Some(child)) };
}

#[cfg(not(unix))]
pub(crate) fn install() {}

#[cfg(unix)]
mod handlers {
    use std::cell::RefCell;
    use std::sync::{PoisonError, RwLockWriteGuard};

    use super::GATE;
    use crate::registry;
    use crate::task::{BusyGuard, Task};

    type Closed = (RwLockWriteGuard<'static, ()>, BusyGuard);

    thread_local! {
        /// The closed gate, between the handlers of one fork; the forking thread runs them all.
        static CLOSED: RefCell<Option<Closed>> = const { RefCell::new(None) };
    }

    pub(super) extern "C" fn prepare() {
        let closed = (
            GATE.write().unwrap_or_else(PoisonError::into_inner),
            BusyGuard::enter(),
        );
        // A thread whose local state is gone cannot keep the gate closed; it forks all the same.
        let _ = CLOSED.try_with(|slot| slot.replace(Some(closed)));
    }

    pub(super) extern "C" fn parent() {
        drop(CLOSED.try_with(RefCell::take));
    }

    pub(super) extern "C" fn child() {
        let opened = CLOSED.try_with(RefCell::take).ok().flatten();
        if opened.is_some() {
            let gone = registry::all()
                .into_iter()
                .filter(|task| !task.is_of_this_thread());
            let validators: Vec<_> = gone.map(Task::end).collect();
            drop(opened);
            drop(validators);
        }
    }
}

#[cfg(unix)]
use handlers::{child, parent, prepare};
