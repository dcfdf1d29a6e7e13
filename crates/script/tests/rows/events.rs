//! Events: what threads wait for besides locks.

use expect_test::expect;
use heldby_model::Code;

use crate::{check_both, check_events};

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
        let note = |note: &String| note.contains("`T2` was joined before");
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

#[test]
fn a_wait_takes_its_mutex_back() {
    // Under what is still held: a real deadlock, of locks.
    check_both(
        "w(mutex:X) w(mutex:B) cw(cond:C,mutex:X)",
        expect!["circular-dependency X B"],
    );
    check_both(
        "T1: w(mutex:B) w(mutex:X) cw(cond:C,mutex:X)  T2: w(mutex:X) w(mutex:B)",
        expect!["circular-dependency B X"],
    );
    check_both(
        "w(mutex:B) w(mutex:X) cw(cond:C,mutex:X) u(mutex:X) u(mutex:B) held(mutex:X)",
        expect!["assertion-failed X"],
    );
    check_both(
        "w(mutex:X) cw(cond:C,mutex:X) held_w(mutex:X)",
        expect!["clean"],
    );
    check_both("cw(cond:C,mutex:X)", expect!["unlock-imbalance X"]);
    // The first line is told as a wait, and not as two locks in opposite orders.
    let reports = crate::reports("w(mutex:X) w(mutex:B) cw(cond:C,mutex:X)");
    assert_eq!(reports[0].code, Code::Hb0005);
    assert!(reports[0].cycle[1].after_wait);
    // What is in opposite orders anyway is told as that.
    let reports =
        crate::reports("T1: w(mutex:B) w(mutex:X) cw(cond:C,mutex:X)  T2: w(mutex:X) w(mutex:B)");
    assert_eq!(reports[0].code, Code::Hb0001);
}

#[test]
fn a_wait_under_a_lock_that_every_notify_needs() {
    let waits = "T1: w(mutex:L) w(mutex:X) cw(cond:C,mutex:X) u(mutex:X) u(mutex:L)";
    let notifies = "T2: w(mutex:L) cn(cond:C) u(mutex:L)";
    for text in [format!("{waits} {notifies}"), format!("{notifies} {waits}")] {
        check_events(
            &text,
            expect!["pending circular-dependency C L"],
            expect!["circular-dependency C L"],
        );
    }
    // No notify was seen yet.
    check_events(waits, expect!["clean"], expect!["clean"]);
    // A notify without the lock ends the wait; whoever trusts too early, trusts too early.
    let free = "T3: cn(cond:C)";
    check_events(
        &format!("{free} {notifies} {waits}"),
        expect!["clean"],
        expect!["clean"],
    );
    check_events(
        &format!("{waits} {free} {notifies}"),
        expect!["clean"],
        expect!["clean"],
    );
    check_events(
        &format!("{notifies} {waits} {free}"),
        expect!["clean"],
        expect!["circular-dependency C L"],
    );
    // Two notifies have nothing in common.
    check_events(
        &format!("{notifies} {waits} T3: w(mutex:M) cn(cond:C)"),
        expect!["clean"],
        expect!["circular-dependency C L"],
    );
}

#[test]
fn waits_that_can_not_hang() {
    // The usual form: the notify is made under the mutex, which the wait gives up.
    let usual = "T1: w(mutex:X) cw(cond:C,mutex:X) u(mutex:X)
                 T2: w(mutex:X) cn(cond:C) u(mutex:X)";
    check_events(usual, expect!["clean"], expect!["clean"]);
    check_events(
        "T1: w(mutex:L) w(mutex:X) cw(cond:C,mutex:X)  T2: w(mutex:X) cn(cond:C)",
        expect!["clean"],
        expect!["clean"],
    );
    // A notify under what can be got: tries give up, and readers pass.
    check_events(
        "T1: w(mutex:L) w(mutex:X) cw(cond:C,mutex:X)  T2: t(mutex:L) cn(cond:C)",
        expect!["clean"],
        expect!["clean"],
    );
    check_events(
        "T1: R(rwsem:L) w(mutex:X) cw(cond:C,mutex:X)  T2: R(rwsem:L) cn(cond:C)",
        expect!["clean"],
        expect!["clean"],
    );
    check_events(
        "T1: R(rwsem:L) w(mutex:X) cw(cond:C,mutex:X)  T2: w(rwsem:L) cn(cond:C)",
        expect!["pending circular-dependency C L"],
        expect!["circular-dependency C L"],
    );
    // One notify is made under a write, one under a read: the read is enough.
    check_events(
        "T1: R(rwsem:L) w(mutex:X) cw(cond:C,mutex:X)
         T2: w(rwsem:L) cn(cond:C) u(rwsem:L) R(rwsem:L) cn(cond:C)",
        expect!["clean"],
        expect!["circular-dependency C L"],
    );
    // Another condition variable, and a thread that waits while it holds nothing.
    check_events(
        "T1: w(mutex:L) w(mutex:X) cw(cond:C,mutex:X)  T2: w(mutex:L) cn(cond:D)",
        expect!["clean"],
        expect!["clean"],
    );
}

#[test]
fn waits_in_longer_cycles() {
    // The notifier needs M, whose holder wants L.
    let waits = "T1: w(mutex:L) w(mutex:X) cw(cond:C,mutex:X) u(mutex:X) u(mutex:L)";
    let notifies = "T2: w(mutex:M) cn(cond:C) u(mutex:M)";
    let between = "T3: w(mutex:M) w(mutex:L) u(mutex:L) u(mutex:M)";
    for text in [
        format!("{waits} {notifies} {between}"),
        format!("{between} {waits} {notifies}"),
        format!("{notifies} {between} {waits}"),
    ] {
        check_events(
            &text,
            expect!["pending circular-dependency C M L"],
            expect!["circular-dependency C M L"],
        );
    }
    // The other way round it is one order.
    check_events(
        &format!("{waits} {notifies} T3: w(mutex:L) w(mutex:M)"),
        expect!["clean"],
        expect!["clean"],
    );
    // A cycle of locks is reported beside it, and is not hidden by it.
    check_events(
        &format!("{waits} {notifies} {between} T4: w(mutex:L) w(mutex:M)"),
        expect![[r#"
            circular-dependency L M
            pending circular-dependency C M L"#]],
        expect![[r#"
            circular-dependency C M L
            circular-dependency L M"#]],
    );
    // Through a thread: it waits, and whoever joins it holds what the notify needs.
    check_events(
        "T1: w(mutex:A) join(T2)  T2: w(mutex:X) cw(cond:C,mutex:X) u(mutex:X)
         T3: w(mutex:A) cn(cond:C)",
        expect!["pending circular-dependency A T2 C"],
        expect!["circular-dependency A T2 C"],
    );
    // Two condition variables, each notified under the lock under which the other is waited for.
    check_events(
        "T1: w(mutex:A) w(mutex:X) cw(cond:C,mutex:X)  T2: w(mutex:B) cn(cond:C) u(mutex:B)
         T3: w(mutex:B) w(mutex:Y) cw(cond:D,mutex:Y)  T4: w(mutex:A) cn(cond:D)",
        expect!["pending circular-dependency A C B D"],
        expect!["circular-dependency A C B D"],
    );
}

#[test]
fn a_full_channel() {
    let sends = "T1: w(mutex:L) send(chan:C) u(mutex:L)";
    let receives = "T2: w(mutex:L) recv(chan:C) u(mutex:L)";
    check_events(
        &format!("{sends} {receives}"),
        expect!["pending circular-dependency C L"],
        expect!["circular-dependency C L"],
    );
    check_events(
        &format!("{receives} {sends} T3: recv(chan:C)"),
        expect!["clean"],
        expect!["circular-dependency C L"],
    );
    check_events(sends, expect!["clean"], expect!["clean"]);
    check_events(
        &format!("T1: send(chan:C) {receives}"),
        expect!["clean"],
        expect!["clean"],
    );
    // The receiver needs another lock, whose holder wants the sender's.
    check_events(
        &format!("{sends} T2: w(mutex:M) recv(chan:C) u(mutex:M)  T3: w(mutex:M) w(mutex:L)"),
        expect!["pending circular-dependency C M L"],
        expect!["circular-dependency C M L"],
    );
}

#[test]
fn what_was_forgotten_closes_nothing() {
    let both = "T1: w(mutex:L) w(mutex:X) cw(cond:C,mutex:X) u(mutex:X) u(mutex:L)
                T2: w(mutex:L) cn(cond:C) u(mutex:L)";
    let reported = "circular-dependency C L";
    for forgotten in ["cond:C", "mutex:L"] {
        let found = crate::pending(&format!("{both} forget({forgotten})"));
        assert_eq!(found, Vec::<String>::new(), "{forgotten}");
        // The condition variable is learned anew, and the lock's part in it is.
        let again = crate::pending(&format!("{both} forget({forgotten}) {both}"));
        let expected = if forgotten == "cond:C" {
            vec![reported]
        } else {
            vec![]
        };
        assert_eq!(again, expected, "{forgotten}");
    }
}
