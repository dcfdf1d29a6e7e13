//! Reports of threads that wait for each other now.

use expect_test::{Expect, expect};
use heldby_model::render::{TextOptions, text};
use heldby_model::{Certainty, Code, Dependency, HeldLock, Report, ThreadLocks, Wait};

use crate::reports::{Read, Write, class, dependency, held, of_cycle};

/// The report of waits, the last of which closed the ring, with what else the threads hold.
pub(crate) fn of(waits: Vec<Dependency>, others: Vec<ThreadLocks>) -> Report {
    let of_wait = |wait: &Dependency| ThreadLocks {
        thread: wait.thread.clone(),
        held: vec![HeldLock {
            stack: Vec::new(),
            ..held(&wait.from, wait.from_mode, &wait.held_site.to_string())
        }],
        waits: Some(Wait {
            lock: wait.to.clone(),
            mode: wait.to_mode,
            site: wait.acquired_site.clone(),
            after_wait: false,
            awaited: false,
            waited_ms: Some(1_250),
            behind: Vec::new(),
        }),
    };
    let threads = others
        .into_iter()
        .chain(waits.iter().map(of_wait))
        .collect();
    Report {
        certainty: Certainty::Now,
        threads,
        ..of_cycle(Code::Hb0502, waits)
    }
}

pub(crate) fn of_two() -> Report {
    let (reply, reload) = ("Router::send_reply", "Router::reload");
    let older = dependency(
        "net-3",
        ("routes", Read, "src/reply.rs:61:34", reply),
        ("session", Write, "src/reply.rs:62:36", reply),
    );
    let closing = dependency(
        "reloader",
        ("session", Write, "src/reload.rs:88:36", reload),
        ("routes", Write, "src/reload.rs:89:37", reload),
    );
    Report {
        classes: vec![
            class(
                "routes",
                "std::sync::RwLock<Routes>",
                "src/router.rs:18:21",
                1,
            ),
            class(
                "session",
                "std::sync::Mutex<Session>",
                "src/session.rs:9:16",
                64,
            ),
        ],
        ..of(vec![older, closing], Vec::new())
    }
}

#[track_caller]
fn check(mut report: Report, expected: Expect) {
    report.advise();
    expected.assert_eq(&text(&report, TextOptions::default()));
}

#[test]
fn two_threads() {
    check(
        of_two(),
        expect![[r#"
        error[HB0502]: deadlock: `net-3` and `reloader` wait for each other, over `routes` and `session`
          --> src/reload.rs:89:37, in Router::reload, thread `reloader`

          `reloader` wants   `routes` for writing   src/reload.rs:89
          while holding      `session`              src/reload.rs:88
          and `net-3` wants `session` while holding `routes` (wait 1 below).

          How it hangs:

                `net-3`                            `reloader`
                -------                            ----------
            1   read(routes)    src/reply.rs:61
            2                                      lock(session)   src/reload.rs:88
            3   lock(session)   src/reply.rs:62                                        blocked by 2
            4                                      write(routes)   src/reload.rs:89    blocked by 1

          The waits, longest first:

            1   routes (read) -> session (lock)    `net-3`, for 2.1 s
                  held     routes    src/reply.rs:61    Router::send_reply
                  wanted   session   src/reply.rs:62    Router::send_reply
                                     src/net.rs:140     net::worker
            2   session (lock) -> routes (write)   `reloader`, the last to wait
                  held     session   src/reload.rs:88   Router::reload
                  wanted   routes    src/reload.rs:89   Router::reload
                                     src/net.rs:140     net::worker

          note: this is no prediction: these threads wait now, and none of them ever goes on.
          help: take `routes` before `session` in Router::reload, as Router::send_reply does, or drop the
                `session` guard before src/reload.rs:89.

          Held by `net-3`: 1. `routes` (read) src/reply.rs:61
          Held by `reloader`: 1. `session` (lock) src/reload.rs:88
    "#]],
    );
}

#[test]
fn three_threads() {
    let wait = |thread, from, to, line: u32| {
        let places = [line, line + 1].map(|line| format!("src/bank.rs:{line}:9"));
        let function = format!("bank::{from}_to_{to}");
        dependency(
            thread,
            (from, Write, &places[0], &function),
            (to, Write, &places[1], &function),
        )
    };
    let waits = vec![
        wait("auditor", "ledger", "vault", 40),
        wait("teller", "account", "ledger", 20),
        wait("guard", "vault", "account", 60),
    ];
    check(
        of(waits, Vec::new()),
        expect![[r#"
            error[HB0502]: deadlock: 3 threads wait for each other, over `ledger`, `account` and `vault`
              --> src/bank.rs:61:9, in bank::vault_to_account, thread `guard`

              `guard` wants   `account`   src/bank.rs:61
              while holding   `vault`     src/bank.rs:60
              and waits 1 and 2 below lead from `account` to `vault`.

              How it hangs:

                    `auditor`       `teller`         `guard`
                    ---------       --------         -------
                1   lock(ledger)
                2                   lock(account)
                3                                    lock(vault)
                4   lock(vault)                                       blocked by 3
                5                   lock(ledger)                      blocked by 1
                6                                    lock(account)    blocked by 2

              The waits, longest first:

                1   ledger (lock) -> vault (lock)     `auditor`, for 2.1 s
                      held     ledger    src/bank.rs:40   bank::ledger_to_vault
                      wanted   vault     src/bank.rs:41   bank::ledger_to_vault
                                         src/net.rs:140   net::worker
                2   account (lock) -> ledger (lock)   `teller`, for 2.1 s
                      held     account   src/bank.rs:20   bank::account_to_ledger
                      wanted   ledger    src/bank.rs:21   bank::account_to_ledger
                                         src/net.rs:140   net::worker
                3   vault (lock) -> account (lock)    `guard`, the last to wait
                      held     vault     src/bank.rs:60   bank::vault_to_account
                      wanted   account   src/bank.rs:61   bank::vault_to_account
                                         src/net.rs:140   net::worker

              note: this is no prediction: these threads wait now, and none of them ever goes on.
              help: take `account` before `vault` in bank::vault_to_account, as bank::account_to_ledger and
                    bank::ledger_to_vault do, or drop the `vault` guard before src/bank.rs:61.

              Held by `auditor`: 1. `ledger` (lock) src/bank.rs:40
              Held by `teller`: 1. `account` (lock) src/bank.rs:20
              Held by `guard`: 1. `vault` (lock) src/bank.rs:60
        "#]],
    );
}

#[test]
fn a_reader_behind_a_queued_writer() {
    let older = dependency(
        "indexer",
        ("table", Read, "src/index.rs:10:20", "Index::build"),
        ("log", Write, "src/index.rs:14:20", "Index::build"),
    );
    let mut closing = dependency(
        "flusher",
        ("log", Write, "src/log.rs:50:18", "Log::flush"),
        ("table", Read, "src/log.rs:52:25", "Log::flush"),
    );
    closing.queued_writer = true;
    let writer = ThreadLocks {
        thread: "loader".to_owned(),
        held: Vec::new(),
        waits: Some(Wait {
            lock: "table".to_owned(),
            mode: Write,
            site: "src/load.rs:7:9".parse().expect("a site"),
            after_wait: false,
            awaited: false,
            waited_ms: Some(2_000),
            behind: vec!["indexer".to_owned()],
        }),
    };
    check(
        of(vec![older, closing], vec![writer]),
        expect![[r#"
            error[HB0502]: deadlock: 3 threads wait for each other, over `table` and `log`
              --> src/log.rs:52:25, in Log::flush, thread `flusher`

              `flusher` wants   `table` for reading   src/log.rs:52
              while holding     `log`                 src/log.rs:50
              and `indexer` wants `log` while holding `table` (wait 1 below).

              How it hangs:

                    `indexer`                        `flusher`                      a writer
                    ---------                        ---------                      --------
                1   read(table)   src/index.rs:10
                2                                    lock(log)     src/log.rs:50
                3                                                                   write(table)    blocked by 1
                4   lock(log)     src/index.rs:14                                                   blocked by 2
                5                                    read(table)   src/log.rs:52                    blocked by 3

              The waits, longest first:

                1   table (read) -> log (lock)   `indexer`, for 2.1 s
                      held     table   src/index.rs:10   Index::build
                      wanted   log     src/index.rs:14   Index::build
                                       src/net.rs:140    net::worker
                2   log (lock) -> table (read)   `flusher`, the last to wait
                      held     log     src/log.rs:50     Log::flush
                      wanted   table   src/log.rs:52     Log::flush
                                       src/net.rs:140    net::worker

              note: this is no prediction: these threads wait now, and none of them ever goes on.
              note: `loader` waits to write `table` at src/load.rs:7, and readers queue behind it.
              help: take `table` before `log` in Log::flush, as Index::build does, or drop the `log` guard
                    before src/log.rs:52.

              Held by `loader`: nothing
              Held by `indexer`: 1. `table` (read) src/index.rs:10
              Held by `flusher`: 1. `log` (lock) src/log.rs:50
        "#]],
    );
}

#[test]
fn a_thread_that_waits_for_itself() {
    let only = dependency(
        "main",
        ("cache", Write, "src/cache.rs:14:30", "Cache::get"),
        ("cache", Write, "src/cache.rs:31:30", "Cache::evict"),
    );
    check(
        of(vec![only], Vec::new()),
        expect![[r#"
        error[HB0502]: deadlock: `main` waits for itself, over `cache`
          --> src/cache.rs:31:30, in Cache::evict, thread `main`

          `main` wants    `cache`   src/cache.rs:31
          while holding   `cache`   src/cache.rs:14

          How it hangs:

                `main`
                ------
            1   lock(cache)   src/cache.rs:14
            2   lock(cache)   src/cache.rs:31    blocked by 1

          The wait:

            1   cache (lock) -> cache (lock)   `main`, the last to wait
                  held     cache   src/cache.rs:14   Cache::get
                  wanted   cache   src/cache.rs:31   Cache::evict
                                   src/net.rs:140    net::worker

          note: this is no prediction: these threads wait now, and none of them ever goes on.
          help: let Cache::evict use the `cache` guard taken at src/cache.rs:14, passed as an argument, or
                drop that guard before src/cache.rs:31.

          Held by `main`: 1. `cache` (lock) src/cache.rs:14
    "#]],
    );
}
