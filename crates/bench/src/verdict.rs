//! A row of the table, its goal, and whether that is met.

use serde::{Deserialize, Serialize};

/// One measured figure.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    /// What was done.
    pub(crate) work: String,
    /// With which lock.
    pub(crate) lock: String,
    pub(crate) value: f64,
    pub(crate) unit: String,
    /// To the raw lock, in the same rounds.
    pub(crate) ratio: Option<f64>,
    pub(crate) goal: Option<Goal>,
    /// What the reader of the figure has to know.
    pub(crate) note: Option<String>,
}

/// The highest figure that will do.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Goal {
    Ratio(f64),
    Value(f64),
}

/// Whether a goal is met.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Verdict {
    NoGoal,
    Met,
    MissedBy(f64),
}

impl Row {
    /// A figure without raw lock or goal.
    pub(crate) fn new(work: impl Into<String>, lock: &str, value: f64, unit: &str) -> Self {
        Self {
            work: work.into(),
            lock: lock.to_owned(),
            value,
            unit: unit.to_owned(),
            ratio: None,
            goal: None,
            note: None,
        }
    }

    pub(crate) fn goal(mut self, goal: Goal) -> Self {
        self.goal = Some(goal);
        self
    }

    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// The figure is compared as measured, not as rounded for the table.
    pub(crate) fn verdict(&self) -> Verdict {
        let (measured, goal) = match self.goal {
            None => return Verdict::NoGoal,
            Some(Goal::Ratio(goal)) => (self.ratio.unwrap_or(f64::INFINITY), goal),
            Some(Goal::Value(goal)) => (self.value, goal),
        };
        if measured <= goal {
            Verdict::Met
        } else {
            Verdict::MissedBy(measured - goal)
        }
    }

    /// The row of the two whose figure is lower; both are of the same work and lock.
    pub(crate) fn least(self, other: Self) -> Self {
        if other.value < self.value {
            other
        } else {
            self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Goal, Row, Verdict};

    #[test]
    fn a_goal_is_met_up_to_its_figure() {
        let row = |goal| Row {
            ratio: Some(1.5),
            ..Row::new("", "", 3.0, "ns").goal(goal)
        };
        assert_eq!(row(Goal::Ratio(1.5)).verdict(), Verdict::Met);
        assert_eq!(row(Goal::Ratio(1.25)).verdict(), Verdict::MissedBy(0.25));
        assert_eq!(row(Goal::Value(3.0)).verdict(), Verdict::Met);
        assert_eq!(row(Goal::Value(1.0)).verdict(), Verdict::MissedBy(2.0));
        assert_eq!(Row::new("", "", 3.0, "ns").verdict(), Verdict::NoGoal);
    }
}
