//! Fork: the child has one thread, and nothing of ours may stay locked by one that is gone.
//!
//! Whoever is inside the validator holds the gate for reading.
//! A fork takes it for writing first, so it waits until nobody is inside, and gives it back in both
//! processes. The child then forgets the tasks of the threads that it does not have, and keeps what
//! they held: see [`crate::orphans`].

use std::cell::Cell;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

#[cfg(unix)]
use crate::task::Task;
#[cfg(unix)]
use crate::validator::Validator;

static GATE: RwLock<()> = RwLock::new(());

thread_local! {
    /// This thread holds the gate.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Keeps forks away until it is dropped.
pub(crate) struct Gate {
    held: Option<RwLockReadGuard<'static, ()>>,
}

impl Gate {
    /// Takes the gate, unless this thread holds it: a second read would wait behind a fork that waits
    /// for the end of the first.
    pub(crate) fn enter() -> Self {
        let held =
            (!INSIDE.replace(true)).then(|| GATE.read().unwrap_or_else(PoisonError::into_inner));
        Self { held }
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        if self.held.take().is_some() {
            INSIDE.set(false);
        }
    }
}

/// Sees to it that a fork goes through the gate. More than once does no harm.
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

    use super::{GATE, forget_chains};
    use crate::task::{Phase, PhaseGuard, Task};
    use crate::validator::Validator;
    use crate::{lock_stat, orphans, registry};

    type Closed = (RwLockWriteGuard<'static, ()>, PhaseGuard);

    thread_local! {
        /// The closed gate, between the handlers of one fork; the forking thread runs them all.
        static CLOSED: RefCell<Option<Closed>> = const { RefCell::new(None) };
    }

    pub(super) extern "C" fn prepare() {
        // A thread whose local state is gone cannot keep the gate closed; it forks all the same.
        let _ = CLOSED.try_with(|slot| {
            slot.borrow_mut().get_or_insert_with(|| {
                (
                    GATE.write().unwrap_or_else(PoisonError::into_inner),
                    // Other handlers of the host run before ours open the gate again.
                    PhaseGuard::enter(Phase::Off),
                )
            });
        });
    }

    pub(super) extern "C" fn parent() {
        drop(CLOSED.try_with(RefCell::take));
    }

    pub(super) extern "C" fn child() {
        let opened = CLOSED.try_with(RefCell::take).ok().flatten();
        if opened.is_some() {
            let (ours, gone): (Vec<_>, Vec<_>) = registry::all()
                .into_iter()
                .partition(|task| task.is_of_this_thread());
            let orphaned = gone.iter().filter(|task| orphans::note(task)).count();
            if orphaned > 0 {
                forget_chains(&ours);
            }
            let validators: Vec<_> = gone.into_iter().map(Task::end).collect();
            for task in &ours {
                lock_stat::begin_anew(task.validator(), &ours);
            }
            if let Some(validator) = Validator::global_if_made() {
                lock_stat::begin_anew(validator, &ours);
            }
            drop(opened);
            drop(validators);
        }
    }
}

/// Makes every chain unknown to the validators that this thread has tasks of, and to the process's,
/// so that every acquire of an orphaned lock is looked at.
#[cfg(unix)]
fn forget_chains(ours: &[&'static Task]) {
    let caches = || ours.iter().map(|task| &task.chains).collect();
    for task in ours {
        task.validator().chains.forget(caches);
    }
    if let Some(validator) = Validator::global_if_made() {
        validator.chains.forget(caches);
    }
}

#[cfg(unix)]
use handlers::{child, parent, prepare};

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::{GATE, Gate};

    #[test]
    fn who_is_inside_does_not_wait_for_a_fork() {
        let inside = Gate::enter();
        std::thread::scope(|scope| {
            scope.spawn(|| drop(GATE.write()));
            // A new reader is kept out as soon as the writer waits.
            while GATE.try_read().is_ok() {
                std::thread::yield_now();
            }
            drop(Gate::enter());
            drop(inside);
        });
    }
}
