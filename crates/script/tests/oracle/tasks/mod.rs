//! Tasks with arms, judged by brute force and by the engine.
//!
//! Arms of one task are polled in turn: one that waits as a future lets the others go on, one that
//! blocks the thread does not. What is parked where an arm blocks depends on the order in which the arms
//! were polled, so the engine sees each task alone, as often as it takes for its arms to take turns in
//! every way; and every wait of an arm suspends it once.
//!
//! A future that waits for a lock has its place in the queue where it is not polled, too, and keeps those
//! behind it from the lock. Neither judge knows that.

mod brute;
mod grow;
mod program;
mod trust;
mod walks;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use heldby_model::{Code, Report};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestError, TestRunner};

use super::{config, findings, placed};
use brute::Found;
use program::{Locks, Program};
use walks::{Arms, run};

/// So many programs of threads stand for one of tasks, whose run is longer.
const COST: u32 = 10;

/// What a program that cannot deadlock lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// More tasks: two that run the code of one.
    OneTask,
    /// That, where a lock or two that keep tasks apart are not taken.
    Gate,
    /// Something else.
    Other,
    /// Brute force would take too long to tell.
    Large,
}

#[derive(Debug, Default)]
struct Tally {
    programs: usize,
    deadlocks: usize,
    /// Deadlocks that are not reported, but listed.
    listed: usize,
    false_alarms: BTreeMap<Kind, usize>,
}

impl Tally {
    fn add(&mut self, program: &Program, arms: Arms) -> Result<(), String> {
        let Found::All(deadlocks) = brute::deadlocks(&program.tasks, arms) else {
            return Ok(());
        };
        let found = findings(&placed(&run(program, arms)));
        self.programs += 1;
        self.deadlocks += usize::from(!deadlocks.is_empty());
        for locks in &deadlocks {
            let classes = classes(program, *locks);
            let tells = |reports: &[Report]| reports.iter().any(|one| is_about(one, &classes));
            if tells(&found.reports) {
                continue;
            }
            let listed = tells(&found.pending) || tells(&found.gated);
            if arms == Arms::Marked || !listed {
                return Err(format!("the engine misses a deadlock among {classes:?}"));
            }
            self.listed += 1;
        }
        let is_alarm = |report: &Report| report.code != Code::Hb0304;
        if deadlocks.is_empty() && found.reports.iter().any(is_alarm) {
            *self.false_alarms.entry(kind_of(program)).or_default() += 1;
        }
        Ok(())
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            programs,
            deadlocks,
            listed,
            ..
        } = self;
        write!(
            f,
            "{programs} programs, {deadlocks} can deadlock, {listed} deadlocks are only listed"
        )?;
        for (kind, count) in &self.false_alarms {
            write!(f, "\n{count:6}  false alarms, {kind:?}")?;
        }
        Ok(())
    }
}

fn classes(program: &Program, locks: Locks) -> BTreeSet<&str> {
    let numbered = program.locks.iter().enumerate();
    let of_locks = numbered.filter(|(number, _)| locks & 1 << number != 0);
    of_locks.map(|(_, lock)| lock.class.as_str()).collect()
}

/// Whether a dependency of the report's cycle is one between locks of these classes.
fn is_about(report: &Report, classes: &BTreeSet<&str>) -> bool {
    let mut cycle = report.cycle.iter();
    cycle.any(|step| classes.contains(&*step.from) && classes.contains(&*step.to))
}

fn kind_of(program: &Program) -> Kind {
    let doubled = |program: &Program| {
        let tasks = [&program.tasks[..], &program.tasks[..]].concat();
        brute::deadlocks(&tasks, Arms::Marked)
    };
    let deadlocks = |found: &Found| matches!(found, Found::All(all) if !all.is_empty());
    match doubled(program) {
        Found::TooMany => return Kind::Large,
        found if deadlocks(&found) => return Kind::OneTask,
        Found::All(_) => {}
    }
    let count = program.locks.len();
    let mut pairs = (0..count).flat_map(|one| (one..count).map(move |two| 1 << one | 1 << two));
    match pairs.any(|gates| deadlocks(&doubled(&program.without(gates)))) {
        true => Kind::Gate,
        false => Kind::Other,
    }
}

#[track_caller]
fn compare(arms: Arms) -> Tally {
    let tally = RefCell::new(Tally::default());
    let mut config = config();
    config.cases = config.cases.div_ceil(COST);
    let property = |program: Program| {
        let outcome = tally.borrow_mut().add(&program, arms);
        outcome.map_err(TestCaseError::fail)
    };
    match TestRunner::new(config).run(&grow::program(), property) {
        Ok(()) => {}
        Err(TestError::Fail(why, program)) => {
            panic!("{why}:\n{program:?}\n{:#}", run(&program, arms))
        }
        Err(aborted) => panic!("{aborted}"),
    }
    let tally = tally.into_inner();
    println!("{arms:?} arms: {tally}");
    let percent = tally.deadlocks * 100 / tally.programs.max(1);
    assert!(
        (20..=80).contains(&percent),
        "{percent} % can deadlock: too few of one sort"
    );
    let alarms: usize = tally.false_alarms.values().sum();
    assert!(
        alarms * 100 <= tally.programs * 5,
        "{alarms} false alarms are too many"
    );
    tally
}

#[test]
fn no_deadlock_of_tasks_is_missed_where_arms_are_marked() {
    assert_eq!(compare(Arms::Marked).listed, 0);
}

#[test]
fn no_deadlock_of_tasks_is_unknown_where_arms_are_not_marked() {
    let tally = compare(Arms::Unmarked);
    assert!(tally.listed > 0, "nothing is in doubt");
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_task_holds_nothing_at_its_end(program in grow::program()) {
        for strand in program.tasks.iter().flat_map(|task| &task.strands) {
            prop_assert_eq!(program::held(strand, strand.len()), 0, "{:?}", program);
        }
    }
}
