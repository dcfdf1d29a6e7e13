//! Why brute force is to be trusted with tasks: its answers on programs that are checked by hand.

use heldby_model::Mode;
use heldby_script::{LockType, Operand};

use super::brute::{Found, deadlocks};
use super::program::{Action, Program, Strand, Task};
use super::walks::Arms;

/// Reads a line: `a` takes lock A, `-a` releases it, `.` suspends, `sel`, `join` and `cancel` poll arms.
/// A and B are awaited, M and N block the thread.
fn line(text: &str) -> Strand {
    let names = ["a", "b", "m", "n"];
    let lock = |name: &str| names.iter().position(|known| *known == name);
    let action = |word: &str| match word {
        "." => Action::Yield,
        "sel" => Action::Select { yields: 1 },
        "join" => Action::Join,
        "cancel" => Action::Cancel,
        _ => match word.strip_prefix('-') {
            Some(name) => Action::Release(lock(name).expect("a lock")),
            None => {
                let lock = lock(word).expect("a lock");
                Action::Acquire {
                    lock,
                    mode: Mode::Write,
                    awaits: lock < 2,
                }
            }
        },
    };
    text.split_whitespace().map(action).collect()
}

fn program(tasks: &[&[&str]]) -> Program {
    let lock = |(class, lock_type): (&str, _)| Operand {
        lock_type,
        class: class.to_owned(),
        instance: None,
    };
    let types = [
        ("A", LockType::Amutex),
        ("B", LockType::Amutex),
        ("M", LockType::Mutex),
        ("N", LockType::Mutex),
    ];
    let task = |lines: &&[&str]| Task {
        strands: lines.iter().map(|text| line(text)).collect(),
    };
    Program {
        locks: types.into_iter().map(lock).collect(),
        tasks: tasks.iter().map(task).collect(),
    }
}

#[track_caller]
fn check(tasks: &[&[&str]], expected: bool) {
    let program = program(tasks);
    let Found::All(found) = deadlocks(&program.tasks, Arms::Marked) else {
        panic!("too many states");
    };
    assert_eq!(!found.is_empty(), expected, "{program:?}");
}

#[test]
fn tasks_without_arms_are_as_threads() {
    check(&[&["a b -b -a"], &["b a -a -b"]], true);
    check(&[&["a . b -b -a"], &["a b -b -a"]], false);
    check(&[&["m a -a -m"], &["a . m -m -a"]], true);
}

#[test]
fn arms_wait_beside_each_other() {
    let inverse: &[&str] = &["b a -a -b"];
    // One lock each: whoever waits lets the other one go on.
    check(&[&["join", "a . -a", "b . -b"], inverse], false);
    check(&[&["join", "a . b -b -a", ". "], inverse], true);
    // Both arms of one task, in opposite orders; a lock around them keeps them apart from nothing.
    check(&[&["join", "a . b -b -a", "b . a -a -b"]], true);
    check(&[&["m join -m", "a . b -b -a", "b . a -a -b"]], true);
    check(&[&["a join -a", "b -b", "."], inverse], true);
}

#[test]
fn an_arm_that_blocks_the_thread_stops_the_others() {
    let inverse: &[&str] = &["m a -a -m"];
    check(&[&["join", "a . -a", "m -m"], inverse], true);
    check(&[&["join", "a -a", "m -m"], inverse], false);
    check(&[&["join", "m . -m", "m -m"]], true);
    check(&[&["join", "a . -a", "a -a"]], false);
}

#[test]
fn what_is_not_polled_goes_on_with_nothing() {
    let inverse: &[&str] = &["b a -a -b"];
    check(&[&["sel b -b join", "a . -a", "."], inverse], true);
    check(&[&["sel b -b cancel", "a . -a", "."], inverse], true);
    check(&[&["sel cancel b -b", "a . -a", "."], inverse], false);
    check(&[&["sel a -a join", "a . -a", "."]], true);
    check(&[&["sel b -b join", ". a -a", "."], inverse], false);
}
