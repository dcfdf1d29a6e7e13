//! What came of a run that was steered.

use std::io::{self, Write};

use heldby_model::render::{self, TextOptions, printable};
use heldby_model::{Code, Confirmation, Dependency, FORMAT, Report, StepSeen};
use serde::Serialize;

use super::watch::Records;

/// Whether the deadlock was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum Outcome {
    /// It was.
    Confirmed,
    /// Threads wait for each other in another way.
    OtherDeadlock,
    /// All threads came together, and yet went on.
    WentOn,
    /// They did not come together.
    NotReached,
}

/// What came of it, as `--format json` prints it.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Answer {
    /// Version of this format.
    #[cfg_attr(test, schemars(extend("const" = FORMAT)))]
    format: u32,
    /// Whether the deadlock was reached.
    outcome: Outcome,
    /// What was to be confirmed.
    report: Report,
    /// What was seen of its dependencies, in the order of [`Report::steps`].
    seen: Confirmation,
    /// The threads that wait for each other.
    deadlock: Option<Report>,
    #[serde(skip)]
    has_no_record: bool,
}

impl Answer {
    pub(super) fn of(report: Report, records: &Records) -> Self {
        let mut seen = Confirmation::of(report.cycle.len());
        seen.add(&records.confirmation());
        let deadlock = records.deadlock().cloned();
        let outcome = match &deadlock {
            Some(deadlock) if is_ring_of(deadlock, &report) => Outcome::Confirmed,
            Some(_) => Outcome::OtherDeadlock,
            None if seen.reached => Outcome::WentOn,
            None => Outcome::NotReached,
        };
        Self {
            format: FORMAT,
            outcome,
            report,
            seen,
            deadlock,
            has_no_record: records.is_empty(),
        }
    }

    pub(super) fn is_deadlock(&self) -> bool {
        self.deadlock.is_some()
    }

    /// Writes it for people.
    pub(super) fn write(&self, options: TextOptions<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut line = |text: &str| writeln!(out, "{}", printable(text));
        line(&self.headline())?;
        if let Some(deadlock) = &self.deadlock {
            for wait in waits(deadlock) {
                line(&format!("  {wait}"))?;
            }
            return write!(out, "\n{}", render::text(deadlock, options));
        }
        for (number, step, seen) in self.steps() {
            line(&format!("  {number}   {}", self.told(step, seen)))?;
        }
        self.advice()
            .iter()
            .try_for_each(|advice| line(&format!("  {advice}")))
    }

    /// Whether it was reached, in a line.
    fn headline(&self) -> String {
        let subject = format!("{}, {}", self.report.code, named(&self.report.locks));
        let code = Code::Hb0502;
        match self.outcome {
            Outcome::Confirmed => {
                format!("confirmed: {subject}: threads wait for each other ({code})")
            }
            Outcome::OtherDeadlock => format!("another deadlock than {subject}: {code}"),
            Outcome::WentOn => {
                format!("not a deadlock: {subject}: threads stood at all dependencies, and went on")
            }
            Outcome::NotReached => format!("not reached: {subject}"),
        }
    }

    /// The dependencies with their numbers in the report, in its order, and what was seen of each.
    fn steps(&self) -> Vec<(usize, &Dependency, StepSeen)> {
        let along = self.report.steps().unwrap_or_default();
        let all = self.report.cycle.iter().enumerate();
        let seen_of = |step: &Dependency| {
            let at = along.iter().position(|other| std::ptr::eq(*other, step))?;
            self.seen.steps.get(at).copied()
        };
        all.filter_map(|(at, step)| Some((at + 1, step, seen_of(step)?)))
            .collect()
    }

    /// What was seen of one dependency, in a line.
    fn told(&self, step: &Dependency, seen: StepSeen) -> String {
        let Dependency { from, to, .. } = step;
        let mut told = format!("`{from}` -> `{to}` at {}: ", step.acquired_site);
        told += &match (seen.seen, seen.elsewhere) {
            (0, 0) => "not seen".to_owned(),
            (0, elsewhere) => format!("seen {} at other places", times(elsewhere)),
            (seen, 0) => format!("seen {}", times(seen)),
            (seen, elsewhere) => {
                format!(
                    "seen {}, and {} at other places",
                    times(seen),
                    times(elsewhere)
                )
            }
        };
        if seen.held > 0 {
            let (held, patience) = (times(seen.held), self.seen.patience_ms);
            told += &format!("; held back {held} for {patience} ms");
        }
        told
    }

    /// What kept the threads apart, and what to try.
    fn advice(&self) -> Vec<String> {
        if self.outcome == Outcome::WentOn {
            return Vec::new();
        }
        if self.has_no_record {
            return vec![
                "note: no process left a record: does the program use heldby, with its feature \
                 `validate`?"
                    .to_owned(),
            ];
        }
        let numbers = |is: fn(&StepSeen) -> bool| {
            let fitting = self.steps().into_iter().filter(|(.., seen)| is(seen));
            let numbers: Vec<_> = fitting.map(|(number, ..)| number.to_string()).collect();
            numbers.join(" and ")
        };
        let missing = numbers(|seen| seen.seen + seen.elsewhere == 0);
        let moved = numbers(|seen| seen.seen == 0 && seen.elsewhere > 0);
        let mut advice = Vec::new();
        if !moved.is_empty() {
            advice.push(format!(
                "note: has the program changed since? {moved} was seen at other places alone."
            ));
        }
        advice.push(if !missing.is_empty() {
            format!("help: run what makes {missing} as well, in the same process.")
        } else if self.seen.apart {
            "note: threads stood at all of them at once, but over different locks of these classes."
                .to_owned()
        } else {
            "help: hold threads back longer, with --hold-ms, or run it again.".to_owned()
        });
        advice
    }
}

/// Whether the threads wait for each other over the dependencies of the report, by their names.
fn is_ring_of(deadlock: &Report, report: &Report) -> bool {
    let pairs = |report: &Report| {
        let steps = report.cycle.iter();
        let mut pairs: Vec<_> = steps
            .map(|step| (step.from.clone(), step.to.clone()))
            .collect();
        pairs.sort_unstable();
        pairs
    };
    pairs(deadlock) == pairs(report)
}

/// `a`, `b` and `c`.
fn named(locks: &[String]) -> String {
    match locks {
        [first @ .., last] if !first.is_empty() => {
            format!("`{}` and `{last}`", first.join("`, `"))
        }
        locks => format!("`{}`", locks.concat()),
    }
}

/// Who waits for what, held by whom.
fn waits(deadlock: &Report) -> Vec<String> {
    let steps = deadlock.along();
    let next = steps.iter().cycle().skip(1);
    let waits = steps.iter().zip(next).map(|(step, next)| {
        let (thread, lock, holder) = (&step.thread, &step.to, &next.thread);
        format!("`{thread}` waits for `{lock}`, held by `{holder}`")
    });
    waits.collect()
}

fn times(count: u64) -> String {
    match count {
        1 => "once".to_owned(),
        count => format!("{count} times"),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect_file;
    use heldby_model::schema;

    use super::Answer;

    #[test]
    fn the_schema_is_that_of_the_type() {
        let file = expect_file!["../../../../docs/schema/confirm.json"];
        file.assert_eq(&schema::text::<Answer>());
    }
}
