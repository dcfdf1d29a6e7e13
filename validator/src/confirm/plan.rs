//! The dependencies that threads are held back at, and which of them an acquire makes.

use heldby_model::{Dependency, Report, Unconfirmable};

use crate::class::ClassId;
use crate::held::HeldLock;
use crate::mode::Mode;
use crate::site::Site;

/// The dependencies of a report, along its cycle.
#[derive(Debug)]
pub(crate) struct Plan {
    steps: Vec<Dependency>,
}

/// A task is about to make a dependency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Arrival {
    /// Which one.
    pub(super) step: usize,
    /// Instance number of the lock that it holds.
    pub(super) held: u32,
    pub(super) held_mode: Mode,
    /// Instance number of the lock that it wants.
    pub(super) wanted: u32,
    pub(super) wanted_mode: Mode,
    /// Both locks are taken where the report says.
    pub(super) as_reported: bool,
}

impl Plan {
    /// # Errors
    /// When no run can be steered to what the report tells.
    pub(super) fn of(report: &Report) -> Result<Self, Unconfirmable> {
        let steps = report.steps()?.into_iter().cloned().collect();
        Ok(Self { steps })
    }

    pub(super) fn len(&self) -> usize {
        self.steps.len()
    }

    /// The dependencies that are made by waiting for `wanted` under `held`.
    pub(super) fn arrivals(
        &self,
        held: impl Iterator<Item = HeldLock>,
        wanted: &HeldLock,
    ) -> Vec<Arrival> {
        let steps = self.steps.iter().enumerate();
        let wanted_by = |step: &Dependency| is_lock(wanted, &step.to, step.to_mode);
        let steps: Vec<_> = steps.filter(|(_, step)| wanted_by(step)).collect();
        if steps.is_empty() {
            return Vec::new();
        }
        let held: Vec<_> = held.filter(|lock| !lock.meta.is_waiting()).collect();
        let mut arrivals = Vec::new();
        for (number, step) in steps {
            let of_step = |hold: &&HeldLock| is_lock(hold, &step.from, step.from_mode);
            arrivals.extend(held.iter().filter(of_step).map(|hold| Arrival {
                step: number,
                held: hold.instance(),
                held_mode: hold.mode(),
                wanted: wanted.instance(),
                wanted_mode: wanted.mode(),
                as_reported: is_at(hold.site, &step.held_site)
                    && is_at(wanted.site, &step.acquired_site),
            }));
        }
        arrivals
    }
}

/// Whether it is a numbered lock of the class called `name`, in this mode.
fn is_lock(lock: &HeldLock, name: &str, mode: heldby_model::Mode) -> bool {
    lock.instance() != 0
        && lock.mode().to_model() == mode
        && ClassId::from_word(lock.class_word()).class().name == name
}

fn is_at(site: Site, place: &heldby_model::Site) -> bool {
    site.to_model() == *place
}

impl Arrival {
    /// Whether whoever arrives so waits for a lock that whoever arrives as `other` holds.
    pub(super) fn waits_for(&self, other: &Self) -> bool {
        let excludes = [self.wanted_mode, other.held_mode].contains(&Mode::Write);
        self.wanted == other.held && excludes
    }
}
