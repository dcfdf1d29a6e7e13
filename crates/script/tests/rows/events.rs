//! Events: what threads wait for besides locks.

use expect_test::expect;

use crate::check_both;

#[test]
fn a_join_waits_for_what_the_thread_takes() {
    check_both(
        "T1: w(mutex:A) join(T2)  T2: w(mutex:A) u(mutex:A)",
        expect!["circular-dependency A T2"],
    );
    check_both(
        "T1: spawn(T2)  T2: w(mutex:A) u(mutex:A) exit  T1: w(mutex:A) join(T2)",
        expect!["circular-dependency T2 A"],
    );
    // Through another lock; through another thread.
    check_both(
        "T1: w(mutex:A) join(T2)  T2: w(mutex:B) u(mutex:B)  T3: w(mutex:B) w(mutex:A)",
        expect!["circular-dependency A T2 B"],
    );
    check_both(
        "T1: w(mutex:A) join(T2)  T2: join(T3)  T3: w(mutex:A)",
        expect!["circular-dependency A T2 T3"],
    );
    check_both(
        "T1: r(rwsem:A) join(T2)  T2: w(rwsem:A)",
        expect!["circular-dependency A T2"],
    );
    // What the thread takes by a try, it gives up.
    check_both("T1: w(mutex:A) join(T2)  T2: t(mutex:A)", expect!["clean"]);
    // Two recursive readers do not wait for each other, so neither does the joiner.
    check_both("T1: R(rwsem:A) join(T2)  T2: R(rwsem:A)", expect!["clean"]);
    check_both("T1: join(T1)", expect!["recursive-locking T1"]);
}

#[test]
fn joins_that_can_not_hang() {
    check_both(
        "T1: spawn(T2)  T2: w(mutex:A) u(mutex:A) exit  T1: join(T2) w(mutex:A)",
        expect!["clean"],
    );
    check_both(
        "T1: w(mutex:A) u(mutex:A) join(T2)  T2: w(mutex:A) u(mutex:A)",
        expect!["clean"],
    );
    check_both(
        "T1: w(mutex:A) join(T2)  T2: w(mutex:B)  T3: w(mutex:A) w(mutex:B)",
        expect!["clean"],
    );
    check_both(
        "T1: w(mutex:A) join(T2) u(mutex:A) join(T3)  T2: w(mutex:B)  T3: w(mutex:A)",
        expect!["clean"],
    );
    // A thread that is over and starts again is another one of its class.
    check_both(
        "T2: w(mutex:A) u(mutex:A) exit  T1: join(T2)  T2: w(mutex:A) u(mutex:A)  T1: join(T2)",
        expect!["clean"],
    );
    // Threads cannot join each other in a ring, whatever their classes say.
    check_both("T1: join(T2)  T2: join(T1)", expect!["clean"]);
}

#[test]
fn a_life_is_no_lock() {
    check_both(
        "T1: join(T2)  T2: w(mutex:A) u(mutex:A) exit",
        expect!["clean"],
    );
    check_both(
        "T1: join(T2)  T2: w(mutex:A) exit",
        expect!["exit-with-held-lock A"],
    );
    check_both("T1: join(T2)  T2: nheld(mutex:A)", expect!["clean"]);
    // A lock may have a thread's name.
    check_both(
        "T1: w(mutex:main) join(main)  main: w(mutex:main)",
        expect!["circular-dependency main thread:main"],
    );
}

#[test]
fn orders_that_a_join_parts_are_reported_with_a_note() {
    let parted = "T1: spawn(T2)  T2: w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A) exit
                  T1: join(T2)";
    let rows = [
        (
            format!("{parted} spawn(T3)  T3: w(mutex:B) w(mutex:A)"),
            true,
        ),
        (format!("{parted} w(mutex:B) w(mutex:A)"), true),
        (
            format!("{parted} spawn(T3)  T3: spawn(T4)  T4: w(mutex:B) w(mutex:A)"),
            true,
        ),
        // Made before the join, or by somebody else: the two may have met.
        (
            format!("T1: spawn(T3)  {parted}  T3: w(mutex:B) w(mutex:A)"),
            false,
        ),
        (format!("{parted}  T5: w(mutex:B) w(mutex:A)"), false),
    ];
    for (text, is_parted) in rows {
        let reports = crate::reports(&text);
        assert_eq!(reports.len(), 1, "{text}");
        let note = |note: &String| note.contains("`T2` of dependency 1 was joined before");
        assert_eq!(reports[0].notes.iter().any(note), is_parted, "{text}");
        assert_eq!(reports[0].cycle[0].ended_before, is_parted, "{text}");
    }
}

#[test]
fn an_initialiser_is_held_while_it_runs() {
    check_both("w(once:O) might(once:O)", expect!["recursive-locking O"]);
    check_both(
        "T1: w(once:O) w(mutex:A) u(mutex:A) u(once:O)  T2: w(mutex:A) might(once:O)",
        expect!["circular-dependency O A"],
    );
    check_both(
        "T1: w(once:O) might(once:P) u(once:O)  T2: w(once:P) might(once:O)",
        expect!["circular-dependency O P"],
    );
    check_both(
        "T1: w(once:O) w(mutex:A) u(mutex:A) u(once:O) might(once:O) w(mutex:A)",
        expect!["clean"],
    );
    // Cells of one class need each other by instance, in the profile `kernel` too.
    check_both("w(once:O1) might(once:O2)", expect!["clean"]);
    check_both(
        "T1: w(once:O1) might(once:O2)  T2: w(once:O2) might(once:O1)",
        expect!["circular-dependency O O"],
    );
}
