//! Tasks: a lock held across an await, and orders that may be none.

use expect_test::{Expect, expect};
use heldby_model::Mode::Write;
use heldby_model::render::{TextOptions, one_line, text};
use heldby_model::{Certainty, Code, Doubt, Report, Suspension};

use crate::reports::{bare, class, dependency, frame, held, of_cycle, report, site};

/// A task that awaits another lock while it holds one that threads wait for.
pub(crate) fn suspension() -> Report {
    let mut report = bare(
        Code::Hb0304,
        Certainty::Now,
        &["cache"],
        "src/cache.rs:31:30",
    );
    report.thread = "refresh".to_owned();
    report.suspension = Some(Suspension {
        spawned_site: site("src/main.rs:14:5"),
        awaited_lock: Some("peers".to_owned()),
        awaited_site: Some(site("src/cache.rs:33:28")),
    });
    report.held = vec![held("cache", Write, "src/cache.rs:31:30")];
    report.stack = vec![frame("Cache::refresh", "src/cache.rs:33:28")];
    report.classes = vec![class(
        "cache",
        "std::sync::Mutex<Lru>",
        "src/cache.rs:9:20",
        1,
    )];
    report
}

#[track_caller]
fn check(report: &Report, expected: Expect) {
    expected.assert_eq(&text(report, TextOptions::default()));
}

#[test]
fn a_lock_held_across_an_await() {
    check(
        &report(Code::Hb0304),
        expect![[r#"
        error[HB0304]: `refresh` awaits while it holds `cache`
          --> src/cache.rs:31:30, thread `refresh`

          note: the thread goes on with other tasks; one that asks for `cache` blocks it, and with it
                perhaps the task that has `cache`.
          note: the task was spawned at src/main.rs:14; it waits for `peers` at src/cache.rs:33.
          help: drop the `cache` guard taken at src/cache.rs:31 before the await, or make `cache` a lock
                that tasks wait for (`heldby::tokio::sync`).

          Held by `refresh`: 1. `cache` (lock) src/cache.rs:31
    "#]],
    );
}

#[test]
fn a_task_that_waits_for_no_lock_of_ours() {
    let waits_for = |lock: Option<&str>, at: Option<&str>| {
        let mut report = suspension();
        let how = report.suspension.as_mut().expect("it suspends");
        how.awaited_lock = lock.map(str::to_owned);
        how.awaited_site = at.map(site);
        report.advise();
        report.notes.join("\n")
    };
    expect![[r#"
        the thread goes on with other tasks; one that asks for `cache` blocks it, and with it perhaps the task that has `cache`.
        the task was spawned at src/main.rs:14; it waits at src/cache.rs:33."#]].assert_eq(&waits_for(None, Some("src/cache.rs:33:28")));
    expect![[r#"
        the thread goes on with other tasks; one that asks for `cache` blocks it, and with it perhaps the task that has `cache`.
        the task was spawned at src/main.rs:14."#]].assert_eq(&waits_for(None, None));
}

/// A cycle whose older order is in doubt.
fn doubtful(doubt: Doubt) -> Report {
    let mut older = dependency(
        "serve",
        ("peers", Write, "src/net.rs:20:30", "net::serve"),
        ("routes", Write, "src/net.rs:24:31", "net::serve"),
    );
    older.doubt = Some(doubt);
    let closing = dependency(
        "reload",
        ("routes", Write, "src/reload.rs:88:36", "Router::reload"),
        ("peers", Write, "src/reload.rs:89:37", "Router::reload"),
    );
    let mut report = of_cycle(Code::Hb0001, vec![older, closing]);
    report.cycle[1].age_ms = Some(3);
    report.wanted = None;
    report.held.clear();
    report.advise();
    report
}

#[test]
fn a_pending_report_tells_what_it_lacks() {
    check(
        &doubtful(Doubt::Arm),
        expect![[r#"
            error[HB0001]: possible deadlock: `peers` and `routes` are locked in opposite orders
              --> src/reload.rs:89:37, in Router::reload, thread `reload`

              It hangs if `routes` is awaited by the arm that holds `peers`; mark the arms by
              `heldby::task::branch` to tell.

              How it can hang:

                    `serve`                         `reload`
                    -------                         --------
                1   lock(peers)    src/net.rs:20
                2                                   lock(routes)   src/reload.rs:88
                3   lock(routes)   src/net.rs:24                                       blocked by 2
                4                                   lock(peers)    src/reload.rs:89    blocked by 1

              The cycle, oldest dependency first:

                1   peers (lock) -> routes (lock)   first seen 2.1 s ago, thread `serve`
                      held       peers    src/net.rs:20      net::serve
                      acquired   routes   src/net.rs:24      net::serve
                                          src/net.rs:140     net::worker
                2   routes (lock) -> peers (lock)   first seen 3 ms ago, thread `reload`
                      held       routes   src/reload.rs:88   Router::reload
                      acquired   peers    src/reload.rs:89   Router::reload
                                          src/net.rs:140     net::worker

              note: nothing hung in this run. Both orders were seen, so some run can hang.
              help: take `peers` before `routes` in Router::reload, as net::serve does, or drop the `routes`
                    guard before src/reload.rs:89.

              Held by `reload`: nothing
        "#]],
    );
    check(
        &doubtful(Doubt::Thread),
        expect![[r#"
            error[HB0001]: possible deadlock: `peers` and `routes` are locked in opposite orders
              --> src/reload.rs:89:37, in Router::reload, thread `reload`

              It hangs if `routes` is awaited by the task that holds `peers`; spawn tasks by
              `heldby::tokio::spawn` to tell.

              How it can hang:

                    `serve`                         `reload`
                    -------                         --------
                1   lock(peers)    src/net.rs:20
                2                                   lock(routes)   src/reload.rs:88
                3   lock(routes)   src/net.rs:24                                       blocked by 2
                4                                   lock(peers)    src/reload.rs:89    blocked by 1

              The cycle, oldest dependency first:

                1   peers (lock) -> routes (lock)   first seen 2.1 s ago, thread `serve`
                      held       peers    src/net.rs:20      net::serve
                      acquired   routes   src/net.rs:24      net::serve
                                          src/net.rs:140     net::worker
                2   routes (lock) -> peers (lock)   first seen 3 ms ago, thread `reload`
                      held       routes   src/reload.rs:88   Router::reload
                      acquired   peers    src/reload.rs:89   Router::reload
                                          src/net.rs:140     net::worker

              note: nothing hung in this run. Both orders were seen, so some run can hang.
              help: take `peers` before `routes` in Router::reload, as net::serve does, or drop the `routes`
                    guard before src/reload.rs:89.

              Held by `reload`: nothing
        "#]],
    );
}

#[test]
fn doubt_shows_in_json_alone() {
    let one = one_line(&doubtful(Doubt::Arm));
    assert_eq!(one, one_line(&doubtful(Doubt::Thread)));
    let json = |doubt| serde_json::to_value(doubtful(doubt)).expect("a report is JSON");
    assert_eq!(json(Doubt::Arm)["cycle"][0]["doubt"], "arm");
    assert_eq!(json(Doubt::Thread)["cycle"][0]["doubt"], "thread");
    assert!(json(Doubt::Arm)["cycle"][1].get("doubt").is_none());
}
