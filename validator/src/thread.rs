//! The life of a thread: its task starts at the first acquire and ends with the thread. While the thread
//! polls an async task, that is started instead.

use std::cell::Cell;
use std::sync::Arc;

use crate::async_task;
use crate::cold::in_validator;
use crate::deferred;
use crate::life::{self, Birth};
use crate::ops::{self, MayPanic};
use crate::task::{self, Phase, PhaseGuard, Task};
use crate::validator::Validator;

#[cfg_attr(unix, path = "thread/unix.rs")]
#[cfg_attr(not(unix), path = "thread/other.rs")]
mod at_end;
mod name;

thread_local! {
    /// The life of this thread, until its task starts.
    static BIRTH: Cell<Option<Birth>> = const { Cell::new(None) };
}

/// Starts what is kept of the calling thread, which otherwise happens at its first event, and calls the
/// thread `name` from now on.
///
/// For a host whose threads std does not know, and whose first event may come where little can be done:
/// inside its allocator.
pub fn begin(name: &str) {
    let task = match task::phase() {
        Phase::Fresh => start(),
        Phase::Active(task) => Some(task),
        Phase::Busy | Phase::Sink | Phase::Off => None,
    };
    if let Some(task) = task {
        in_validator(|| task.identity.rename(name.into()));
    }
}

/// Starts the task of this thread; `None` if nothing is to be checked.
///
/// A thread whose local state is gone already is not checked, since nothing would end its task.
#[cold]
pub(crate) fn start() -> Option<&'static Task> {
    let phase = {
        let _busy = PhaseGuard::enter(Phase::Busy);
        async_task::start_polled().unwrap_or_else(|| match Validator::global() {
            validator if validator.is_off() => Phase::Off,
            validator => register(validator),
        })
    };
    task::set_phase(phase);
    match phase {
        Phase::Active(task) => Some(task),
        Phase::Fresh | Phase::Busy | Phase::Sink | Phase::Off => None,
    }
}

/// Makes the task of this thread, and sees to it that it ends with the thread.
fn register(validator: &Arc<Validator>) -> Phase {
    if !at_end::can_arm() {
        return Phase::Off;
    }
    let birth = BIRTH.try_with(Cell::take).ok().flatten();
    let started = in_validator(|| start_task(validator, birth));
    started.into_iter().for_each(at_end::arm);
    started.map_or(Phase::Off, Phase::Active)
}

fn start_task(validator: &Arc<Validator>, birth: Option<Birth>) -> &'static Task {
    let task = Task::start(validator, name::of_this_thread().as_deref());
    birth.into_iter().for_each(|birth| life::begin(task, birth));
    task
}

/// The thread of `task` ends.
fn end(task: &'static Task) {
    deferred::judge(task, MayPanic::No);
    ops::exit(task, None);
    let validator = in_validator(|| task.end());
    task::set_phase(Phase::Off);
    drop(validator);
}

/// Runs the body of a thread that was just made, with the life that its maker gave it.
///
/// Its events go to `validator` if there is one, as with [`enter`], and else to the process's.
pub fn live<R>(
    validator: Option<&Arc<Validator>>,
    birth: Option<Birth>,
    body: impl FnOnce() -> R,
) -> R {
    match validator {
        Some(validator) => enter_with(validator, birth, body),
        None => {
            {
                // The first use of a thread-local allocates, and the host's allocator may lock: that must
                // not be what starts the task, which would use the thread-local again.
                let _busy = PhaseGuard::enter(Phase::Busy);
                // A thread whose local state is gone already is not checked.
                let _ = BIRTH.try_with(|slot| slot.set(birth));
            }
            body()
        }
    }
}

/// The validator of the calling thread, if it is not the process's: a test's, to be handed on to a
/// thread that this one makes.
#[must_use]
pub fn inherit() -> Option<Arc<Validator>> {
    let Phase::Active(task) = task::phase() else {
        return async_task::polled_validator();
    };
    let validator = task.share_validator();
    let global = Validator::global_if_made().is_some_and(|global| Arc::ptr_eq(global, &validator));
    (!global).then_some(validator)
}

/// Runs `body` with this thread's events going to `validator`, as a task of their own.
///
/// What the task still holds at the end is reported as held by a thread that ends, unless `body`
/// panics.
pub fn enter<R>(validator: &Arc<Validator>, body: impl FnOnce() -> R) -> R {
    enter_with(validator, None, body)
}

fn enter_with<R>(validator: &Arc<Validator>, birth: Option<Birth>, body: impl FnOnce() -> R) -> R {
    struct Leave {
        task: &'static Task,
        before: Phase,
    }

    impl Drop for Leave {
        fn drop(&mut self) {
            if !std::thread::panicking() {
                ops::exit(self.task, None);
            }
            let validator = in_validator(|| self.task.end());
            task::set_phase(self.before);
            drop(validator);
        }
    }

    let started = in_validator(|| start_task(validator, birth));
    let Some(task) = started else { return body() };
    let _leave = Leave {
        task,
        before: task::set_phase(Phase::Active(task)),
    };
    body()
}
