//! Branches: what is parked while an arm is not polled.

use std::sync::Arc;
use std::sync::mpsc::channel;

use heldby_validator::{Branch, Held, LockMap, Validator, held, release};

use super::{
    awaited, block_on, blocking, end_arm, holders, named, on_a_validator, poll, poll_arm, poll_on,
    take, task_of, verdict,
};
use crate::rig::quiet;
use crate::worker::Worker;

#[test]
fn an_arm_that_holds_what_threads_wait_for_is_told_once_its_task_suspends() {
    let b = blocking("B");
    let found = on_a_validator(|validator| {
        let (mut task, mut arm) = (named("task"), Branch::new());
        task.poll(|| poll_arm(&mut arm, || block_on(&b)), |()| false);
        assert_eq!(verdict(validator), Vec::<String>::new());
        poll(&mut task, || {});
        assert_eq!(verdict(validator), ["HB0304 B"]);
        poll(&mut task, || end_arm(&mut arm, || release(&b)));
    });
    assert_eq!(found, ["HB0304 B"]);
}

#[test]
fn an_arm_comes_back_on_top_of_what_its_task_holds() {
    // The same as before, and changed: what it implied then, it does not now.
    for (changed, expected) in [(false, &[][..]), (true, &["HB0001 C B"][..])] {
        let [a, b, c] = ["A", "B", "C"].map(awaited);
        let found = on_a_validator(|_| {
            let (mut task, mut arm) = (named("task"), Branch::new());
            poll(&mut task, || poll_arm(&mut arm, || take(&a)));
            poll(&mut task, || {
                if changed {
                    take(&c);
                }
                poll_arm(&mut arm, || {
                    assert_eq!(held(&a), Held::Write);
                    take(&b);
                });
                assert_eq!((held(&a), held(&b)), (Held::No, Held::No));
            });
            poll(&mut task, || {
                end_arm(&mut arm, || {});
                assert_eq!((held(&a), held(&b)), (Held::Write, Held::Write));
                // What is newest first, so that no order comes to light.
                release(&b);
                release(&a);
                if changed {
                    release(&c);
                }
            });
            let mut other = named("other");
            poll(&mut other, || {
                take(&b);
                take(&c);
                release(&c);
                release(&b);
            });
        });
        assert_eq!(found, expected, "changed: {changed}");
    }
}

#[test]
fn what_an_arm_has_parked_may_be_released_by_anyone() {
    let validator = Validator::new(quiet());
    let (owner, other) = (Worker::new(&validator), Worker::new(&validator));
    for by_owner in [true, false] {
        let a = awaited("A");
        let task = task_of(&owner, "task");
        let (send, arm) = channel();
        let it = Arc::clone(&a);
        let task = poll_on(&owner, task, move || {
            let mut arm = Branch::new();
            poll_arm(&mut arm, || take(&it));
            assert_eq!(held(&it), Held::No);
            send.send(arm).expect("the test waits");
        });
        let mut arm = arm.recv().expect("it was polled");
        assert_eq!(holders(&validator, &a), ["task"]);
        let it = Arc::clone(&a);
        let task = match by_owner {
            true => poll_on(&owner, task, move || release(&it)),
            false => {
                other.run(move || release(&it));
                task
            }
        };
        assert_eq!(holders(&validator, &a), Vec::<String>::new());
        let it = Arc::clone(&a);
        let task = poll_on(&owner, task, move || {
            end_arm(&mut arm, || assert_eq!(held(&it), Held::No));
            assert_eq!(held(&it), Held::No);
        });
        drop(task);
        assert_eq!(holders(&validator, &a), Vec::<String>::new());
    }
    assert_eq!(verdict(&validator), Vec::<String>::new());
}

#[test]
fn what_a_dropped_arm_has_parked_stays_held() {
    let (a, b) = (awaited("A"), awaited("B"));
    let found = on_a_validator(|validator| {
        let (mut task, mut arm) = (named("task"), Branch::new());
        poll(&mut task, || poll_arm(&mut arm, || take(&a)));
        drop(arm);
        poll(&mut task, || assert_eq!(held(&a), Held::No));
        assert_eq!(holders(validator, &a), ["task"]);
        poll(&mut task, || {
            release(&a);
            take(&b);
            release(&b);
        });
        assert_eq!(holders(validator, &a), Vec::<String>::new());
    });
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn a_future_that_stays_goes_on_in_the_next_branch() {
    let (a, b) = (awaited("A"), awaited("B"));
    let found = on_a_validator(|validator| {
        let mut task = named("task");
        let future = [0_u64; 2];
        let [here, there] = [0, 1].map(|at| std::ptr::from_ref(&future[at]).addr());
        poll(&mut task, || {
            poll_arm(&mut Branch::of_future_at(here), || take(&a));
            poll_arm(&mut Branch::of_future_at(there), || {
                assert_eq!(held(&a), Held::No);
            });
            end_arm(&mut Branch::of_future_at(here), || {
                assert_eq!(held(&a), Held::Write);
                take(&b);
                release(&b);
                release(&a);
            });
        });
        assert_eq!(validator.graph().dependencies.len(), 1);
    });
    assert_eq!(found, Vec::<String>::new());
}

/// What is parked stays so, is released elsewhere, or is the same again: no chain is judged twice.
#[test]
fn what_is_done_among_the_same_arms_is_known() {
    let [a, b, c] = ["A", "B", "C"].map(awaited);
    let found = on_a_validator(|validator| {
        let (mut task, mut arm) = (named("task"), Branch::new());
        poll(&mut task, || poll_arm(&mut arm, || take(&a)));
        let mut round = || {
            poll(&mut task, || {
                take(&c);
                let mut other = Branch::new();
                poll_arm(&mut other, || take(&b));
                poll_arm(&mut arm, || {});
                // Its guard went elsewhere.
                release(&b);
                take(&b);
                release(&b);
                release(&c);
            });
            validator.stats().chains
        };
        let known = round();
        assert_eq!((0..10).map(|_| round()).max(), Some(known));
        poll(&mut task, || end_arm(&mut arm, || release(&a)));
    });
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn a_chain_is_known_again_once_what_was_parked_is_released() {
    let [a, b] = ["A", "B"].map(awaited);
    let found = on_a_validator(|validator| {
        let (mut task, mut arm) = (named("task"), Branch::new());
        poll(&mut task, || poll_arm(&mut arm, || take(&a)));
        let known = validator.stats().chains;
        poll(&mut task, || {
            release(&a);
            take(&b);
            release(&b);
        });
        assert_eq!(validator.stats().chains, known + 1);
    });
    assert_eq!(found, Vec::<String>::new());
}

/// To one that has held something before or not. The one that it parked in is not told, and must not
/// take what it does then for known.
#[test]
fn an_arm_goes_from_task_to_task() {
    for holds_something in [false, true] {
        assert_eq!(arm_of_two_tasks(holds_something), ["HB0001 A B"]);
    }
}

fn arm_of_two_tasks(holds_something: bool) -> Vec<String> {
    let (a, b) = (awaited("A"), blocking("B"));
    let block = |map: &LockMap| {
        block_on(map);
        release(map);
    };
    on_a_validator(|validator| {
        let (mut one, mut other) = (named("one"), named("other"));
        if holds_something {
            poll(&mut other, || block(&b));
        }
        let mut arm = Branch::new();
        poll(&mut one, || poll_arm(&mut arm, || take(&a)));
        poll(&mut other, || end_arm(&mut arm, || release(&a)));
        poll(&mut one, || block(&b));
        let mut arm = Branch::new();
        poll(&mut one, || poll_arm(&mut arm, || take(&a)));
        poll(&mut one, || block(&b));
        poll(&mut one, || end_arm(&mut arm, || release(&a)));
        poll(&mut other, || {
            block_on(&b);
            take(&a);
            release(&a);
            release(&b);
        });
        assert_eq!(holders(validator, &a), Vec::<String>::new());
    })
}

#[test]
fn a_task_inside_of_another_one_is_its_arm() {
    let (a, b) = (awaited("A"), awaited("B"));
    let found = on_a_validator(|_| {
        let (mut outer, mut inner) = (named("outer"), named("inner"));
        poll(&mut outer, || {
            take(&a);
            poll(&mut inner, || {
                assert_eq!(held(&a), Held::Write);
                take(&b);
            });
            assert_eq!(held(&b), Held::No);
        });
        poll(&mut outer, || {
            inner.poll(|| release(&b), |()| false);
            release(&a);
        });
        let mut other = named("other");
        poll(&mut other, || {
            take(&b);
            take(&a);
            release(&a);
            release(&b);
        });
    });
    assert_eq!(found, ["HB0001 A B"]);
}
