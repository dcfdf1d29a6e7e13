//! Ends a thread's task after its thread-locals are gone, which may drop guards and take locks.
//!
//! The values of `pthread` keys are destroyed after the thread-locals of Rust and C++, in rounds: a
//! value that is set again while they are destroyed has its turn in the next round.
//! They are not destroyed when the process ends, by whichever thread, and then no lock is left; what
//! signal handlers of that thread left to be judged is judged among its thread-locals.

use std::ffi::c_void;
use std::num::NonZeroUsize;

use once_cell::race::OnceNonZeroUsize;

use crate::deferred;
use crate::ops::MayPanic;
use crate::task::{self, Phase, Task};

/// Judges what signal handlers left when it is dropped, as the process may end.
struct Judge;

impl Drop for Judge {
    fn drop(&mut self) {
        if let Phase::Active(task) = task::phase() {
            deferred::judge(task, MayPanic::No);
        }
    }
}

thread_local! {
    static JUDGE: Judge = const { Judge };
}

/// The key whose value is the thread's task; `None` if the process has no more keys.
fn key() -> Option<libc::pthread_key_t> {
    /// The key plus one.
    static KEY: OnceNonZeroUsize = OnceNonZeroUsize::new();
    let make = || {
        let mut key = 0;
        // SAFETY: the key is written here, and the destructor is a function for ever.
        let made = unsafe { libc::pthread_key_create(&mut key, Some(destroy)) };
        (made == 0)
            .then(|| NonZeroUsize::MIN.checked_add(key as usize))
            .flatten()
            .ok_or(())
    };
    let known = KEY.get_or_try_init(make).ok()?;
    libc::pthread_key_t::try_from(known.get() - 1).ok()
}

/// Whether a task of this thread would be ended.
pub(super) fn can_arm() -> bool {
    key().is_some_and(|key| set(key, std::ptr::null()))
}

/// Has `task` ended with this thread.
pub(super) fn arm(task: &'static Task) {
    if let Some(key) = key() {
        set(key, std::ptr::from_ref(task).cast());
    }
    // A thread whose thread-locals are gone has no more handlers to judge but at its very end.
    let _ = JUDGE.try_with(|_| ());
}

fn set(key: libc::pthread_key_t, value: *const c_void) -> bool {
    // SAFETY: the key was made and is never deleted.
    unsafe { libc::pthread_setspecific(key, value) == 0 }
}

/// Marks a value that waits for the second round, when the other keys' values have had their turn;
/// tasks are aligned, so it is no part of their address.
const WAITED: usize = 1;

extern "C" fn destroy(value: *mut c_void) {
    let waits = value.addr() & WAITED == 0;
    if waits && key().is_some_and(|key| set(key, value.map_addr(|address| address | WAITED))) {
        return;
    }
    let task = value.map_addr(|address| address & !WAITED).cast::<Task>();
    // SAFETY: the address came from `arm`, and tasks are never freed.
    super::end(unsafe { &*task });
}
