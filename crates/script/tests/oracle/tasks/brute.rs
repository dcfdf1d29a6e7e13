//! The brute-force scheduler of tasks: does some interleaving leave some of them waiting for ever?
//!
//! It runs every line of every task in every interleaving that one thread a task allows, on model locks.
//! Reader-writer locks are fair: a reader waits behind a waiting writer.

use std::collections::BTreeSet;

use heldby_model::Mode;
use rustc_hash::FxHashSet;

use super::program::{Action, Locks, Task, held, held_in, yields};
use super::walks::Arms;

/// Where each line stands: the number of its next action, and the flags below.
pub(crate) type State = Vec<u16>;

/// The line waits for what it asked for.
const WAITS: u16 = 1 << 15;
/// The thread of its task runs it, or waits in it.
const RUNS: u16 = 1 << 14;

/// States after which brute force gives up.
const MOST_STATES: usize = 60_000;

/// What brute force has found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// The locks of each ring of lines that wait for each other.
    All(BTreeSet<Locks>),
    /// Nothing: there are too many states.
    TooMany,
}

/// Returns each way in which `tasks` can end up waiting for each other; `arms` tells what a line is taken
/// to hold.
pub(crate) fn deadlocks(tasks: &[Task], arms: Arms) -> Found {
    let model = Model::new(tasks);
    let start = model.start();
    let mut rings = BTreeSet::new();
    let mut seen = FxHashSet::from_iter([start.clone()]);
    let mut left = vec![start];
    while let Some(state) = left.pop() {
        if seen.len() > MOST_STATES {
            return Found::TooMany;
        }
        let mut stuck = true;
        for line in 0..state.len() {
            if let Some(next) = model.step(&state, line) {
                stuck = false;
                if seen.insert(next.clone()) {
                    left.push(next);
                }
            }
        }
        if stuck && !model.is_over(&state) {
            rings.insert(model.ring(&state, arms));
        }
    }
    Found::All(rings)
}

/// All lines of some tasks.
#[derive(Debug)]
pub(crate) struct Model<'a> {
    lines: Vec<Line<'a>>,
}

#[derive(Clone, Copy, Debug)]
struct Line<'a> {
    actions: &'a [Action],
    strand: &'a Vec<Action>,
    /// The first line of its task, which is the task's own.
    own: usize,
    /// How many arms that has.
    arms: usize,
}

impl<'a> Model<'a> {
    pub(crate) fn new(tasks: &'a [Task]) -> Self {
        let mut lines = Vec::new();
        for task in tasks {
            let own = lines.len();
            let line = |strand: &'a Vec<Action>| Line {
                actions: strand,
                strand,
                own,
                arms: task.strands.len() - 1,
            };
            lines.extend(task.strands.iter().map(line));
        }
        Self { lines }
    }

    pub(crate) fn start(&self) -> State {
        vec![0; self.lines.len()]
    }

    /// What a line does next; `None` at its end.
    pub(crate) fn next(&self, state: &State, line: usize) -> Option<Action> {
        self.lines[line].actions.get(at(state[line])).copied()
    }

    pub(crate) fn is_over(&self, state: &State) -> bool {
        (0..state.len()).all(|line| self.next(state, line).is_none())
    }

    fn arms(&self, line: usize) -> std::ops::Range<usize> {
        let Line { own, arms, .. } = self.lines[line];
        own + 1..own + 1 + arms
    }

    /// Whether the task of an arm polls it now.
    pub(crate) fn is_polled(&self, state: &State, arm: usize) -> bool {
        match self.next(state, self.lines[arm].own) {
            Some(Action::Join) => true,
            Some(Action::Select { yields }) => self.yields(state, arm) < yields,
            _ => false,
        }
    }

    fn yields(&self, state: &State, line: usize) -> usize {
        yields(self.lines[line].strand, at(state[line]))
    }

    /// The line that the thread of a task is in, if that is not `line`.
    fn taken(&self, state: &State, line: usize) -> Option<usize> {
        let Line { own, arms, .. } = self.lines[line];
        let mut of_task = own..=own + arms;
        of_task.find(|&other| other != line && state[other] & RUNS != 0)
    }

    /// Whether the task of a line goes on with it as soon as it can.
    fn can_be_polled(&self, state: &State, line: usize) -> bool {
        let is_own = line == self.lines[line].own;
        self.taken(state, line).is_none() && (is_own || self.is_polled(state, line))
    }

    /// Lets a line do one step, or begin to wait; `None` when it can do neither.
    pub(crate) fn step(&self, state: &State, line: usize) -> Option<State> {
        let action = self.next(state, line)?;
        if !self.can_be_polled(state, line) {
            return None;
        }
        let mut next = state.clone();
        match action {
            Action::Acquire { lock, mode, awaits } if !self.is_free(state, line, lock, mode) => {
                let runs = if awaits { 0 } else { RUNS };
                next[line] = at(state[line]) as u16 | WAITS | runs;
                return (next != *state).then_some(next);
            }
            Action::Select { .. } | Action::Join => {
                let mut arms = self.arms(line);
                let goes_on = |arm| self.next(state, arm).is_some() && self.is_polled(state, arm);
                if arms.any(goes_on) {
                    return None;
                }
            }
            Action::Cancel => {
                let over = |arm: usize| self.lines[arm].actions.len() as u16;
                self.arms(line).for_each(|arm| next[arm] = over(arm));
            }
            Action::Acquire { .. } | Action::Release(_) | Action::Yield => {}
        }
        next[line] = at(state[line]) as u16 + 1;
        let leaves = matches!(
            self.next(&next, line),
            None | Some(Action::Select { .. } | Action::Join)
        );
        if action != Action::Yield && !leaves {
            next[line] |= RUNS;
        }
        Some(next)
    }

    /// Whether a line can have a lock at once.
    fn is_free(&self, state: &State, line: usize, lock: usize, mode: Mode) -> bool {
        self.blocker(state, line, lock, mode).is_none()
    }

    /// Another line that keeps a line from having a lock.
    fn blocker(&self, state: &State, line: usize, lock: usize, mode: Mode) -> Option<usize> {
        let mut others = (0..state.len()).filter(|&other| other != line);
        others.find(|&other| {
            let (strand, next) = (self.lines[other].strand, at(state[other]));
            let queues = state[other] & WAITS != 0
                && self.can_be_polled(state, other)
                && matches!(
                    self.next(state, other),
                    Some(Action::Acquire { lock: of, mode: Mode::Write, .. }) if of == lock
                );
            match mode {
                Mode::Write => held(strand, next) & 1 << lock != 0,
                _ => held_in(strand, next, Mode::Write) & 1 << lock != 0 || queues,
            }
        })
    }

    /// Who a line waits for, in a state in which nobody can go on.
    fn waits_for(&self, state: &State, line: usize) -> Option<usize> {
        let own = self.lines[line].own;
        if let Some(other) = self.taken(state, line) {
            return Some(other);
        }
        if line != own && !self.is_polled(state, line) {
            return Some(own);
        }
        match self.next(state, line)? {
            Action::Acquire { lock, mode, .. } => self.blocker(state, line, lock, mode),
            _ => {
                let mut arms = self.arms(line);
                arms.find(|&arm| self.next(state, arm).is_some() && self.is_polled(state, arm))
            }
        }
    }

    /// The locks that lines hold or want each of which waits for the next. Where arms are not marked, all
    /// that a task holds is held by each of its lines, so that one lock may stand for the order of others.
    fn ring(&self, state: &State, arms: Arms) -> Locks {
        let holds = |line: usize| held(self.lines[line].strand, at(state[line]));
        let blocker = |line| self.waits_for(state, line).expect("it waits for someone");
        let is_left = |&line: &usize| self.next(state, line).is_some();
        let first = (0..state.len()).find(is_left).expect("someone waits");
        // After as many steps as there are lines the walk is on the ring.
        let on_ring = (0..state.len()).fold(first, |line, _| blocker(line));
        let (mut locks, mut line) = (0, on_ring);
        loop {
            let own = self.lines[line].own;
            locks |= match arms {
                Arms::Marked => holds(line),
                Arms::Unmarked => self
                    .arms(line)
                    .fold(holds(own), |all, arm| all | holds(arm)),
            };
            if let Some(Action::Acquire { lock, .. }) = self.next(state, line) {
                locks |= 1 << lock;
            }
            line = blocker(line);
            if line == on_ring {
                return locks;
            }
        }
    }
}

pub(crate) fn at(line: u16) -> usize {
    usize::from(line & !(WAITS | RUNS))
}

/// Whether a line has begun to wait.
pub(crate) fn waits(line: u16) -> bool {
    line & WAITS != 0
}
