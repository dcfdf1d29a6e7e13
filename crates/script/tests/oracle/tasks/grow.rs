//! Random programs of tasks, grown from genes.

use heldby_model::Mode;
use heldby_script::{LockType, Operand};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::program::{Action, Locks, Program, Strand, Task, held, is_awaited};

const LOCKS: std::ops::RangeInclusive<usize> = 2..=4;

/// What a line is grown from; locks are taken modulo what there is.
#[derive(Clone, Copy, Debug)]
enum Gene {
    Acquire { lock: usize, read: bool },
    Release(usize),
    Yield,
}

/// What a task is grown from.
#[derive(Clone, Debug)]
struct Genes {
    before: Vec<Gene>,
    arms: Option<ArmGenes>,
    after: Vec<Gene>,
}

#[derive(Clone, Debug)]
struct ArmGenes {
    arms: [Vec<Gene>; 2],
    /// What the task does while it polls no arm that has suspended once, if it does so.
    between: Option<Vec<Gene>>,
    cancels: bool,
}

pub(crate) fn program() -> impl Strategy<Value = Program> {
    let lock_type = prop_oneof![
        2 => Just(LockType::Amutex),
        1 => Just(LockType::Arw),
        2 => Just(LockType::Mutex),
        1 => Just(LockType::Rwsem),
    ];
    let locks = vec(lock_type, LOCKS);
    (locks, vec(task(), 2..=3)).prop_map(|(lock_types, genes)| {
        let lock = |(lock_type, name): (LockType, &str)| Operand {
            lock_type,
            class: name.to_owned(),
            instance: None,
        };
        let names = ["A", "B", "C", "D"];
        let locks: Vec<_> = lock_types.into_iter().zip(names).map(lock).collect();
        let tasks = genes.iter().map(|genes| grow(genes, &locks)).collect();
        Program { locks, tasks }
    })
}

fn gene() -> impl Strategy<Value = Gene> {
    prop_oneof![
        10 => (0..8_usize, proptest::bool::weighted(0.3)).prop_map(|(lock, read)| Gene::Acquire { lock, read }),
        1 => (0..8_usize).prop_map(Gene::Release),
        1 => Just(Gene::Yield),
    ]
}

fn task() -> impl Strategy<Value = Genes> {
    let genes = |most| vec(gene(), 0..=most);
    let arm = || vec(gene(), 1..=4);
    let between = option::weighted(0.3, genes(2));
    let arms = ([arm(), arm()], between, select(&[false, false, true][..]));
    let arms = arms.prop_map(|(arms, between, cancels)| ArmGenes {
        arms,
        between,
        cancels,
    });
    (genes(2), option::weighted(0.7, arms), genes(3)).prop_map(|(before, arms, after)| Genes {
        before,
        arms,
        after,
    })
}

/// Grows a task: no line takes what it holds, no arm takes what the task holds around it, and in the end
/// nothing is held.
fn grow(genes: &Genes, locks: &[Operand]) -> Task {
    let mut own = Strand::new();
    extend(&mut own, &genes.before, locks, 0);
    let mut strands = Vec::new();
    if let Some(arms) = &genes.arms {
        let around = held(&own, own.len());
        strands = arms
            .arms
            .iter()
            .map(|arm| grow_arm(arm, locks, around))
            .collect();
        if let Some(between) = &arms.between {
            own.push(Action::Select { yields: 1 });
            // What is held around the arms stays so.
            let keeps = |gene: &Gene| !matches!(gene, Gene::Release(_));
            let between: Vec<_> = between.iter().copied().filter(keeps).collect();
            extend(&mut own, &between, locks, 0);
            release_all(&mut own, around);
        }
        own.push(if arms.cancels {
            Action::Cancel
        } else {
            Action::Join
        });
    }
    extend(&mut own, &genes.after, locks, 0);
    release_all(&mut own, 0);
    strands.insert(0, own);
    Task { strands }
}

/// An arm suspends once at each wait as a future.
fn grow_arm(genes: &[Gene], locks: &[Operand], around: Locks) -> Strand {
    let mut arm = Strand::new();
    for gene in genes {
        let before = arm.len();
        extend(&mut arm, &[*gene], locks, around);
        if matches!(arm.get(before), Some(Action::Acquire { awaits: true, .. })) {
            arm.insert(before, Action::Yield);
        }
    }
    release_all(&mut arm, 0);
    arm
}

fn extend(strand: &mut Strand, genes: &[Gene], locks: &[Operand], around: Locks) {
    for &gene in genes {
        let holds = held(strand, strand.len());
        match gene {
            Gene::Acquire { lock, read } => {
                let lock = lock % locks.len();
                let can_read = matches!(locks[lock].lock_type, LockType::Arw | LockType::Rwsem);
                if (holds | around) & 1 << lock == 0 {
                    strand.push(Action::Acquire {
                        lock,
                        mode: if read && can_read {
                            Mode::Read
                        } else {
                            Mode::Write
                        },
                        awaits: is_awaited(&locks[lock]),
                    });
                }
            }
            Gene::Release(lock) => {
                let lock = lock % locks.len();
                strand.extend((holds & 1 << lock != 0).then_some(Action::Release(lock)));
            }
            Gene::Yield => strand.push(Action::Yield),
        }
    }
}

/// Releases all but `kept`.
fn release_all(strand: &mut Strand, kept: Locks) {
    let rest = held(strand, strand.len()) & !kept;
    let locks = (0..8).rev().filter(|lock| rest & 1 << lock != 0);
    strand.extend(locks.map(Action::Release));
}
