//! The text of cycles of any length, by any threads, with their stacks.

use expect_test::{Expect, expect};
use heldby_model::render::{TextOptions, text};
use heldby_model::{Code, Mode, Report, Wanted};

use crate::reports::{Write, dependency, of_cycle, report};

#[track_caller]
fn check(report: &Report, expected: Expect) {
    expected.assert_eq(&text(report, TextOptions::default()));
}

/// More than three threads stand in a list.
#[test]
fn cycle_of_four() {
    let locks = ["north", "east", "south", "west", "north"];
    let cycle = locks.windows(2).map(|pair| {
        let [from, to] = [pair[0], pair[1]];
        let place = format!("src/{from}.rs:5:9");
        let function = format!("{from}::enter");
        dependency(
            from,
            (from, Write, &place, &function),
            (to, Write, &place, &function),
        )
    });
    let mut report = of_cycle(Code::Hb0002, cycle.collect());
    report.advise();
    check(
        &report,
        expect![[r#"
            error[HB0002]: possible deadlock: `north`, `east` and 2 more form a lock cycle
              --> src/west.rs:5:9, in west::enter, thread `west`

              `west` wants    `north`   src/west.rs:5
              while holding   `west`    src/west.rs:5
              but dependencies 1 to 3 below lead from `north` to `west`.

              How it can hang:

                1   `north`   lock(north)   src/north.rs:5
                2   `east`    lock(east)    src/east.rs:5
                3   `south`   lock(south)   src/south.rs:5
                4   `west`    lock(west)    src/west.rs:5
                5   `north`   lock(east)    src/north.rs:5   blocked by 2
                6   `east`    lock(south)   src/east.rs:5    blocked by 3
                7   `south`   lock(west)    src/south.rs:5   blocked by 4
                8   `west`    lock(north)   src/west.rs:5    blocked by 1

              The cycle, oldest dependency first:

                1   north (lock) -> east (lock)   first seen 2.1 s ago, thread `north`
                      held       north   src/north.rs:5   north::enter
                      acquired   east    src/north.rs:5   north::enter
                2   east (lock) -> south (lock)   first seen 2.1 s ago, thread `east`
                      held       east    src/east.rs:5    east::enter
                      acquired   south   src/east.rs:5    east::enter
                3   south (lock) -> west (lock)   first seen 2.1 s ago, thread `south`
                      held       south   src/south.rs:5   south::enter
                      acquired   west    src/south.rs:5   south::enter
                4   west (lock) -> north (lock)   new, this acquire
                      held       west    src/west.rs:5    west::enter
                      acquired   north   src/west.rs:5    west::enter

              note: nothing hung in this run. All 4 dependencies were seen, so some run can hang.
              help: take `north` before `west` in west::enter, as north::enter and 2 more do, or drop the `west`
                    guard before src/west.rs:5.

              Held by `west`: 1. `west` (lock) src/west.rs:5
        "#]],
    );
}

/// One thread did both; each dependency still has a column, and the report says so.
#[test]
fn inversion_by_one_thread() {
    let mut report = report(Code::Hb0001);
    for dependency in &mut report.cycle {
        dependency.thread.clone_from(&report.thread);
    }
    report.notes.clear();
    report.advise();
    check(
        &report,
        expect![[r#"
            error[HB0001]: possible deadlock: `routes` and `session` are locked in opposite orders
              --> src/reload.rs:89:37, in Router::reload, thread `reloader`

              `reloader` wants   `routes` for writing   src/reload.rs:89
              while holding      `session`              src/reload.rs:88
              but `reloader` itself once took `session` while holding `routes` for reading (dependency 1 below).

              How it can hang:

                    `reloader`                         a second `reloader`
                    ----------                         -------------------
                1   read(routes)    src/reply.rs:61
                2                                      lock(session)   src/reload.rs:88
                3   lock(session)   src/reply.rs:62                                        blocked by 2
                4                                      write(routes)   src/reload.rs:89    blocked by 1

              The cycle, oldest dependency first:

                1   routes (read) -> session (lock)    first seen 2.1 s ago, thread `reloader`
                      held       routes    src/reply.rs:61    Router::send_reply
                      acquired   session   src/reply.rs:62    Router::send_reply
                                           src/net.rs:140     net::worker
                2   session (lock) -> routes (write)   new, this acquire
                      held       session   src/reload.rs:88   Router::reload
                      acquired   routes    src/reload.rs:89   Router::reload
                                           src/main.rs:31     main::{closure#1}

              note: dependency 1 only reads `routes`, and it still counts: a held read blocks the write in 2.
              note: nothing hung: `reloader` alone did both orders. Threads that share the work can hang.
              note: `routes` is a std::sync::RwLock made at src/router.rs:18 (1 instance).
              note: `session` is a std::sync::Mutex made at src/session.rs:9 (64 instances, #12 each time).
              help: take `routes` before `session` in Router::reload, as Router::send_reply does, or drop the
                    `session` guard before src/reload.rs:89.

              Held by `reloader`: 1. `session` (lock) src/reload.rs:88
        "#]],
    );
}

#[test]
fn full_stacks_follow_the_report() {
    let report = report(Code::Hb0001);
    let short = text(&report, TextOptions::default());
    let long = text(
        &report,
        TextOptions {
            full_stacks: true,
            ..TextOptions::default()
        },
    );
    let stacks = long
        .strip_prefix(&short)
        .expect("the report itself stays as it is");
    expect![[r#"

        Stack at src/reload.rs:89:37:
           0: heldby::sync::Mutex<T>::lock
                     at crates/heldby/src/sync/mutex.rs:80:9
           1: Router::reload
                     at src/reload.rs:89:37
           2: main::{closure#1}
                     at src/main.rs:31:9

        Stack of dependency 1, `session` acquired:
           0: heldby::sync::Mutex<T>::lock
                     at crates/heldby/src/sync/mutex.rs:80:9
           1: Router::send_reply
                     at src/reply.rs:62:36
           2: net::worker
                     at src/net.rs:140:17

        Stack of dependency 2, `routes` acquired:
           0: heldby::sync::Mutex<T>::lock
                     at crates/heldby/src/sync/mutex.rs:80:9
           1: Router::reload
                     at src/reload.rs:89:37
           2: main::{closure#1}
                     at src/main.rs:31:9
    "#]]
    .assert_eq(stacks);
}

/// All dependencies were seen before: what closes the cycle now, or would close it.
#[test]
fn what_a_cycle_lacked() {
    let rows: [(Option<&str>, &[&str], &str); 4] = [
        (None, &[], "closes once a writer queues between two readers"),
        (Some("table"), &[], "is the first writer of `table`"),
        (Some("gate"), &[], "has met a second lock of `gate`"),
        (
            None,
            &["gate", "door"],
            "cannot close while `gate` or `door` is held",
        ),
    ];
    for (wanted, gates, expected) in rows {
        let mut report = report(Code::Hb0004);
        report.cycle.last_mut().expect("a cycle").age_ms = Some(40);
        report.wanted = wanted.map(|lock| Wanted {
            lock: lock.to_owned(),
            mode: Mode::Write,
        });
        report.gates = gates.iter().map(|&gate| gate.to_owned()).collect();
        report.notes.clear();
        report.advise();
        let text = text(&report, TextOptions::default());
        let told = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(expected), "{expected}\n{text}");
        let can_hang = told.contains("some run can hang");
        assert_eq!(can_hang, gates.is_empty(), "{text}");
    }
}

/// Debug information has whole paths where the compiler was given relative ones.
#[test]
fn callers_stand_where_the_sites_do() {
    let report = report(Code::Hb0001);
    let plain = text(&report, TextOptions::default());
    let whole = |root: &str| {
        let mut report = report.clone();
        let stacks = report.cycle.iter_mut().map(|step| &mut step.acquired_stack);
        for site in stacks.flatten().filter_map(|frame| frame.site.as_mut()) {
            site.file = format!("{root}{}", site.file).into();
        }
        text(&report, TextOptions::default())
    };
    assert!(
        plain.contains("   src/net.rs:140     net::worker"),
        "{plain}"
    );
    assert_eq!(whole("/home/me/host/"), plain);
    // Not a folder: another file whose name ends alike.
    assert!(whole("more").contains("moresrc/net.rs:140"));
}
