//! Why a program that cannot deadlock is reported: what a finer rule would have to know.
//!
//! The engine judges code, not threads, and classes, not locks.
//! So the program is stretched, step by step, until brute force finds a deadlock; what it took is
//! the kind of the false alarm.

use std::collections::HashMap;

use heldby_model::Mode;
use heldby_script::Operand;

use super::brute::Scheduler;
use super::program::{Action, Hold, Program, Thread, held};

/// What a program lacks to deadlock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// More threads: two that run the code of one.
    OneThread,
    /// Still more: three or four that run the code of one.
    FewThreads,
    /// Threads that run the same code with other locks of the same classes.
    OneClass,
    /// That, where a lock or two that keep the threads apart are not taken.
    Gate,
    /// That, where what a thread reads already is given back before it is read again.
    ReadAgain,
    /// That, where a writer comes to each lock by itself, for fair readers to wait behind.
    NoWriter,
    /// Something else.
    Other,
}

impl Kind {
    /// Whether the program is sound even if each thread's code is run by two threads at once.
    pub(crate) fn is_sound_doubled(self) -> bool {
        !matches!(self, Self::OneThread)
    }
}

/// How many threads are let loose at once.
const GROUP: usize = 4;
/// The same where the codes are so many that groups of that size would be too many.
const SMALL_GROUP: usize = 3;
const MANY_CODES: usize = 12;

/// Tells why the alarm about `program` is false.
pub(crate) fn kind_of(program: &Program) -> Kind {
    let threads = &program.threads;
    if some_group_deadlocks(threads, threads.len(), 2) {
        return Kind::OneThread;
    }
    if some_group_deadlocks(threads, threads.len(), GROUP) {
        return Kind::FewThreads;
    }
    let codes = with_other_locks(program);
    let deadlocks = |codes: &[Thread]| some_group_deadlocks(codes, threads.len(), GROUP);
    if codes.len() > threads.len() && deadlocks(&codes) {
        return Kind::OneClass;
    }
    let once: Vec<Thread> = codes.iter().map(reading_once).collect();
    let gates = gates(program.locks.len());
    let without_gates = |codes: &[Thread]| {
        let mut left = gates.iter().map(|&gates| without(codes, gates));
        left.any(|codes| deadlocks(&codes))
    };
    if without_gates(&codes) {
        Kind::Gate
    } else if deadlocks(&once) || without_gates(&once) {
        Kind::ReadAgain
    } else if without_gates(&with_writers(codes, program.locks.len())) {
        Kind::NoWriter
    } else {
        Kind::Other
    }
}

/// Every lock, and every pair of locks.
fn gates(locks: usize) -> Vec<[usize; 2]> {
    let pairs = (0..locks).flat_map(|one| (one..locks).map(move |two| [one, two]));
    pairs.collect()
}

/// Returns whether some few threads can deadlock, each of which runs one of these codes, and one
/// at least one of the first.
fn some_group_deadlocks(codes: &[Thread], first: usize, copies: usize) -> bool {
    let groups = Groups {
        scheduler: Scheduler::new(codes),
        codes: codes.len(),
        copies,
    };
    let most = if codes.len() > MANY_CODES {
        SMALL_GROUP
    } else {
        GROUP
    };
    // A smaller group deadlocks in fewer steps, and most need no more than two threads.
    let mut sizes = 2..=most;
    sizes.any(|size| (0..first).any(|code| groups.some_deadlocks(&mut vec![code], size)))
}

/// Threads that run some of these codes, none more often than `copies` times.
struct Groups {
    scheduler: Scheduler,
    codes: usize,
    copies: usize,
}

impl Groups {
    /// Returns whether some group of `size` that begins with `group` deadlocks.
    fn some_deadlocks(&self, group: &mut Vec<usize>, size: usize) -> bool {
        if group.len() == size {
            return self.scheduler.can_deadlock(group);
        }
        let last = group[group.len() - 1];
        let again = group.iter().filter(|&&code| code == last).count() < self.copies;
        let next = if again { last } else { last + 1 };
        (next..self.codes).any(|code| {
            group.push(code);
            let deadlocks = self.some_deadlocks(group, size);
            group.pop();
            deadlocks
        })
    }
}

/// The threads, and each once more for every other choice of locks of the same classes.
fn with_other_locks(program: &Program) -> Vec<Thread> {
    let mut codes = program.threads.clone();
    for choice in choices(&program.locks, &mut Vec::new()) {
        for thread in &program.threads {
            let code = thread.iter().map(|&action| on(action, &choice)).collect();
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
    }
    codes
}

/// Every way to give each lock one of its class, no two the same.
fn choices(locks: &[Operand], chosen: &mut Vec<usize>) -> Vec<Vec<usize>> {
    let Some(lock) = locks.get(chosen.len()) else {
        return vec![chosen.clone()];
    };
    let mut all = Vec::new();
    for (other, operand) in locks.iter().enumerate() {
        if operand.class == lock.class && !chosen.contains(&other) {
            chosen.push(other);
            all.extend(choices(locks, chosen));
            chosen.pop();
        }
    }
    all
}

/// The action on the lock that was chosen.
fn on(action: Action, choice: &[usize]) -> Action {
    let mut action = action;
    let (Action::Acquire { lock, .. }
    | Action::Downgrade { lock, .. }
    | Action::Release { lock, .. }) = &mut action;
    *lock = choice[*lock];
    action
}

/// The codes with everything left out that is done to these locks.
fn without(codes: &[Thread], gates: [usize; 2]) -> Vec<Thread> {
    let left = |code| rebuilt(code, |_, lock| (!gates.contains(&lock)).then(Vec::new));
    codes.iter().map(left).collect()
}

/// The codes, and for each lock one that writes it and does nothing else.
fn with_writers(mut codes: Vec<Thread>, locks: usize) -> Vec<Thread> {
    let writer = |lock| {
        let acquire = Action::Acquire {
            lock,
            mode: Mode::Write,
            try_only: false,
        };
        vec![acquire, Action::Release { lock, of: 0 }]
    };
    codes.extend((0..locks).map(writer));
    codes
}

/// The code with what is read already given back before it is read again.
fn reading_once(code: &Thread) -> Thread {
    rebuilt(code, |held, lock| {
        let same = held.iter().filter(|hold| hold.lock == lock);
        Some(
            same.map(|&Hold { lock, of, .. }| Action::Release { lock, of })
                .collect(),
        )
    })
}

/// The code with what `before` says before each acquire, and without those that it refuses.
/// What is done to a hold that is not there is left out.
fn rebuilt(code: &Thread, before: impl Fn(&[Hold], usize) -> Option<Vec<Action>>) -> Thread {
    let mut new = Thread::new();
    let mut numbers = HashMap::new();
    for (number, &action) in code.iter().enumerate() {
        let held = held(&new);
        let is_held = |of: &usize| held.iter().any(|hold| hold.of == *of);
        match action {
            Action::Acquire { lock, .. } => {
                let Some(first) = before(&held, lock) else {
                    continue;
                };
                new.extend(first);
                numbers.insert(number, new.len());
                new.push(action);
            }
            Action::Downgrade { lock, of } => {
                let of = numbers.get(&of).copied().filter(is_held);
                new.extend(of.map(|of| Action::Downgrade { lock, of }));
            }
            Action::Release { lock, of } => {
                let of = numbers.get(&of).copied().filter(is_held);
                new.extend(of.map(|of| Action::Release { lock, of }));
            }
        }
    }
    new
}
