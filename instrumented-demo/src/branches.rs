//! The rare branches of the lock protocol: how often a run took each.

use std::fmt;

use heldby_mm::{Branch, Branches};

/// Columns of a line of the summary, and of the names before it.
const WIDTH: usize = 96;
const NAMES: usize = 16;

/// The counts at one moment, in the order in which they are shown.
#[derive(Clone, Debug)]
pub(crate) struct Taken(Vec<(Branch, u64)>);

impl Taken {
    /// Reads what was counted so far.
    pub(crate) fn of(branches: &Branches) -> Self {
        let count = |&branch| (branch, branches.get(branch));
        Self(Branch::ALL.iter().map(count).collect())
    }

    /// A branch that was never taken.
    pub(crate) fn never(&self) -> Option<Branch> {
        let never = self.0.iter().find(|&&(_, count)| count == 0);
        never.map(|&(branch, _)| branch)
    }
}

/// All of them, a few on each line.
impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = format!("{:<NAMES$}", "branches");
        for (nth, (branch, count)) in self.0.iter().enumerate() {
            let comma = if nth + 1 < self.0.len() { "," } else { "" };
            let item = format!("{branch} {count}{comma}");
            if line.len() + item.len() > WIDTH {
                writeln!(f, "{}", line.trim_end())?;
                line = " ".repeat(NAMES);
            }
            line.push_str(&item);
            line.push(' ');
        }
        writeln!(f, "{}", line.trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_branch_is_shown_and_the_one_that_is_missing_is_named() {
        let all = |count| Branch::ALL.iter().map(|&branch| (branch, count)).collect();
        let mut taken = Taken(all(12_345_678));
        assert!(taken.never().is_none());
        let text = taken.to_string();
        assert!(text.lines().all(|line| line.len() <= 100), "{text}");
        for branch in Branch::ALL {
            assert!(text.contains(&format!("{branch} 12345678")), "{text}");
        }
        taken.0[3].1 = 0;
        assert_eq!(taken.never(), Some(Branch::ALL[3]));
    }
}
