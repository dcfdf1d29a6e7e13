//! What a comparison has seen.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::brute::can_deadlock;
use super::joints::{self, Joint};
use super::kinds::{Kind, kind_of};
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
        let deadlocks = can_deadlock(&case.program);
        let reports = findings(&placed(&case.run)).reports;
        self.programs += 1;
        self.deadlocks += usize::from(deadlocks);
        let silent = reports.is_empty();
        match (deadlocks, silent) {
            (true, true) => return Err("the engine misses a deadlock".to_owned()),
            (false, false) => {
                let kind = kind_of(&case.program);
                *self.false_alarms.entry(kind).or_default() += 1;
                self.sound_false_alarms += usize::from(kind.is_sound_doubled());
            }
            (false, true) => self.refused_joints.extend(joints::weak(&case.program)),
            (true, false) => {}
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
