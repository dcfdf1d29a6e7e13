//! Async tasks: what they hold where they suspend, and what their arms hold.

use expect_test::expect;

use crate::{check, check_both, check_lists, reports};

#[test]
fn tasks_are_ordered_as_threads_are() {
    // On one worker: each suspends with its first lock, and the worker polls the other one.
    check_both(
        "T1: w(amutex:A) await  T2: w(amutex:B) await  T1: w(amutex:B)  T2: w(amutex:A)",
        expect!["circular-dependency A B"],
    );
    // What another task takes while this one is suspended is none of its business.
    check_both(
        "T1: w(amutex:A) await  T2: w(amutex:B) u(amutex:B)  T1: u(amutex:A)
         T3: w(amutex:B) w(amutex:A)",
        expect!["clean"],
    );
    check_both(
        "T1: r(arw:A) await w(amutex:B)  T2: w(amutex:B) w(arw:A)",
        expect!["circular-dependency A B"],
    );
    // A thread that blocks on it, and a lock that only threads wait for.
    check_both(
        "T1: w(mutex:A) w(amutex:B)  T2: w(amutex:B) await w(mutex:A)",
        expect!["circular-dependency A B"],
    );
}

#[test]
fn what_threads_wait_for_is_not_held_across_an_await() {
    check_both(
        "w(mutex:A) await u(mutex:A)",
        expect!["await-with-lock-held A"],
    );
    check_both(
        "r(rwsem:A) await u(rwsem:A)",
        expect!["await-with-lock-held A"],
    );
    check_both(
        "t(mutex:A) await u(mutex:A)",
        expect!["await-with-lock-held A"],
    );
    check_both("w(mutex:A) u(mutex:A) await", expect!["clean"]);
    check_both(
        "w(amutex:A) r(arw:B) w(sem:S) await await",
        expect!["clean"],
    );
    check_both(
        "w(amutex:A) w(mutex:B) w(amutex:C) w(mutex:D) await",
        expect![[r#"
            await-with-lock-held D
            await-with-lock-held B"#]],
    );
    // What an arm holds that is not polled; one that is given up before has no lock.
    check_both(
        "arm+(l) w(mutex:A) arm- await",
        expect!["await-with-lock-held A"],
    );
    check_both(
        "arm+(l) w(mutex:A) arm- arm+(l) u(mutex:A) arm_end await",
        expect!["clean"],
    );
    // Somebody else's lock, and a task that ended.
    check_both("T1: w(mutex:A)  T2: await", expect!["clean"]);
    // Once for each place where it was taken.
    check_both("w(mutex:A) await await", expect!["await-with-lock-held A"]);
    check_both(
        "T1: w(mutex:A) await u(mutex:A)  T2: w(mutex:A) await",
        expect![[r#"
            await-with-lock-held A
            await-with-lock-held A"#]],
    );
}

#[test]
fn a_suspension_tells_where_the_task_was_spawned_and_where_it_waits() {
    let found = reports("T1: spawn(T2) w(mutex:B)  T2: w(mutex:A) await");
    let how = found[0].suspension.as_ref().expect("it suspends");
    assert_eq!(how.spawned_site.column, 5);
    assert_eq!(found[0].site.column, 31);
    let waits = how.awaited_site.as_ref().expect("it waits somewhere");
    assert_eq!(waits.column, 42);
    assert_eq!(how.awaited_lock, None);
    // Nobody spawned it: its first step.
    let found = reports("w(amutex:A) w(mutex:B) await");
    let how = found[0].suspension.as_ref().expect("it suspends");
    assert_eq!(how.spawned_site.column, 1);
}

#[test]
fn marked_arms_hold_their_own() {
    let inverse = "T2: w(amutex:B) w(amutex:A)";
    // One lock each.
    check_lists(
        &format!("arm+(l) w(amutex:A) arm- arm+(r) w(amutex:B) arm- await {inverse}"),
        expect!["clean"],
    );
    // Two in one arm, in two polls; and what the task held before its arms, or has after them.
    for text in [
        "arm+(l) w(amutex:A) arm- arm+(r) arm- await arm+(l) w(amutex:B) arm-",
        "w(amutex:A) arm+(l) arm- arm+(r) w(amutex:B) arm-",
        "arm+(l) w(amutex:A) arm- await arm+(l) arm_end w(amutex:B)",
        "arm+(l) w(amutex:A) arm+(m) arm- arm- await arm+(l) arm+(m) w(amutex:B) arm-",
    ] {
        check_both(
            &format!("{text} {inverse}"),
            expect!["circular-dependency A B"],
        );
    }
    // One lock by both, in turn.
    check_lists(
        "arm+(l) w(amutex:A) arm- arm+(r) arm- await arm+(l) u(amutex:A) arm_end
         arm+(r) w(amutex:A) u(amutex:A) arm_end exit",
        expect!["clean"],
    );
    // It is the arm's, not the task's, as long as the arm is not polled.
    check_both(
        "arm+(l) w(amutex:A) held(amutex:A) arm- nheld(amutex:A) arm+(l) held(amutex:A) arm_end
         held(amutex:A) u(amutex:A) exit",
        expect!["clean"],
    );
    // An arm of one name is another task's, too.
    check_both(
        "T1: arm+(l) w(amutex:A) arm-  T2: arm+(l) nheld(amutex:A) w(amutex:B) arm-
         T3: w(amutex:B) w(amutex:A)",
        expect!["clean"],
    );
    // No arm is left that was not entered.
    check_both("w(amutex:A) arm- arm_end held(amutex:A)", expect!["clean"]);
}

#[test]
fn what_keeps_an_arm_from_going_on_is_ordered_after_what_it_holds() {
    let left = "arm+(l) w(amutex:A) arm-";
    let inverse = "T2: w(mutex:B) w(amutex:A)";
    let inverse_of_tasks = "T2: w(amutex:B) w(amutex:A)";
    // Another arm blocks the thread, at any depth, though it has done so before without harm.
    for text in [
        "arm+(r) w(mutex:B) u(mutex:B) arm_end",
        "arm+(r) arm+(m) w(mutex:B) u(mutex:B) arm_end arm_end",
        "w(mutex:B) u(mutex:B)",
    ] {
        check_both(
            &format!("arm+(l) arm- {text} {left} {text} {inverse}"),
            expect!["circular-dependency A B"],
        );
    }
    // Another lock is parked where the same one was asked for.
    check_both(
        "arm+(l) w(amutex:A) arm- w(mutex:B) u(mutex:B) arm+(l) u(amutex:A) w(amutex:C) arm-
         w(mutex:B) u(mutex:B)  T2: w(mutex:B) w(amutex:C)",
        expect!["circular-dependency C B"],
    );
    // The task waits itself, and does not poll its arm meanwhile.
    check_both(
        &format!("w(amutex:B) u(amutex:B) {left} w(amutex:B) u(amutex:B) {inverse_of_tasks}"),
        expect!["circular-dependency A B"],
    );
    check_both(
        &format!("{left} w(amutex:A)"),
        expect!["recursive-locking A"],
    );
    check_both(
        &format!("{left} arm+(r) arm- await w(amutex:B) u(amutex:B) {inverse_of_tasks}"),
        expect!["circular-dependency A B"],
    );
    // An arm inside of one, and an arm that has what another one of its own left to it.
    check_both(
        &format!("arm+(r) {left} w(amutex:B) arm- {inverse_of_tasks}"),
        expect!["circular-dependency A B"],
    );
    check_lists(
        &format!("arm+(r) {left} arm- arm+(m) w(amutex:B) arm- {inverse_of_tasks}"),
        expect!["clean"],
    );
    // It may be one of several that are polled, which are not marked.
    check_lists(
        &format!("{left} unmarked+ w(amutex:B) u(amutex:B) unmarked- {inverse_of_tasks}"),
        expect!["pending: HB0001 B A"],
    );
    check_lists(
        &format!("{left} unmarked+ w(mutex:B) u(mutex:B) unmarked- {inverse}"),
        expect!["reported: HB0001 A B"],
    );
    // What was released elsewhere is ordered no more, and what still is parked is.
    for by in ["u(amutex:A)", "T3: u(amutex:A) T1:"] {
        check(
            &format!("{left} {by} w(amutex:B) u(amutex:B) {inverse_of_tasks}"),
            expect!["clean"],
        );
        check(
            &format!(
                "arm+(l) w(amutex:C) w(amutex:A) arm- {by} w(amutex:B) u(amutex:B)
                 T2: w(amutex:B) w(amutex:C)"
            ),
            expect!["circular-dependency C B"],
        );
    }
    // The same lock, and an order that is no inversion.
    check_both(
        "arm+(l) w(mutex:A) arm- arm+(r) w(mutex:A)",
        expect!["recursive-locking A"],
    );
    check_lists(
        &format!("{left} arm+(r) w(mutex:B) u(mutex:B) arm_end  T2: w(amutex:A) w(mutex:B)"),
        expect!["clean"],
    );
}

#[test]
fn what_a_task_holds_around_its_arms_is_no_gate_of_theirs() {
    let nested = "w(amutex:A) w(amutex:B) u(amutex:B) u(amutex:A)";
    let inverse = "w(amutex:B) w(amutex:A) u(amutex:A) u(amutex:B)";
    // Both arms run under it. So did the task, which knows the chain.
    check_lists(
        &format!("w(amutex:G) arm+(l) {nested} arm_end arm+(r) {inverse} arm_end u(amutex:G)"),
        expect!["reported: HB0001 A B"],
    );
    check_lists(
        &format!(
            "w(amutex:G) {nested} {inverse} arm+(l) {nested} arm_end arm+(r) {inverse} arm_end"
        ),
        expect!["reported: HB0001 B A"],
    );
    // What an arm has taken itself keeps the others out, and what no arm is under all.
    check_lists(
        &format!(
            "arm+(l) w(amutex:G) {nested} u(amutex:G) arm_end
             arm+(r) w(amutex:G) {inverse} u(amutex:G) arm_end"
        ),
        expect!["gated: HB0001 A B by G"],
    );
    check_lists(
        &format!("w(amutex:G) arm+(l) arm_end {nested} {inverse} u(amutex:G)"),
        expect!["gated: HB0001 A B by G"],
    );
}

#[test]
fn an_arm_that_is_given_up_leaves_no_hold() {
    // It is dropped where it waits, with what it holds.
    check_lists(
        "arm+(l) w(amutex:A) arm- arm+(r) arm_end  arm+(l) u(amutex:A) arm_end
         nheld(amutex:A) w(amutex:B) u(amutex:B) exit  T2: w(amutex:B) w(amutex:A)",
        expect!["clean"],
    );
    // Its guard is dropped elsewhere, by this task or another one.
    for by in ["u(amutex:A)", "T2: u(amutex:A) T1:"] {
        check(
            &format!(
                "arm+(l) w(amutex:A) arm- {by} arm+(l) nheld(amutex:A) w(amutex:B) arm_end
                 T3: w(amutex:B) w(amutex:A)"
            ),
            expect!["clean"],
        );
    }
}

#[test]
fn unmarked_arms_are_in_doubt() {
    let inverse = "T2: w(amutex:B) w(amutex:A)";
    check_lists(
        &format!("unmarked+ w(amutex:A) w(amutex:B) u(amutex:A) u(amutex:B) unmarked- {inverse}"),
        expect!["pending: HB0001 B A"],
    );
    check_lists(
        "unmarked+ w(amutex:A) w(amutex:A) u(amutex:A) u(amutex:A) unmarked-",
        expect!["pending: HB0003 A"],
    );
    // Without an inverse there is nothing to doubt.
    check_lists(
        "unmarked+ w(amutex:A) w(amutex:B) unmarked-  T2: w(amutex:A) w(amutex:B)",
        expect!["clean"],
    );
    // What comes after them is not in doubt, nor is the same order elsewhere.
    check_lists(
        &format!("unmarked+ unmarked- w(amutex:A) w(amutex:B) {inverse}"),
        expect!["reported: HB0001 A B"],
    );
    check_lists(
        &format!("unmarked+ w(amutex:A) w(amutex:B) {inverse}  T3: w(amutex:A) w(amutex:B)"),
        expect!["reported: HB0001 B A"],
    );
    // A weaker order than a certain one, which has a gate.
    check_lists(
        "T1: w(amutex:G) w(amutex:A) unmarked+ r(arw:B) u(arw:B) unmarked- w(arw:B)
         T2: w(arw:B) w(amutex:A)",
        expect![[r#"
            reported: HB0001 A B
            pending: HB0001 B A"#]],
    );
    // Another task's arms are.
    check_lists(
        &format!("T3: unmarked+  T1: w(amutex:A) w(amutex:B) {inverse}"),
        expect!["reported: HB0001 A B"],
    );
    // A thread that blocks keeps all arms from going on, so nothing is in doubt.
    check_lists(
        "unmarked+ w(amutex:A) w(mutex:B) unmarked-  T2: w(mutex:B) w(amutex:A)",
        expect!["reported: HB0001 A B"],
    );
}

#[test]
fn a_guard_goes_to_another_task() {
    check_both(
        "T1: w(amutex:A) await give(amutex:A,T2) exit  T2: held(amutex:A) await u(amutex:A) exit",
        expect!["clean"],
    );
    // Whoever has it releases it, even after the end of who took it; a second time is a mistake.
    for ends in ["await", "exit", "arm+(l) arm- exit"] {
        check(
            &format!("T1: w(amutex:A) {ends}  T2: u(amutex:A) exit"),
            expect!["clean"],
        );
        check(
            &format!("T1: w(amutex:A) {ends}  T2: u(amutex:A) u(amutex:A)"),
            expect!["unlock-imbalance A"],
        );
    }
    check(
        "T1: arm+(l) w(amutex:A) arm- exit  T2: u(amutex:A)",
        expect!["clean"],
    );
    // A lock that threads wait for must not be held at the end.
    check(
        "T1: w(amutex:A) w(mutex:B) exit  T2: u(amutex:A)",
        expect!["exit-with-held-lock B"],
    );
}

#[test]
fn permits_order_nothing() {
    check_lists(
        "T1: w(sem:S) w(amutex:A)  T2: w(amutex:A) w(sem:S)",
        expect!["clean"],
    );
    check_lists(
        "w(sem:S) w(sem:S) u(sem:S) held_r(sem:S) u(sem:S) nheld(sem:S)",
        expect!["clean"],
    );
    check_both("u(sem:S)", expect!["unlock-imbalance S"]);
}
