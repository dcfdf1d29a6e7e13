//! The forker: copies the address space now and then, and judges the copy.
//!
//! The child is bookkeeping only: no backend watches its addresses. It is what the parent was at one
//! moment, whatever is done to the parent afterwards.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use heldby::sync::Mutex;
use heldby_mm::{CancelToken, Interrupt, Interrupted, fork};

use crate::child;
use crate::generate::next_random;
use crate::job::Job;
use crate::lease::recover;

/// How long the forker rests between two forks: it is a small part of the load.
const REST: Duration = Duration::from_millis(5);

/// The fork under way, for whoever wants to interrupt it.
#[derive(Debug)]
pub(crate) struct Canceller(Mutex<Arc<CancelToken>>);

impl Canceller {
    /// Makes one without a fork.
    pub(crate) fn new() -> Self {
        Self(Mutex::named("canceller", Arc::default()))
    }

    /// Interrupts the fork that is under way, if it has to wait.
    pub(crate) fn cancel(&self) {
        recover(self.0.lock()).cancel();
    }

    /// Begins a fork.
    fn renew(&self) -> Arc<CancelToken> {
        let token = Arc::<CancelToken>::default();
        *recover(self.0.lock()) = Arc::clone(&token);
        token
    }
}

/// Forks until the load is over.
pub(crate) fn run(job: &Job, seed: u64) {
    let mut dice = seed;
    job.attempt("forker", || {
        while !job.stopped() {
            step(job, &mut dice)?;
            // Only how much of the load this is.
            heldby::thread::sleep(REST);
        }
        Ok(())
    });
}

/// Forks once, unless it is interrupted.
fn step(job: &Job, dice: &mut u64) -> io::Result<()> {
    let token = job.canceller.renew();
    let deadline = Instant::now() + Duration::from_micros(next_random(dice) % 1000);
    let interrupt = match next_random(dice) % 4 {
        0 => Interrupt::never(),
        1 => Interrupt::at(deadline),
        2 => Interrupt::by(&token),
        _ => Interrupt::by(&token).or_at(deadline),
    };
    let mut copied = Vec::new();
    let forked = fork(&job.mm, &interrupt, |backing| {
        copied.push(*backing);
        *backing
    });
    match forked {
        Ok(child) => {
            job.tally.forks.one();
            child::check(job, &child, &copied)?;
            child::unmap_half(&child);
            Ok(())
        }
        Err(Interrupted) => {
            job.tally.interrupted_forks.one();
            Ok(())
        }
    }
}
