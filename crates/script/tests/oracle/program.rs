//! Random programs: two or three threads, each a straight line of acquires and releases.

use std::fmt;

use heldby_model::Mode;
use heldby_script::{Acquire, Attempt, LockType, Op, Operand, Position, Scenario, Step};
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// How many locks a program has.
pub(crate) const LOCKS: usize = 4;

/// How many threads a program has, and how many genes a thread is grown from.
const THREADS: std::ops::RangeInclusive<usize> = 2..=3;
const GENES: std::ops::RangeInclusive<usize> = 4..=10;

/// Which locks share a class: none, two and two, all.
const LAYOUTS: &[[&str; LOCKS]] = &[
    ["A", "B", "C", "D"],
    ["A1", "A2", "B1", "B2"],
    ["A1", "A2", "A3", "A4"],
];

/// What one thread does, one after the other.
pub(crate) type Thread = Vec<Action>;

/// One action of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Takes a lock that this thread does not hold, or reads one that it reads.
    Acquire {
        lock: usize,
        write: bool,
        try_only: bool,
    },
    /// Gives back what the thread's action `of` took.
    Release { lock: usize, of: usize },
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
    /// Reads the program that a scenario of acquires and releases shows.
    pub(crate) fn read(text: &str) -> Self {
        let mut program = Self {
            locks: Vec::new(),
            threads: Vec::new(),
        };
        let mut names: Vec<String> = Vec::new();
        for step in text.parse::<Scenario>().expect("a scenario").steps {
            let thread = position_or_push(&mut names, &step.thread);
            program.threads.resize(names.len(), Thread::new());
            let action = match step.op {
                Op::Acquire(Acquire { attempt, lock, .. }) => {
                    let lock = position_or_push(&mut program.locks, &lock);
                    let (mode, try_only) = match attempt {
                        Attempt::Try(mode) => (mode, true),
                        Attempt::Block(mode) => (mode, false),
                        _ => panic!("no action of a program: {}", attempt.as_str()),
                    };
                    Action::Acquire {
                        lock,
                        write: mode == Mode::Write,
                        try_only,
                    }
                }
                Op::Release(lock) => {
                    let lock = position_or_push(&mut program.locks, &lock);
                    let held = unreleased(&program.threads[thread]);
                    let of = held.into_iter().rfind(|&(_, held)| held == lock);
                    Action::Release {
                        lock,
                        of: of.expect("it is held").0,
                    }
                }
                op => panic!("no action of a program: {op}"),
            };
            program.threads[thread].push(action);
        }
        program
    }

    /// The serial run, thread after thread: it never hangs and takes every try.
    pub(crate) fn serial(&self) -> Scenario {
        let steps = self
            .threads
            .iter()
            .enumerate()
            .flat_map(|(number, thread)| {
                thread.iter().map(move |action| Step {
                    thread: format!("T{}", number + 1),
                    op: self.op(*action),
                    at: Position::START,
                })
            });
        Scenario {
            steps: steps.collect(),
        }
    }

    fn op(&self, action: Action) -> Op {
        match action {
            Action::Acquire {
                lock,
                write,
                try_only,
            } => {
                let mode = if write { Mode::Write } else { Mode::Read };
                let attempt = if try_only {
                    Attempt::Try(mode)
                } else {
                    Attempt::Block(mode)
                };
                let lock = self.locks[lock].clone();
                Op::Acquire(Acquire {
                    attempt,
                    lock,
                    subclass: 0,
                    nest: None,
                })
            }
            Action::Release { lock, .. } => Op::Release(self.locks[lock].clone()),
        }
    }
}

/// A difference is printed as the scenario that shows it, ready to become a row.
impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.serial())
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

/// The acquires that a thread's last action leaves unreleased, and their locks; oldest first.
fn unreleased(thread: &Thread) -> Vec<(usize, usize)> {
    let mut held = Vec::new();
    for (number, action) in thread.iter().enumerate() {
        match *action {
            Action::Acquire { lock, .. } => held.push((number, lock)),
            Action::Release { of, .. } => held.retain(|&(acquire, _)| acquire != of),
        }
    }
    held
}

/// What a thread is grown from; every list of genes grows into a thread.
#[derive(Clone, Debug)]
enum Gene {
    Acquire {
        lock: usize,
        write: bool,
        try_only: bool,
    },
    Release(Index),
}

/// Any program.
pub(crate) fn program() -> impl Strategy<Value = Program> {
    let gene = prop_oneof![
        3 => (0..LOCKS, proptest::bool::weighted(0.7), proptest::bool::weighted(0.12))
            .prop_map(|(lock, write, try_only)| Gene::Acquire { lock, write, try_only }),
        1 => any::<Index>().prop_map(Gene::Release),
    ];
    let thread = proptest::collection::vec(gene, GENES);
    let threads = proptest::collection::vec(thread, THREADS);
    (select(LAYOUTS), any::<[bool; LOCKS]>(), threads).prop_map(|(layout, readers, threads)| {
        let locks = locks(layout, readers);
        let threads = threads.iter().map(|genes| grow(genes, &locks)).collect();
        Program { locks, threads }
    })
}

/// Makes the locks; those of one class are of the type of its first one.
fn locks(layout: [&str; LOCKS], readers: [bool; LOCKS]) -> Vec<Operand> {
    let class = |name: &str| {
        name.trim_end_matches(|c: char| c.is_ascii_digit())
            .to_owned()
    };
    let lock = |name: &&str| {
        let first = layout.iter().position(|other| class(other) == class(name));
        let lock_type = match readers[first.expect("its own class")] {
            true => LockType::Rwsem,
            false => LockType::Mutex,
        };
        let class = class(name);
        Operand {
            lock_type,
            instance: name[class.len()..].parse().ok(),
            class,
        }
    };
    layout.iter().map(lock).collect()
}

/// Grows a thread: what it holds it only takes again to read what it reads, and in the end it
/// holds nothing.
fn grow(genes: &[Gene], locks: &[Operand]) -> Thread {
    let mut thread = Thread::new();
    for gene in genes {
        let held = unreleased(&thread);
        match *gene {
            Gene::Acquire {
                lock,
                write,
                try_only,
            } => {
                let write = write || locks[lock].lock_type == LockType::Mutex;
                if !held.iter().any(|&(of, other)| {
                    other == lock
                        && (write || matches!(thread[of], Action::Acquire { write, .. } if write))
                }) {
                    thread.push(Action::Acquire {
                        lock,
                        write,
                        try_only,
                    });
                }
            }
            Gene::Release(which) if !held.is_empty() => {
                thread.push(newest_of_its_lock(&held, which.index(held.len())));
            }
            Gene::Release(_) => {}
        }
    }
    while let Some(last) = unreleased(&thread).len().checked_sub(1) {
        thread.push(newest_of_its_lock(&unreleased(&thread), last));
    }
    thread
}

/// Releases the lock of hold `which`: its newest hold, as a release does.
fn newest_of_its_lock(held: &[(usize, usize)], which: usize) -> Action {
    let (_, lock) = held[which];
    let newest = held.iter().rfind(|&&(_, other)| other == lock);
    Action::Release {
        lock,
        of: newest.expect("it is held").0,
    }
}
