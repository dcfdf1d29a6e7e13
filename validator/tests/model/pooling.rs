//! A task whose thread ends while another thread reads it, and whose memory serves a third one.

use loom::sync::Arc;
use loom::thread;

use crate::held::HeldStack;
use crate::holding::{numbers, pop, push_inline};
use crate::identity::Identity;

struct Task {
    identity: Identity,
    held: HeldStack,
}

/// Runs the task number 1, called "1", which holds the lock 1, and then number 2 with the lock 2 in the
/// same memory, beside a reader that looks for number 1.
fn read_beside(run: fn(&Task)) {
    loom::model(move || {
        let task = Arc::new(Task {
            identity: Identity::new(),
            held: HeldStack::new(),
        });
        task.identity.begin(1, "1".into());
        push_inline(&task.held, 1);
        let reader = {
            let task = Arc::clone(&task);
            thread::spawn(move || task.identity.look_at(1, || numbers(&task.held)))
        };
        run(&task);
        if let Some((name, held)) = reader.join().unwrap() {
            assert_eq!(name.as_ref(), "1");
            let held = held.unwrap_or_default();
            assert!(
                !held.contains(&2),
                "the hold of one thread was told of another"
            );
        }
    });
}

#[test]
fn a_hold_is_told_of_its_own_thread() {
    read_beside(|task| {
        task.identity.end();
        pop(&task.held);
        task.identity.begin(2, "2".into());
        push_inline(&task.held, 2);
    });
}

#[test]
fn a_name_is_told_of_its_own_thread() {
    read_beside(|task| {
        task.identity.end();
        pop(&task.held);
        task.identity.begin(2, "2".into());
    });
}
