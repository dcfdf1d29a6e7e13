//! Random programs, grown from genes.
//!
//! Every list of genes grows into a program, so that proptest can shrink it at will.

use std::ops::RangeInclusive;

use heldby_model::Mode;
use heldby_script::{LockType, Operand};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::program::{Action, Hold, Program, Thread, held};

const THREADS: RangeInclusive<usize> = 2..=4;
/// How many genes a thread is grown from.
const GENES: RangeInclusive<usize> = 3..=9;
/// How many locks a program has at most.
pub(crate) const LOCKS: usize = 6;

/// The locks of a program, each by its class and instance.
pub(crate) type Layout = &'static [&'static str];

/// Each class has one lock.
pub(crate) const ONE_INSTANCE: &[Layout] = &[
    &["A", "B"],
    &["A", "B", "C"],
    &["A", "B", "C", "D"],
    &["A", "B", "C", "D", "E"],
    &["A", "B", "C", "D", "E", "F"],
];

/// Some class has two or three.
pub(crate) const SOME_INSTANCES: &[Layout] = &[
    &["A1", "A2"],
    &["A1", "A2", "A3"],
    &["A1", "A2", "B"],
    &["A1", "A2", "B1", "B2"],
    &["A1", "A2", "A3", "B"],
    &["A1", "A2", "B", "C"],
    &["A1", "A2", "A3", "B1", "B2"],
    &["A1", "A2", "B1", "B2", "C1", "C2"],
];

/// What a thread is grown from. Numbers are taken modulo what there is.
#[derive(Clone, Copy, Debug)]
enum Gene {
    /// Takes a lock.
    Acquire {
        lock: usize,
        mode: Mode,
        try_only: bool,
    },
    /// Downgrades a hold.
    Downgrade(usize),
    /// Gives a hold back.
    Release(usize),
    /// Gives this lock back.
    ReleaseLock(usize),
}

/// A lock around a part of a thread, which may keep that apart from a part of another one.
#[derive(Clone, Copy, Debug)]
struct Gate {
    lock: usize,
    mode: Mode,
    /// Between which genes it is held.
    part: (usize, usize),
}

/// What a program is grown from: threads, and what is around a part of each.
type Genes = Vec<(Vec<Gene>, Option<Gate>)>;

/// Any program with one of these lists of locks.
pub(crate) fn program(layouts: &'static [Layout]) -> impl Strategy<Value = Program> {
    let lock_type = prop_oneof![
        1 => Just(LockType::Mutex),
        1 => Just(LockType::Rwsem),
        2 => Just(LockType::Rw),
    ];
    let bare = vec((vec(gene(), GENES), Just(None)), THREADS);
    let gated = (0..LOCKS).prop_flat_map(gated);
    let genes = prop_oneof![5 => bare, 4 => gated, 2 => rings()];
    (select(layouts), vec(lock_type, LOCKS), genes).prop_map(|(layout, lock_types, genes)| {
        let locks = locks(layout, &lock_types);
        let threads = threads(&genes, &locks);
        Program { locks, threads }
    })
}

fn gene() -> impl Strategy<Value = Gene> {
    let acquire = (0..LOCKS, mode(), proptest::bool::weighted(0.12));
    prop_oneof![
        12 => acquire.prop_map(|(lock, mode, try_only)| Gene::Acquire { lock, mode, try_only }),
        4 => (0..LOCKS).prop_map(Gene::Release),
        1 => (0..LOCKS).prop_map(Gene::Downgrade),
    ]
}

fn mode() -> impl Strategy<Value = Mode> {
    prop_oneof![4 => Just(Mode::Write), 3 => Just(Mode::Read), 3 => Just(Mode::Recursive)]
}

/// Threads of which most hold the lock `gate` around a part of what they do.
fn gated(gate: usize) -> impl Strategy<Value = Genes> {
    let lock = prop_oneof![9 => Just(gate), 1 => 0..LOCKS];
    let mode = prop_oneof![4 => Just(Mode::Write), 1 => mode()];
    let any_part = (0..*GENES.end(), 0..=*GENES.end());
    let part = prop_oneof![1 => Just((0, *GENES.end())), 1 => any_part];
    let gate = (lock, mode, part).prop_map(|(lock, mode, part)| Gate { lock, mode, part });
    vec((vec(gene(), GENES), option::weighted(0.85, gate)), THREADS)
}

/// Threads each of which takes a lock and then that of the next one, and little more: chance makes
/// few rings of three or four.
fn rings() -> impl Strategy<Value = Genes> {
    let turn = (mode(), vec(gene(), 0..=1), mode(), vec(gene(), 0..=1));
    vec(turn, 3..=4).prop_map(|turns| {
        let next = |number: usize| (number + 1) % turns.len();
        let acquire = |lock, mode| {
            vec![Gene::Acquire {
                lock,
                mode,
                try_only: false,
            }]
        };
        let thread =
            |(number, (held, between, wanted, after)): (usize, &(_, Vec<_>, _, Vec<_>))| {
                let own = acquire(number, *held);
                let other = acquire(next(number), *wanted);
                ([&own[..], between, &other, after].concat(), None)
            };
        turns.iter().enumerate().map(thread).collect()
    })
}

/// Makes the locks; those of one class are of the type of its first one.
fn locks(layout: Layout, lock_types: &[LockType]) -> Vec<Operand> {
    let class = |name: &str| {
        name.trim_end_matches(|c: char| c.is_ascii_digit())
            .to_owned()
    };
    let lock = |name: &&str| {
        let first = layout.iter().position(|other| class(other) == class(name));
        let class = class(name);
        Operand {
            lock_type: lock_types[first.expect("its own class")],
            instance: name[class.len()..].parse().ok(),
            class,
        }
    };
    layout.iter().map(lock).collect()
}

fn threads(genes: &Genes, locks: &[Operand]) -> Vec<Thread> {
    let grow_one = |(genes, gate): &(Vec<Gene>, Option<Gate>)| match gate {
        Some(gate) => grow(&enclosed(genes, *gate), locks),
        None => grow(genes, locks),
    };
    genes.iter().map(grow_one).collect()
}

/// The genes with the gate around a part of them.
fn enclosed(genes: &[Gene], gate: Gate) -> Vec<Gene> {
    let Gate { lock, mode, part } = gate;
    let from = part.0.min(genes.len());
    let to = part.1.clamp(from, genes.len());
    let acquire = Gene::Acquire {
        lock,
        mode,
        try_only: false,
    };
    let (before, rest) = genes.split_at(from);
    let (inside, after) = rest.split_at(to - from);
    [
        before,
        &[acquire],
        inside,
        &[Gene::ReleaseLock(lock)],
        after,
    ]
    .concat()
}

/// Grows a thread: what it holds it only takes again to read what it reads, and in the end it
/// holds nothing.
fn grow(genes: &[Gene], locks: &[Operand]) -> Thread {
    let mut thread = Thread::new();
    for &gene in genes {
        let action = action(gene, &held(&thread), locks);
        thread.extend(action);
    }
    while let Some(last) = held(&thread).last() {
        thread.push(release(&held(&thread), last.lock));
    }
    thread
}

/// What a gene means to a thread that holds `held`; `None` if nothing.
fn action(gene: Gene, held: &[Hold], locks: &[Operand]) -> Option<Action> {
    match gene {
        Gene::Acquire {
            lock,
            mode,
            try_only,
        } => {
            let lock = lock % locks.len();
            let mode = mode_of(locks[lock].lock_type, mode);
            let mut same = held.iter().filter(|hold| hold.lock == lock);
            let waits_for_itself = same.any(|hold| hold.mode == Mode::Write || mode == Mode::Write);
            (!waits_for_itself).then_some(Action::Acquire {
                lock,
                mode,
                try_only,
            })
        }
        Gene::Downgrade(which) => {
            let Hold { lock, mode, of } = *held.get(which % held.len().max(1))?;
            let possible = mode == Mode::Write && locks[lock].lock_type != LockType::Mutex;
            possible.then_some(Action::Downgrade { lock, of })
        }
        Gene::Release(which) => {
            let hold = held.get(which % held.len().max(1))?;
            Some(release(held, hold.lock))
        }
        Gene::ReleaseLock(lock) => {
            let lock = lock % locks.len();
            let is_held = held.iter().any(|hold| hold.lock == lock);
            is_held.then(|| release(held, lock))
        }
    }
}

/// A mutex is only written, and an rwsem is read fairly.
fn mode_of(lock_type: LockType, mode: Mode) -> Mode {
    match (lock_type, mode) {
        (LockType::Mutex, _) => Mode::Write,
        (LockType::Rwsem, Mode::Recursive) => Mode::Read,
        _ => mode,
    }
}

/// Gives back the newest hold of a held lock, as a release does.
fn release(held: &[Hold], lock: usize) -> Action {
    let newest = held.iter().rfind(|hold| hold.lock == lock);
    let of = newest.expect("it is held").of;
    Action::Release { lock, of }
}
