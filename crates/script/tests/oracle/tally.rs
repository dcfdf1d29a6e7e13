//! What a comparison has seen.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use heldby_model::{Dependency, Report};

use super::brute::{Locks, deadlocks};
use super::joints::{self, Joint};
use super::kinds::{Kind, kind_of};
use super::program::Program;
use super::runs::Case;
use super::{findings, placed};

/// Counts of programs.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) programs: usize,
    /// Those that can deadlock.
    pub(crate) deadlocks: usize,
    /// Those that cannot, and are reported.
    pub(crate) false_alarms: BTreeMap<Kind, usize>,
    /// Of these, those that are sound even if each thread's code is run by two threads at once.
    pub(crate) sound_false_alarms: usize,
    /// The joints of reported cycles.
    pub(crate) reported_joints: BTreeSet<Joint>,
    /// The weak joints of programs that are not reported.
    pub(crate) refused_joints: BTreeSet<Joint>,
}

impl Tally {
    /// Judges a program by brute force and by the engine.
    ///
    /// # Errors
    /// The engine misses a deadlock.
    pub(crate) fn add(&mut self, case: &Case) -> Result<(), String> {
        let deadlocks = deadlocks(&case.program);
        let reports = findings(&placed(&case.run)).reports;
        self.programs += 1;
        self.deadlocks += usize::from(!deadlocks.is_empty());
        for locks in &deadlocks {
            let classes = classes(&case.program, *locks);
            if !reports.iter().any(|report| is_about(report, &classes)) {
                return Err(format!("the engine misses a deadlock among {classes:?}"));
            }
        }
        if deadlocks.is_empty() && reports.is_empty() {
            self.refused_joints.extend(joints::weak(&case.program));
        } else if deadlocks.is_empty() {
            let kind = kind_of(&case.program);
            *self.false_alarms.entry(kind).or_default() += 1;
            self.sound_false_alarms += usize::from(kind.is_sound_doubled());
        }
        self.reported_joints
            .extend(reports.iter().flat_map(joints::reported));
        Ok(())
    }

    pub(crate) fn percent(&self, part: usize) -> f64 {
        part as f64 * 100.0 / self.programs.max(1) as f64
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let alarms = self.false_alarms.values().sum();
        write!(
            f,
            "{} programs, {:.1} % can deadlock, none missed\n\
             {alarms:6}  {:5.2} %  false alarms, {:.2} % of programs that are sound when doubled",
            self.programs,
            self.percent(self.deadlocks),
            self.percent(alarms),
            self.percent(self.sound_false_alarms)
        )?;
        for (kind, &count) in &self.false_alarms {
            write!(f, "\n{count:6}  {:5.2} %    {kind:?}", self.percent(count))?;
        }
        Ok(())
    }
}

/// The classes of some locks.
fn classes(program: &Program, locks: Locks) -> BTreeSet<&str> {
    let numbered = program.locks.iter().enumerate();
    let of_locks = numbered.filter(|(number, _)| locks & 1 << number != 0);
    of_locks.map(|(_, lock)| lock.class.as_str()).collect()
}

/// Whether a dependency of the report's cycle is one between locks of these classes.
///
/// A report tells one cycle of those that a dependency closes, and a cycle is silent once all its
/// dependencies were told: so this is what is left to be seen of each deadlock.
fn is_about(report: &Report, classes: &BTreeSet<&str>) -> bool {
    let within = |step: &Dependency| {
        [&step.from, &step.to]
            .iter()
            .all(|name| classes.contains(name.as_str()))
    };
    report.cycle.iter().any(within)
}
