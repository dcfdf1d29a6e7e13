//! The places of a report as views by file show them.

use expect_test::{Expect, expect};
use heldby_model::render::{Part, caller, marks};
use heldby_model::{Code, Report};

use crate::reports::{frame, report, site};

fn shown(report: &Report) -> String {
    let mark = |mark: heldby_model::render::Mark| {
        let part = mark.part.map(|part| {
            let Part {
                dependency,
                thread,
                order,
            } = part;
            format!(" [{order}: {dependency} by {thread}]")
        });
        let function = mark.function.unwrap_or_default();
        let line = format!("{} {function}: {}", mark.site, mark.text);
        line + &part.unwrap_or_default() + "\n"
    };
    marks(report).into_iter().map(mark).collect()
}

#[track_caller]
fn check(code: Code, expect: Expect) {
    expect.assert_eq(&shown(&report(code)));
}

#[test]
fn a_cycle_has_both_places_of_each_dependency_in_the_order_in_which_it_hangs() {
    check(
        Code::Hb0001,
        expect![[r#"
        src/reply.rs:61:34 Router::send_reply: dependency 1, held `routes` (read), thread `net-3` [1: 0 by net-3]
        src/reply.rs:62:36 Router::send_reply: dependency 1, acquired `session` (lock), thread `net-3` [3: 0 by net-3]
        src/reload.rs:88:36 Router::reload: dependency 2, held `session` (lock), thread `reloader` [2: 1 by reloader]
        src/reload.rs:89:37 Router::reload: dependency 2, acquired `routes` (write), thread `reloader` [4: 1 by reloader]
        src/router.rs:18:21 : `routes` is made here, a std::sync::RwLock<Routes>
        src/session.rs:9:16 : `session` is made here, a std::sync::Mutex<Session>
    "#]],
    );
    check(
        Code::Hb0005,
        expect![[r#"
        src/pool.rs:24:9 Pool::start: dependency 1, began `worker` (run), thread `worker-1` [1: 0 by worker-1]
        src/pool.rs:51:30 Pool::work: dependency 1, acquired `jobs` (lock), thread `worker-1` [3: 0 by worker-1]
        src/pool.rs:80:31 Pool::stop: dependency 2, held `jobs` (lock), thread `main` [2: 1 by main]
        src/pool.rs:82:20 Pool::stop: dependency 2, joined `worker` (join), thread `main` [4: 1 by main]
        src/pool.rs:12:15 : `jobs` is made here, a std::sync::Mutex<Jobs>
        src/pool.rs:24:9 : `worker` is made here, a thread
    "#]],
    );
}

#[test]
fn what_has_no_cycle_shows_what_is_held() {
    check(
        Code::Hb0103,
        expect![[r#"
        src/queue.rs:84:30 Router::reload: held `queue` (lock), thread `worker-2`
        src/queue.rs:86:30 Router::reload: held `stats` (lock), thread `worker-2`
    "#]],
    );
}

#[test]
fn an_interruption_shows_both_uses_and_no_interleaving() {
    check(
        Code::Hb0303,
        expect![[r#"
            src/print.rs:12:9 print::all: dependency 1, held `reports` (lock), thread `printer`
            src/print.rs:15:9 print::all: dependency 1, acquired `totals` (lock), thread `printer`
            src/usr1.rs:30:18 print_totals: acquired in a signal handler: `reports` (lock), thread `main`
            src/net.rs:70:20 net::count: held outside: `totals` (lock), thread `net-3`
            src/net.rs:74:5 : signal handlers are let in
        "#]],
    );
}

#[test]
fn a_suspension_shows_where_it_waits_and_where_the_task_was_spawned() {
    check(
        Code::Hb0304,
        expect![[r#"
        src/cache.rs:33:28 Cache::refresh: awaits `peers`, task `refresh`
        src/main.rs:14:5 : spawned task `refresh`
        src/cache.rs:31:30 Router::reload: held `cache` (lock), thread `refresh`
        src/cache.rs:9:20 : `cache` is made here, a std::sync::Mutex<Lru>
    "#]],
    );
}

#[test]
fn threads_that_wait_now_show_what_each_wants() {
    check(
        Code::Hb0502,
        expect![[r#"
        src/reply.rs:61:34 Router::send_reply: dependency 1, held `routes` (read), thread `net-3` [1: 0 by net-3]
        src/reply.rs:62:36 Router::send_reply: dependency 1, wanted `session` (lock), thread `net-3` [3: 0 by net-3]
        src/reload.rs:88:36 Router::reload: dependency 2, held `session` (lock), thread `reloader` [2: 1 by reloader]
        src/reload.rs:89:37 Router::reload: dependency 2, wanted `routes` (write), thread `reloader` [4: 1 by reloader]
        src/router.rs:18:21 : `routes` is made here, a std::sync::RwLock<Routes>
        src/session.rs:9:16 : `session` is made here, a std::sync::Mutex<Session>
    "#]],
    );
}

#[test]
fn names_are_printable() {
    let mut report = report(Code::Hb0001);
    report.cycle[0].thread = "net\n\u{1b}[31m".to_owned();
    report.cycle[0].held_function = Some("f\r\n".to_owned());
    let marks = marks(&report);
    assert!(marks[0].text.ends_with("thread `net\u{fffd}\u{fffd}[31m`"));
    assert_eq!(marks[0].function.as_deref(), Some("f\u{fffd}\u{fffd}"));
    let part = marks[0].part.as_ref().expect("a part of the cycle");
    assert_eq!(part.thread, "net\u{fffd}\u{fffd}[31m");
}

#[test]
fn the_innermost_caller_that_is_there() {
    let mut report = report(Code::Hb0001);
    report.stack = vec![
        frame("pool::get", "/registry/pool/src/lib.rs:7:1"),
        frame("host::reload", "src/reload.rs:89:37"),
        frame("host::main", "src/main.rs:3:1"),
    ];
    let inside = |site: &heldby_model::Site| !site.file.starts_with('/');
    assert_eq!(caller(&report, inside), Some(&site("src/reload.rs:89:37")));
    assert_eq!(caller(&report, |_| false), None);
}
