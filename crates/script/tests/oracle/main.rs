//! The engine against a brute-force scheduler.
//!
//! Random programs are run by brute force in every interleaving; the engine sees one run that never
//! hangs, thread after thread or in turns.
//! Every program that can deadlock must be reported from that run.
//! What is reported beyond that is a false alarm: it is examined, and counted by its kind.
//!
//! `PROPTEST_CASES` asks for more programs, `PROPTEST_RNG_SEED` for others; see `ci/oracle.sh`.

mod brute;
mod grow;
mod joints;
mod kinds;
mod program;
mod runs;
mod tally;
mod tasks;
mod trust;

use std::cell::{Cell, RefCell};

use grow::{Layout, ONE_INSTANCE, SOME_INSTANCES};
use heldby_model::Findings;
use heldby_script::{Profile, Scenario, run};
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};
use runs::Case;
use tally::Tally;

/// How many programs of each sort there are unless more are asked for.
const PROGRAMS: u32 = 2_500;

/// The scenario as one line of text, every step at a place of its own.
fn placed(scenario: &Scenario) -> Scenario {
    scenario.to_string().parse().expect("a scenario")
}

/// What the engine finds in a scenario.
fn findings(placed: &Scenario) -> Findings {
    run(placed, "program", Profile::Userspace).expect("plain steps")
}

/// [`PROGRAMS`] from a fixed seed; the variables of proptest ask for more, or for others.
fn config() -> Config {
    let mut config = Config {
        failure_persistence: None,
        ..Config::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = PROGRAMS;
    }
    if std::env::var_os("PROPTEST_RNG_SEED").is_none() {
        config.rng_seed = RngSeed::Fixed(1);
    }
    config
}

/// Checks `property` of programs with these locks; a difference is shrunk and shown as a scenario.
#[track_caller]
fn check(layouts: &'static [Layout], property: impl Fn(&Case) -> Result<(), String>) {
    let strategy = runs::case(grow::program(layouts));
    let (programs, found) = (Cell::new(0), Cell::new(false));
    let outcome = TestRunner::new(config()).run(&strategy, |case| {
        // What comes after a difference is the same program, smaller.
        programs.set(programs.get() + u32::from(!found.get()));
        let outcome = property(&case);
        found.set(found.get() || outcome.is_err());
        outcome.map_err(TestCaseError::fail)
    });
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(why, case)) => panic!("program {}: {why}:\n{case:?}", programs.get()),
        Err(aborted) => panic!("{aborted}"),
    }
}

/// Compares the engine with brute force on programs with these locks.
#[track_caller]
fn compare(layouts: &'static [Layout]) -> Tally {
    let tally = RefCell::new(Tally::default());
    check(layouts, |case| tally.borrow_mut().add(case));
    let tally = tally.into_inner();
    println!("{tally}");
    let deadlocks = tally.percent(tally.deadlocks);
    assert!(
        (30.0..=70.0).contains(&deadlocks),
        "{deadlocks:.1} % can deadlock: too few of one sort"
    );
    tally
}

#[test]
fn no_deadlock_is_missed_where_classes_have_one_instance() {
    let tally = compare(ONE_INSTANCE);
    if tally.programs >= PROGRAMS as usize {
        let alarms = tally.percent(tally.sound_false_alarms);
        assert!(alarms <= 2.0, "{alarms:.2} % are sound and reported");
        assert_eq!(tally.reported_joints, joints::all(false));
        assert_eq!(tally.refused_joints, joints::all(true));
    }
}

#[test]
fn no_deadlock_is_missed_where_classes_have_some_instances() {
    compare(SOME_INSTANCES);
}

#[test]
fn a_second_run_reports_nothing_new() {
    for layouts in [ONE_INSTANCE, SOME_INSTANCES] {
        check(layouts, |case| {
            let steps = [case.run.steps.as_slice(), case.run.steps.as_slice()].concat();
            let twice = placed(&Scenario { steps });
            // Threads that do nothing have no second run.
            let second_run = twice.steps.get(case.run.steps.len());
            let starts_at = second_run.map_or(0, |step| step.at.column);
            let reports = findings(&twice).reports;
            let mut late = reports.iter();
            let late = late.find(|report| report.site.column >= starts_at);
            late.map_or(Ok(()), |late| {
                Err(format!("a second run reports {:?}", late.locks))
            })
        });
    }
}
