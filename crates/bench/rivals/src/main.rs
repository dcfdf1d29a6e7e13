//! The bench of Heldby, with the rivals' locks linked in.
//!
//! `heldby-bench` builds and runs it, so that all locks are measured in one process.

use std::process::ExitCode;

use heldby_bench::{Base, Lock, Side};

macro_rules! lock {
    ($name:ident, $lock:ty, $guard:ty, |$self:ident| $acquire:expr) => {
        struct $name($lock);

        impl Lock for $name {
            type Guard<'a> = $guard;

            fn make(class: usize) -> Self {
                Self(<$lock>::new(class))
            }

            #[inline(always)]
            fn acquire(&$self) -> Self::Guard<'_> {
                $acquire
            }
        }
    };
}

use deloxide::{Mutex as DeloxideMutex, RwLock as DeloxideRwLock};
use parking_lot_detecting as detecting;
use tracing_mutex::{parkinglot, stdsync};

lock!(
    TracingMutex,
    stdsync::tracing::Mutex<usize>,
    stdsync::tracing::MutexGuard<'a, usize>,
    |self| self.0.lock().unwrap()
);
lock!(
    TracingRead,
    stdsync::tracing::RwLock<usize>,
    stdsync::tracing::RwLockReadGuard<'a, usize>,
    |self| self.0.read().unwrap()
);
lock!(
    TracingParkingMutex,
    parkinglot::tracing::Mutex<usize>,
    parkinglot::tracing::MutexGuard<'a, usize>,
    |self| self.0.lock()
);
lock!(
    TracingParkingRead,
    parkinglot::tracing::RwLock<usize>,
    parkinglot::tracing::RwLockReadGuard<'a, usize>,
    |self| self.0.read()
);
lock!(
    DetectingMutex,
    detecting::Mutex<usize>,
    detecting::MutexGuard<'a, usize>,
    |self| self.0.lock()
);
lock!(
    DetectingRead,
    detecting::RwLock<usize>,
    detecting::RwLockReadGuard<'a, usize>,
    |self| self.0.read()
);
lock!(
    Deloxide,
    DeloxideMutex<usize>,
    deloxide::MutexGuard<'a, usize>,
    |self| self.0.lock()
);
lock!(
    DeloxideRead,
    DeloxideRwLock<usize>,
    deloxide::RwLockReadGuard<'a, usize>,
    |self| self.0.read()
);
lock!(
    NoDeadlocks,
    no_deadlocks::Mutex<usize>,
    no_deadlocks::MutexGuard<'a, usize>,
    |self| self.0.lock().unwrap()
);
lock!(
    NoDeadlocksRead,
    no_deadlocks::RwLock<usize>,
    no_deadlocks::RwLockReadGuard<'a, usize>,
    |self| self.0.read().unwrap()
);

fn main() -> ExitCode {
    use Base::{ParkingMutex, ParkingRead, StdMutex, StdRead};
    // With the order graph; what it finds goes nowhere.
    deloxide::Deloxide::new()
        .with_lock_order_checking()
        .callback(|_| {})
        .start()
        .expect("deloxide starts");
    heldby_bench::main(&[
        Side::of::<TracingMutex>(StdMutex, "tracing-mutex"),
        Side::of::<TracingRead>(StdRead, "tracing-mutex"),
        Side::of::<TracingParkingMutex>(ParkingMutex, "tracing-mutex"),
        Side::of::<TracingParkingRead>(ParkingRead, "tracing-mutex"),
        Side::of::<DetectingMutex>(ParkingMutex, "deadlock_detection"),
        Side::of::<DetectingRead>(ParkingRead, "deadlock_detection"),
        Side::of::<Deloxide>(ParkingMutex, "deloxide"),
        Side::of::<DeloxideRead>(ParkingRead, "deloxide"),
        Side::of::<NoDeadlocks>(StdMutex, "no_deadlocks"),
        Side::of::<NoDeadlocksRead>(StdRead, "no_deadlocks"),
    ])
}
