//! Why brute force is to be trusted: its answers on programs that are checked by hand.

use std::collections::BTreeSet;

use super::brute::{Scheduler, can_deadlock, deadlocks};
use super::check;
use super::grow::ONE_INSTANCE;
use super::kinds::{Kind, kind_of};
use super::program::Program;
use super::runs::Case;

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

#[test]
fn brute_force_lets_recursive_readers_pass_a_waiting_writer() {
    // As above, but A is read recursively: only a writer that has it stops the reader.
    let queued = "T1: r(rw:A) w(mutex:B) u(mutex:B) u(rw:A)
                  T2: w(mutex:B) R(rw:A) u(rw:A) u(mutex:B)";
    check_brute_force(queued, false);
    check_brute_force(&format!("{queued} T3: w(rw:A) u(rw:A)"), false);
    check_brute_force(
        "T1: w(rw:A) w(mutex:B) u(mutex:B) u(rw:A)
         T2: w(mutex:B) R(rw:A) u(rw:A) u(mutex:B)",
        true,
    );
    // The writer waits for recursive readers as for others.
    check_brute_force(
        "T1: R(rw:A) w(mutex:B) u(mutex:B) u(rw:A)
         T2: w(mutex:B) w(rw:A) u(rw:A) u(mutex:B)",
        true,
    );
    // Read again: the second read is what counts.
    let writer = "T2: w(rw:A) u(rw:A)";
    check_brute_force(
        &format!("T1: r(rw:A) R(rw:A) u(rw:A) u(rw:A) {writer}"),
        false,
    );
    check_brute_force(
        &format!("T1: R(rw:A) R(rw:A) u(rw:A) u(rw:A) {writer}"),
        false,
    );
    check_brute_force(
        &format!("T1: R(rw:A) r(rw:A) u(rw:A) u(rw:A) {writer}"),
        true,
    );
}

#[test]
fn brute_force_lets_readers_in_after_a_downgrade() {
    let inverted = "T2: w(mutex:B) R(rw:A) u(rw:A) u(mutex:B)";
    check_brute_force(
        &format!("T1: w(rw:A) dg(rw:A) w(mutex:B) u(mutex:B) u(rw:A) {inverted}"),
        false,
    );
    check_brute_force(
        &format!("T1: w(rw:A) w(mutex:B) u(mutex:B) dg(rw:A) u(rw:A) {inverted}"),
        true,
    );
    // A writer is still kept out.
    check_brute_force(
        "T1: w(rw:A) dg(rw:A) w(mutex:B) u(mutex:B) u(rw:A)
         T2: w(mutex:B) w(rw:A) u(rw:A) u(mutex:B)",
        true,
    );
}

#[test]
fn brute_force_finds_every_deadlock() {
    // A and B, with C or without it; D is nobody's.
    let program = Program::read(
        "T1: w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A)
         T2: w(mutex:B) w(mutex:A) u(mutex:A) u(mutex:B) w(mutex:C) w(mutex:B) w(mutex:A)
             u(mutex:A) u(mutex:B) u(mutex:C)
         T3: w(mutex:D) u(mutex:D)",
    );
    assert_eq!(deadlocks(&program), BTreeSet::from([0b011, 0b111]));
}

#[test]
fn taking_fewer_steps_changes_no_answer() {
    check(ONE_INSTANCE, |Case { program, .. }| {
        if program.threads.len() > 3 {
            return Ok(());
        }
        let all: Vec<usize> = (0..program.threads.len()).collect();
        let slow = Scheduler::step_by_step(&program.threads).deadlocks(&all);
        match deadlocks(program) {
            fast if fast == slow => Ok(()),
            fast => Err(format!("step by step {slow:?}, else {fast:?}")),
        }
    });
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
        "T1: w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A) w(mutex:B) w(mutex:A) u(mutex:A) u(mutex:B)",
        Kind::OneThread,
    );
    // The writer that has to wait between the readers is one of them.
    check_kind(
        "T1: r(rwsem:A) w(mutex:B) u(mutex:B) u(rwsem:A) w(rwsem:A) u(rwsem:A)
         T2: w(mutex:B) r(rwsem:A) u(rwsem:A) u(mutex:B)",
        Kind::OneThread,
    );
    check_kind(
        "T1: w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A) w(mutex:B) w(mutex:C) u(mutex:C) u(mutex:B)
             w(mutex:C) w(mutex:A) u(mutex:A) u(mutex:C)",
        Kind::FewThreads,
    );
    check_kind(
        "T1: w(mutex:A1) w(mutex:B1) u(mutex:B1) u(mutex:A1)
         T2: w(mutex:B2) w(mutex:A2) u(mutex:A2) u(mutex:B2)",
        Kind::OneClass,
    );
    check_kind(
        "T1: w(mutex:C) w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A) u(mutex:C)
         T2: w(mutex:C) w(mutex:B) w(mutex:A) u(mutex:A) u(mutex:B) u(mutex:C)",
        Kind::Gate,
    );
    check_kind(
        "T1: r(rw:B) w(mutex:A) R(rw:B) u(rw:B) u(mutex:A) u(rw:B)
         T2: w(rw:B) w(mutex:A) u(mutex:A) u(rw:B)",
        Kind::ReadAgain,
    );
    check_kind(
        "T1: r(rwsem:A) w(mutex:B) u(mutex:B) u(rwsem:A)
         T2: w(mutex:B) r(rwsem:A) u(rwsem:A) u(mutex:B)",
        Kind::Other,
    );
}
