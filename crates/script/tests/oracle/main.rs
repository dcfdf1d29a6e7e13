//! The engine against a brute-force scheduler.
//!
//! Random programs are run by brute force in every interleaving; the engine sees one serial run,
//! thread after thread, that never hangs.
//! Every program that can deadlock must be reported from that run.
//! What is reported beyond that is a false alarm: counted by kind, never a failure.

mod brute;
mod kinds;
mod program;

use std::cell::RefCell;
use std::collections::BTreeMap;

use brute::can_deadlock;
use heldby_script::{Profile, Scenario, run};
use kinds::{Kind, kind_of};
use program::{Program, program};
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};

#[track_caller]
fn check_brute_force(text: &str, deadlocks: bool) {
    let program = Program::read(text);
    assert_eq!(can_deadlock(&program), deadlocks, "{program:?}");
}

#[test]
fn brute_force_finds_what_can_deadlock() {
    // Two locks in opposite orders; with the same order; with one of them tried.
    check_brute_force(
        "T1: w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A)
         T2: w(mutex:B) w(mutex:A) u(mutex:A) u(mutex:B)",
        true,
    );
    check_brute_force(
        "T1: w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A)
         T2: w(mutex:A) w(mutex:B) u(mutex:A) u(mutex:B)",
        false,
    );
    check_brute_force(
        "T1: w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A)
         T2: w(mutex:B) t(mutex:A) u(mutex:A) u(mutex:B)",
        false,
    );
    // What follows a taken try waits while it is held.
    check_brute_force(
        "T1: w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A)
         T2: t(mutex:B) w(mutex:A) u(mutex:A) u(mutex:B)",
        true,
    );
}

#[test]
fn brute_force_knows_what_keeps_threads_apart() {
    // One thread with both orders; a gate; a gate that one thread leaves too early.
    check_brute_force(
        "T1: w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A) w(mutex:B) w(mutex:A) u(mutex:A) u(mutex:B)
         T2: w(mutex:A) u(mutex:A)",
        false,
    );
    check_brute_force(
        "T1: w(mutex:C) w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A) u(mutex:C)
         T2: w(mutex:C) w(mutex:B) w(mutex:A) u(mutex:A) u(mutex:B) u(mutex:C)",
        false,
    );
    check_brute_force(
        "T1: w(mutex:C) w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A) u(mutex:C)
         T2: w(mutex:C) w(mutex:B) u(mutex:C) w(mutex:A) u(mutex:A) u(mutex:B)",
        true,
    );
    // The gate is itself part of the cycle.
    check_brute_force(
        "T1: w(mutex:C) w(mutex:A) u(mutex:A) u(mutex:C)
         T2: w(mutex:A) w(mutex:C) u(mutex:C) u(mutex:A)",
        true,
    );
}

#[test]
fn brute_force_finds_longer_cycles() {
    let two = "T1: w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A)
               T2: w(mutex:B) w(mutex:C) u(mutex:C) u(mutex:B)";
    check_brute_force(two, false);
    check_brute_force(
        &format!("{two} T3: w(mutex:C) w(mutex:A) u(mutex:A) u(mutex:C)"),
        true,
    );
    check_brute_force(
        &format!("{two} T3: w(mutex:A) w(mutex:C) u(mutex:C) u(mutex:A)"),
        false,
    );
}

#[test]
fn brute_force_queues_readers_behind_a_waiting_writer() {
    let readers = "T1: r(rwsem:A) r(rwsem:B) u(rwsem:B) u(rwsem:A)
                   T2: r(rwsem:B) r(rwsem:A) u(rwsem:A) u(rwsem:B)";
    check_brute_force(readers, false);
    // One writer stops one reader; the other one goes on.
    check_brute_force(&format!("{readers} T3: w(rwsem:A) u(rwsem:A)"), false);
    check_brute_force(&format!("{readers} T3: t(rwsem:A) u(rwsem:A)"), false);

    let queued = "T1: r(rwsem:A) w(mutex:B) u(mutex:B) u(rwsem:A)
                  T2: w(mutex:B) r(rwsem:A) u(rwsem:A) u(mutex:B)";
    check_brute_force(queued, false);
    check_brute_force(&format!("{queued} T3: w(rwsem:A) u(rwsem:A)"), true);
    check_brute_force(&format!("{queued} T3: t(rwsem:A) u(rwsem:A)"), false);
    check_brute_force(&format!("{queued} T3: r(rwsem:A) u(rwsem:A)"), false);
}

#[test]
fn brute_force_lets_a_reader_read_again() {
    let twice = "T1: r(rwsem:A) r(rwsem:A) u(rwsem:A) u(rwsem:A)";
    check_brute_force(twice, false);
    check_brute_force(&format!("{twice} T2: r(rwsem:A) u(rwsem:A)"), false);
    check_brute_force(&format!("{twice} T2: w(rwsem:A) u(rwsem:A)"), true);
    check_brute_force(
        "T1: r(rwsem:A) tr(rwsem:A) u(rwsem:A) u(rwsem:A)
         T2: w(rwsem:A) u(rwsem:A)",
        false,
    );
}

#[test]
fn brute_force_skips_the_block_of_a_failed_try() {
    // The try hides the inner acquire when it fails, and holds A and B when it does not.
    check_brute_force(
        "T1: t(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A)
         T2: w(mutex:B) w(mutex:A) u(mutex:A) u(mutex:B)",
        true,
    );
    // B is released by the thread whose try fails, though that release lies in the block.
    check_brute_force(
        "T1: w(mutex:B) t(mutex:A) u(mutex:B) u(mutex:A)
         T2: w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A)",
        false,
    );
}

#[track_caller]
fn check_kind(text: &str, kind: Kind) {
    let program = Program::read(text);
    assert!(!can_deadlock(&program), "{program:?}");
    assert_eq!(kind_of(&program), kind, "{program:?}");
}

#[test]
fn false_alarms_have_kinds() {
    check_kind(
        "T1: w(mutex:A1) w(mutex:B1) u(mutex:B1) u(mutex:A1)
         T2: w(mutex:B2) w(mutex:A2) u(mutex:A2) u(mutex:B2)",
        Kind::OneClass,
    );
    check_kind(
        "T1: w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A) w(mutex:B) w(mutex:A) u(mutex:A) u(mutex:B)",
        Kind::OneThread,
    );
    check_kind(
        "T1: w(mutex:C) w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A) u(mutex:C)
         T2: w(mutex:C) w(mutex:B) w(mutex:A) u(mutex:A) u(mutex:B) u(mutex:C)",
        Kind::Gate,
    );
    check_kind(
        "T1: r(rwsem:A) w(mutex:B) u(mutex:B) u(rwsem:A)
         T2: w(mutex:B) r(rwsem:A) u(rwsem:A) u(mutex:B)",
        Kind::NoWriter,
    );
}

/// Runs `scenario` on the engine, every step at a place of its own; returns how many reports it
/// makes.
fn reports(scenario: &Scenario) -> usize {
    let placed: Scenario = scenario.to_string().parse().expect("a scenario");
    let findings = run(&placed, "program", Profile::Userspace);
    findings.expect("plain steps").reports.len()
}

/// What a run of the comparison has seen.
#[derive(Debug, Default)]
struct Tally {
    programs: usize,
    deadlocks: usize,
    false_alarms: BTreeMap<Kind, usize>,
}

impl Tally {
    /// Runs `program` by both; a deadlock that the engine misses is the failure.
    fn compare(&mut self, program: &Program) -> Result<(), TestCaseError> {
        let serial = program.serial();
        let (reported, deadlocks) = (reports(&serial) > 0, can_deadlock(program));
        self.programs += 1;
        self.deadlocks += usize::from(deadlocks);
        match (deadlocks, reported) {
            (true, false) => return Err(TestCaseError::fail("the engine misses a deadlock")),
            (false, true) => *self.false_alarms.entry(kind_of(program)).or_default() += 1,
            (true, true) | (false, false) => {}
        }
        Ok(())
    }

    fn percent(&self, part: usize) -> usize {
        part * 100 / self.programs.max(1)
    }
}

#[test]
fn a_second_run_reports_nothing_new() {
    let outcome = TestRunner::new(config()).run(&program(), |program| {
        let once = program.serial();
        let steps = [once.steps.as_slice(), once.steps.as_slice()].concat();
        let twice = Scenario { steps };
        proptest::prop_assert_eq!(reports(&once), reports(&twice));
        Ok(())
    });
    if let Err(difference) = outcome {
        panic!("{difference}");
    }
}

/// 1,000 programs from a fixed seed; the variables of proptest ask for more, or for others.
fn config() -> Config {
    let mut config = Config {
        failure_persistence: None,
        ..Config::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 1000;
    }
    if std::env::var_os("PROPTEST_RNG_SEED").is_none() {
        config.rng_seed = RngSeed::Fixed(1);
    }
    config
}

#[test]
fn no_deadlock_is_missed() {
    let tally = RefCell::new(Tally::default());
    let outcome =
        TestRunner::new(config()).run(&program(), |program| tally.borrow_mut().compare(&program));
    if let Err(difference) = outcome {
        panic!("{difference}");
    }
    let tally = tally.into_inner();
    let deadlocks = tally.percent(tally.deadlocks);
    let alarms = tally.false_alarms.values().sum();
    println!("{} programs, {deadlocks} % can deadlock", tally.programs);
    println!(
        "{} % are false alarms: {:?}",
        tally.percent(alarms),
        tally.false_alarms
    );
    assert!(
        (30..=70).contains(&deadlocks),
        "{deadlocks} % can deadlock: too few of one sort"
    );
}
