//! Raw locks of a host's own, and guards that go to another thread.

mod moved;
mod own;

use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, Ordering};

use heldby::lock_api::{Family, GuardSend, Mutex, RawMutex, Validated};
use heldby::test::check;

/// A spin lock, which any thread may unlock.
pub(crate) struct Spin(AtomicBool);

// SAFETY: whoever sets the flag excludes all others until it is cleared.
unsafe impl RawMutex for Spin {
    const INIT: Self = Self(AtomicBool::new(false));
    type GuardMarker = GuardSend;

    fn lock(&self) {
        while !self.try_lock() {
            spin_loop();
        }
    }

    fn try_lock(&self) -> bool {
        !self.0.swap(true, Ordering::Acquire)
    }

    unsafe fn unlock(&self) {
        self.0.store(false, Ordering::Release);
    }
}

/// What reports call it.
pub(crate) enum Spins {}

impl Family for Spins {
    const MUTEX: &'static str = "spins::Mutex";
}

type SpinMutex<T> = Mutex<Validated<Spin, Spins>, T>;

/// What is reported: the code of each report, and the names of its locks.
#[track_caller]
fn found(body: impl FnOnce()) -> Vec<String> {
    let told =
        |report: &heldby::model::Report| format!("{} {}", report.code, report.locks.join(" "));
    check(body).iter().map(told).collect()
}
