//! Runs of a program that never hang and do every acquire: what the engine gets to see.

use std::fmt;

use heldby_model::Mode;
use heldby_script::Scenario;
use proptest::collection::vec;
use proptest::prelude::*;

use super::program::{Action, Hold, Program, apply};

/// How the threads of a program take turns.
#[derive(Clone, Debug)]
pub(crate) enum Turns {
    /// One thread after the other; the first is the one with the smallest number, and so on.
    Serial([u8; 4]),
    /// Action by action: each number picks one of the threads that can go on without waiting.
    Mixed(Vec<u8>),
}

/// A program with the run of it that the engine sees.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) program: Program,
    pub(crate) run: Scenario,
}

/// A difference is printed as the scenario that shows it, ready to become a row.
impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.run)
    }
}

/// A program with one of its runs.
pub(crate) fn case(program: impl Strategy<Value = Program>) -> impl Strategy<Value = Case> {
    let turns = prop_oneof![
        1 => Just(Turns::Serial([0; 4])),
        1 => any::<[u8; 4]>().prop_map(Turns::Serial),
        2 => vec(any::<u8>(), 1..64).prop_map(Turns::Mixed),
    ];
    (program, turns).prop_map(|(program, turns)| {
        let run = run(&program, &turns);
        Case { program, run }
    })
}

fn run(program: &Program, turns: &Turns) -> Scenario {
    let order = match turns {
        Turns::Serial(keys) => serial(program, keys),
        Turns::Mixed(picks) => mixed(program, picks).unwrap_or_else(|| serial(program, &[0; 4])),
    };
    let mut next = vec![0; program.threads.len()];
    let steps = order.into_iter().map(|thread| {
        let action = program.threads[thread][next[thread]];
        next[thread] += 1;
        program.step(thread, action)
    });
    Scenario {
        steps: steps.collect(),
    }
}

/// Whose turn it is, action by action.
fn serial(program: &Program, keys: &[u8; 4]) -> Vec<usize> {
    let mut threads: Vec<usize> = (0..program.threads.len()).collect();
    threads.sort_by_key(|&thread| keys[thread]);
    let turns = |thread: usize| std::iter::repeat_n(thread, program.threads[thread].len());
    threads.into_iter().flat_map(turns).collect()
}

/// The same in a random order; `None` if it leads to a place where nobody can go on.
fn mixed(program: &Program, picks: &[u8]) -> Option<Vec<usize>> {
    let mut held: Vec<Vec<Hold>> = vec![Vec::new(); program.threads.len()];
    let mut next = vec![0; program.threads.len()];
    let mut order = Vec::new();
    let mut picks = picks.iter().cycle();
    loop {
        let action = |thread: usize| program.threads[thread].get(next[thread]).copied();
        let left = (0..program.threads.len()).filter_map(|thread| Some((thread, action(thread)?)));
        let left: Vec<(usize, Action)> = left.collect();
        if left.is_empty() {
            return Some(order);
        }
        let mut ready = left;
        ready.retain(|&(thread, action)| is_free(&held, thread, action));
        let pick = usize::from(*picks.next()?);
        let &(thread, action) = ready.get(pick % ready.len().max(1))?;
        apply(&mut held[thread], next[thread], action);
        next[thread] += 1;
        order.push(thread);
    }
}

/// Returns whether `thread` can do `action` without waiting; nobody waits in such a run.
fn is_free(held: &[Vec<Hold>], thread: usize, action: Action) -> bool {
    let Action::Acquire { lock, mode, .. } = action else {
        return true;
    };
    let others = held
        .iter()
        .enumerate()
        .filter(|&(other, _)| other != thread);
    let mut holds = others.flat_map(|(_, held)| held);
    !holds.any(|hold| hold.lock == lock && (hold.mode == Mode::Write || mode == Mode::Write))
}
