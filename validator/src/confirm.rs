//! Confirming a report: steers threads so that a possible deadlock becomes one.
//!
//! A thread that is about to make a dependency of the report holds its first lock, and is held back
//! just before it asks for the second one, until a thread stands at every other dependency over the
//! same locks.
//! Then all of them go on, block for real, and the watchdog reports them.
//! Where the others do not come in time the thread goes on unharmed. So it does where a wait of the ring
//! is called off after all, and the next threads are held back as before.
//!
//! # Invariants
//! - Only the cold path asks, and only where a report is to be confirmed; no chain is answered by a
//!   cache then, so that every acquire comes here.
//! - A thread that is held back is on its own stack as before: it waits for no lock that anyone sees,
//!   and keeps none of ours, so that forks, dumps and the watchdog go on.
//! - The rendezvous is locked inside the validator alone, so that no fork finds it locked.

mod plan;
mod read;
mod rendezvous;
#[cfg(test)]
mod tests;
mod turn;

use std::process;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use heldby_model::record::Fact;
use heldby_model::{Confirmation, Report, Unconfirmable};

use crate::cold::in_validator;
use crate::held::HeldLock;
use crate::sink;
use crate::task::Task;
use crate::validator::Validator;
use plan::Plan;
use rendezvous::{Met, Rendezvous};
use turn::Turn;

pub(crate) use read::read;

/// Steers the threads of one validator to a report.
#[derive(Debug)]
pub(crate) struct Confirm {
    plan: Plan,
    title: String,
    /// How long a thread is held back at most.
    patience: Duration,
    met: Mutex<OfProcess>,
}

/// The rendezvous, and whose it is: a forked child has none of the threads that are held back.
#[derive(Debug)]
struct OfProcess {
    pid: u32,
    rendezvous: Rendezvous,
}

impl Confirm {
    /// # Errors
    /// When no run can be steered to what the report tells.
    pub(crate) fn new(report: &Report, patience: Duration) -> Result<Self, Unconfirmable> {
        let plan = Plan::of(report)?;
        Ok(Self {
            met: Mutex::new(OfProcess {
                pid: process::id(),
                rendezvous: Rendezvous::of(plan.len()),
            }),
            plan,
            title: format!("{}, {}", report.code, report.title),
            patience,
        })
    }

    /// The rendezvous of this process. Inside the validator.
    fn met(&self) -> MutexGuard<'_, OfProcess> {
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        if met.pid != process::id() {
            *met = OfProcess {
                pid: process::id(),
                rendezvous: Rendezvous::of(self.plan.len()),
            };
        }
        met
    }

    /// Holds the task back if it is about to make a dependency of the report by waiting for `wanted`;
    /// whether it was.
    pub(crate) fn steer(&self, task: &'static Task, wanted: &HeldLock) -> bool {
        if task.is_in_handler() {
            return false;
        }
        let arrive = || {
            let arrivals = self.plan.arrivals(task.held.shown(), wanted);
            if arrivals.is_empty() {
                return None;
            }
            let turn = Arc::new(Turn::default());
            let met = self.met().rendezvous.arrive(arrivals, &turn);
            Some((met, turn))
        };
        match in_validator(arrive).flatten() {
            None | Some((Met::Pass, _)) => false,
            Some((Met::Hold(ticket), turn)) => {
                turn.wait(self.patience);
                in_validator(|| self.met().rendezvous.leave(ticket));
                self.record(task.validator());
                true
            }
            Some((Met::All { turns, first }, _)) => {
                if first {
                    self.record(task.validator());
                    let all = format!("threads stand at all dependencies of {}", self.title);
                    sink::note(task.validator(), &all);
                }
                turns.iter().for_each(|turn| turn.come());
                true
            }
        }
    }

    /// Writes how far it came, if anything of the report was seen.
    fn record(&self, validator: &Validator) {
        in_validator(|| {
            let confirmation = Confirmation {
                patience_ms: u64::try_from(self.patience.as_millis()).unwrap_or(u64::MAX),
                ..self.met().rendezvous.confirmation()
            };
            if let Some(recorder) = &validator.recorder
                && confirmation.has_seen()
            {
                recorder.tell(validator, &Fact::Confirmation(confirmation));
            }
        });
    }

    /// Tells what became of it, when the process ends.
    pub(crate) fn conclude(&self, validator: &Validator) {
        self.record(validator);
        let told = in_validator(|| self.met().rendezvous.confirmation());
        let Some(told) = told.filter(|told| !told.reached) else {
            return;
        };
        let counts = told.steps.iter().map(|step| step.seen + step.elsewhere);
        let counts: Vec<_> = counts.map(|count| count.to_string()).collect();
        let (title, counts) = (&self.title, counts.join(", "));
        sink::note(
            validator,
            &format!("not reached: {title}; its dependencies were seen so often: {counts}"),
        );
    }
}
