//! Programs: some threads, each a straight line of acquires, downgrades and releases.

use std::fmt;

use heldby_model::Mode;
use heldby_script::{Acquire, Attempt, Op, Operand, Position, Scenario, Step};

/// What one thread does, one after the other.
pub(crate) type Thread = Vec<Action>;

/// One action of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    /// Takes a lock that this thread does not hold, or reads one that it reads.
    Acquire {
        lock: usize,
        mode: Mode,
        try_only: bool,
    },
    /// Turns what the thread's action `of` took from writing to reading.
    Downgrade { lock: usize, of: usize },
    /// Gives back what the thread's action `of` took.
    Release { lock: usize, of: usize },
}

/// What a thread holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hold {
    pub(crate) lock: usize,
    pub(crate) mode: Mode,
    /// The number of the action that took it.
    pub(crate) of: usize,
}

/// A program: its locks, and what each thread does with them.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Program {
    /// The locks; a mutex is never read.
    pub(crate) locks: Vec<Operand>,
    /// The threads.
    pub(crate) threads: Vec<Thread>,
}

impl Program {
    /// Reads the program that a scenario of acquires, downgrades and releases shows.
    pub(crate) fn read(text: &str) -> Self {
        let mut program = Self {
            locks: Vec::new(),
            threads: Vec::new(),
        };
        let mut names: Vec<String> = Vec::new();
        for step in text.parse::<Scenario>().expect("a scenario").steps {
            let thread = position_or_push(&mut names, &step.thread);
            program.threads.resize(names.len(), Thread::new());
            let action = program.action(&step.op, thread);
            program.threads[thread].push(action);
        }
        program
    }

    fn action(&mut self, op: &Op, thread: usize) -> Action {
        let (Op::Acquire(Acquire { lock, .. }) | Op::Release(lock) | Op::Downgrade(lock)) = op
        else {
            panic!("no action of a program: {op}");
        };
        let lock = position_or_push(&mut self.locks, lock);
        let newest = held(&self.threads[thread])
            .into_iter()
            .rfind(|hold| hold.lock == lock)
            .map(|hold| hold.of);
        match op {
            Op::Acquire(Acquire { attempt, .. }) => {
                let (mode, try_only) = match attempt {
                    Attempt::Try(mode) => (*mode, true),
                    Attempt::Block(mode) => (*mode, false),
                    _ => panic!("no action of a program: {op}"),
                };
                Action::Acquire {
                    lock,
                    mode,
                    try_only,
                }
            }
            Op::Downgrade(_) => Action::Downgrade {
                lock,
                of: newest.expect("it is held"),
            },
            _ => Action::Release {
                lock,
                of: newest.expect("it is held"),
            },
        }
    }

    /// The action of a thread as a step of a run that takes every try.
    pub(crate) fn step(&self, thread: usize, action: Action) -> Step {
        Step {
            thread: format!("T{}", thread + 1),
            op: self.op(action),
            at: Position::START,
        }
    }

    fn op(&self, action: Action) -> Op {
        match action {
            Action::Acquire {
                lock,
                mode,
                try_only,
            } => Op::Acquire(Acquire {
                attempt: if try_only {
                    Attempt::Try(mode)
                } else {
                    Attempt::Block(mode)
                },
                lock: self.locks[lock].clone(),
                subclass: 0,
                nest: None,
            }),
            Action::Downgrade { lock, .. } => Op::Downgrade(self.locks[lock].clone()),
            Action::Release { lock, .. } => Op::Release(self.locks[lock].clone()),
        }
    }
}

/// A program is printed as its serial run.
impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbered = self.threads.iter().enumerate();
        let steps = numbered.flat_map(|(number, thread)| {
            let step = move |&action| self.step(number, action);
            thread.iter().map(step)
        });
        let steps = steps.collect();
        write!(f, "{:#}", Scenario { steps })
    }
}

fn position_or_push<T: Clone + PartialEq>(all: &mut Vec<T>, one: &T) -> usize {
    all.iter()
        .position(|known| known == one)
        .unwrap_or_else(|| {
            all.push(one.clone());
            all.len() - 1
        })
}

/// What a thread holds after its last action if every try was taken; oldest first.
pub(crate) fn held(thread: &[Action]) -> Vec<Hold> {
    let mut held = Vec::new();
    for (of, action) in thread.iter().enumerate() {
        apply(&mut held, of, *action);
    }
    held
}

/// Lets a thread that holds `held` do `action`, its `number`th.
pub(crate) fn apply(held: &mut Vec<Hold>, number: usize, action: Action) {
    match action {
        Action::Acquire { lock, mode, .. } => held.push(Hold {
            lock,
            mode,
            of: number,
        }),
        Action::Downgrade { of, .. } => held
            .iter_mut()
            .filter(|hold| hold.of == of)
            .for_each(|hold| hold.mode = Mode::Read),
        Action::Release { of, .. } => held.retain(|hold| hold.of != of),
    }
}
